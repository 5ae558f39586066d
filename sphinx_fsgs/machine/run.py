"""Runs: every path of a program from all states of a start, each within its bounds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import cast

from sphinx_fsgs.machine import terms
from sphinx_fsgs.machine.compile import Compiler
from sphinx_fsgs.machine.delivery import DELIVERED_IN, Delivery, Event
from sphinx_fsgs.machine.delivery import joined as joined_faults
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
        self.delivery = Delivery(compiler)

    def run(self, program: Program, start: Start, apart: bool = False) -> tuple[tuple[Path, ...], Questions]:
        """Return every path of a program, those with fewer steps first.

        Ways that meet at an instruction, with the same stack pointer, are one path from there on. With ``apart`` they
        stay as many as they are, for a reader who wants to see each.

        :raises BoundReached: when steps, paths, writes or a question exceed their bounds.
        :raises TermLimit: as :func:`~sphinx_fsgs.machine.terms.term.limited`, which the caller sets.
        :raises NoSolver: when a fork needs a solver and there is none.
        :raises EvaluationError: when an argument of a call of the platform has no value.
        """
        run = _Run(self, program, start)
        run.all(apart)
        return tuple(sorted(run.found, key=lambda path: len(path.steps))), run.questions


class _Run:
    """One run: what has been found so far, and how walks go on."""

    def __init__(self, runner: Runner, program: Program, start: Start) -> None:
        self.compiler = runner.compiler
        self.delivery = runner.delivery
        self.program = program
        self.start = start
        self.questions = Questions(start)
        self.found: list[Path] = []
        self._rip = start.spec.layout.views["RIP"].slots[0].cell

    def all(self, apart: bool) -> None:
        """Follow every walk to its end."""
        known: dict[Term, int] = {}
        for condition in self.start.conditions:
            learn(known, condition)
        walks = [Walk(0, self.start.state.copy(), known=known)]
        steps = listed = made = 0
        while walks:
            walk = walks.pop() if apart else _next(walks, self.start)
            steps += 1
            if steps > MAX_STEPS:
                raise BoundReached("steps")
            self.questions.in_time()
            branches = list(self._on(walk))
            walks.extend(reversed(branches))
            made += max(0, len(branches) + len(self.found) - listed - 1)
            steps += sum(len(path.steps) for path in self.found[listed:])
            listed = len(self.found)
            if made >= MAX_PATHS:
                raise BoundReached("paths")

    def _on(self, walk: Walk) -> Iterator[Walk]:
        if walk.pending is not None:
            yield from self._deliver(walk, walk.pending)
        elif walk.index >= len(self.program.instructions):
            self.found.append(_ended(walk, "completes"))
        else:
            yield from self._step(walk)

    def _step(self, walk: Walk) -> Iterator[Walk]:
        bound = self.program.instructions[walk.index]
        boundary = Boundary(walk.index, walk.state.copy())
        tag = _tag(walk)
        failed = Moment(boundary, Step(walk.index, False, (), tag))
        if bound.requires and not self.start.answers[FEATURE_PREFIX + bound.requires]:
            yield from self._raised(walk, [PossibleFault(1, "#UD", None, 0)], failed)
            return
        machine, completed = self._execute(bound, walk)
        walk.assume(machine)
        yield from self._raised(walk, machine.faults, failed)
        done = Moment(boundary, Step(walk.index, True, tuple(machine.events), tag, behind=machine.state.copy()))
        walk.printed += isinstance(bound, Print)
        yield from self._go_on(walk, machine, completed, done)

    def _raised(self, walk: Walk, faults: Sequence[PossibleFault], failed: Moment) -> Iterator[Walk]:
        """End the paths on which a step has faulted, or yield how they go on to the delivery of what it raised."""
        if not self.start.delivers:
            self.found += [_faulted(walk.fork(each.guard), each, failed) for each in faults if each.guard != 0]
            return
        where = self.program.address(walk.index), self.program.address(walk.index + 1)
        for fault, branch in self._possible(walk, faults):
            branch.history = behind(branch.history, failed)
            branch.pending = Event(fault.vector, fault.error, walk.index, where)
            yield branch

    def _possible(self, walk: Walk, faults: Sequence[PossibleFault]) -> Iterator[tuple[PossibleFault, Walk]]:
        """Yield the faults that a step can raise, those of one vector as one, each with the walk on which it does."""
        for fault in joined_faults(faults):
            branch = walk.fork(fault.guard)
            if _feasible(fault.guard, branch, self.questions):
                yield fault, branch

    def _deliver(self, walk: Walk, event: Event) -> Iterator[Walk]:
        """Yield how a walk goes on when an exception is delivered: to its handler, or to the next exception."""
        boundary, tag = Boundary(walk.index, walk.state.copy()), _tag(walk)
        machine = self._machine(walk)
        rip = self.delivery.rip(event)
        if rip is not None:
            machine.state.cells[self._rip] = rip
        code = self.delivery.code(event, self.program.mode)
        completed = code(machine, 1, 1, self.start.answers, 0 if event.error is None else event.error)
        assert isinstance(completed, (int, Term))
        walk.pending = None
        walk.assume(machine)
        failed = Moment(boundary, Step(event.index, False, (), tag, event.vector))
        for fault, branch in self._possible(walk, machine.faults):
            branch.pending = self.delivery.behind(event, fault.vector, fault.error, self.start.place())
            if branch.pending is None:
                self.found.append(_faulted(branch, fault, failed, "shuts down"))
            else:
                branch.history = behind(branch.history, failed)
                yield branch
        step = Step(event.index, True, tuple(machine.events), tag, event.vector, machine.state.copy())
        yield from self._go_on(walk, machine, completed, Moment(boundary, step))

    def _go_on(self, walk: Walk, machine: Machine, completed: Value, done: Moment) -> Iterator[Walk]:
        """Yield the walks behind a step that completed, and end those that leave the code."""
        mode = DELIVERED_IN[self.program.mode] if done.step.delivers else self.program.mode
        targets = list(_targets(machine.state.cells[self._rip]))
        for address, condition in targets:
            guard = terms.and_(completed, condition)
            branch = walk.fork(completed, condition)
            # Only where the ways part for good is it worth asking whether one can be taken.
            if guard == 0 or (len(targets) > 1 and not _feasible(guard, branch, self.questions)):
                continue
            branch.state = machine.state.copy()
            branch.history = behind(branch.history, done)
            # A handler in another mode is another run.
            index = None if address is None or mode != self.program.mode else self.program.index(address)
            if index is None:
                yield from self._left(branch, mode, done.step)
            else:
                branch.turns += index <= walk.index
                branch.index = index
                branch.state.cells[self._rip] = address
                yield branch

    def _left(self, walk: Walk, mode: str, last: Step) -> Iterator[Walk]:
        """End a walk that leads out of the code, by fetching what is there, or yield how the fault of that goes on."""
        machine = Machine(walk.state.copy(), self.start.origin, walk.known, self.start.rules, "fetch")
        check = cast("Check", self.compiler.fetch(mode))
        fetched = machine.branch(check, 1, 1, self.start.answers, machine.read(self._rip))
        walk.index = OUTSIDE
        walk.assume(machine)
        if self.start.delivers:
            for fault, branch in self._possible(walk, machine.faults):
                branch.pending = Event(fault.vector, fault.error, last.index, None)
                yield branch
        else:
            raised = [each for each in machine.faults if each.guard != 0]
            self.found += [_ended(walk.fork(each.guard), "faults", _raised(each, OUTSIDE)) for each in raised]
        if fetched != 0:
            self.found.append(_ended(walk.fork(fetched), "leaves"))

    def _machine(self, walk: Walk) -> Machine:
        """Return the machine of the next step of a walk."""
        return Machine(walk.state.copy(), self.start.origin, walk.known, self.start.rules, _tag(walk))

    def _execute(self, bound: Element, walk: Walk) -> tuple[Machine, Value]:
        machine, program, answers = self._machine(walk), self.program, self.start.answers
        for cell in self.start.spec.layout.cells:
            if cell.transient:
                machine.state.cells[cell.index] = 0
        machine.state.cells[self._rip] = program.address(walk.index + 1)
        if isinstance(bound, Print):
            return machine, 1
        if isinstance(bound, Call):
            arguments = bound.values(self.start.place(walk.state.copy()))
            completed = self.compiler.service(bound.service, program.mode)(machine, 1, 1, answers, *arguments)
        else:
            completed = self.compiler.operation(bound.stem, bound.binding)(machine, 1, 1, answers)
        assert isinstance(completed, (int, Term))
        if machine.restarted != 0:
            machine.write(self._rip, program.address(walk.index), machine.restarted)
        return machine, completed


def _tag(walk: Walk) -> str:
    return str(length_of(walk.history))


def _feasible(guard: Value, walk: Walk, questions: Questions) -> bool:
    """Return whether a way can be taken, as far as its conditions tell.

    That its memory is good is left out: it grows with each access, and a loop of which nobody knows the end would be
    asked more with each turn, until the clock stops it and no count. Who judges a path asks with all of it.
    """
    return bool(guard) if isinstance(guard, int) else questions.possible(walk.conditions)


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


def _faulted(walk: Walk, fault: PossibleFault, moment: Moment, outcome: Outcome = "faults") -> Path:
    """Return the path of a walk that the fault of a step ends: of an instruction, or of the delivery of another."""
    boundaries, steps = moments(behind(walk.history, moment))
    raised = _raised(fault, walk.index)
    return Path(walk.conditions, walk.assumed, walk.deferred, boundaries, steps, outcome, raised, walk.ways)


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
