"""Judging one run: what is claimed of its paths, whether some state violates it, and the replay that shows it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from sphinx_fsgs.check.asking import Asked
from sphinx_fsgs.check.result import Verdict
from sphinx_fsgs.diagnostic import Counterexample
from sphinx_fsgs.machine import terms
from sphinx_fsgs.machine.compile import Compiler
from sphinx_fsgs.machine.observe import Observed, Snapshot, observe
from sphinx_fsgs.machine.path import Path
from sphinx_fsgs.machine.program import Program
from sphinx_fsgs.machine.questions import Questions
from sphinx_fsgs.machine.run import MAX_TERMS, Runner
from sphinx_fsgs.machine.setup import Start
from sphinx_fsgs.machine.solver import NoSolver
from sphinx_fsgs.machine.terms import Value
from sphinx_fsgs.machine.values import BoundReached
from sphinx_fsgs.records import dataclass
from sphinx_fsgs.source import Span
from sphinx_fsgs.spec.model import Spec

SHOWN_LINES = 3
"""Lines of the spec that a finding names: the last ones that made a difference."""

if TYPE_CHECKING:
    from sphinx_fsgs.check.places import SpecLine
    from sphinx_fsgs.check.replay import Replayer, Violation

GOOD_MEMORY = "memory operands are canonical, mapped, permitted and aligned"
DISTINCT = "the objects that are named apart do not overlap"


At = Callable[[Observed], Iterator[tuple[Snapshot, Value]]]


@dataclass(frozen=True, slots=True)
class Claimed:
    """Something that is claimed of paths: when it is violated, in which words, and where it stands.

    ``wanted`` are the cells that show it; ``about`` keeps only the paths that it speaks of; ``code`` is
    that of the diagnostic, ``way_out`` its help where that is not to correct what is claimed. ``at`` yields the
    boundaries that it speaks of, each with when it is violated there, so that a finding can name the first.
    """

    violation: Violation
    says: str
    span: Span
    code: str
    wanted: frozenset[int] = frozenset()
    about: Callable[[Observed], bool] = lambda seen: True
    way_out: str = ""
    at: At | None = None


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict of one run, shared by all profiles that answer alike.

    ``exhibited`` says that it holds because something happens in the run that is shown; ``counterexample`` is that run.
    """

    verdict: Verdict
    says: str = ""
    code: str = ""
    span: Span | None = None
    reason: str = ""
    counterexample: Counterexample | None = None
    assuming: tuple[str, ...] = ()
    paths: int = 0
    computed: bool = False
    exhibited: bool = False
    citations: tuple[str, ...] = ()
    lines: tuple[SpecLine, ...] = ()
    way_out: str = ""


class Internal(Exception):
    """A replay did not show what the terms had shown: FSGS901, a bug of ours and no finding on the document."""


@dataclass
class Finished:
    """A run that has been made: its paths as conditions see them, and what may be asked about them."""

    program: Program
    start: Start
    paths: tuple[Path, ...]
    seen: tuple[Observed, ...]
    questions: Questions
    concrete: Compiler
    profile: str

    @cached_property
    def replayer(self) -> Replayer:
        """What replays models of this run; what it takes is imported for the first failure only."""
        from sphinx_fsgs.check.replay import Replayer

        return Replayer(self.concrete, self.program, self.start)

    @property
    def ways(self) -> int:
        """How many ways lead through the program; those that meet are one path from there on."""
        return sum(path.ways for path in self.paths)

    @property
    def assuming(self) -> tuple[str, ...]:
        """What the run took for granted."""
        found = []
        if any(path.used_memory for path in self.paths):
            found.append(GOOD_MEMORY)
        if any(len(path.final.memory.used()) > 1 for path in self.paths) and not self.start.may_overlap:
            found.append(DISTINCT)
        return tuple(found)

    def can(self, path: int, *conditions: terms.Value) -> bool:
        """Return whether a path can be taken with these conditions as well."""
        chosen = self.paths[path]
        return self.questions.possible([*chosen.conditions, *conditions], chosen)

    def in_no_doubt(self) -> None:
        """Make sure that no object overlaps one that its address was computed from, where one of them was written.

        :raises BoundReached: when one can: what the terms say of memory is then not all that may be in it.
        """
        for number, path in enumerate(self.paths):
            for overlap in path.final.memory.doubts():
                if self.can(number, overlap):
                    raise BoundReached("memory")


class Judge:
    """Makes runs and judges them; compiled code is kept for all of them."""

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        self.symbolic = Compiler(spec, symbolic=True)
        self.concrete = Compiler(spec, symbolic=False)
        self.runner = Runner(self.symbolic)

    def finish(self, program: Program, start: Start, answers: Asked, apart: bool = False) -> Finished:
        """Make a run; ``apart`` keeps ways apart that meet, as :meth:`~sphinx_fsgs.machine.run.Runner.run` says.

        :raises BoundReached: as :meth:`~sphinx_fsgs.machine.run.Runner.run`.
        """
        paths, questions = self.runner.run(program, start, apart)
        seen = tuple(observe(path, start) for path in paths)
        return Finished(program, start, paths, seen, questions, self.concrete, answers.profile)

    def guarded(self, work: Callable[[], Judgement]) -> Judgement:
        """Return the judgement of ``work``, with each bound that it meets as an undecided verdict."""
        try:
            with terms.limited(MAX_TERMS):
                return work()
        except BoundReached as error:
            name = error.name
            return Judgement(
                "undecided",
                f"the bound on {name} was reached",
                "FSGS906" if name == "time" else "FSGS240",
                reason=name if name == "time" else f"bound {name}",
            )
        except terms.TermLimit:
            return Judgement("undecided", "the bound on terms was reached", "FSGS240", reason="bound terms")
        except NoSolver:
            return Judgement("undecided", "a solver is needed and none is installed", "FSGS241", reason="no solver")

    def all_hold(self, run: Finished, claims: Sequence[Claimed]) -> Judgement:
        """Return holds, or fails with the counterexample of the first claim that some state violates."""
        for claim in claims:
            failed = self.violated(run, claim)
            if failed is not None:
                return failed
        if claims:
            run.in_no_doubt()
        return Judgement("holds", assuming=run.assuming, paths=run.ways, computed=self._computed(run))

    def violated(self, run: Finished, claim: Claimed) -> Judgement | None:
        """Return the failure of a claim on the first path that violates it, None when no state does.

        :raises BoundReached: when every state of such a path has objects that overlap, which is not allowed them.
        """
        for number, seen in enumerate(run.seen):
            if not claim.about(seen):
                continue
            violated = claim.violation(seen)
            if isinstance(violated, int) and not violated:
                continue
            if run.can(number, violated):
                failed = self.failure(run, number, violated, claim)
                if failed is not None:
                    return failed
                if run.questions.find([], run.paths[number], run.seen[number].memories) is None:
                    raise BoundReached("memory")  # of no state of distinct objects everything would hold
        return None

    def failure(self, run: Finished, number: int, violated: terms.Value, claim: Claimed) -> Judgement | None:
        """Return the failure of a claim on a path, replayed; None when no distinct objects violate it.

        :raises Internal: when the replay does not show it.
        """
        from sphinx_fsgs.check.replay import confirmed, counterexample

        path = run.paths[number]
        model = run.questions.find([violated], path, run.seen[number].memories)
        if model is None:
            return None
        replay = run.replayer.replay(model, sorted(claim.wanted), path)
        if not confirmed(claim.violation, replay):
            raise Internal(f"the replay of a counterexample does not show that {claim.says}")
        decided = [*run.start.conditions, *path.conditions, violated]
        shown = counterexample(replay, run.replayer, model, run.profile, sorted(claim.wanted), decided)
        lines = replay.lines[-SHOWN_LINES:]
        return Judgement(
            "fails",
            claim.says + _first_place(claim, replay.seen, run.program),
            claim.code,
            claim.span,
            counterexample=shown,
            assuming=run.assuming,
            paths=run.ways,
            citations=self.cites(run, lines),
            lines=lines,
            way_out=claim.way_out,
        )

    def cites(self, run: Finished, lines: Sequence[SpecLine]) -> tuple[str, ...]:
        """Return what the deciding lines cite, the last first; if none, what the instructions do."""
        from sphinx_fsgs.check.places import cites_at

        stems = run.program.stems
        found = [key for line in reversed(lines) for key in cites_at(self.spec, line, stems)]
        found = found or [key for stem in stems for key in self.spec.cites_of(stem)]
        return tuple(dict.fromkeys(found))

    def _computed(self, run: Finished) -> bool:
        """Whether every value that the run read was given, so that it was one run and no proof was needed."""
        return len(run.paths) == 1 and not run.paths[0].conditions and not list(_unknown(run))


def _first_place(claim: Claimed, seen: Observed, program: Program) -> str:
    """Return in words the first boundary of a concrete run at which a claim is violated."""
    if claim.at is None:
        return ""
    first = next((snapshot for snapshot, wrong in claim.at(seen) if wrong), None)
    if first is None:
        return ""
    if not 0 <= first.index < len(program.instructions):
        return ", at the end"
    element = program.instructions[first.index]
    return f", before {element.text} in line {element.span.line}"


def _unknown(run: Finished) -> Iterator[terms.Term]:
    for snapshot in run.paths[0].boundaries:
        for value in snapshot.state.cells:
            if value is not None:
                yield from terms.unknowns([value])
