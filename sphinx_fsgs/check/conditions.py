"""When a line of ``after``, ``always``, ``never`` or ``sometimes`` is violated on a path.

Written over :class:`~sphinx_fsgs.machine.observe.Observed`, so the same text judges terms and replays.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from sphinx_fsgs.machine import terms
from sphinx_fsgs.machine.evaluate import Place as Where
from sphinx_fsgs.machine.evaluate import Typed, evaluate, fit, read_view, truth, value_at
from sphinx_fsgs.machine.observe import Observed, Snapshot
from sphinx_fsgs.machine.path import OUTSIDE
from sphinx_fsgs.machine.program import Program
from sphinx_fsgs.machine.terms import Value
from sphinx_fsgs.records import dataclass
from sphinx_fsgs.spec.layout import Layout
from sphinx_fsgs.spec.model import Spec
from sphinx_fsgs.syntax.example import (
    Claimed,
    Condition,
    Faults,
    Holds,
    NoFault,
    NothingElse,
    Place,
    Prints,
    Ran,
    Serialises,
    ShutsDown,
    Signals,
    Unchanged,
    Window,
)
from sphinx_fsgs.syntax.expression import Call, Expr, Memory, Msr, Name, walk

MEMORY_WORD = "memory"
SERIALISE = "serialise"
COUNT = 32
"""The bits in which steps are counted, of which a run has no more than its bound."""


@dataclass(frozen=True, slots=True)
class Context:
    """What a line is judged with: the program and all lines of its section."""

    spec: Spec
    program: Program
    section: Sequence[Condition]

    @property
    def layout(self) -> Layout:
        """The cells."""
        return self.spec.layout


def applies(condition: Condition, seen: Observed) -> Value:
    """Return when the line speaks of a path: its ``when`` over the initial state."""
    return 1 if condition.when is None else truth(condition.when, seen.first.place)


def places(place: Place, program: Program) -> tuple[int, ...]:
    """Return the instructions before which a place lies; the number of instructions stands for the end."""
    if place.kind == "end":
        return (len(program.instructions),)
    if place.kind == "label":
        return (program.labels[place.name],) if place.name in program.labels else ()
    if place.kind == "segment access":
        return tuple(n for n, each in enumerate(program.instructions) if place.name.upper() in each.uses_segment)
    found = tuple(n for n, each in enumerate(program.instructions) if each.mnemonic == place.name.lower())
    if place.ordinal < 0:
        return found[-1:]
    return found[place.ordinal - 1 : place.ordinal] if place.ordinal else found


def window(condition: Condition, program: Program) -> frozenset[int] | None:
    """Return the boundaries that a line names, None when it names none."""
    return None if condition.window is None else _members(condition.window, program)


def _members(named: Window, program: Program) -> frozenset[int]:
    first = places(named.first, program)
    if named.last is None:
        return frozenset(first)
    last = places(named.last, program)
    return frozenset(range(min(first), max(last) + 1)) if first and last else frozenset()


def at_places(place: Place, seen: Observed, program: Program) -> Iterator[Snapshot]:
    """Yield the boundaries of a path at a place, of which the program may have none."""
    named = places(place, program)
    return (snapshot for index, snapshot in _indexed(seen, program) if index in named)


def _indexed(seen: Observed, program: Program) -> Iterator[tuple[int, Snapshot]]:
    """Yield each boundary with its instruction; the number of instructions stands for the end, also of what leaves."""
    end = len(program.instructions)
    for number, snapshot in enumerate(seen.boundaries):
        last = number == len(seen.boundaries) - 1
        yield end if snapshot.index < 0 or (last and not seen.stops) else snapshot.index, snapshot


def boundaries(condition: Condition, seen: Observed, program: Program) -> Iterator[Snapshot]:
    """Yield the boundaries of a path at which a line claims something."""
    named = window(condition, program)
    for index, snapshot in _indexed(seen, program):
        if named is None or (index in named) != (condition.window is not None and condition.window.excepted):
            yield snapshot


def is_about_outcome(condition: Condition) -> bool:
    """Whether the line says how the run ends."""
    return isinstance(condition.claimed, (Faults, Signals, NoFault, ShutsDown))


def violated(condition: Condition, seen: Observed, context: Context) -> Value:
    """Return when a line of ``after`` that is not about the outcome is violated at the end of a path."""
    claimed = condition.claimed
    if isinstance(claimed, Ran):
        return terms.not_(ran(claimed, seen, context.program))
    if isinstance(claimed, Prints):
        from sphinx_fsgs.check.printed import prints

        return terms.not_(prints(claimed.lines, seen, context.program))
    if isinstance(claimed, Serialises):
        happened = serialised(seen, context.program, claimed.mnemonic)
        return happened if claimed.negated else terms.not_(happened)
    return terms.not_(holds_at(condition, seen.last, seen.first, context))


def ran(claimed: Ran, seen: Observed, program: Program) -> Value:
    """Return when an instruction has completed so many times."""
    guards = [
        step.guard for step in seen.steps if step.ran and program.instructions[step.index].mnemonic == claimed.mnemonic
    ]
    certain = sum(guard for guard in guards if isinstance(guard, int))
    times: Value = certain
    for guard in guards:
        if not isinstance(guard, int):
            times = terms.add(times, terms.zero_extend(guard, 1, COUNT), COUNT)
    return terms.eq(times, claimed.times, COUNT)


def serialised(seen: Observed, program: Program, mnemonic: str | None) -> Value:
    """Return when something in the run, or an instruction of that mnemonic, serialises."""
    return happened(seen, program, SERIALISE, mnemonic)


def happened(seen: Observed, program: Program, event: str, mnemonic: str | None = None) -> Value:
    """Return when an event occurs in the run, or in an instruction of that mnemonic."""
    return terms.any_of(
        terms.and_(step.guard, guard)
        for step in seen.steps
        if mnemonic is None or program.instructions[step.index].mnemonic == mnemonic
        for name, guard in step.events
        if name == event
    )


def holds_at(condition: Condition, at: Snapshot, first: Snapshot, context: Context) -> Value:
    """Return when a line about the state holds at a boundary."""
    claimed = condition.claimed
    if isinstance(claimed, Holds):
        return truth(claimed.condition, at.place)
    if isinstance(claimed, Unchanged):
        return terms.all_of(unchanged(cell, at, first, context) for cell in claimed.cells)
    assert isinstance(claimed, NothingElse)
    return nothing_else(claimed, at, first, context)


def unchanged(cell: Expr, at: Snapshot, first: Snapshot, context: Context) -> Value:
    """Return when a place holds what it held at first; the word ``memory`` is all of it."""
    if isinstance(cell, Name) and cell.name == MEMORY_WORD:
        return terms.all_of(terms.not_(each.differs) for each in at.changes())
    if isinstance(cell, Name) and cell.name in context.layout.records:
        fields = [name for name in context.layout.views if name.startswith(f"{cell.name}.")]
        return terms.all_of(_same(name, at.place, first.place, context.layout) for name in fields)
    now, before = evaluate(cell, at.place), evaluate(cell, first.place)
    width = now.width or before.width or 64
    return terms.eq(fit(now, width, cell.span), fit(before, width, cell.span), width)


def _same(name: str, now: Where, before: Where, layout: Layout) -> Value:
    view = layout.views[name]
    return terms.eq(read_view(view, now), read_view(view, before), view.width)


def nothing_else(claimed: NothingElse, at: Snapshot, first: Snapshot, context: Context) -> Value:
    """Return when no cell and no byte differs but those that the section names."""
    named = list(claimed.but)
    for line in context.section:
        if isinstance(line.claimed, Holds):
            named.append(line.claimed.condition)
        elif isinstance(line.claimed, Unchanged):
            named.extend(line.claimed.cells)
    free = named_cells(named, context) | context.program.working
    same = [
        terms.eq(at.place.read(cell.index), first.place.read(cell.index), cell.width)
        for cell in context.layout.cells
        if cell.counted and cell.index not in free
    ]
    if not any(isinstance(each, Name) and each.name == MEMORY_WORD for each in named):
        same.extend(memory_kept(named, at))
    same.extend(msrs_kept(named, at))
    return terms.all_of(same)


def msrs_kept(named: Iterable[Expr], at: Snapshot) -> Iterator[Value]:
    """Yield that each register outside the spec is what it was, or one of those named by number."""
    numbers = [value_at(each.index, at.place, 32) for expr in named for each in walk(expr) if isinstance(each, Msr)]
    for change in at.other_msrs():
        meant = terms.any_of(terms.eq(change.number, number, 32) for number in numbers)
        yield terms.or_(meant, terms.not_(change.differs))


def memory_kept(named: Iterable[Expr], at: Snapshot) -> Iterator[Value]:
    """Yield that each byte is what it was, or one of those named."""
    spans = [_bytes(each, at.place) for expr in named for each in walk(expr) if isinstance(each, Memory)]
    for change in at.changes():
        inside = terms.any_of(
            terms.lt(terms.sub(change.address, address, 64), size & terms.ones(64), 64) for address, size in spans
        )
        yield terms.or_(inside, terms.not_(change.differs))


def _bytes(expr: Memory, place: Where) -> tuple[Value, int]:
    size = evaluate(expr.size, place).value
    assert isinstance(size, int)
    return value_at(expr.address, place, 64), size // 8


def named_cells(expressions: Iterable[Expr], context: Context) -> frozenset[int]:
    """Return the cells that expressions mention, wholly or in part; a segment's name is all its fields."""
    found: set[int] = set()
    layout = context.layout
    for expr in expressions:
        for each in _outside_memory(expr):
            if isinstance(each, Name):
                names = [each.name]
                if each.name in layout.records:
                    names = [name for name in layout.views if name.startswith(f"{each.name}.")]
                for name in names:
                    view = layout.view(name)
                    if view is not None:
                        found.update(slot.cell for slot in view.slots if slot.cell >= 0)
            elif isinstance(each, Msr):
                found.update(_msr_cell(each, layout))
    return frozenset(found)


def _outside_memory(expr: Expr) -> Iterator[Expr]:
    """Yield what an expression is made of, but not what an address is computed from."""
    from sphinx_fsgs.syntax.expression import children

    yield expr
    if not isinstance(expr, (Memory, Call)):
        for child in children(expr):
            yield from _outside_memory(child)
    elif isinstance(expr, Call):
        for argument in expr.arguments:
            yield from _outside_memory(argument)


def _msr_cell(expr: Msr, layout: Layout) -> Iterator[int]:
    from sphinx_fsgs.syntax.expression import Number

    if isinstance(expr.index, Number):
        for msr in layout.msrs:
            if msr.index == expr.index.value:
                yield layout.views[msr.cell].slots[0].cell


# ---- outcomes -----------------------------------------------------------------------------------


def outcome_violated(lines: Sequence[Condition], seen: Observed, context: Context) -> Value:
    """Return when a path does not end as the lines about the outcome say; without any, it must complete.

    A line without ``when`` speaks of every state. Where no line speaks, the run must complete.
    """
    shutdown = [line for line in lines if isinstance(line.claimed, ShutsDown)]
    if seen.outcome == "shuts down":
        return terms.not_(terms.any_of(applies(line, seen) for line in shutdown))
    expected = [line for line in lines if isinstance(line.claimed, (Faults, Signals))]
    if seen.outcome == "faults":
        return terms.not_(
            terms.any_of(terms.and_(applies(line, seen), _matches(line, seen, context)) for line in expected)
        )
    return terms.any_of(applies(line, seen) for line in (*expected, *shutdown))


def vectors_of(claimed: Claimed, spec: Spec) -> frozenset[str]:
    """Return the exceptions that a line about the outcome speaks of; a signal stands for all that become it."""
    if isinstance(claimed, Signals):
        rows = (row for signals in spec.signals.values() for row in signals.items())
        return frozenset(vector for vector, signal in rows if signal.name == claimed.name)
    return frozenset({claimed.vector}) if isinstance(claimed, Faults) else frozenset()


def _matches(line: Condition, seen: Observed, context: Context) -> Value:
    claimed = line.claimed
    if seen.vector not in vectors_of(claimed, context.spec):
        return 0
    named = window(line, context.program)
    place = len(context.program.instructions) if seen.fault_index == OUTSIDE else seen.fault_index
    if named is not None and place not in named:
        return 0
    if isinstance(claimed, Signals):  # of user code; what the kernel itself does wrong is no signal
        return terms.eq(read_view(context.layout.views["CPL"], seen.last.place), 3, 2)
    assert isinstance(claimed, Faults)
    if claimed.error is None:
        return 1
    expected = value_at(claimed.error, seen.first.place, 32)
    actual: Value = 0 if seen.error is None else seen.error
    return terms.eq(actual, expected, 32)


def with_names(place: Where, names: dict[str, Typed]) -> Where:
    """Return the place with these ``?names``."""
    return replace(place, names=names)
