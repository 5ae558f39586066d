"""A session that needs no spec and no engine: claims with the word ``wrong`` fail, others hold.

``install()`` puts it in the place of :mod:`sphinx_fsgs.check.session` and :mod:`sphinx_fsgs.present.pipeline`,
so that hosts are tested for what they do with a result and not for what the engine finds.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from sphinx_fsgs.check.result import DocumentResult, HostVerdict, Result, Trace, Verdict
from sphinx_fsgs.diagnostic import Counterexample, Diagnostic, Step
from sphinx_fsgs.document.model import Annotation, Document
from sphinx_fsgs.present.shown import missing
from sphinx_fsgs.source import Span
from sphinx_fsgs.spec.model import Spec
from sphinx_fsgs.syntax.vocabulary import vocabulary
from tests.syntax.lexicon import LEXICON

PROFILES = ("intel_skylake", "amd_zen1", "amd_zen4")
DIGEST = "0123456789abcdef"


class FakeSession:
    """Answers at once."""

    spec_digest = DIGEST
    tool_version = "9.9"
    words = vocabulary(LEXICON)

    @classmethod
    def open(cls, where: str | None = None, **_: Any) -> FakeSession:
        from sphinx_fsgs.spec.errors import SpecError

        if where == "nowhere":
            raise SpecError([Diagnostic("FSGS105", "error", Span("--where", 1, 1, 1, 8), 'unknown scope "nowhere"')])
        return cls()

    def prove(self, text: str) -> Result:
        return judge("claim", "", text, Span("<claim>", 1, 1, 1, len(text) + 1), "directive")

    def run(self, assembly: str, before: str = "", where: str | None = None) -> Result:
        span = Span("<snippet>", 1, 1, 1, 2)
        trace = (("RAX", "?"), ("RBX", "0x1")), (Step(assembly.strip(), 1, (("RAX", before or "0x0"),)),)
        traces = tuple(Trace(each, trace[0], trace[1], (("RAX", "0x0"), ("RBX", "0x1"))) for each in PROFILES)
        return Result("example", "", assembly, "directive", span, _hosts("holds"), "computed", traces=traces)

    def check_spec(self) -> tuple[Diagnostic, ...]:
        return ()

    def explain(self, word: str) -> str | None:
        return "LKGS — Load into IA32_KERNEL_GS_BASE" if word == "LKGS" else None


def check_file(session: FakeSession, path: Path, shown_as: str) -> DocumentResult:
    from sphinx_fsgs.document.reader import read_file

    return check_document(session, read_file(path, shown_as=shown_as))


def check_document(session: FakeSession, document: Document) -> DocumentResult:
    results = tuple(result for note in document.annotations for result in _results(note))
    found = (*document.diagnostics, *missing(Spec(), document.shown))
    return DocumentResult(document.path, results, found, tuple(map(str, document.dependencies)), 2, 1)


def _results(note: Annotation) -> Iterator[Result]:
    if note.head == "example":
        body = note.body.text if note.body else ""
        yield judge("example", note.text, f"{note.text} {body}", note.span, note.origin)
    elif note.head == "claim" and note.argument:
        yield judge("claim", "", " ".join(note.argument.text.split()), note.argument.span(), note.origin)
    elif note.head == "claims" and note.body:
        for line in note.body.lines:
            width = len(line.text)
            span = Span(line.path, line.line, line.column, line.line, line.column + width)
            yield judge("claim", "", line.text, span, note.origin)


def judge(kind: Any, name: str, text: str, span: Span, origin: Any) -> Result:
    """Return the result for a text by the words that it holds: ``crash``, ``wrong``, ``open`` or ``slow``."""
    if "crash" in text:
        raise ZeroDivisionError("a bug")
    verdict: Verdict = "fails" if "wrong" in text else "undecided" if "open" in text or "slow" in text else "holds"
    reason = "bound steps" if "slow" in text else "sources" if "open" in text else ""
    said: tuple[Diagnostic, ...] = ()
    if verdict == "fails":
        run = Counterexample(PROFILES[0], (("GS.base", "0x1"),), (Step("swapgs", span.line),), (("GS.base", "0x0"),))
        message = f"{text.split()[0]} is not so"
        said = (
            Diagnostic(
                "FSGS301",
                "error",
                span,
                message,
                "sdm",
                "change it",
                ("fails on all",),
                counterexample=run,
                subject=text,
            ),
        )
    trace = Trace(PROFILES[0], (("GS.base", "?a"),), (Step("swapgs", span.line),), (("GS.base", "?b"),))
    return Result(
        kind, name, text, origin, span, _hosts(verdict, reason), "proved", ("memory is mapped",), ("question",),
        traces=(trace,) if kind == "example" else (), diagnostics=said, reason=reason,
    )  # fmt: skip


def _hosts(verdict: Verdict, reason: str = "") -> tuple[HostVerdict, ...]:
    return tuple(HostVerdict(each, verdict, reason=reason) for each in PROFILES)


def modules() -> dict[str, ModuleType]:
    """Return the modules to put in place, by name."""
    session = ModuleType("sphinx_fsgs.check.session")
    pipeline = ModuleType("sphinx_fsgs.present.pipeline")
    session.__dict__.update(Session=FakeSession, COMMAND_LINE="--where")
    pipeline.__dict__.update(check_file=check_file, check_document=check_document)
    return {session.__name__: session, pipeline.__name__: pipeline}


def install() -> None:
    """Put the fake in place for the rest of this process."""
    sys.modules.update(modules())
