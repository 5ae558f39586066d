"""Sharing: one run for all processors that answer alike, and each possible answer where no source settles it."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from sphinx_fsgs.check.asking import Asked, Oracle, share
from sphinx_fsgs.check.session import Session
from sphinx_fsgs.present.pipeline import check_file
from sphinx_fsgs.source import fragment_of
from sphinx_fsgs.spec.model import Spec
from sphinx_fsgs.syntax.read_scope import read_scope
from tests.check.support import ALL, example, verdicts


class Table(Oracle):
    """Answers from a table: profile -> question -> possible answers. Counts what is asked."""

    def __init__(self, rows: Mapping[str, Mapping[str, tuple[int, ...]]]) -> None:
        self.rows = rows
        self.count = 0

    def answers(self, profile: str, question: str) -> tuple[int, ...]:
        self.count += 1
        return self.rows[profile][question]


def test_ten_profiles_with_equal_answers_cost_one_run() -> None:
    oracle = Table({f"p{number}": {"a": (1,), "b": (0,)} for number in range(10)})
    calls: list[str] = []

    def compute(answers: Asked) -> int:
        calls.append(answers.profile)
        return answers["a"] * 2 + answers["b"]

    shared = share(oracle, oracle.rows, compute)
    assert calls == ["p0"] and shared.runs == 1
    assert shared.asked == ("a", "b")
    assert list(shared.outcomes.values()) == [((2, {}),)] * 10


def test_only_what_a_run_asks_tells_profiles_apart() -> None:
    rows = {
        "one": {"first": (0,), "second": (0,), "unasked": (0,)},
        "two": {"first": (0,), "second": (1,), "unasked": (1,)},
        "three": {"first": (1,), "second": (0,), "unasked": (0,)},
        "four": {"first": (1,), "second": (1,), "unasked": (1,)},
    }

    def compute(answers: Asked) -> str:
        return "yes" if answers["first"] else f"no, {answers['second']}"

    shared = share(Table(rows), rows, compute)
    found = {profile: outcomes[0][0] for profile, outcomes in shared.outcomes.items()}
    assert found == {"one": "no, 0", "two": "no, 1", "three": "yes", "four": "yes"}
    assert shared.runs == 3, "where the first answer is yes, the second question is not asked"


def test_an_open_answer_is_tried_both_ways_and_each_outcome_says_which() -> None:
    rows = {"sure": {"open": (0,)}, "unsure": {"open": (0, 1)}, "too": {"open": (0, 1)}}
    shared = share(Table(rows), rows, lambda answers: answers["open"])
    assert shared.outcomes["sure"] == ((0, {}),)
    assert shared.outcomes["unsure"] == ((0, {"open": 0}), (1, {"open": 1}))
    assert shared.outcomes["too"] == shared.outcomes["unsure"]
    assert shared.runs == 2


def test_open_answers_are_combined() -> None:
    rows = {"unsure": {"a": (0, 1), "b": (0, 1), "c": (1,)}}

    def compute(answers: Asked) -> tuple[int, ...]:
        # b hangs on a: it is asked only where a is yes.
        return (answers["a"], answers["b"], answers["c"]) if answers["a"] else (answers["a"], answers["c"])

    shared = share(Table(rows), rows, compute)
    assert shared.outcomes["unsure"] == (
        ((0, 1), {"a": 0}),
        ((1, 0, 1), {"a": 1, "b": 0}),
        ((1, 1, 1), {"a": 1, "b": 1}),
    )
    assert shared.runs == 3


@pytest.mark.parametrize("seed", range(8))
def test_every_profile_gets_what_it_would_get_alone(seed: int) -> None:
    """Whatever is asked in whichever order, sharing changes nothing but the number of runs."""
    questions = [f"q{number}" for number in range(5)]
    rows = {
        f"p{number}": {
            question: (number * 7 + seed * 3 + index >> index & 1,) for index, question in enumerate(questions)
        }
        for number in range(12)
    }

    def compute(answers: Asked) -> tuple[str, ...]:
        at, said = seed % 5, []
        for _ in range(3):
            said.append(f"{questions[at]}={answers[questions[at]]}")
            at = (2 * at + answers[questions[at]] + 1) % 5
        return tuple(said)

    oracle = Table(rows)
    shared = share(oracle, rows, compute)
    alone = {profile: compute(Asked(oracle, profile, {})) for profile in rows}
    assert {profile: outcomes[0][0] for profile, outcomes in shared.outcomes.items()} == alone
    assert shared.runs == len(set(alone.values()))


# ---- with the spec ------------------------------------------------------------------------------


def test_a_swap_is_run_once_for_all_that_have_no_fred_and_once_for_what_has(session: Session, tmp_path: Path) -> None:
    code = "swapgs; swapgs"
    result = example(session, tmp_path, code, before="CPL = 0; CR4.FRED = 0", after="nothing else changes")
    assert verdicts(result) == {"holds": frozenset(ALL)}
    assert result.runs < len(ALL)
    assert set(result.depends_on) <= {"CPUID.FRED", "CPUID.LA57", "CPUID.FSGSBASE"}


def test_what_asks_nothing_is_run_once(session: Session, tmp_path: Path) -> None:
    result = example(session, tmp_path, "mov %rax, %rbx", before="RAX = ?x", after="RBX = ?x")
    assert result.runs == 1 and result.depends_on == ()
    assert verdicts(result) == {"holds": frozenset(ALL)}


def test_copies_of_a_profile_cost_no_further_run(repository: Path, tmp_path: Path) -> None:
    """Ten processors with equal answers, made of one of the spec."""
    folder = tmp_path / "spec"
    shutil.copytree(repository / "spec", folder)
    names = [f"amd_zen2_{letter}" for letter in "abcdefghi"]
    original = (folder / "profiles" / "amd_zen2.toml").read_text(encoding="utf-8")
    for number, name in enumerate(names):
        text = original.replace("order = 20", f"order = {21 + number}").replace(
            'title = "AMD Zen 2', f'title = "{name} '
        )
        assert text != original
        (folder / "profiles" / f"{name}.toml").write_text(text, encoding="utf-8")
    for path in (folder / "behaviours").glob("*.toml"):
        more = ", ".join(f'"{name}"' for name in names)
        path.write_text(path.read_text(encoding="utf-8").replace('"amd_zen2"', f'"amd_zen2", {more}'), encoding="utf-8")
    session = Session(Spec(folder))
    plain = Session.open()
    for claim in ("MOV GS clears GS.base when the selector is null", "SWAPGS swaps GS.base and GS_SHADOW"):
        result = session.prove(claim)
        assert len(result.verdicts) == len(ALL) + len(names)
        assert {*names, "amd_zen2"} <= {*result.on("holds")}
        assert result.runs == plain.prove(claim).runs


def test_an_open_answer_on_which_the_verdict_hangs_is_undecided_for_want_of_sources(session: Session) -> None:
    result = session.prove("WRGSBASE raises #GP(0) when the base is not canonical and CR4.FSGSBASE = 1 on amd_zen4")
    (verdict,) = result.verdicts
    assert (verdict.verdict, verdict.reason) == ("undecided", "sources")
    assert "CPUID.LA57" in verdict.because and "wrbase_checks_processor_width" in verdict.because
    (diagnostic,) = result.diagnostics
    assert (diagnostic.code, diagnostic.severity) == ("FSGS303", "note")
    assert result.as_expected and result.reason == "sources"


def test_an_open_answer_that_does_not_matter_leaves_the_verdict(session: Session) -> None:
    result = session.prove("WRGSBASE changes only GS.base on amd_zen4..amd_zen5")
    assert result.on("holds") == ("amd_zen4", "amd_zen5")
    assert "wrbase_checks_processor_width" in result.depends_on
    assert result.diagnostics == ()


def test_only_the_open_questions_that_decide_are_named(session: Session) -> None:
    """Zen 5 leaves LA57 open, which has nothing to do with the bit that is asked for on Zen 3."""
    result = session.prove("NSCB is enumerated on amd_zen3")
    assert result.verdicts[0].because == "no source settles CPUID.NSCB, and the verdict hangs on it"


def test_a_scope_in_front_of_a_line_is_a_question_like_others(session: Session, tmp_path: Path) -> None:
    after = "[intel] RBX = ?x; [not intel] RAX = ?x"
    result = example(session, tmp_path, "mov %rax, %rbx", before="RAX = ?x", after=after)
    assert verdicts(result) == {"holds": frozenset(ALL)}
    assert result.runs == 2
    assert result.depends_on == ("in intel", "in not intel")


def test_the_oracle_answers_by_scope_behaviour_and_bit(session: Session) -> None:
    oracle = Oracle(session.spec)
    scope = read_scope(fragment_of("amd_zen4..amd_zen5"), session.lexicon).tree
    assert scope is not None
    question = oracle.scope_question(scope, "amd_zen4..amd_zen5")
    assert [oracle.answers(profile, question) for profile in ("amd_zen3", "amd_zen4")] == [(0,), (1,)]
    assert oracle.answers("amd_zen3", "CPUID.NSCB") == (0, 1)
    assert oracle.answers("amd_zen4", "CPUID.NSCB") == (1,)
    assert oracle.answers("intel_skylake", "wrmsr_base_serialises") == (1,)
    assert oracle.answers("amd_zen5", "wrbase_checks_processor_width") == (0, 1)


def test_a_document_counts_its_runs(session: Session, tmp_path: Path) -> None:
    page = tmp_path / "page.rst"
    claims = ["SWAPGS swaps GS.base and GS_SHADOW", "NSCB is enumerated on amd_zen3"]
    page.write_text("Page\n====\n\n.. fsgs: claims\n" + "".join(f"   {claim}\n" for claim in claims), encoding="utf-8")
    document = check_file(session, page)
    assert document.runs == sum(result.runs for result in document.results) > 1
    assert document.solver_calls >= 0
    for one, other in itertools.pairwise(document.results):
        assert one.span.line < other.span.line
