"""Expressions of documents over a state: the values that conditions, assumptions and roles have there.

The operators are the constructors of ``terms``, as in compiled symbolic code, and the functions are the
spec's own, so a condition means what an Operation would mean by the same words.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import field, replace

from sphinx_fsgs.diagnostic import Diagnostic, suggestion
from sphinx_fsgs.machine import terms
from sphinx_fsgs.machine.compile import MODES
from sphinx_fsgs.machine.operands import Constant, Effective, Formula, InCells, InMemory, Meaning, RecordRef
from sphinx_fsgs.machine.symbolic import Answers
from sphinx_fsgs.machine.terms import Value
from sphinx_fsgs.machine.values import MAX_NUMBER, in_words
from sphinx_fsgs.records import dataclass
from sphinx_fsgs.source import Span
from sphinx_fsgs.spec.layout import View
from sphinx_fsgs.spec.model import Spec
from sphinx_fsgs.syntax.expression import (
    COMPARISONS,
    Binary,
    Call,
    Concat,
    Conditional,
    Expr,
    Free,
    Memory,
    Name,
    Number,
    Slice,
    Unary,
)
from sphinx_fsgs.syntax.operation import Function

UNKNOWN_NAME = "FSGS201"
NO_WIDTH = "FSGS202"
WIDTHS_DIFFER = "FSGS203"
NOT_A_VALUE = "FSGS204"

_AUTHORITY = "the condition language"
CARRIER = 64


class EvaluationError(Exception):
    """An expression has no value here; ``diagnostic`` says why."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.message)
        self.diagnostic = diagnostic


@dataclass(frozen=True, slots=True)
class Typed:
    """A value with its width in bits; None for a number, which takes that of its neighbour."""

    value: Value
    width: int | None


@dataclass(frozen=True, slots=True)
class Place:
    """Where an expression is evaluated: how to read cells, memory and other registers, and what names mean.

    ``names`` are the ``?names``; ``meanings`` what an operand's or a parameter's name stands for;
    ``symbols`` the symbols of the assembler.
    """

    spec: Spec
    mode: str
    answers: Answers
    read: Callable[[int], Value]
    load: Callable[[Value, int], Value]
    read_msr: Callable[[Value], Value]
    unknown: Callable[[str, Value], Value]
    names: Mapping[str, Typed] = field(default_factory=dict)
    meanings: Mapping[str, Meaning | Typed] = field(default_factory=dict)
    symbols: Mapping[str, int] = field(default_factory=dict)


def truth(expr: Expr, place: Place) -> Value:
    """Return whether a condition holds at a place: 0, 1 or a term.

    :raises EvaluationError: when the expression is none or is no condition.
    """
    found = evaluate(expr, place)
    if found.width not in (1, None) or (found.width is None and found.value not in (0, 1)):
        raise _error(NOT_A_VALUE, expr.span, "this is a value, not a condition", "compare it with something")
    return found.value


def value_at(expr: Expr, place: Place, width: int) -> Value:
    """Return a value of ``width`` bits; numbers are cut to it, narrower values must be extended by hand."""
    return fit(evaluate(expr, place), width, expr.span)


def fit(found: Typed, width: int, span: Span) -> Value:
    """Return a value for a place of ``width`` bits, zeroes coming in above a narrower one."""
    if found.width is None:
        if isinstance(found.value, int) and not -(1 << width - 1) <= found.value < 1 << width:
            message = f"{in_words(found.value)} has more than {width} bits"
            raise _error(WIDTHS_DIFFER, span, message, "give a smaller value")
        return _cut(found, width).value
    if found.width > width:
        message = f"a value of {found.width} bits does not fit {width} bits"
        raise _error(WIDTHS_DIFFER, span, message, f"take a part of it: […][{width - 1}:0]")
    return terms.zero_extend(found.value, found.width, width)


def _cut(found: Typed, width: int) -> Typed:
    if isinstance(found.value, int):
        return Typed(found.value & terms.ones(width), width)
    return Typed(terms.extract(found.value, width - 1, 0), width)


def _error(code: str, span: Span, message: str, help_text: str) -> EvaluationError:
    return EvaluationError(Diagnostic(code, "error", span, message, _AUTHORITY, help_text))


def evaluate(expr: Expr, place: Place) -> Typed:
    """Return the value of an expression at a place.

    :raises EvaluationError: when a name is unknown or widths do not fit.
    """
    if isinstance(expr, Number):
        return Typed(expr.value, None)
    if isinstance(expr, Free):
        if expr.name not in place.names:
            near = suggestion(f"?{expr.name}", [f"?{name}" for name in place.names])
            help_text = near or f"give it a width in `before`, as in GS.base = ?{expr.name}"
            raise _error(NO_WIDTH, expr.span, f"?{expr.name} has no width: no cell is named with it", help_text)
        return place.names[expr.name]
    if isinstance(expr, Name):
        return _of_meaning(_meaning(expr, place), place, expr.span)
    if isinstance(expr, Slice):
        return _slice(expr, place)
    if isinstance(expr, Concat):
        high, low = evaluate(expr.high, place), evaluate(expr.low, place)
        if high.width is None or low.width is None:
            raise _error(NO_WIDTH, expr.span, "both sides of a colon need a width", "use cells, not numbers")
        return Typed(terms.concat(high.value, high.width, low.value, low.width), high.width + low.width)
    if isinstance(expr, Unary):
        return _unary(expr, place)
    if isinstance(expr, Binary):
        return _binary(expr, place)
    if isinstance(expr, Conditional):
        return _conditional(expr, place)
    if isinstance(expr, Call):
        return _call(expr, place)
    if isinstance(expr, Memory):
        return _memory(expr, place)
    return Typed(place.read_msr(value_at(expr.index, place, 32)), 64)


def read_view(view: View, place: Place) -> Value:
    """Return what the cells of a view hold."""
    parts = []
    for slot in view.slots:
        value = slot.constant if slot.cell < 0 else terms.extract(place.read(slot.cell), slot.high, slot.low)
        parts.append((value, slot.width))
    return terms.join(parts)


def _meaning(expr: Name, place: Place) -> Meaning | Typed:
    name = expr.name
    if name in place.meanings:
        return place.meanings[name]
    head, dot, rest = name.partition(".")
    record = place.meanings.get(head)
    if dot and isinstance(record, RecordRef):
        return _meaning(Name(f"{record.name}.{rest}", expr.span), place)
    layout = place.spec.layout
    if name in layout.constants:
        return Constant(layout.constants[name])
    if name in layout.records:
        return RecordRef(name)
    if name in MODES:
        return Constant(int(MODES[name] == place.mode), 1)
    view = layout.view(name)
    if view is not None:
        return InCells(view)
    if place.spec.is_question(name):
        return Typed(place.answers[name], 1)
    for numbers in (place.symbols, place.spec.constants):
        if name in numbers:
            return Constant(numbers[name])
    near = suggestion(name, [*layout.views, *layout.aliases, *place.symbols, *place.spec.constants])
    raise _error(UNKNOWN_NAME, expr.span, f"unknown name {name}", near or "name a cell, a constant or a ?value")


def _of_meaning(meaning: Meaning | Typed, place: Place, span: Span) -> Typed:
    if isinstance(meaning, Typed):
        return meaning
    if isinstance(meaning, Constant):
        return Typed(meaning.value, meaning.width)
    if isinstance(meaning, InCells):
        return Typed(read_view(meaning.view, place), meaning.view.width)
    if isinstance(meaning, InMemory):
        linear = linear_address(meaning.segment, effective(meaning.address, place), place, span)
        return Typed(place.load(linear, meaning.width // 8), meaning.width)
    if isinstance(meaning, Formula):
        return evaluate(meaning.expression, place)
    raise _error(
        NOT_A_VALUE, span, "a segment register as a whole has no value", "name a field, such as .base or .selector"
    )


def effective(address: Effective, place: Place) -> Value:
    """Return the effective address of a memory operand."""
    total: Value = address.displacement & terms.ones(address.size)
    for view, scale in ((address.base, 1), (address.index, address.scale)):
        if view is not None:
            part = terms.mul(read_view(view, place), scale, address.size)
            total = terms.add(part, total, address.size)
    return terms.zero_extend(total, address.size, 64)


def linear_address(segment: str, address: Value, place: Place, span: Span) -> Value:
    """Return where in memory an address in a segment lies, without any check."""
    if not segment:
        return address
    found = _meaning(Name(segment, span), place)
    name = found.name if isinstance(found, RecordRef) else segment
    if place.spec.layout.constants.get(f"{name}.is_table"):
        return terms.add(read_view(place.spec.layout.views[f"{name}.base"], place), address, 64)
    meanings: dict[str, Meaning | Typed] = {"seg": RecordRef(name), "address": Typed(address, 64)}
    definition = place.spec.definition("linear_address")
    assert isinstance(definition, Function)
    return value_at(definition.body, replace(place, meanings=meanings), 64)


def _memory(expr: Memory, place: Place) -> Typed:
    size = evaluate(expr.size, place).value
    assert isinstance(size, int)
    address = value_at(expr.address, place, 64)
    return Typed(place.load(linear_address(expr.segment, address, place, expr.span), size // 8), size)


def _slice(expr: Slice, place: Place) -> Typed:
    found = evaluate(expr.value, place)
    high, low = evaluate(expr.high, place).value, evaluate(expr.low, place).value
    if not isinstance(high, int) or not isinstance(low, int):
        raise _error(NOT_A_VALUE, expr.span, "the bits of a part are numbers", "write […:…] with numbers")
    width = found.width or CARRIER
    if not 0 <= low <= high < width:
        message = f"bits {high} to {low} are not in a value of {width} bits"
        raise _error(WIDTHS_DIFFER, expr.span, message, f"the highest bit is {width - 1}")
    return Typed(terms.extract(found.value, high, low), high - low + 1)


def _unary(expr: Unary, place: Place) -> Typed:
    if expr.op == "NOT":
        return Typed(terms.not_(truth(expr.operand, place)), 1)
    found = evaluate(expr.operand, place)
    if isinstance(found.value, int):
        return Typed(-found.value if found.width is None else -found.value & terms.ones(found.width), found.width)
    width = found.width or CARRIER
    return Typed(terms.sub(0, found.value, width), width)


_ARITHMETIC = {
    "+": terms.add,
    "-": terms.sub,
    "*": terms.mul,
    "&": terms.bit_and,
    "|": terms.bit_or,
    "^": terms.bit_xor,
    "<<": terms.shift_left,
    ">>": terms.shift_right,
}


def _binary(expr: Binary, place: Place) -> Typed:
    if expr.op in ("AND", "OR"):
        left_truth, right_truth = truth(expr.left, place), truth(expr.right, place)
        return Typed((terms.and_ if expr.op == "AND" else terms.or_)(left_truth, right_truth), 1)
    left = evaluate(expr.left, place)
    right = _right(expr, place)
    width = max((each.width for each in (left, right) if each.width is not None), default=None)
    if expr.op in COMPARISONS:
        return Typed(_compare(expr.op, left, right, width or CARRIER, expr), 1)
    if width is None and isinstance(left.value, int) and isinstance(right.value, int):
        return Typed(_plain(expr, left.value, right.value), None)
    size = width or CARRIER
    return Typed(_ARITHMETIC[expr.op](fit(left, size, expr.span), fit(right, size, expr.span), size), size)


def _right(expr: Binary, place: Place) -> Typed:
    """Return the right side; the name of an MSR behind a general register is its number, as in the kernel."""
    if (
        isinstance(expr.right, Name)
        and expr.right.name in place.spec.constants
        and expr.right.name not in place.symbols
    ):
        general = isinstance(expr.left, Name) and expr.left.name in place.spec.layout.general
        if general:
            return Typed(place.spec.constants[expr.right.name], None)
    return evaluate(expr.right, place)


def _plain(expr: Binary, left: int, right: int) -> int:
    found = _PLAIN[expr.op](left, right)
    if found.bit_length() > MAX_NUMBER:
        raise _error(WIDTHS_DIFFER, expr.span, f"a number of more than {MAX_NUMBER} bits", "give a smaller value")
    return found


_PLAIN: Mapping[str, Callable[[int, int], int]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "&": operator.and_,
    "|": operator.or_,
    "^": operator.xor,
    "<<": lambda left, right: left << max(0, min(right, MAX_NUMBER + 1)),
    ">>": lambda left, right: left >> max(0, min(right, MAX_NUMBER + 1)),
}


def _compare(op: str, left: Typed, right: Typed, width: int, expr: Binary) -> Value:
    one, other = fit(left, width, expr.left.span), fit(right, width, expr.right.span)
    if op in (">", "≥"):
        one, other = other, one
    if op in ("=", "≠"):
        return (terms.eq if op == "=" else terms.ne)(one, other, width)
    return (terms.lt if op in ("<", ">") else terms.le)(one, other, width)


def _conditional(expr: Conditional, place: Place) -> Typed:
    condition = truth(expr.condition, place)
    if isinstance(condition, int):
        return evaluate(expr.then if condition else expr.otherwise, place)
    then, otherwise = evaluate(expr.then, place), evaluate(expr.otherwise, place)
    width = then.width or otherwise.width
    size = width or CARRIER
    one, other = fit(then, size, expr.span), fit(otherwise, size, expr.span)
    return Typed(terms.ite(condition, one, other, size), width)


_DIVISIONS = {"quotient": terms.quotient, "remainder": terms.remainder}


def _call(expr: Call, place: Place) -> Typed:
    if expr.name in ("zero_extend", "sign_extend"):
        found, to = evaluate(expr.arguments[0], place), evaluate(expr.arguments[1], place).value
        assert isinstance(to, int)
        if found.width is None:
            return _cut(found, to)
        if found.width > to:
            message = f"{found.width} bits cannot be extended to {to}"
            raise _error(WIDTHS_DIFFER, expr.span, message, f"take a part of it: […][{to - 1}:0]")
        extend = terms.zero_extend if expr.name == "zero_extend" else terms.sign_extend
        return Typed(extend(found.value, found.width, to), to)
    if expr.name in _DIVISIONS:
        left, right = (evaluate(each, place) for each in expr.arguments)
        size = left.width or right.width or CARRIER
        return Typed(_DIVISIONS[expr.name](fit(left, size, expr.span), fit(right, size, expr.span), size), size)
    if expr.name == "canonical" and len(expr.arguments) == 1:
        # An example's canonical(x) means the paging width in force, and a shorter x has zeroes above it.
        address = Call("zero_extend", (*expr.arguments, Number(64, expr.span)), expr.span)
        return _call(Call(expr.name, (address, Call("paging_width", (), expr.span)), expr.span), place)
    definition = place.spec.definition(expr.name)
    if not isinstance(definition, Function):
        if expr.name in place.spec.unknowns:
            unknown = place.spec.unknowns[expr.name]
            asked = value_at(expr.arguments[0], place, unknown.argument)
            return Typed(place.unknown(expr.name, asked), unknown.width)
        raise _error(
            UNKNOWN_NAME,
            expr.span,
            f"there is no function {expr.name}",
            suggestion(expr.name, place.spec.lexicon.functions),
        )
    if len(definition.parameters) != len(expr.arguments):
        count = len(definition.parameters)
        raise _error(NOT_A_VALUE, expr.span, f"{expr.name} takes {count} argument{'s' * (count != 1)}", "")
    meanings: dict[str, Meaning | Typed] = {}
    for parameter, argument in zip(definition.parameters, expr.arguments, strict=True):
        found_meaning = _meaning(argument, place) if isinstance(argument, Name) else None
        meanings[parameter] = found_meaning if isinstance(found_meaning, RecordRef) else evaluate(argument, place)
    found_typed = evaluate(definition.body, replace(place, meanings=meanings))
    if expr.arguments and found_typed.width is None and found_typed.value in (0, 1):
        return Typed(found_typed.value, None)
    return found_typed
