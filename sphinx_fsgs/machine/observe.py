"""A path as conditions see it: the same over terms and over the integers of a replay.

Whatever judges a path is written against this, so a violation that was found over terms is checked on
the concrete machine by the very same words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from sphinx_fsgs.machine import terms
from sphinx_fsgs.machine.evaluate import Place, read_view
from sphinx_fsgs.machine.memory import Memory, Object
from sphinx_fsgs.machine.path import Outcome, Path, Step
from sphinx_fsgs.machine.setup import STACK_ROOM, Start
from sphinx_fsgs.machine.symbolic import Machine, State
from sphinx_fsgs.machine.terms import Value
from sphinx_fsgs.records import dataclass
from sphinx_fsgs.spec.layout import Layout

Reader = Callable[[int], Value]


@dataclass(frozen=True, slots=True)
class MemoryChange:
    """A byte that may differ from what it was: where it lies and when it really differs."""

    address: Value
    differs: Value


@dataclass(frozen=True, slots=True)
class RegisterChange:
    """A model-specific register outside the spec that may differ from what it was: its number, and when it does."""

    number: Value
    differs: Value


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The state at a boundary, to which the path comes where ``guard`` holds.

    ``index`` is the instruction behind it, -1 when the run has left the code.
    """

    index: int
    place: Place
    changes: Callable[[], Iterator[MemoryChange]]
    other_msrs: Callable[[], Iterator[RegisterChange]]
    guard: Value = 1


@dataclass(frozen=True, slots=True)
class Done:
    """An instruction that was begun, where ``guard`` holds: its events with their guards, and the state it leaves.

    With ``delivers`` it is the delivery of that exception instead, which the instruction raised.
    """

    index: int
    completed: bool
    events: tuple[tuple[str, Value], ...]
    delivers: str = ""
    behind: Callable[[], Snapshot] | None = None
    guard: Value = 1

    @property
    def ran(self) -> bool:
        """Whether it is an instruction that completed."""
        return self.completed and not self.delivers


@dataclass(frozen=True, slots=True)
class Observed:
    """One path from its first boundary to its last, with its outcome.

    ``vector``, ``error`` and ``fault_index`` tell the exception that ended it, if one did. ``states``
    are those that conditions read, which may reach in memory what the run itself did not.
    """

    boundaries: tuple[Snapshot, ...]
    steps: tuple[Done, ...]
    outcome: Outcome
    vector: str = ""
    error: Value | None = None
    fault_index: int = -1
    states: Sequence[State] = ()

    @property
    def first(self) -> Snapshot:
        """The state before the run."""
        return self.boundaries[0]

    @property
    def memories(self) -> tuple[Memory, ...]:
        """The memories that conditions have read by now."""
        return tuple(each.memory for each in self.states)

    @property
    def stops(self) -> bool:
        """Whether it ends in an exception, or in shutdown, and so at the boundary in front of what raised it."""
        return self.outcome in ("faults", "shuts down")

    @property
    def last(self) -> Snapshot:
        """The state behind it."""
        return self.boundaries[-1]


def observe(path: Path, start: Start) -> Observed:
    """Return a symbolic path as conditions see it."""
    copies = [start.state.copy()]
    initial = start.place(copies[0])
    first = path.boundaries[0]

    def snapshot(index: int, state: State, guard: Value = 1) -> Snapshot:
        if state is first.state:
            place = initial
        else:
            copies.append(state.copy())
            place = start.place(copies[-1])
        return Snapshot(
            index,
            place,
            lambda: _changes(state.memory, start.state.memory, start, place),
            lambda: _msrs(state, start),
            guard,
        )

    def done(step: Step) -> Done:
        state = step.behind
        events = tuple((each.name, each.guard) for each in step.events)
        return Done(
            step.index,
            step.completed,
            events,
            step.delivers,
            None if state is None else lambda: snapshot(step.index, state),
            step.guard,
        )

    raised = path.raised
    boundaries = tuple(snapshot(each.index, each.state, each.guard) for each in path.boundaries)
    return Observed(
        boundaries,
        tuple(done(step) for step in path.steps),
        path.outcome,
        raised.vector if raised else "",
        raised.error if raised else None,
        raised.index if raised else -1,
        copies,
    )


def _msrs(state: State, start: Start) -> Iterator[RegisterChange]:
    """Yield when a register that the spec does not know differs from what it was."""
    machine = Machine(start.state.copy(), start.origin, {}, start.rules, "msr")
    for index, value, guard in state.msrs[len(start.state.msrs) :]:
        yield RegisterChange(index, terms.and_(guard, terms.ne(value, machine.read_msr(index), 64)))


def _changes(now: Memory, before: Memory, start: Start, place: Place) -> Iterator[MemoryChange]:
    layout = start.spec.layout
    tables = [_value(layout, f"{name}.base", start.place()) for name in layout.tables.values()]
    stack = _value(layout, "RSP", place)
    origin, top = terms.split(stack)
    for each in now.objects():
        if before.object(each.origin) is each:
            continue
        is_table = any(each.origin is base for base in tables)
        for offset, byte in each.bytes.items():
            if each.origin is origin and 0 < _signed(top - offset) <= STACK_ROOM:
                continue
            address = terms.add(each.origin, offset & terms.ones(64), 64)
            yield MemoryChange(address, _differ(byte, before.load(address, 1), int(is_table and offset % 8 == 5)))
        limits = [_value(layout, f"{name}.limit", start.place()) for name in layout.tables.values()]
        extents = list(zip(tables, limits, strict=True)) if start.may_overlap or is_table else []
        for address, byte, guard in _logged(each):
            accessed = terms.any_of(_is_access_byte(address, base, limit) for base, limit in extents)
            counts = terms.not_(_below(address, stack)) if start.may_overlap or each.origin is origin else 1
            differs = _differ(byte, before.load(address, 1), accessed)
            yield MemoryChange(address, terms.all_of((guard, counts, differs)))


def _logged(now: Object) -> Iterator[tuple[Value, Value, Value]]:
    """Yield address, content and guard of each byte that was written at an offset that is not constant."""
    for write in now.log:
        for index in range(write.size):
            address = terms.add(now.origin, _offset(write.offset, index), 64)
            yield address, terms.extract(write.value, 8 * index + 7, 8 * index), write.guard


def _offset(offset: Value, index: int) -> Value:
    return terms.add(offset if not isinstance(offset, int) else offset & terms.ones(64), index, 64)


def _is_access_byte(address: Value, base: Value, limit: Value) -> Value:
    """Return whether a byte of a table holds the access rights of an entry, and so its accessed bit."""
    at = terms.sub(address, base, 64)
    inside = terms.le(at, limit if isinstance(limit, int) else terms.zero_extend(limit, limit.width, 64), 64)
    return terms.and_(inside, terms.eq(terms.extract(at, 2, 0), 5, 3))


def _below(address: Value, stack: Value) -> Value:
    """Return whether an address lies in the room below the stack pointer."""
    return terms.lt(terms.sub(terms.sub(stack, address, 64), 1, 64), STACK_ROOM, 64)


def _differ(one: Value, other: Value, but_accessed: Value) -> Value:
    upper = terms.ne(terms.extract(one, 7, 1), terms.extract(other, 7, 1), 7)
    lowest = terms.ne(terms.extract(one, 0, 0), terms.extract(other, 0, 0), 1)
    if isinstance(but_accessed, int):
        return upper if but_accessed else terms.ne(one, other, 8)
    return terms.or_(upper, terms.and_(lowest, terms.not_(but_accessed)))


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
        yield MemoryChange(address, _differ(byte, before(address), int(accessed)))
