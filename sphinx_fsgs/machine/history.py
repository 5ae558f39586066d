"""How a walk came to where it is: moments one behind the other, shared by all walks that came the same way.

Where ways have met, the history is that of both; it is woven into one list only when somebody wants to read it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sphinx_fsgs.machine import terms
from sphinx_fsgs.machine.path import Boundary, Step
from sphinx_fsgs.machine.terms import Value
from sphinx_fsgs.records import dataclass


@dataclass(frozen=True, slots=True)
class Moment:
    """A boundary, and the step that was begun there."""

    boundary: Boundary
    step: Step


@dataclass(frozen=True, slots=True)
class Behind:
    """A moment behind a history."""

    before: History | None
    moment: Moment
    length: int


@dataclass(frozen=True, slots=True)
class Met:
    """Two histories that have met: the first where ``chosen`` holds, else the second."""

    chosen: Value
    one: History | None
    other: History | None
    length: int


History = Behind | Met

_Guarded = tuple[Moment, Value]


def length_of(history: History | None) -> int:
    """Return the number of steps on the longest way."""
    return 0 if history is None else history.length


def behind(history: History | None, moment: Moment) -> History:
    """Return a history with one more moment."""
    return Behind(history, moment, length_of(history) + 1)


def met(chosen: Value, one: History | None, other: History | None) -> History:
    """Return the history of two walks that are one from here on."""
    return Met(chosen, one, other, max(length_of(one), length_of(other)))


def moments(history: History | None) -> tuple[tuple[Boundary, ...], tuple[Step, ...]]:
    """Return all boundaries and steps, in an order in which each way passes them, with their guards."""
    listed = [_under(guard, moment) for moment, guard in _list(history)]
    return tuple(each.boundary for each in listed), tuple(each.step for each in listed)


def _under(guard: Value, moment: Moment) -> Moment:
    if guard == 1:
        return moment
    return Moment(replace(moment.boundary, guard=guard), replace(moment.step, guard=guard))


def _list(history: History | None) -> list[_Guarded]:
    """Return the moments of a history; without recursion, because ways can meet thousands of times."""
    done: dict[int, list[_Guarded]] = {}
    pending = [history] if history is not None else []
    while pending:
        stem, tail = _stem(pending[-1])
        if stem is None:
            done[id(pending.pop())] = tail
            continue
        needed = [each for each in (stem.one, stem.other) if each is not None and id(each) not in done]
        if needed:
            pending.extend(needed)
            continue
        one, other = (done[id(each)] if each is not None else [] for each in (stem.one, stem.other))
        done[id(pending.pop())] = [*_woven(one, other, stem.chosen), *tail]
    return done[id(history)] if history is not None else []


def _stem(history: History) -> tuple[Met | None, list[_Guarded]]:
    """Return where ways have met last, and the moments since."""
    tail: list[_Guarded] = []
    at: History | None = history
    while isinstance(at, Behind):
        tail.append((at.moment, 1))
        at = at.before
    tail.reverse()
    return at, tail


def _woven(one: Sequence[_Guarded], other: Sequence[_Guarded], chosen: Value) -> list[_Guarded]:
    """Return the moments of two lists in one, those that they share once."""
    places = {id(moment): number for number, (moment, _) in enumerate(other)}
    found: list[_Guarded] = []
    rest = terms.not_(chosen)
    done = 0
    for moment, guard in one:
        place = places.get(id(moment))
        if place is None:
            found.append((moment, terms.and_(chosen, guard)))
            continue
        found.extend((each, terms.and_(rest, theirs)) for each, theirs in other[done:place])
        found.append((moment, terms.ite(chosen, guard, other[place][1], 1)))
        done = place + 1
    found.extend((each, terms.and_(rest, theirs)) for each, theirs in other[done:])
    return found
