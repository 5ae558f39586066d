"""The two sample documents get the verdicts that are expected of them, at the lines that are expected.

What lies beyond the instructions and forms of this version is found by looking at the sample's own words, listed, and
begins to count by itself once the spec has the instruction or the grammar the form.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sphinx_fsgs.check.result import DocumentResult, Result
from sphinx_fsgs.check.scopes import selected
from sphinx_fsgs.check.session import Session
from sphinx_fsgs.diagnostic import Diagnostic
from sphinx_fsgs.files import data_dir
from sphinx_fsgs.present.pipeline import check_file
from sphinx_fsgs.source import fragment_of
from sphinx_fsgs.syntax.read_scope import read_scope

NAMES = ("language", "writers")

# Forms of the language of claims, and the words that call for each; its grammar is grammar/claims/FORM.lark.
_FORMS = {
    "can": re.compile(r"\bcan\b"),
    "only": re.compile(r"^Only\b"),
    "safe": re.compile(r"\bthroughout\b"),
    "allowed": re.compile(r"\bonly valid\b|\bcan be executed\b"),
    "introduced": re.compile(r"\bfirst appeared\b"),
    "available": re.compile(r"\bavailable\b"),
    "intrinsic": re.compile(r"^_\w+\(\)"),
}


@dataclass(frozen=True, slots=True)
class Sample:
    """A document, what is expected of it, and what the product says."""

    lines: tuple[str, ...]
    expected: tuple[dict[str, Any], ...]
    data: dict[str, Any]
    document: DocumentResult

    def block(self, line: int) -> list[str]:
        """Return the lines of code of the first literal block behind a line."""
        start = next(number for number in range(line, len(self.lines)) if self.lines[number].endswith("::"))
        below = (each for each in self.lines[start + 1 :])
        found: list[str] = []
        for each in below:
            if each.strip() and not each.startswith((" ", "\t")):
                break
            found += [each.strip()] if each.strip() else []
        return found


@pytest.fixture(scope="module")
def session() -> Session:
    return Session.open()


@pytest.fixture(scope="module", params=NAMES)
def sample(request: pytest.FixtureRequest, shared: Path, session: Session) -> Sample:
    path = shared / "samples" / f"{request.param}.rst"
    data = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    lines = tuple(path.read_text(encoding="utf-8").splitlines())
    return Sample(lines, tuple(data["expect"]), data, check_file(session, path, path.name))


def waiting(expectation: dict[str, Any], sample: Sample, session: Session) -> str:
    """Return the instruction or form that this version does not have, as the sample's own text uses it, or nothing."""
    if expectation.get("mistake"):
        return ""  # an unknown word is what the sample is about
    if expectation["kind"] == "claim":
        grammars = {path.stem for path in (data_dir("grammar") / "claims").glob("*.lark")}
        lacking = [form for form, words in _FORMS.items() if words.search(expectation["name"]) and form not in grammars]
        return f"the form {lacking[0]}" if lacking else ""
    words = {line.split()[0] for line in sample.block(expectation["line"])}
    lacking = sorted(word for word in words if word not in session.lexicon.mnemonics and not word.endswith(":"))
    return f"the instruction {lacking[0]}" if lacking else ""


def due(sample: Sample, session: Session) -> list[dict[str, Any]]:
    """Return the expectations that this version is to meet."""
    return [each for each in sample.expected if not waiting(each, sample, session)]


def found(expectation: dict[str, Any], document: DocumentResult) -> Result | None:
    """Return the result that an expectation is about."""
    named = (each for each in document.results if expectation["name"] in (each.name, each.text))
    return next((each for each in named if each.kind == expectation["kind"]), None)


def reported(expectation: dict[str, Any], document: DocumentResult) -> Iterator[Diagnostic]:
    """Yield the errors at the lines where an expectation lets them stand, or that belong to its result."""
    lines = {expectation["line"], *expectation.get("accept_lines", ())}
    result = found(expectation, document)
    own = result.diagnostics if result is not None and result.span.line in lines else ()
    for each in document.all_diagnostics():
        if each.severity == "error" and (each.span.line in lines or each in own):
            yield each


def test_what_is_expected_is_said(sample: Sample, session: Session, capsys: pytest.CaptureFixture[str]) -> None:
    wrong = [line for each in due(sample, session) for line in differences(each, sample, session)]
    assert wrong == []
    late = [(each, waiting(each, sample, session)) for each in sample.expected if waiting(each, sample, session)]
    with capsys.disabled():
        print(f"\n{sample.document.path}: {len(due(sample, session))} of {len(sample.expected)} expectations met")
        print("".join(f"  waits for {reason}: {each['line']} {each['name']}\n" for each, reason in late), end="")


def differences(expectation: dict[str, Any], sample: Sample, session: Session) -> Iterator[str]:
    """Yield how the product differs from an expectation."""
    what = f"{expectation['line']} {expectation['name']}"
    result = found(expectation, sample.document)
    errors = list(reported(expectation, sample.document))
    if expectation["verdict"] == "holds":
        if result is None or result.span.line != expectation["line"]:
            yield f"{what}: no result there"
        elif errors or not result.as_expected:
            yield f"{what}: does not hold, but {sorted({each.verdict for each in result.verdicts})}"
    elif not errors:
        yield f"{what}: nothing is reported at its lines"
    if result is not None:
        for words, verdict in expectation["profiles"].items():
            if verdict in ("holds", "fails", "vacuous"):
                yield from _profiles(what, words, verdict, result, session)


def _profiles(what: str, words: str, verdict: str, result: Result, session: Session) -> Iterator[str]:
    """Yield when a result has not exactly this verdict on the processors meant; the others do not have the thing."""
    applies = {each.profile for each in result.verdicts if each.verdict != "n/a"}
    meant = applies if words == "all in scope" else set(_profiles_of(words, session))
    got = set(result.on(verdict))  # type: ignore[arg-type]
    if got != meant or not got:
        yield f"{what}: {verdict} on {sorted(got)}, not on {sorted(meant)}"


def _profiles_of(words: str, session: Session) -> tuple[str, ...]:
    scope = read_scope(fragment_of(words, "the sample"), session.lexicon).tree
    assert scope is not None
    return selected(scope, session.spec)


def test_there_are_as_many_findings_as_expected(sample: Sample, session: Session) -> None:
    errors = [each for each in sample.document.all_diagnostics() if each.severity == "error"]
    late = {each["name"]: waiting(each, sample, session) for each in sample.expected}
    of_late = [each for each in errors if any(_is_of(each, name, late[name], sample) for name in late if late[name])]
    assert len(errors) - len(of_late) == sample.data["findings_expected"]


def _is_of(diagnostic: Diagnostic, name: str, reason: str, sample: Sample) -> bool:
    """Whether a finding is about the sentence, or the instruction, that waits."""
    return sample.lines[diagnostic.span.line - 1].strip() == name or f'"{reason.split()[-1]}"' in diagnostic.message


def test_nothing_is_reported_where_nothing_is_claimed(sample: Sample) -> None:
    for each in sample.data.get("must_not_report", ()):
        near = range(each["line"], each["line"] + 3)
        assert [found for found in sample.document.all_diagnostics() if found.span.line in near] == [], each["why"]


def test_a_claim_stands_where_its_sentence_begins(sample: Sample, session: Session) -> None:
    """Its finding may stand at the word that is wrong, on a later line of the same sentence."""
    for each in due(sample, session):
        result = found(each, sample.document)
        if each["kind"] == "claim":
            assert result is not None and result.span.line == each["line"], each["name"]


def test_most_of_the_samples_counts(sample: Sample, session: Session) -> None:
    """Whatever waits, waits for something: the bulk of both documents is to be met today."""
    assert len(due(sample, session)) > 0.8 * len(sample.expected)
