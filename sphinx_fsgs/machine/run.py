"""Runs: every path of a program from all states of a start, each within its bounds."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import field, replace
from typing import Generic, Literal, TypeVar, cast

from sphinx_fsgs.machine import solver, terms
from sphinx_fsgs.machine.compile import Compiler
from sphinx_fsgs.machine.delivery import DELIVERED_IN, Delivery, Event, joined
from sphinx_fsgs.machine.evaluate import Place, truth
from sphinx_fsgs.machine.memory import Memory
from sphinx_fsgs.machine.program import Call, Element, Print, Program
from sphinx_fsgs.machine.setup import STACK_ROOM, Start
from sphinx_fsgs.machine.symbolic import Check, Deferred, Machine, Occurred, PossibleFault, State
from sphinx_fsgs.machine.terms import Term, Value
from sphinx_fsgs.machine.values import BoundReached
from sphinx_fsgs.records import dataclass
from sphinx_fsgs.spec.layout import View
from sphinx_fsgs.spec.model import FEATURE_PREFIX
from sphinx_fsgs.syntax.expression import Expr

MAX_STEPS = 100_000
"""Steps that are run, and again for each path the steps that it lists: many long paths cost as one very long one."""
MAX_PATHS = 4_096
MAX_TERMS = 1_000_000
MAX_SECONDS = 10.0
"""The net against hangs, in seconds of this thread's own work, so that a busy machine catches no more than an idle one;
when it catches something, the verdict is undecided and nothing is kept."""
MODELS_KEPT = 16
"""States that a solver has found and that later questions are tried on first."""

OUTSIDE = -1
"""The index of what is no instruction of the program."""

_T = TypeVar("_T")

Outcome = Literal["completes", "leaves", "faults", "shuts down"]


@dataclass(frozen=True, slots=True)
class Raised:
    """The exception that ended a path; ``line`` is that of the spec, 0 where the processor lacks the instruction.

    Of a path that shuts down it is the one that was met in the delivery of a double fault.

    ``index`` is OUTSIDE where the fetch behind the last step raised it.
    """

    vector: str
    error: Value | None
    index: int
    line: int


@dataclass(frozen=True, slots=True)
class Boundary:
    """The state before the instruction of that index, or behind the last."""

    index: int
    state: State


@dataclass(frozen=True, slots=True)
class Step:
    """An instruction that was begun; ``completed`` is false for the one that faulted.

    With ``delivers`` it is the delivery of that exception instead, which the instruction raised.
    """

    index: int
    completed: bool
    events: tuple[Occurred, ...]
    delivers: str = ""


@dataclass(frozen=True, slots=True)
class Path:
    """One way through the program: under which conditions, from boundary to boundary, and how it ends.

    ``assumed`` are good memory and distinct objects, as far as they have been worked out.
    """

    conditions: tuple[Value, ...]
    assumed: tuple[Value, ...]
    deferred: tuple[Deferred, ...]
    boundaries: tuple[Boundary, ...]
    steps: tuple[Step, ...]
    outcome: Outcome
    raised: Raised | None

    @property
    def final(self) -> State:
        """The state at the end of the path."""
        return self.boundaries[-1].state

    @property
    def used_memory(self) -> bool:
        """Whether good memory was assumed."""
        return bool(self.assumed or self.deferred)


@dataclass(frozen=True, slots=True)
class Trail(Generic[_T]):
    """A list that grows at its end and is shared by all walks that came this way."""

    item: _T
    before: Trail[_T] | None
    length: int


def _extended(trail: Trail[_T] | None, item: _T) -> Trail[_T]:
    return Trail(item, trail, 1 if trail is None else trail.length + 1)


def _listed(trail: Trail[_T] | None) -> tuple[_T, ...]:
    found: list[_T] = []
    while trail is not None:
        found.append(trail.item)
        trail = trail.before
    return tuple(reversed(found))


@dataclass(slots=True)
class _Walk:
    index: int
    state: State
    conditions: tuple[Value, ...] = ()
    known: dict[Term, int] = field(default_factory=dict)
    assumed: tuple[Value, ...] = ()
    deferred: tuple[Deferred, ...] = ()
    boundaries: Trail[Boundary] | None = None
    steps: Trail[Step] | None = None
    pending: Event | None = None

    def assume(self, machine: Machine) -> None:
        """Note what a step has taken for granted."""
        self.assumed = tuple(dict.fromkeys((*self.assumed, *machine.assumed)))
        self.deferred = (*self.deferred, *machine.deferred)

    def fork(self, condition: Value) -> _Walk:
        """Return the same walk where a condition holds as well."""
        known = dict(self.known)
        learn(known, condition)
        return _Walk(
            self.index,
            self.state.copy(),
            (*self.conditions, condition) if not isinstance(condition, int) else self.conditions,
            known,
            self.assumed,
            self.deferred,
            self.boundaries,
            self.steps,
        )


def learn(known: dict[Term, int], condition: Value) -> None:
    """Note what a condition that holds says of the conditions that it is made of."""
    stack = [(condition, 1)]
    while stack:
        value, truth_value = stack.pop()
        if isinstance(value, int):
            continue
        known[value] = truth_value
        if value.op == "not":
            stack.extend((each, 1 - truth_value) for each in terms.operands(value))
        elif (value.op == "and" and truth_value) or (value.op == "or" and not truth_value):
            stack.extend((each, truth_value) for each in terms.operands(value))


class Questions:
    """The solver of one run: which paths are possible, and models of what is."""

    def __init__(self, start: Start) -> None:
        self.start = start
        self._session: solver.Session | None = None
        self._invariants: dict[str, Value] = {}
        self._worked_out: dict[int, tuple[Value, ...]] = {}
        self._models = deque([terms.Evaluator({})], MODELS_KEPT)
        self._unknowns: dict[Term, frozenset[Term]] = {}
        self._begun = time.monotonic()
        self._worked = time.thread_time()

    def possible(self, conditions: Sequence[Value], path: Path | _Walk | None = None) -> bool:
        """Return whether conditions can hold together in some state that the run is over.

        :raises NoSolver: when it takes a solver and there is none.
        :raises BoundReached: when the question is too hard.
        """
        found = self.assumptions(conditions, path)
        if found is None:
            return False
        if not found or self._seen_before(found):
            return True
        self.in_time()
        session = self._open()
        if not session.check_all(found):
            return False
        self._models.appendleft(terms.Evaluator(session.model(sorted(self._unknowns_of(found), key=str))))
        return True

    def in_time(self) -> None:
        """Stop a run that has taken too long.

        :raises BoundReached: when it has.
        """
        # The clock is cheap to read, and no thread works longer than it runs.
        if time.monotonic() - self._begun > MAX_SECONDS and time.thread_time() - self._worked > MAX_SECONDS:
            raise BoundReached("time")

    def _seen_before(self, conditions: Sequence[Value]) -> bool:
        """Whether the state in which all is zero, or one that a solver has found, meets the conditions.

        The youngest conditions are the least likely to be met, so they are looked at first.
        """
        return any(all(model(each) for each in reversed(conditions)) for model in self._models)

    def _unknowns_of(self, conditions: Iterable[Value]) -> set[Term]:
        found: set[Term] = set()
        for each in conditions:
            if isinstance(each, Term):
                if each not in self._unknowns:
                    self._unknowns[each] = terms.unknowns([each])
                found.update(self._unknowns[each])
        return found

    def assumptions(self, conditions: Sequence[Value], path: Path | _Walk | None) -> list[Value] | None:
        """Return all that must hold with these conditions, None when something is false for sure."""
        everything = [*self.start.conditions, *conditions]
        if path is not None:
            everything += path.assumed
        if any(isinstance(each, int) and not each for each in everything):
            return None
        open_ones: list[Value] = [each for each in everything if not isinstance(each, int)]
        if path is not None and (open_ones or path.deferred):
            open_ones += self.good_memory(path)
        if open_ones or self.start.given:
            open_ones += self.invariants(open_ones)
        if any(isinstance(each, int) and not each for each in open_ones):
            return None
        return list(dict.fromkeys(each for each in open_ones if not isinstance(each, int)))

    def good_memory(self, path: Path | _Walk) -> list[Value]:
        """Return what the deferred checks of a path's accesses say."""
        found: list[Value] = []
        for each in path.deferred:
            if id(each) not in self._worked_out:
                self._worked_out[id(each)] = tuple(self._work_out(each))
            found.extend(self._worked_out[id(each)])
        return found

    def _work_out(self, deferred: Deferred) -> Iterator[Value]:
        state = State(list(deferred.cells), self.start.state.memory, ())
        machine = Machine(state, self.start.origin, {}, self.start.rules, "check")
        deferred.check(machine, deferred.guard, 1, self.start.answers, *deferred.values)
        for fault in machine.faults:
            yield terms.not_(fault.guard)

    def invariants(self, conditions: Iterable[Value]) -> list[Value]:
        """Return the invariants about the cells whose initial values occur in these conditions."""
        layout = self.start.spec.layout
        seen = self._unknowns_of(conditions)
        found: list[Value] = []
        pending = list(self.start.spec.invariants)
        grown = True
        while grown:
            grown = False
            for invariant in list(pending):
                index = layout.views[invariant.about].slots[0].cell
                initial = self.start.state.cells[index]
                initial = self.start.origin.cell(index) if initial is None else initial
                if not isinstance(initial, int) and seen.isdisjoint(terms.unknowns([initial])):
                    continue
                if isinstance(initial, int) and index not in self.start.given:
                    continue
                pending.remove(invariant)
                value = self._invariant(invariant.about, invariant.holds)
                found.append(value)
                seen.update(terms.unknowns([value]))
                grown = True
        return found

    def _invariant(self, about: str, holds: Expr) -> Value:
        if about not in self._invariants:
            place = self.start.place(self.start.state.copy())
            self._invariants[about] = settle(holds, place)
        return self._invariants[about]

    def can_hold(self, view: View, value: Value) -> Value:
        """Return whether the cells of a view can hold a value in some state of the processor, by the invariants."""
        found: list[Value] = []
        below = view.width
        for slot in view.slots:
            below -= slot.width
            part = terms.extract(value, below + slot.width - 1, below)
            if slot.cell < 0:
                found.append(terms.eq(part, slot.constant, slot.width))
            elif slot.width == self.start.spec.layout.cells[slot.cell].width:
                found.append(self._cell_can_hold(slot.cell, part, slot.width))
        return terms.all_of(found)

    def _cell_can_hold(self, index: int, value: Value, width: int) -> Value:
        held = self.start.origin.cell(index)
        if not isinstance(held, Term):
            return terms.eq(held, value, width)
        place = self.start.place(State([None] * len(self.start.spec.layout.cells), self.start.state.memory, ()))
        views = self.start.spec.layout.views
        about = (each for each in self.start.spec.invariants if views[each.about].slots[0].cell == index)
        return terms.all_of(terms.substitute(settle(each.holds, place), {held: value}) for each in about)

    def apart(self, path: Path, read: Iterable[Memory] = ()) -> list[Value]:
        """Return that the path's objects do not overlap, nor the room below the stack, for a model.

        :param read: memories in which conditions on the path have reached further objects.
        """
        if self.start.may_overlap:
            return []
        memory = path.final.memory.reaching(read)
        return [*memory.apart(), *self._off_the_stack(path, memory)]

    def _off_the_stack(self, path: Path, memory: Memory) -> Iterator[Value]:
        """Yield that only the stack lies below RSP, where no change counts, at any boundary of the path."""
        index = self.start.spec.layout.views["RSP"].slots[0].cell
        tops: dict[tuple[Value, Value], list[int]] = {}
        for boundary in path.boundaries:
            value = boundary.state.cells[index]
            for guard, each in memory.cases(self.start.origin.cell(index) if value is None else value):
                origin, top = terms.split(each)
                tops.setdefault((guard, origin), []).append(top)
        for (guard, origin), found in tops.items():
            lowest = min(found, key=lambda top: top + (1 << 63) & terms.ones(64))
            length = max(top - lowest & terms.ones(64) for top in found)
            for apart in memory.apart_from(origin, lowest - STACK_ROOM, lowest + length):
                yield terms.or_(terms.not_(guard), apart)

    def find(self, conditions: Sequence[Value], path: Path, read: Iterable[Memory] = ()) -> dict[Term, int] | None:
        """Return the smallest values of the unknowns under which these conditions hold on a path, None if never.

        Values are brought down one unknown after the other, the cells first in the order of the spec, so the
        same question has the same answer everywhere. ``read`` is as for :meth:`apart`.
        """
        needed = self.assumptions([*path.conditions, *conditions], path)
        if needed is None:
            return None
        if not needed:
            return {}
        session = solver.open_session()
        for each in needed:
            session.require(each)
        if not session.check():
            return None
        apart = [each for each in self.apart(path, read) if not isinstance(each, int)]
        for each in apart:
            session.require(each)
        if apart and not session.check():
            return None
        decided = [*self.start.conditions, *path.conditions, *conditions]
        return _minimise(session, self._ordered([*needed, *apart]), decided)

    def _ordered(self, conditions: Iterable[Value]) -> list[Term]:
        order = {cell.name: cell.index for cell in self.start.spec.layout.cells}
        found = terms.unknowns(conditions)

        def rank(term: Term) -> tuple[int, int, str]:
            name = str(term.args[0])
            return (0 if term.op == "var" else 1, order.get(name, len(order)), str(term))

        return sorted(found, key=rank)

    def _open(self) -> solver.Session:
        if self._session is None:
            self._session = solver.open_session()
        return self._session


def _minimise(session: solver.Session, unknowns: Sequence[Term], decided: Sequence[Value]) -> dict[Term, int]:
    """Return a model in which the unknowns that decide the conditions are as small as can be, one after the other."""
    current = dict(session.model(unknowns)) if session.check() else {}
    settled: set[Term] = set()
    while True:
        decisive = terms.witnesses(decided, terms.Evaluator(current))
        term = next((each for each in unknowns if each in decisive and each not in settled), None)
        if term is None:
            return current
        settled.add(term)
        session.require(terms.eq(term, _smallest(session, term, current[term]), term.width))
        if session.check():
            current = dict(session.model(unknowns))


def _smallest(session: solver.Session, term: Term, known: int) -> int:
    """Return the smallest value that a term can have, given one that it can."""
    if not known or session.check(terms.eq(term, 0, term.width)):
        return 0
    low, best = 1, known
    while low < best:
        middle = (low + best) // 2
        if session.check(terms.le(term, middle, term.width)):
            best = session.model([term])[term]
        else:
            low = middle + 1
    return best


def settle(holds: Expr, place: Place) -> Value:
    """Return whether a condition holds, asking the profile only what its truth really hangs on."""
    questions = _Open()
    value = truth(holds, replace(place, answers=questions))
    asked = {term: place.answers[name] for name, term in questions.items() if term in set(terms.unknowns([value]))}
    return terms.substitute(value, asked)


class _Open(dict[str, Term]):
    """Answers that are still open: each question is a variable of one bit."""

    def __missing__(self, question: str) -> Term:
        term = self[question] = terms.variable(f"answer {question}", 1)
        return term


class Runner:
    """Runs programs symbolically."""

    def __init__(self, compiler: Compiler) -> None:
        self.compiler = compiler
        self.delivery = Delivery(compiler)

    def run(self, program: Program, start: Start) -> tuple[tuple[Path, ...], Questions]:
        """Return every path of a program, in the order of the text of its forks.

        :raises BoundReached: when steps, paths, writes or a question exceed their bounds.
        :raises TermLimit: as :func:`~sphinx_fsgs.machine.terms.term.limited`, which the caller sets.
        :raises NoSolver: when a fork needs a solver and there is none.
        :raises EvaluationError: when an argument of a call of the platform has no value.
        """
        questions = Questions(start)
        found: list[Path] = []
        state = start.state.copy()
        known: dict[Term, int] = {}
        for condition in start.conditions:
            learn(known, condition)
        walks = [_Walk(0, state, known=known)]
        steps = listed = 0
        while walks:
            walk = walks.pop()
            steps += 1
            if steps > MAX_STEPS:
                raise BoundReached("steps")
            questions.in_time()
            if walk.pending is not None:
                walks.extend(reversed(list(self._deliver(program, walk, walk.pending, start, questions, found))))
            elif walk.index >= len(program.instructions):
                found.append(_ended(walk, "completes"))
            else:
                walks.extend(reversed(list(self._step(program, walk, start, questions, found))))
            steps += sum(len(path.steps) for path in found[listed:])
            listed = len(found)
            if len(found) + len(walks) > MAX_PATHS:
                raise BoundReached("paths")
        return tuple(found), questions

    def _step(
        self, program: Program, walk: _Walk, start: Start, questions: Questions, found: list[Path]
    ) -> Iterator[_Walk]:
        bound = program.instructions[walk.index]
        walk.boundaries = _extended(walk.boundaries, Boundary(walk.index, walk.state.copy()))
        where = program.address(walk.index), program.address(walk.index + 1)
        if bound.requires and not start.answers[FEATURE_PREFIX + bound.requires]:
            yield from self._raised(walk, [PossibleFault(1, "#UD", None, 0)], where, start, questions, found)
            return
        machine, completed = self._execute(program, bound, walk, start)
        walk.assume(machine)
        yield from self._raised(walk, machine.faults, where, start, questions, found)
        done = Step(walk.index, True, tuple(machine.events))
        yield from self._go_on(program, walk, machine, completed, done, start, questions, found)

    def _raised(
        self,
        walk: _Walk,
        faults: Sequence[PossibleFault],
        where: tuple[int, int] | None,
        start: Start,
        questions: Questions,
        found: list[Path],
    ) -> Iterator[_Walk]:
        """End the paths on which a step has faulted, or yield how they go on to the delivery of what it raised."""
        if not start.delivers:
            found.extend(_faulted(walk.fork(each.guard), each) for each in faults if each.guard != 0)
            return
        for fault in joined(faults):
            branch = walk.fork(fault.guard)
            if _feasible(fault.guard, branch, questions):
                at = walk.index if where is not None or walk.steps is None else walk.steps.item.index
                if where is not None:
                    branch.steps = _extended(branch.steps, Step(walk.index, False, ()))
                branch.pending = Event(fault.vector, fault.error, at, where)
                yield branch

    def _deliver(
        self, program: Program, walk: _Walk, event: Event, start: Start, questions: Questions, found: list[Path]
    ) -> Iterator[_Walk]:
        """Yield how a walk goes on when an exception is delivered: to its handler, or to the next exception."""
        walk.boundaries = _extended(walk.boundaries, Boundary(walk.index, walk.state.copy()))
        machine = self._machine(walk, start)
        rip = self.delivery.rip(event)
        if rip is not None:
            machine.state.cells[_rip(start)] = rip
        code = self.delivery.code(event, program.mode)
        completed = code(machine, 1, 1, start.answers, 0 if event.error is None else event.error)
        assert isinstance(completed, (int, Term))
        walk.assume(machine)
        for fault in joined(machine.faults):
            branch = walk.fork(fault.guard)
            if not _feasible(fault.guard, branch, questions):
                continue
            branch.steps = _extended(branch.steps, Step(event.index, False, (), event.vector))
            branch.pending = self.delivery.behind(event, fault.vector, fault.error, start.place())
            if branch.pending is None:
                found.append(_shut_down(branch, fault))
            else:
                yield branch
        done = Step(event.index, True, tuple(machine.events), event.vector)
        yield from self._go_on(program, walk, machine, completed, done, start, questions, found)

    def _go_on(
        self,
        program: Program,
        walk: _Walk,
        machine: Machine,
        completed: Value,
        done: Step,
        start: Start,
        questions: Questions,
        found: list[Path],
    ) -> Iterator[_Walk]:
        """Yield the walks behind a step that completed, and end those that leave the code."""
        mode = DELIVERED_IN[program.mode] if done.delivers else program.mode
        targets = list(_targets(machine.state.cells[_rip(start)]))
        for address, condition in targets:
            guard = terms.and_(completed, condition)
            branch = walk.fork(guard)
            # Only where the ways part for good is it worth asking whether one can be taken.
            if guard == 0 or (len(targets) > 1 and not _feasible(guard, branch, questions)):
                continue
            branch.state = machine.state.copy()
            branch.steps = _extended(branch.steps, done)
            # A handler in another mode is another run.
            index = None if address is None or mode != program.mode else program.index(address)
            if index is None:
                yield from self._left(branch, mode, start, questions, found)
            else:
                branch.index = index
                yield branch

    def _left(self, walk: _Walk, mode: str, start: Start, questions: Questions, found: list[Path]) -> Iterator[_Walk]:
        """End a walk that leads out of the code, by fetching what is there, or yield how the fault of that goes on."""
        machine = Machine(walk.state.copy(), start.origin, walk.known, start.rules, "fetch")
        check = cast("Check", self.compiler.fetch(mode))
        fetched = machine.branch(check, 1, 1, start.answers, machine.read(_rip(start)))
        walk.index = OUTSIDE
        walk.assume(machine)
        if start.delivers:
            yield from self._raised(walk, machine.faults, None, start, questions, found)
        else:
            found.extend(_unfetched(walk.fork(each.guard), each) for each in machine.faults if each.guard != 0)
        if fetched != 0:
            found.append(_ended(walk.fork(fetched), "leaves"))

    def _machine(self, walk: _Walk, start: Start) -> Machine:
        """Return the machine of the next step of a walk."""
        tag = str(walk.steps.length if walk.steps else 0)
        return Machine(walk.state.copy(), start.origin, walk.known, start.rules, tag)

    def _execute(self, program: Program, bound: Element, walk: _Walk, start: Start) -> tuple[Machine, Value]:
        machine = self._machine(walk, start)
        for cell in start.spec.layout.cells:
            if cell.transient:
                machine.state.cells[cell.index] = 0
        machine.state.cells[_rip(start)] = program.address(walk.index + 1)
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


def _feasible(guard: Value, walk: _Walk, questions: Questions) -> bool:
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


def _ended(walk: _Walk, outcome: Outcome) -> Path:
    boundaries = _listed(_extended(walk.boundaries, Boundary(walk.index, walk.state)))
    return Path(walk.conditions, walk.assumed, walk.deferred, boundaries, _listed(walk.steps), outcome, None)


def _faulted(walk: _Walk, fault: PossibleFault) -> Path:
    raised = Raised(fault.vector, fault.error, walk.index, fault.line)
    steps = _listed(_extended(walk.steps, Step(walk.index, False, ())))
    return Path(walk.conditions, walk.assumed, walk.deferred, _listed(walk.boundaries), steps, "faults", raised)


def _shut_down(walk: _Walk, fault: PossibleFault) -> Path:
    """Return the path of a walk whose last step was the delivery of a double fault, which faulted."""
    raised = Raised(fault.vector, fault.error, walk.index, fault.line)
    steps, boundaries = _listed(walk.steps), _listed(walk.boundaries)
    return Path(walk.conditions, walk.assumed, walk.deferred, boundaries, steps, "shuts down", raised)


def _unfetched(walk: _Walk, fault: PossibleFault) -> Path:
    """Return the path of a walk whose last step completed, and led to where nothing can be fetched."""
    boundaries = _listed(_extended(walk.boundaries, Boundary(walk.index, walk.state)))
    raised = Raised(fault.vector, fault.error, walk.index, fault.line)
    return Path(walk.conditions, walk.assumed, walk.deferred, boundaries, _listed(walk.steps), "faults", raised)
