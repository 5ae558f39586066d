"""A walk through a program, which forks where ways part and is joined with another where they meet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from sphinx_fsgs.machine import terms
from sphinx_fsgs.machine.delivery import Event
from sphinx_fsgs.machine.history import History, met
from sphinx_fsgs.machine.memory import joined as joined_memory
from sphinx_fsgs.machine.memory import shared
from sphinx_fsgs.machine.symbolic import Deferred, Machine, Origin, State
from sphinx_fsgs.machine.terms import Term, Value


@dataclass(slots=True)
class Walk:
    """Where a walk is, what it has decided and assumed, and how it came here.

    ``known`` is the truth of conditions that are decided; ``printed`` counts what was printed, ``turns`` how often
    it went back in the text, and ``ways`` of how many ways this is the walk. ``pending`` is what is to be delivered
    before the next instruction.
    """

    index: int
    state: State
    conditions: tuple[Value, ...] = ()
    known: dict[Term, int] = field(default_factory=dict)
    assumed: tuple[Value, ...] = ()
    deferred: tuple[Deferred, ...] = ()
    history: History | None = None
    printed: int = 0
    turns: int = 0
    ways: int = 1
    pending: Event | None = None

    def assume(self, machine: Machine) -> None:
        """Note what a step has taken for granted."""
        self.assumed = tuple(dict.fromkeys((*self.assumed, *machine.assumed)))
        self.deferred = (*self.deferred, *machine.deferred)

    def fork(self, *conditions: Value) -> Walk:
        """Return the same walk where these conditions hold as well."""
        open_ones = tuple(each for each in conditions if not isinstance(each, int))
        known = dict(self.known)
        for each in open_ones:
            learn(known, each)
        return replace(self, state=self.state.copy(), conditions=(*self.conditions, *open_ones), known=known)


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


def joined(one: Walk, other: Walk, origin: Origin) -> Walk | None:
    """Return the walk of all ways of two that are at one instruction, None where their memories do not fit together."""
    alike = shared(one.conditions, other.conditions)
    left, right = one.conditions[alike:], other.conditions[alike:]
    if not left or not right or one.printed or other.printed or one.pending or other.pending:
        return None
    chosen, either = _choice(left, right)
    rest = terms.not_(chosen)
    memory = joined_memory(chosen, one.state.memory, other.state.memory)
    if memory is None:
        return None
    return Walk(
        one.index,
        State(
            _cells(chosen, one.state, other.state, origin),
            memory,
            _msrs(chosen, one.state.msrs, other.state.msrs),
        ),
        (*one.conditions[:alike], *either),
        {term: value for term, value in one.known.items() if other.known.get(term) == value},
        _assumed(one.assumed, other.assumed, chosen),
        _deferred(one.deferred, other.deferred, (chosen, rest)),
        met(chosen, one.history, other.history),
        0,
        one.turns,
        one.ways + other.ways,
    )


def _choice(left: Sequence[Value], right: Sequence[Value]) -> tuple[Value, tuple[Value, ...]]:
    """Return what tells the ways of one walk from those of the other, and what holds on either."""
    first, second = left[0], right[0]
    if isinstance(first, Term) and isinstance(second, Term) and terms.opposite(first, second):
        here = terms.or_(second, terms.all_of(left[1:]))
        there = terms.or_(first, terms.all_of(right[1:]))
        return first, tuple(each for each in (here, there) if not isinstance(each, int))
    chosen = terms.all_of(left)
    return chosen, (terms.or_(chosen, terms.all_of(right)),)


def _cells(chosen: Value, one: State, other: State, origin: Origin) -> list[Value | None]:
    found: list[Value | None] = []
    for index, (here, there) in enumerate(zip(one.cells, other.cells, strict=True)):
        if here is not there:
            here = origin.cell(index) if here is None else here
            there = origin.cell(index) if there is None else there
            here = terms.ite(chosen, here, there, origin.layout.cells[index].width)
        found.append(here)
    return found


_Msrs = tuple[tuple[Value, Value, Value], ...]


def _msrs(chosen: Value, one: _Msrs, other: _Msrs) -> _Msrs:
    alike = shared(one, other)
    sides = (chosen, one[alike:]), (terms.not_(chosen), other[alike:])
    written = ((number, value, terms.and_(side, guard)) for side, rest in sides for number, value, guard in rest)
    return (*one[:alike], *written)


def _assumed(one: tuple[Value, ...], other: tuple[Value, ...], chosen: Value) -> tuple[Value, ...]:
    """Return what both have assumed; what one has, on its ways only."""
    alike = shared(one, other)
    here = (terms.or_(terms.not_(chosen), each) for each in one[alike:])
    there = (terms.or_(chosen, each) for each in other[alike:])
    return (*one[:alike], *here, *there)


def _deferred(
    one: tuple[Deferred, ...], other: tuple[Deferred, ...], sides: tuple[Value, Value]
) -> tuple[Deferred, ...]:
    alike = shared(one, other)
    rests = zip(sides, (one[alike:], other[alike:]), strict=True)
    kept = (replace(each, guard=terms.and_(side, each.guard)) for side, rest in rests for each in rest)
    return (*one[:alike], *kept)
