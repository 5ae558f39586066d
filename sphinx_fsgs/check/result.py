"""The one Result that every host reads: frozen, picklable, and a function of the documents alone.

JSON, SARIF, JUnit, pages, the language server and pytest are functions of it and see nothing else.
"""

from __future__ import annotations

from typing import Literal

from sphinx_fsgs.diagnostic import Counterexample, Diagnostic, Step
from sphinx_fsgs.records import dataclass
from sphinx_fsgs.source import Span

Verdict = Literal["holds", "fails", "vacuous", "undecided", "n/a"]
Origin = Literal["directive", "comment", "role", "sidecar", "table", "prose"]
Kind = Literal["example", "claim"]
Evidence = Literal["proved", "computed", "exhibited"]

SpokenKind = Literal["sentence", "item", "term", "row", "code", "block"]

VERDICTS: tuple[Verdict, ...] = ("holds", "fails", "vacuous", "undecided", "n/a")


@dataclass(frozen=True, slots=True)
class HostVerdict:
    """The verdict on one host; ``because`` says why, in one phrase, where that is not plain.

    ``reason`` is that of an undecided verdict: ``bound NAME``, ``time``, ``sources``, ``no solver`` or ``no decoder``.
    The ``counterexample`` to a claim that something never happens is, where it holds that it can, the run that shows
    it.
    """

    profile: str
    verdict: Verdict
    because: str = ""
    reason: str = ""
    counterexample: Counterexample | None = None


@dataclass(frozen=True, slots=True)
class Dispute:
    """One answer that a verdict rests on and that public sources contradict."""

    question: str
    answer: str
    profiles: tuple[str, ...]
    text: str
    citations: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Trace:
    """What a run looked like, for rendering: the state before, each step, the state after.

    ``when`` says in which states the run goes this way, empty when in all of them.
    """

    profile: str
    before: tuple[tuple[str, str], ...]
    steps: tuple[Step, ...]
    after: tuple[tuple[str, str], ...]
    when: str = ""


@dataclass(frozen=True, slots=True)
class Suppressed:
    """A finding that is not reported, the reason that somebody wrote for it, and where it was written."""

    diagnostic: Diagnostic
    reason: str
    by: Span


@dataclass(frozen=True, slots=True)
class Inferred:
    """One answer, or CPUID bit, that a verdict rests on and that only follows from other facts."""

    question: str
    answer: str
    profiles: tuple[str, ...]
    citations: tuple[str, ...]

    @property
    def says(self) -> str:
        """Return question and answer as a reader knows them."""
        return f"{self.question} = {self.answer}"


@dataclass(frozen=True, slots=True)
class Result:
    """The judgement of one example or claim on every host in its scope.

    ``depends_on`` lists the questions that were really asked of the profiles; ``runs`` counts the
    distinct runs that the verdicts took, ``paths`` the paths of the largest of them. A verdict stays what it
    is when the finding about it is among the ``suppressed``. ``instructions`` are those that it runs or speaks of,
    by their files in the spec.
    """

    kind: Kind
    name: str
    text: str
    origin: Origin
    span: Span
    verdicts: tuple[HostVerdict, ...]
    evidence: Evidence
    assuming: tuple[str, ...] = ()
    depends_on: tuple[str, ...] = ()
    disputes: tuple[Dispute, ...] = ()
    inferred: tuple[Inferred, ...] = ()
    citations: tuple[str, ...] = ()
    paths: int = 0
    runs: int = 0
    reason: str = ""
    expected: Verdict = "holds"
    traces: tuple[Trace, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    suppressed: tuple[Suppressed, ...] = ()
    instructions: tuple[str, ...] = ()

    def on(self, verdict: Verdict) -> tuple[str, ...]:
        """Return the profiles with that verdict, in the order of the spec."""
        return tuple(each.profile for each in self.verdicts if each.verdict == verdict)

    @property
    def witness(self) -> Counterexample | None:
        """A run that shows what is claimed to be possible, None where it holds otherwise or not at all."""
        return next((each.counterexample for each in self.verdicts if each.verdict == "holds"), None)

    @property
    def as_expected(self) -> bool:
        """Whether nothing about it has to be reported as an error."""
        return not any(each.severity == "error" for each in self.diagnostics)


@dataclass(frozen=True, slots=True)
class Spoken:
    """One thing in a document that speaks of FS or GS.

    ``reason`` says in one word why it is not understood, and is empty where it is.
    """

    kind: SpokenKind
    span: Span
    text: str
    reason: str

    @property
    def understood(self) -> bool:
        """Whether all of it was read, so that what it says was judged or can be."""
        return not self.reason


@dataclass(frozen=True, slots=True)
class Summary:
    """Counts for the one line that ends every run."""

    documents: int = 0
    examples: int = 0
    claims: int = 0
    verdicts: tuple[tuple[Verdict, int], ...] = ()
    errors: int = 0
    warnings: int = 0
    runs: int = 0
    solver_calls: int = 0
    suppressed: int = 0
    not_understood: int = 0


@dataclass(frozen=True, slots=True)
class DocumentResult:
    """All that one document says and all that is to be said about it."""

    path: str
    results: tuple[Result, ...]
    diagnostics: tuple[Diagnostic, ...]
    dependencies: tuple[str, ...] = ()
    runs: int = 0
    solver_calls: int = 0
    suppressed: tuple[Suppressed, ...] = ()
    coverage: tuple[Spoken, ...] = ()

    def all_diagnostics(self) -> tuple[Diagnostic, ...]:
        """Return the document's findings and those of its results, in the order of the text."""
        found = [*self.diagnostics]
        for result in self.results:
            found.extend(result.diagnostics)
        return tuple(sorted(found, key=Diagnostic.sort_key))

    def all_suppressed(self) -> tuple[Suppressed, ...]:
        """Return the findings that are not reported, of the document and of its results, in the order of the text."""
        found = [*self.suppressed]
        for result in self.results:
            found.extend(result.suppressed)
        return tuple(sorted(found, key=lambda each: each.diagnostic.sort_key()))


@dataclass(frozen=True, slots=True)
class Report:
    """The outcome of a whole run of the tool."""

    tool: str
    spec: str
    documents: tuple[DocumentResult, ...]
    diagnostics: tuple[Diagnostic, ...] = ()

    def results(self) -> tuple[Result, ...]:
        """Return the results of all documents."""
        return tuple(result for document in self.documents for result in document.results)

    def summary(self) -> Summary:
        """Return the counts over all documents."""
        results = self.results()
        said = [*self.diagnostics, *(each for doc in self.documents for each in doc.all_diagnostics())]
        counts = dict.fromkeys(VERDICTS, 0)
        for result in results:
            for host in result.verdicts:
                counts[host.verdict] += 1
        return Summary(
            documents=len(self.documents),
            examples=sum(result.kind == "example" for result in results),
            claims=sum(result.kind == "claim" for result in results),
            verdicts=tuple(counts.items()),
            errors=sum(each.severity == "error" for each in said),
            warnings=sum(each.severity == "warning" for each in said),
            runs=sum(document.runs for document in self.documents),
            solver_calls=sum(document.solver_calls for document in self.documents),
            suppressed=sum(len(document.all_suppressed()) for document in self.documents),
            not_understood=sum(not each.understood for document in self.documents for each in document.coverage),
        )
