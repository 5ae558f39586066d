"""The states that a run is over: what ``before`` says, and everything else left open."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeGuard

from sphinx_fsgs.diagnostic import Diagnostic, suggestion
from sphinx_fsgs.machine import terms
from sphinx_fsgs.machine.delivery import DELIVERED_IN
from sphinx_fsgs.machine.evaluate import (
    NO_WIDTH,
    NOT_A_VALUE,
    EvaluationError,
    Place,
    Typed,
    evaluate,
    fit,
    read_view,
    truth,
    value_at,
)
from sphinx_fsgs.machine.memory import Memory
from sphinx_fsgs.machine.symbolic import Answers, Machine, MemoryRules, Origin, State
from sphinx_fsgs.machine.terms import Value
from sphinx_fsgs.source import Span
from sphinx_fsgs.spec.hosts import OPEN, PLATFORM_PREFIX
from sphinx_fsgs.spec.layout import View
from sphinx_fsgs.spec.model import FEATURE_PREFIX, DescriptorWords, Spec
from sphinx_fsgs.syntax import example as tree
from sphinx_fsgs.syntax.expression import (
    COMPARISONS,
    Binary,
    Call,
    Concat,
    Expr,
    Free,
    Msr,
    Name,
    Number,
    Slice,
    names_in,
    walk,
)
from sphinx_fsgs.syntax.expression import Memory as MemoryExpr

NOT_A_PLACE = "FSGS205"
BAD_DESCRIPTOR = "FSGS206"
NOT_DELIVERED = "FSGS207"
EXISTS = "msr_exists"
"""The unknown function of the spec that says of which numbers there is a model-specific register."""

STACK_ROOM = 4096
"""Bytes on both sides of a pointer for which ``assume stack(?sp)`` gives room."""


@dataclass(slots=True)
class Start:
    """The initial states of a run: one symbolic state, and the conditions that narrow it.

    Where it ``delivers``, exceptions go to their handlers, which may be ``labels`` of the code; else they end a path.
    """

    spec: Spec
    mode: tree.Mode
    answers: Answers
    state: State
    origin: Origin
    rules: MemoryRules
    names: dict[str, Typed] = field(default_factory=dict)
    symbols: dict[str, int] = field(default_factory=dict)
    conditions: list[Value] = field(default_factory=list)
    described: list[tuple[str, int]] = field(default_factory=list)
    may_overlap: bool = False
    delivers: bool = False
    labels: Mapping[str, int] = field(default_factory=dict)
    given: set[int] = field(default_factory=set)

    def place(self, state: State | None = None) -> Place:
        """Return where expressions are evaluated: over a state of the run, by default the initial one."""
        machine = Machine(state or self.state, self.origin, {}, self.rules, "condition")
        return Place(
            self.spec,
            self.mode,
            self.answers,
            machine.read,
            machine.load,
            machine.read_msr,
            machine.unknown,
            self.names,
            {},
            self.symbols,
        )


def begin(spec: Spec, mode: tree.Mode, answers: Answers, rules: MemoryRules) -> Start:
    """Return the start of a run over all states of a mode."""
    layout = spec.layout
    state = State([None] * len(layout.cells), Memory(), ())
    start = Start(spec, mode, answers, state, Origin(layout, answers, spec.unknowns), rules)
    for register in layout.structures.values():
        index = layout.views[f"{register}.base"].slots[0].cell
        state.memory.declare(start.origin.cell(index))
    return start


def apply_before(
    start: Start, lines: Sequence[tree.Assumption], arguments: Iterable[Expr] = ()
) -> tuple[Diagnostic, ...]:
    """Bring the lines of ``before`` into the start, assumptions last; each bad line gives one finding.

    ``arguments`` are those of calls in the run: a ``?name`` that no line gives to a cell is 64 bits wide by them.
    """
    found: list[Diagnostic] = []
    given = {each.name for line in lines if isinstance(line, tree.Bind) for each in _frees(line.value)}
    arguments = tuple(arguments)
    for each in (each for expr in arguments for each in _frees(expr) if each.name not in given):
        name_new(start, each, 64)
    if any(isinstance(line, tree.Permit) and line.what == "may overlap" for line in lines):
        start.may_overlap = True
        start.state.memory.overlap()
    # An assumption speaks of the state that all other lines make, wherever it stands.
    for line in sorted(lines, key=lambda each: isinstance(each, tree.Assume)):
        try:
            _apply(start, line)
        except EvaluationError as error:
            found.append(error.diagnostic)
            if isinstance(line, tree.Symbol):
                start.symbols[line.name] = 0  # so that its users are not reported as well
    for expr in arguments:
        name_new(start, expr, 64)
    return tuple(found)


def _frees(expr: Expr) -> Iterator[Free]:
    return (each for each in walk(expr) if isinstance(each, Free))


def _apply(start: Start, line: tree.Assumption) -> None:
    if isinstance(line, tree.Bind):
        assign(start, line.place, line.value)
    elif isinstance(line, tree.Assume):
        _assume(start, line.condition)
    elif isinstance(line, tree.Describe):
        _describe(start, line)
    elif isinstance(line, tree.NoTable):
        _write(start, start.spec.layout.views["LDTR.unusable"], 1)
    elif isinstance(line, tree.Unmapped):
        address = value_at(line.address, start.place(), 64)
        start.rules = replace(start.rules, may_fault=True, unmapped=(*start.rules.unmapped, address))
    elif isinstance(line, tree.ReadOnly):
        address = value_at(line.address, start.place(), 64)
        start.rules = replace(start.rules, may_fault=True, read_only=(*start.rules.read_only, address))
    elif isinstance(line, tree.Symbol):
        start.symbols[line.name] = _constant(start, line.value)
    elif isinstance(line, tree.Permit) and line.what == "memory may fault":
        start.rules = replace(start.rules, may_fault=True, any_mapping=True)
    elif isinstance(line, tree.Permit) and line.what == "faults are delivered":
        _deliver(start, line.span)


def begin_code(start: Start, lines: Sequence[tree.Assumption]) -> None:
    """Bring in what the platform says of code at its beginning, where ``before`` says nothing: it is user code."""
    layout = start.spec.layout
    spoken = [line.place for line in lines if isinstance(line, tree.Bind)]
    spoken += [line.condition for line in lines if isinstance(line, tree.Assume)]
    views = [layout.view(each.name) for expr in spoken for each in names_in(expr)]
    said = {slot.cell for view in views if view is not None for slot in view.slots}
    for name in dict.fromkeys(place for each in start.spec.platforms.values() for place in each.code):
        view, value = layout.views[name], start.answers[PLATFORM_PREFIX + name]
        if value != OPEN and said.isdisjoint(slot.cell for slot in view.slots):
            _write(start, view, value)


def symbols_of(lines: Iterable[tree.Assumption], spec: Spec) -> dict[str, int]:
    """Return the symbols that ``let`` gives, as far as they are constants."""
    start = begin(spec, "64-bit", {}, MemoryRules())
    for line in lines:
        if isinstance(line, tree.Symbol):
            try:
                _apply(start, line)
            except EvaluationError:
                # The line itself is reported when it is applied; any value keeps its users from being reported too.
                start.symbols[line.name] = 0
    return start.symbols


def _constant(start: Start, expr: Expr) -> int:
    found = evaluate(expr, start.place())
    if not isinstance(found.value, int):
        raise _problem(NOT_A_VALUE, expr.span, "a symbol is a constant", "write a number")
    return found.value


def _problem(code: str, span: Span, message: str, help_text: str) -> EvaluationError:
    return EvaluationError(Diagnostic(code, "error", span, message, "the example language, section before", help_text))


# ---- PLACE = VALUE ------------------------------------------------------------------------------


def assign(start: Start, place: Expr, value: Expr) -> None:
    """Give a place its initial value; a ``?name`` met for the first time gets the place's width.

    :raises EvaluationError: when the left side is no place or the widths do not fit.
    """
    width = _width(start, place)
    name_new(start, value, width)
    if isinstance(place, Name) and place.name in start.spec.layout.general and isinstance(value, Name):
        number = start.symbols.get(value.name, start.spec.constants.get(value.name))
        if number is not None:
            value = Number(number, value.span)
    _store(start, place, fit(evaluate(value, start.place()), width, value.span), width)


def name_new(start: Start, expr: Expr, width: int) -> None:
    """Make every ``?name`` of an expression that is new an arbitrary value of that width."""
    for each in walk(expr):
        if isinstance(each, Free) and each.name not in start.names:
            start.names[each.name] = Typed(terms.variable(f"?{each.name}", width), width)


def _width(start: Start, place: Expr) -> int:
    if isinstance(place, Name):
        view = start.spec.layout.view(place.name)
        if view is not None:
            return view.width
    elif isinstance(place, Concat):
        return _width(start, place.high) + _width(start, place.low)
    elif isinstance(place, MemoryExpr):
        return _constant(start, place.size)
    elif isinstance(place, Slice):
        high, low = _constant(start, place.high), _constant(start, place.low)
        if not 0 <= low <= high < _width(start, place.value):
            raise _problem(NOT_A_PLACE, place.span, "this is no part of a cell", "name a cell and bits that it has")
        return high - low + 1
    elif isinstance(place, Msr):
        return 64
    raise _problem(
        NOT_A_PLACE, place.span, "this is no place that can be given a value", "name a cell, or use `assume`"
    )


def _store(start: Start, place: Expr, value: Value, width: int) -> None:
    if isinstance(place, Name):
        view = start.spec.layout.view(place.name)
        assert view is not None
        _write(start, view, value)
    elif isinstance(place, Concat):
        low = _width(start, place.low)
        _store(start, place.high, terms.extract(value, width - 1, low), width - low)
        _store(start, place.low, terms.extract(value, low - 1, 0), low)
    elif isinstance(place, MemoryExpr):
        name_new(start, place.address, 64)
        address = value_at(place.address, start.place(), 64)
        _declare(start, place.address, address)
        start.state.memory.store(address, width // 8, value, 1)
    elif isinstance(place, Slice):
        high, low = _constant(start, place.high), _constant(start, place.low)
        _store_part(start, place, value, high, low)
    else:
        assert isinstance(place, Msr)
        index = value_at(place.index, start.place(), 32)
        machine = Machine(start.state, start.origin, {}, start.rules, "before")
        machine.write_msr(index, value, 1)
        if start.state.msrs and EXISTS in start.spec.unknowns:
            # What it holds is said, so there is one of this number.
            start.conditions.append(machine.unknown(EXISTS, index))


def _store_part(start: Start, place: Slice, value: Value, high: int, low: int) -> None:
    view = start.spec.layout.view(place.value.name) if isinstance(place.value, Name) else None
    if view is None:
        raise _problem(NOT_A_PLACE, place.span, "this is no part of a cell", "name a cell and bits that it has")
    old = read_view(view, start.place())
    parts = [(terms.extract(old, view.width - 1, high + 1), view.width - 1 - high)] if high < view.width - 1 else []
    parts.append((value, high - low + 1))
    if low:
        parts.append((terms.extract(old, low - 1, 0), low))
    _write(start, view, terms.join(parts), exact=True)


def _write(start: Start, view: View, value: Value, exact: bool = False) -> None:
    machine = Machine(start.state, start.origin, {}, start.rules, "before")
    low = view.width
    for slot in view.slots:
        low -= slot.width
        part = terms.extract(value, low + slot.width - 1, low)
        if slot.cell < 0:
            start.conditions.append(terms.eq(part, slot.constant, slot.width))
            continue
        cell = start.spec.layout.cells[slot.cell]
        start.given.add(slot.cell)
        held = start.origin.held(slot.cell)
        if cell.requires and not start.answers[FEATURE_PREFIX + cell.requires]:
            start.conditions.append(terms.eq(part, 0, slot.width))
        elif held is not None:
            start.conditions.append(terms.eq(part, terms.extract(held, slot.high, slot.low), slot.width))
        elif slot.width == cell.width:
            machine.write(slot.cell, part, 1)
        else:
            machine.write_part(slot.cell, part, 1, slot.high, slot.low)


def _declare(start: Start, address: Expr, value: Value) -> None:
    """Say that what an address names first begins an object of its own, unless it lies in one that is known."""
    if start.state.memory.knows(value):
        return
    for each in walk(address):
        if isinstance(each, Free):
            start.state.memory.declare(start.names[each.name].value)
            return


# ---- assume, descriptors ------------------------------------------------------------------------


def _assume(start: Start, condition: Expr) -> None:
    for each in walk(condition):
        if _is_stack(each):
            name_new(start, each, 64)
            start.state.memory.declare(value_at(each.arguments[0], start.place(), 64), -STACK_ROOM, STACK_ROOM)
        elif isinstance(each, Binary) and each.op in COMPARISONS:
            _name_beside(start, each.left, each.right)
            _name_beside(start, each.right, each.left)
    for each in _conjuncts(condition):
        holds = _room(start, each) if _is_stack(each) else truth(each, start.place())
        start.conditions.append(holds)
        if found := terms.range_in(holds):
            start.state.memory.bound(*found)


def _name_beside(start: Start, one: Expr, other: Expr) -> None:
    """Give a new ``?name`` the width of what it is compared with, if that has one."""
    if isinstance(one, Free) and one.name not in start.names and not any(unknown_names(other, start.names)):
        width = evaluate(other, start.place()).width
        if width is not None:
            name_new(start, one, width)


def _conjuncts(condition: Expr) -> Iterator[Expr]:
    if isinstance(condition, Binary) and condition.op == "AND":
        yield from _conjuncts(condition.left)
        yield from _conjuncts(condition.right)
    else:
        yield condition


def _is_stack(condition: Expr) -> TypeGuard[Call]:
    return isinstance(condition, Call) and condition.name == "stack"


def _room(start: Start, stack: Call) -> Value:
    pointer = value_at(stack.arguments[0], start.place(), 64)
    low = terms.add(pointer, -STACK_ROOM & terms.ones(64), 64)
    return terms.le(low, terms.ones(64) - 2 * STACK_ROOM, 64)


def _describe(start: Start, line: tree.Describe) -> None:
    register = start.spec.layout.structures[line.table]
    words = _words(start, line)
    layout = start.spec.layout
    index = value_at(line.index, start.place(), 16)
    size = words.bits // 8
    offset = terms.mul(terms.zero_extend(index, 16, 64), size, 64)
    limit = layout.views[f"{register}.limit"]
    last = terms.add(offset, size - 1, 64)
    inside = terms.le(last, terms.zero_extend(read_view(limit, start.place()), limit.width, 64), 64)
    if line.table == "LDT":
        usable = terms.not_(read_view(layout.views["LDTR.unusable"], start.place()))
        inside = terms.and_(usable, inside)
    if line.kind == "none":
        start.conditions.append(terms.not_(inside))
        return
    start.conditions.append(inside)
    start.described.append((line.table, index if isinstance(index, int) else -1))
    base = read_view(layout.views[f"{register}.base"], start.place())
    address = terms.add(base, offset, 64)
    start.state.memory.store(address, size, _entry(start, line, words, start.state.memory.load(address, size)), 1)


def _words(start: Start, line: tree.Describe) -> DescriptorWords:
    """Return the words for the entries of a table; a gate says that faults are delivered.

    :raises EvaluationError: when nothing is known of such entries in the mode of the run.
    """
    if line.table in start.spec.layout.tables:
        words = start.spec.descriptor_words
    else:
        _deliver(start, line.span)
        words = start.spec.gate_words
    if line.kind != "none" and line.kind not in words.kinds:
        known = ", ".join([*words.kinds, "none"])
        raise _problem(BAD_DESCRIPTOR, line.span, f"no entry of the {line.table} is {line.kind!r}", f"known: {known}")
    return words


def _deliver(start: Start, span: Span) -> None:
    if start.mode not in DELIVERED_IN:
        modes = " and ".join(DELIVERED_IN)
        message = f"the delivery of faults is not described in {start.mode} mode"
        raise _problem(NOT_DELIVERED, span, message, f"it is for {modes} mode; without it a fault ends the run")
    start.delivers = True


def _entry(start: Start, line: tree.Describe, words: DescriptorWords, bits: Value) -> Value:
    for field_name, value in words.kinds[line.kind].items():
        bits = _set_field(words, bits, field_name, value)
    for each in line.properties:
        if each.value is None:
            if each.name not in words.words:
                help_text = suggestion(each.name, words.words) or _known(words)
                raise _problem(BAD_DESCRIPTOR, each.span, f"a {_what(line)} is not {each.name!r}", help_text)
            for field_name, value in words.words[each.name].items():
                bits = _set_field(words, bits, field_name, value)
        elif each.name in words.values:
            field_name = words.values[each.name]
            width = words.width(field_name)
            name_new(start, each.value, width)
            place = start.place()
            if line.table not in start.spec.layout.tables:  # a gate leads to code
                place = replace(place, symbols={**start.labels, **start.symbols})
            bits = _set_field(words, bits, field_name, value_at(each.value, place, width))
        else:
            raise _problem(BAD_DESCRIPTOR, each.span, f"a {_what(line)} has no {each.name!r}", _known(words))
    return bits


def _what(line: tree.Describe) -> str:
    return "gate" if line.table == "IDT" else "descriptor"


def _known(words: DescriptorWords) -> str:
    return f"known: {', '.join([*words.values, *words.words])}"


def _set_field(words: DescriptorWords, bits: Value, name: str, value: Value) -> Value:
    head, bracket, number = name.partition("[")
    slices = words.fields[head]
    if bracket:
        low = slices[0][1] + int(number.rstrip("]"))
        slices = ((low, low),)
    left = sum(high - low + 1 for high, low in slices)
    top = words.bits - 1
    for high, low in slices:
        left -= high - low + 1
        part = terms.extract(value, left + high - low, left)
        pieces = [(terms.extract(bits, top, high + 1), top - high)] if high < top else []
        pieces.append((part, high - low + 1))
        if low:
            pieces.append((terms.extract(bits, low - 1, 0), low))
        bits = terms.join(pieces)
    return bits


def unknown_names(expr: Expr, names: Iterable[str]) -> Iterable[Free]:
    """Yield the ``?names`` of an expression that nothing has given a width."""
    known = set(names)
    return (each for each in walk(expr) if isinstance(each, Free) and each.name not in known)


__all__ = [
    "NO_WIDTH",
    "Start",
    "apply_before",
    "assign",
    "begin",
    "name_new",
    "symbols_of",
    "unknown_names",
]
