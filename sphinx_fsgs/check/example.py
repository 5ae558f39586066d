"""Judging an example on one set of answers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sphinx_fsgs.check.asking import Asked, Oracle
from sphinx_fsgs.check.calls import expects_unreachable, results_claimed
from sphinx_fsgs.check.conditions import (
    Context,
    applies,
    boundaries,
    holds_at,
    is_about_outcome,
    named_cells,
    outcome_violated,
    vectors_of,
    violated,
    window,
)
from sphinx_fsgs.check.entry_rules import rules_claimed
from sphinx_fsgs.check.judge import Claimed, Finished, Judge, Judgement
from sphinx_fsgs.diagnostic import Diagnostic
from sphinx_fsgs.machine import terms
from sphinx_fsgs.machine.evaluate import EvaluationError
from sphinx_fsgs.machine.observe import Observed, Snapshot
from sphinx_fsgs.machine.program import Program
from sphinx_fsgs.machine.setup import Start, apply_before, begin, begin_code
from sphinx_fsgs.machine.symbolic import MemoryRules
from sphinx_fsgs.machine.terms import Value
from sphinx_fsgs.records import dataclass
from sphinx_fsgs.spec.model import Spec
from sphinx_fsgs.syntax.example import (
    Condition,
    EntryRules,
    Example,
    Faults,
    Holds,
    Mode,
    ShutsDown,
    Signals,
    Unchanged,
)
from sphinx_fsgs.syntax.expression import Expr
from sphinx_fsgs.syntax.printer import scope_text

AFTER_FALSE = "FSGS210"
UNEXPECTED_OUTCOME = "FSGS211"
BOUNDARY_FALSE = "FSGS410"
NEVER_HAPPENS = "FSGS411"
WINDOW_TOO_WIDE = "FSGS412"
LEFT = "FSGS405"
NO_STATE = "FSGS230"
NOT_REACHED = "FSGS231"

STAY = "lead it to an instruction of the example, or say in `before` where it goes"
NO_GOOD_MEMORY = "its accesses to memory always fault, which is taken not to happen unless the example names the fault"

MEMORY_FAULTS = ("#PF", "#SS", "#GP", "#AC")
"""An example that names one of these speaks of memory that may fault."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """An example with its program; ``mode`` is the one that ``before`` chooses."""

    example: Example
    program: Program
    mode: Mode


@dataclass(frozen=True, slots=True)
class Compiled:
    """An example in C as one that runs steps: what was assumed, what was found, and in which cells its steps work."""

    example: Example
    assumed: tuple[str, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    working: frozenset[int] = frozenset()


class ExampleJudge:
    """Judges prepared examples; bad lines are collected in ``diagnostics``, once each."""

    def __init__(self, judge: Judge, oracle: Oracle) -> None:
        self.judge = judge
        self.spec: Spec = judge.spec
        self.oracle = oracle
        self.diagnostics: dict[Diagnostic, None] = {}

    def judge_one(self, prepared: Prepared, answers: Asked) -> Judgement:
        """Return the verdict of the runs with these answers."""
        return self.judge.guarded(lambda: self._judge(prepared, answers))

    def _judge(self, prepared: Prepared, answers: Asked) -> Judgement:
        example = prepared.example
        start = begin(self.spec, prepared.mode, answers, self._rules(prepared))
        start.labels = prepared.program.addresses
        if answers.platforms:
            begin_code(start, example.before)
        found = apply_before(start, example.before, prepared.program.arguments)
        if found:
            self.diagnostics.update(dict.fromkeys(found))
            return Judgement("undecided", "a line of before cannot be understood", "")
        lines = [line for line in example.conditions if self._in_scope(line, answers)]
        if not lines:
            return Judgement("vacuous", "no line of the example speaks of this processor", NO_STATE, example.span)
        if any(value == 0 for value in start.conditions if isinstance(value, int)):
            return _no_state(example)
        try:
            run = self.judge.finish(prepared.program, start, answers)
            if not run.seen or not run.questions.possible([]):
                return _no_state(example)
            if not any(run.can(number) for number in range(len(run.seen))):
                return Judgement("vacuous", NO_GOOD_MEMORY, NO_STATE, example.span)
            return self._lines(example, lines, run)
        except EvaluationError as error:
            self.diagnostics[error.diagnostic] = None
            return Judgement("undecided", "a condition cannot be understood", "")

    def _rules(self, prepared: Prepared) -> MemoryRules:
        named = {vector for line in prepared.example.conditions for vector in vectors_of(line.claimed, self.spec)}
        unreachable = any(expects_unreachable(call, self.spec) for call in prepared.program.calls)
        return MemoryRules(may_fault=unreachable or not named.isdisjoint(MEMORY_FAULTS))

    def _in_scope(self, line: Condition, answers: Asked) -> bool:
        if line.scope is None:
            return True
        return bool(answers[self.oracle.scope_question(line.scope, scope_text(line.scope))])

    def _lines(self, example: Example, lines: Sequence[Condition], run: Finished) -> Judgement:
        left = self.judge.all_hold(run, list(self._left(run)))
        if left.verdict != "holds":
            return left
        missed = self._not_reached(lines, run)
        if missed is not None:
            return missed
        claims = [
            *self._outcome(example, lines, run),
            *results_claimed(run),
            *self._after(example, lines, run),
            *self._boundaries(lines, run),
        ]
        judgement = self.judge.all_hold(run, claims)
        if judgement.verdict != "holds":
            return judgement
        return self._some(lines, run) or judgement

    # ---- the code ----

    def _left(self, run: Finished) -> Iterator[Claimed]:
        """Yield that no instruction jumps out of the code but those for which that is normal."""
        left = [each.steps[-1] for each in run.seen if each.outcome == "leaves"]
        jumps = sorted({each.index for each in left if each.ran})
        rip = frozenset(slot.cell for slot in self.spec.layout.views["RIP"].slots)
        for index in jumps:
            bound = run.program.instructions[index]
            if bound.leaves:
                continue

            def violation(seen: Observed, index: int = index) -> Value:
                return int(seen.outcome == "leaves" and seen.steps[-1].ran and seen.steps[-1].index == index)

            says = f"{bound.text} can jump to where no instruction stands"
            yield Claimed(violation, says, bound.span, LEFT, rip, way_out=STAY)

    # ---- places ----

    def _not_reached(self, lines: Sequence[Condition], run: Finished) -> Judgement | None:
        """Return vacuous for a line whose place, or whose ``when``, no run reaches."""
        for line in lines:
            named = window(line, run.program)
            if named is not None and not is_about_outcome(line) and not self._reaches(line, named, run):
                return Judgement("vacuous", f"no run reaches the place of: {line.text}", NOT_REACHED, line.span)
            if line.when is not None and not any(
                run.can(number, applies(line, seen)) for number, seen in enumerate(run.seen)
            ):
                return Judgement("vacuous", f"no state meets the condition of: {line.text}", NO_STATE, line.span)
        return None

    def _reaches(self, line: Condition, named: frozenset[int], run: Finished) -> bool:
        end = len(run.program.instructions)
        reached = {
            end if snapshot.index < 0 else snapshot.index
            for number, seen in enumerate(run.seen)
            if run.can(number)
            for snapshot in seen.boundaries
            if run.can(number, snapshot.guard)
        }
        return bool(named) and named <= reached

    # ---- after ----

    def _outcome(self, example: Example, lines: Sequence[Condition], run: Finished) -> Iterator[Claimed]:
        about = [line for line in lines if line.section == "after" and is_about_outcome(line)]
        context = Context(self.spec, run.program, about)
        ends = " or ".join(line.text for line in about)
        says = f"it does not end as said: {ends}" if ends else "it does not complete without a fault"
        span = about[0].span if about else example.span

        def violation(seen: Observed) -> Value:
            return outcome_violated(about, seen, context)

        yield Claimed(violation, says, span, UNEXPECTED_OUTCOME)

    def _after(self, example: Example, lines: Sequence[Condition], run: Finished) -> Iterator[Claimed]:
        section = [line for line in lines if line.section == "after"]
        context = Context(self.spec, run.program, section)
        stops = any(isinstance(line.claimed, (Faults, Signals, ShutsDown)) and line.when is None for line in section)
        for line in section:
            if is_about_outcome(line):
                continue
            if isinstance(line.claimed, EntryRules):
                yield from rules_claimed(example, line, context)
                continue
            if line.window is not None:
                yield self._at_boundaries(line, context, negated=False)
                continue

            def violation(seen: Observed, line: Condition = line) -> Value:
                return terms.and_(applies(line, seen), violated(line, seen, context))

            def about(seen: Observed, expected: bool = stops) -> bool:
                return expected or not seen.stops

            yield Claimed(violation, f"not so: {line.text}", line.span, AFTER_FALSE, self._wanted(line, context), about)

    def _wanted(self, line: Condition, context: Context) -> frozenset[int]:
        claimed = line.claimed
        shown: tuple[Expr, ...] = ()
        if isinstance(claimed, Holds):
            shown = (claimed.condition,)
        elif isinstance(claimed, Unchanged):
            shown = claimed.cells
        return named_cells(shown, context)

    # ---- always, never, sometimes ----

    def _boundaries(self, lines: Sequence[Condition], run: Finished) -> Iterator[Claimed]:
        for section in ("always", "never"):
            members = [line for line in lines if line.section == section]
            context = Context(self.spec, run.program, members)
            for line in members:
                yield self._at_boundaries(line, context, negated=section == "never")

    def _at_boundaries(self, line: Condition, context: Context, negated: bool) -> Claimed:
        def at(seen: Observed) -> Iterator[tuple[Snapshot, Value]]:
            for snapshot in boundaries(line, seen, context.program):
                here = holds_at(line, snapshot, seen.first, context)
                yield snapshot, here if negated else terms.not_(here)

        def violation(seen: Observed) -> Value:
            wrong = terms.any_of(terms.and_(snapshot.guard, here) for snapshot, here in at(seen))
            return terms.and_(applies(line, seen), wrong)

        says = f"it happens at a boundary: {line.text}" if negated else f"not so at every boundary: {line.text}"
        return Claimed(violation, says, line.span, BOUNDARY_FALSE, self._wanted(line, context), at=at)

    def _some(self, lines: Sequence[Condition], run: Finished) -> Judgement | None:
        """Judge ``sometimes``, and that each excepted place really is an exception."""
        for line in lines:
            context = Context(self.spec, run.program, [each for each in lines if each.section == line.section])
            if line.section == "sometimes":
                if not self._happens(line, run, context, boundaries):
                    says = f"sometimes: {line.text}"
                    return Judgement("fails", f"{says}: it never holds", NEVER_HAPPENS, line.span, paths=run.ways)
            elif line.window is not None and line.window.excepted:
                wide = self._too_wide(line, run, context)
                if wide is not None:
                    return wide
        return None

    def _happens(self, line: Condition, run: Finished, context: Context, at: object) -> bool:
        for number, seen in enumerate(run.seen):
            for snapshot in boundaries(line, seen, run.program):
                here = holds_at(line, snapshot, seen.first, context)
                if run.can(number, terms.all_of((snapshot.guard, applies(line, seen), here))):
                    return True
        return False

    def _too_wide(self, line: Condition, run: Finished, context: Context) -> Judgement | None:
        named = window(line, run.program) or frozenset()
        for index in sorted(named):
            if not any(
                self._fails_at(line, number, snapshot, seen, run, context)
                for number, seen in enumerate(run.seen)
                for snapshot in seen.boundaries
                if self._index(snapshot, run) == index
            ):
                where = run.program.instructions[index].text if index < len(run.program.instructions) else "the end"
                says = f"the exception is too wide: before {where} the condition always holds"
                return Judgement("fails", says, WINDOW_TOO_WIDE, line.span, paths=run.ways)
        return None

    def _index(self, snapshot: Snapshot, run: Finished) -> int:
        return len(run.program.instructions) if snapshot.index < 0 else snapshot.index

    def _fails_at(
        self, line: Condition, number: int, snapshot: Snapshot, seen: Observed, run: Finished, context: Context
    ) -> bool:
        here = holds_at(line, snapshot, seen.first, context)
        wrong = here if line.section == "never" else terms.not_(here)
        return run.can(number, terms.all_of((snapshot.guard, applies(line, seen), wrong)))


def _no_state(example: Example) -> Judgement:
    return Judgement("vacuous", "no state of this processor satisfies before", NO_STATE, example.span)


__all__ = ["Compiled", "ExampleJudge", "Prepared", "Start"]
