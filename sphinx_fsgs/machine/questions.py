"""The questions of a run: which ways are possible, and which state shows it."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Protocol

from sphinx_fsgs.machine import solver, terms
from sphinx_fsgs.machine.evaluate import Place, truth
from sphinx_fsgs.machine.memory import Memory
from sphinx_fsgs.machine.path import Path
from sphinx_fsgs.machine.setup import STACK_ROOM, Start
from sphinx_fsgs.machine.symbolic import Deferred, Machine, State
from sphinx_fsgs.machine.terms import Term, Value
from sphinx_fsgs.machine.values import BoundReached
from sphinx_fsgs.spec.layout import View
from sphinx_fsgs.syntax.expression import Expr

MAX_SECONDS = 10.0
"""The net against hangs, in seconds of this thread's own work, so that a busy machine catches no more than an idle one;
when it catches something, the verdict is undecided and nothing is kept."""
MODELS_KEPT = 16
"""States that a solver has found and that later questions are tried on first."""


class Assuming(Protocol):
    """What has taken something for granted: a path, or a walk that is on its way."""

    @property
    def assumed(self) -> tuple[Value, ...]:
        """Conditions."""

    @property
    def deferred(self) -> tuple[Deferred, ...]:
        """Checks that have not been worked out."""


class Questions:
    """The solver of one run: which paths are possible, and models of what is."""

    def __init__(self, start: Start) -> None:
        self.start = start
        self._session: solver.Session | None = None
        self._invariants: dict[str, Value] = {}
        self._worked_out: dict[int, tuple[Deferred, tuple[Value, ...]]] = {}
        self._models = deque([terms.Evaluator({})], MODELS_KEPT)
        self._unknowns: dict[Term, frozenset[Term]] = {}
        self._begun = time.monotonic()
        self._worked: float | None = None

    def possible(self, conditions: Sequence[Value], path: Assuming | None = None) -> bool:
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
        # The clock is cheap to read, and what a thread has worked is not: it is asked for behind half of the time only,
        # and then has to be as much as the other half.
        if time.monotonic() - self._begun > MAX_SECONDS / 2:
            worked = time.thread_time()
            if self._worked is None:
                self._worked = worked
            if worked - self._worked > MAX_SECONDS / 2:
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

    def assumptions(self, conditions: Sequence[Value], path: Assuming | None) -> list[Value] | None:
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

    def good_memory(self, path: Assuming) -> list[Value]:
        """Return what the deferred checks of a path's accesses say."""
        found: list[Value] = []
        for each in path.deferred:
            if id(each) not in self._worked_out:  # which keeps the check, so that no other gets its number
                self._worked_out[id(each)] = each, tuple(self._work_out(each))
            found.extend(self._worked_out[id(each)][1])
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
