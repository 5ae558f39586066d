"""A path as conditions see it: the same over terms and over the integers of a replay.

Whatever judges a path is written against this, so a violation that was found over terms is checked on
the concrete machine by the very same words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sphinx_fsgs.machine import terms
from sphinx_fsgs.machine.evaluate import Place, read_view
from sphinx_fsgs.machine.memory import Memory, Object
from sphinx_fsgs.machine.run import Outcome, Path
from sphinx_fsgs.machine.setup import STACK_ROOM, Start
from sphinx_fsgs.machine.symbolic import Machine, State
from sphinx_fsgs.machine.terms import Value
from sphinx_fsgs.spec.layout import Layout

Reader = Callable[[int], Value]


@dataclass(frozen=True, slots=True)
class MemoryChange:
    """A byte that may differ from what it was: where it lies and when it really differs."""

    address: Value
    differs: Value


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The state at a boundary; ``index`` is the instruction behind it, -1 when the run has left the code."""

    index: int
    place: Place
    changes: Callable[[], Iterator[MemoryChange]]
    other_msrs: Callable[[], Iterator[Value]]


@dataclass(frozen=True, slots=True)
class Done:
    """An instruction that was begun: its events with their guards."""

    index: int
    completed: bool
    events: tuple[tuple[str, Value], ...]


@dataclass(frozen=True, slots=True)
class Observed:
    """One path from its first boundary to its last, with its outcome.

    ``vector``, ``error`` and ``fault_index`` tell the exception that ended it, if one did.
    """

    boundaries: tuple[Snapshot, ...]
    steps: tuple[Done, ...]
    outcome: Outcome
    vector: str = ""
    error: Value | None = None
    fault_index: int = -1

    @property
    def first(self) -> Snapshot:
        """The state before the run."""
        return self.boundaries[0]

    @property
    def last(self) -> Snapshot:
        """The state behind it."""
        return self.boundaries[-1]


def observe(path: Path, start: Start) -> Observed:
    """Return a symbolic path as conditions see it."""
    initial = start.place(start.state.copy())
    first = path.boundaries[0]

    def snapshot(index: int, state: State) -> Snapshot:
        place = initial if state is first.state else start.place(state.copy())
        return Snapshot(
            index,
            place,
            lambda: _changes(state.memory, start.state.memory, start, place),
            lambda: _msrs(state, start),
        )

    raised = path.raised
    return Observed(
        tuple(snapshot(each.index, each.state) for each in path.boundaries),
        tuple(Done(step.index, step.completed, tuple((e.name, e.guard) for e in step.events)) for step in path.steps),
        path.outcome,
        raised.vector if raised else "",
        raised.error if raised else None,
        raised.index if raised else -1,
    )


def _msrs(state: State, start: Start) -> Iterator[Value]:
    """Yield when a register that the spec does not know differs from what it was."""
    machine = Machine(start.state.copy(), start.origin, {}, start.rules, "msr")
    for index, value, guard in state.msrs[len(start.state.msrs) :]:
        yield terms.and_(guard, terms.ne(value, machine.read_msr(index), 64))


def _changes(now: Memory, before: Memory, start: Start, place: Place) -> Iterator[MemoryChange]:
    layout = start.spec.layout
    tables = [_value(layout, f"{name}.base", start.place()) for name in layout.tables.values()]
    stack = terms.split(_value(layout, "RSP", place))
    for each in now.objects():
        old = before.object(each.origin)
        if old is each:
            continue
        is_table = any(each.origin is base for base in tables)
        for offset, byte in each.bytes.items():
            if each.origin is stack[0] and _signed(offset) < _signed(stack[1]):
                continue
            address = terms.add(each.origin, offset & terms.ones(64), 64)
            was = before.load(address, 1)
            accessed = is_table and offset % 8 == 5
            yield MemoryChange(address, _differ(byte, was, accessed))
        yield from _logged(each, before, is_table)


def _logged(now: Object, before: Memory, is_table: bool) -> Iterator[MemoryChange]:
    for write in now.log:
        for index in range(write.size):
            address = terms.add(now.origin, _offset(write.offset, index), 64)
            byte = terms.extract(write.value, 8 * index + 7, 8 * index)
            low = terms.extract(_offset(write.offset, index), 2, 0)
            accessed = is_table and low == 5
            differs = _differ(byte, before.load(address, 1), accessed)
            yield MemoryChange(address, terms.and_(write.guard, differs))


def _offset(offset: Value, index: int) -> Value:
    return terms.add(offset if not isinstance(offset, int) else offset & terms.ones(64), index, 64)


def _differ(one: Value, other: Value, but_accessed: bool) -> Value:
    if but_accessed:
        return terms.ne(terms.extract(one, 7, 1), terms.extract(other, 7, 1), 7)
    return terms.ne(one, other, 8)


def _signed(offset: int) -> int:
    """Return an offset, which may be signed already, as a signed number of 64 bits."""
    offset &= terms.ones(64)
    return offset - (1 << 64) if offset >> 63 else offset


def _value(layout: Layout, name: str, place: Place) -> Value:
    return read_view(layout.views[name], place)


def changes_of_bytes(
    now: Mapping[int, int], before: Callable[[int], int], tables: Sequence[tuple[int, int]], stack: int
) -> Iterator[MemoryChange]:
    """Return what :func:`observe` gives for memory, over the bytes of a concrete run."""
    for address, byte in now.items():
        if 0 < (stack - address) & terms.ones(64) <= STACK_ROOM:
            continue
        accessed = any(base <= address <= base + limit and (address - base) % 8 == 5 for base, limit in tables)
        yield MemoryChange(address, _differ(byte, before(address), accessed))
