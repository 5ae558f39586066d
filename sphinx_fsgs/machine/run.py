"""Runs: every path of a program from all states of a start, each within its bounds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from sphinx_fsgs.machine import terms
from sphinx_fsgs.machine.compile import Compiler
from sphinx_fsgs.machine.history import Moment, behind, length_of, moments
from sphinx_fsgs.machine.path import OUTSIDE, Boundary, Outcome, Path, Raised, Step
from sphinx_fsgs.machine.program import Call, Element, Print, Program
from sphinx_fsgs.machine.questions import Questions
from sphinx_fsgs.machine.setup import Start
from sphinx_fsgs.machine.symbolic import Check, Machine, PossibleFault
from sphinx_fsgs.machine.terms import Term, Value
from sphinx_fsgs.machine.values import BoundReached
from sphinx_fsgs.machine.walk import Walk, joined, learn
from sphinx_fsgs.spec.model import FEATURE_PREFIX

MAX_STEPS = 100_000
"""Steps that are run, and again for each path the steps that it lists: many long paths cost as one very long one."""
MAX_PATHS = 4_096
"""Ways that part from one another; those that meet again count too."""
MAX_TERMS = 1_000_000


class Runner:
    """Runs programs symbolically."""

    def __init__(self, compiler: Compiler) -> None:
        self.compiler = compiler

    def run(self, program: Program, start: Start, apart: bool = False) -> tuple[tuple[Path, ...], Questions]:
        """Return every path of a program, those with fewer steps first.

        Ways that meet at an instruction, with the same stack pointer, are one path from there on. With ``apart`` they
        stay as many as they are, for a reader who wants to see each.

        :raises BoundReached: when steps, paths, writes or a question exceed their bounds.
        :raises TermLimit: as :func:`~sphinx_fsgs.machine.terms.term.limited`, which the caller sets.
        :raises NoSolver: when a fork needs a solver and there is none.
        :raises EvaluationError: when an argument of a call of the platform has no value.
        """
        questions = Questions(start)
        found: list[Path] = []
        known: dict[Term, int] = {}
        for condition in start.conditions:
            learn(known, condition)
        walks = [Walk(0, start.state.copy(), known=known)]
        steps = listed = made = 0
        while walks:
            walk = walks.pop() if apart else _next(walks, start)
            steps += 1
            if steps > MAX_STEPS:
                raise BoundReached("steps")
            questions.in_time()
            if walk.index >= len(program.instructions):
                found.append(_ended(walk, "completes"))
            else:
                branches = list(self._step(program, walk, start, questions, found))
                walks.extend(reversed(branches))
                made += max(0, len(branches) + len(found) - listed - 1)
            steps += sum(len(path.steps) for path in found[listed:])
            listed = len(found)
            if made >= MAX_PATHS:
                raise BoundReached("paths")
        return tuple(sorted(found, key=lambda path: len(path.steps))), questions

    def _step(
        self, program: Program, walk: Walk, start: Start, questions: Questions, found: list[Path]
    ) -> Iterator[Walk]:
        bound = program.instructions[walk.index]
        boundary = Boundary(walk.index, walk.state.copy())
        tag = str(length_of(walk.history))
        failed = Moment(boundary, Step(walk.index, False, (), tag))
        if bound.requires and not start.answers[FEATURE_PREFIX + bound.requires]:
            found.append(_faulted(walk, PossibleFault(1, "#UD", None, 0), failed))
            return
        machine, completed = self._execute(program, bound, walk, start, tag)
        walk.assumed = tuple(dict.fromkeys((*walk.assumed, *machine.assumed)))
        walk.deferred = (*walk.deferred, *machine.deferred)
        for fault in machine.faults:
            if fault.guard != 0:
                found.append(_faulted(walk.fork(fault.guard), fault, failed))
        done = Moment(boundary, Step(walk.index, True, tuple(machine.events), tag, machine.state.copy()))
        walk.printed += isinstance(bound, Print)
        targets = list(_targets(machine.state.cells[_rip(start)]))
        for address, condition in targets:
            guard = terms.and_(completed, condition)
            branch = walk.fork(completed, condition)
            # Only where the ways part for good is it worth asking whether one can be taken.
            if guard == 0 or (len(targets) > 1 and not _feasible(guard, branch, questions)):
                continue
            branch.state = machine.state.copy()
            branch.history = behind(branch.history, done)
            index = None if address is None else program.index(address)
            if index is None:
                found.extend(self._left(program, branch, start))
            else:
                branch.turns += index <= walk.index
                branch.index = index
                branch.state.cells[_rip(start)] = address
                yield branch

    def _left(self, program: Program, walk: Walk, start: Start) -> Iterator[Path]:
        """Yield how a walk ends that jumps out of the code: by fetching what is there, or by the fault of that."""
        machine = Machine(walk.state.copy(), start.origin, walk.known, start.rules, "fetch")
        check = cast("Check", self.compiler.fetch(program.mode))
        fetched = machine.branch(check, 1, 1, start.answers, machine.read(_rip(start)))
        walk.index = OUTSIDE
        walk.assumed = tuple(dict.fromkeys((*walk.assumed, *machine.assumed)))
        walk.deferred = (*walk.deferred, *machine.deferred)
        for fault in machine.faults:
            if fault.guard != 0:
                yield _ended(walk.fork(fault.guard), "faults", _raised(fault, OUTSIDE))
        if fetched != 0:
            yield _ended(walk.fork(fetched), "leaves")

    def _execute(self, program: Program, bound: Element, walk: Walk, start: Start, tag: str) -> tuple[Machine, Value]:
        state = walk.state.copy()
        for cell in start.spec.layout.cells:
            if cell.transient:
                state.cells[cell.index] = 0
        state.cells[_rip(start)] = program.address(walk.index + 1)
        machine = Machine(state, start.origin, walk.known, start.rules, tag)
        if isinstance(bound, Print):
            return machine, 1
        if isinstance(bound, Call):
            arguments = bound.values(start.place(walk.state.copy()))
            completed = self.compiler.service(bound.service, program.mode)(machine, 1, 1, start.answers, *arguments)
        else:
            completed = self.compiler.operation(bound.stem, bound.binding)(machine, 1, 1, start.answers)
        assert isinstance(completed, (int, Term))
        if machine.restarted != 0:
            again = program.address(walk.index)
            machine.write(_rip(start), again, machine.restarted)
        return machine, completed


def _feasible(guard: Value, walk: Walk, questions: Questions) -> bool:
    """Return whether a way can be taken, as far as its conditions tell.

    That its memory is good is left out: it grows with each access, and a loop of which nobody knows the end would be
    asked more with each turn, until the clock stops it and no count. Who judges a path asks with all of it.
    """
    return bool(guard) if isinstance(guard, int) else questions.possible(walk.conditions)


def _rip(start: Start) -> int:
    return start.spec.layout.views["RIP"].slots[0].cell


def _targets(rip: Value | None) -> Iterator[tuple[int | None, Value]]:
    """Yield each constant that RIP may be and when it is that; None for what is no constant."""
    if isinstance(rip, Term) and rip.op == "ite":
        condition, then, otherwise = rip.args
        assert not isinstance(condition, str) and not isinstance(then, str) and not isinstance(otherwise, str)
        for address, inner in _targets(then):
            yield address, terms.and_(condition, inner)
        for address, inner in _targets(otherwise):
            yield address, terms.and_(terms.not_(condition), inner)
    else:
        yield (rip if isinstance(rip, int) else None), 1


def _ended(walk: Walk, outcome: Outcome, raised: Raised | None = None) -> Path:
    """Return the path of a walk whose last step completed; what was raised is then the fault of the next fetch."""
    boundaries, steps = moments(walk.history)
    last = Boundary(walk.index, walk.state)
    return Path(walk.conditions, walk.assumed, walk.deferred, (*boundaries, last), steps, outcome, raised, walk.ways)


def _faulted(walk: Walk, fault: PossibleFault, moment: Moment) -> Path:
    boundaries, steps = moments(behind(walk.history, moment))
    raised = _raised(fault, walk.index)
    return Path(walk.conditions, walk.assumed, walk.deferred, boundaries, steps, "faults", raised, walk.ways)


def _raised(fault: PossibleFault, index: int) -> Raised:
    return Raised(fault.vector, fault.error, index, fault.line)


def _next(walks: list[Walk], start: Start) -> Walk:
    """Take out the walk that has turned back least and is least far, joined with all that are where it is.

    The others wait, so that ways which part and meet again farther down do meet; those that leave a loop after
    another number of turns do not.
    """
    chosen = min(reversed(walks), key=_place)
    walks.remove(chosen)
    for other in [each for each in reversed(walks) if _place(each) == _place(chosen)]:
        if _stack(other, start) is _stack(chosen, start):
            both = joined(chosen, other, start.origin)
            if both is not None:
                walks.remove(other)
                chosen = both
    return chosen


def _stack(walk: Walk, start: Start) -> Value:
    """Return the stack pointer, which is another where fewer calls have returned."""
    index = start.spec.layout.views["RSP"].slots[0].cell
    held = walk.state.cells[index]
    return start.origin.cell(index) if held is None else held


def _place(walk: Walk) -> tuple[int, int]:
    return walk.turns, walk.index
