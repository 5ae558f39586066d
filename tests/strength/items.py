"""What can notice a mutant: the examples and claims of documents, each with what it runs and its verdicts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from sphinx_fsgs.check.asking import Asked, Oracle
from sphinx_fsgs.check.asking import Shared as Answered
from sphinx_fsgs.check.judge import Claimed, Finished, Judge, Judgement
from sphinx_fsgs.check.report import Item as Reported
from sphinx_fsgs.check.report import Reporter
from sphinx_fsgs.check.result import Origin, Result
from sphinx_fsgs.check.session import Session
from sphinx_fsgs.diagnostic import Diagnostic
from sphinx_fsgs.machine import solver, terms
from sphinx_fsgs.machine.compile import CompileError
from sphinx_fsgs.machine.evaluate import EvaluationError
from sphinx_fsgs.machine.run import Runner
from sphinx_fsgs.present.pipeline import check_file
from sphinx_fsgs.spec.model import Spec
from sphinx_fsgs.syntax.claim import ClaimTree
from sphinx_fsgs.syntax.example import Example
from tests.strength.shared import Shared

Signature = tuple[tuple[str, str], ...]
Sort = Literal["case", "vector", "document"]


class Refused(Exception):
    """The mutant is no spec that could be loaded: a width that does not fit, a name that means nothing."""


class Item(Protocol):
    """Something that runs Operations and comes to a verdict."""

    @property
    def kind(self) -> Sort:
        """What sort of thing it is."""

    @property
    def name(self) -> str:
        """What to call it."""

    @property
    def place(self) -> str:
        """File and line."""

    @property
    def uses(self) -> frozenset[str]:
        """The Operations, procedures and functions that it runs."""

    @property
    def normal(self) -> Signature:
        """What it comes to with the spec as it is."""

    def signature(self, session: Session) -> Signature:
        """Return its verdicts under a session's spec.

        :raises Refused: when that spec cannot be used.
        """


@dataclass(frozen=True)
class Judged:
    """An example or a claim of a document."""

    name: str
    place: str
    judge: Callable[[Session], Result]
    uses: frozenset[str] = frozenset()
    normal: Signature = ()
    kind: Sort = "document"

    def signature(self, session: Session) -> Signature:
        """As :class:`Item`."""
        try:
            result = self.judge(session)
        except (CompileError, EvaluationError) as error:
            raise Refused(str(error)) from error
        if not result.verdicts:
            raise Refused("; ".join(each.message for each in result.diagnostics))
        return _signature(result)


def _signature(result: Result) -> Signature:
    return tuple((each.profile, each.verdict) for each in result.verdicts)


# ---- judging without the words ------------------------------------------------------------------


class _Verdicts(Reporter):
    """Makes Results that have verdicts and nothing else."""

    def result(
        self, item: Reported, shared: Answered[Judgement], judge: Callable[[Asked], Judgement], oracle: Oracle
    ) -> Result:
        """As :class:`Reporter`, without findings."""
        verdicts = tuple(self._verdict(profile, outcomes) for profile, outcomes in shared.outcomes.items())
        return Result(
            item.kind, item.name, item.text, item.origin, item.span, verdicts, "proved", expected=item.expected
        )


class _Quick(Judge):
    """Decides whether something fails, and shows nothing."""

    def failure(self, run: Finished, number: int, violated: terms.Value, claim: Claimed) -> Judgement | None:
        """As :class:`Judge`, without model and replay."""
        path = run.paths[number]
        needed = run.questions.assumptions([*path.conditions, violated], path)
        if needed is None:
            return None
        session = solver.open_session()
        for each in [*needed, *run.questions.apart(path)]:
            session.require(each)
        return Judgement("fails") if session.check() else None


def quick_session(spec: Spec, shared: Shared | None = None, changed: str = "") -> Session:
    """Return a session that comes to verdicts only.

    :param shared: whose code is taken, but for what is made from the thing of the name ``changed``.
    """
    session = Session(spec)
    session.judge = _Quick(spec)
    session.reporter = _Verdicts(spec)
    if shared is not None:
        session.judge.symbolic = shared.symbolic.without(changed, spec) if changed else shared.symbolic
        session.judge.concrete = shared.concrete.without(changed, spec) if changed else shared.concrete
        session.judge.runner = Runner(session.judge.symbolic)
    return session


# ---- documents ----------------------------------------------------------------------------------


class _Collecting(Session):
    """Notes the trees of what a document says, what each runs, and what it comes to."""

    def __init__(self, shared: Shared) -> None:
        super().__init__(shared.spec)
        self.shared = shared
        self.found: list[Judged] = []
        self.amiss = False

    def example(self, tree: Example, origin: Origin, found: Sequence[Diagnostic] = ()) -> Result:
        """As :class:`Session`."""
        place = f"{Path(tree.span.path).name}:{tree.span.line}"
        return self._judged(tree.name, place, lambda session: session.example(tree, origin, found))

    def claim(self, tree: ClaimTree, origin: Origin, name: str = "", expected: str = "holds") -> Result:
        """As :class:`Session`."""
        place = f"{Path(tree.span.path).name}:{tree.span.line}"
        return self._judged(tree.text, place, lambda session: session.claim(tree, origin, name, expected))

    def _judged(self, name: str, place: str, judge: Callable[[Session], Result]) -> Result:
        with self.shared.watched() as uses:
            result = judge(quick_session(self.shared.spec, self.shared))
        self.amiss |= any(each.verdict not in (result.expected, "n/a") for each in result.verdicts)
        self.found.append(Judged(name, place, judge, frozenset(uses), _signature(result)))
        return result


def items_of(paths: Iterable[Path], shared: Shared) -> tuple[Judged, ...]:
    """Return the examples and claims of documents.

    :raises ValueError: when a document has something to be corrected: there is nothing to be measured then.
    """
    found: list[Judged] = []
    for path in paths:
        session = _Collecting(shared)
        document = check_file(session, path)
        if any(each.severity == "error" for each in document.all_diagnostics()) or session.amiss:
            _refuse(path, shared.spec)
        found.extend(session.found)
    return tuple(found)


def _refuse(path: Path, spec: Spec) -> None:
    """Raise what a whole check finds wrong in a document, if there is anything."""
    document = check_file(Session(spec), path)
    wrong = [each for each in document.all_diagnostics() if each.severity == "error"]
    if wrong:
        raise ValueError(f"{path}:{wrong[0].span.line}: {wrong[0].message}")
