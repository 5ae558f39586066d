"""Mutants of a tree: each differs from the Operation in one place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from itertools import chain
from typing import Literal, TypeVar

from sphinx_fsgs.source import Span
from sphinx_fsgs.spec.layout import Layout
from sphinx_fsgs.spec.model import Spec
from sphinx_fsgs.spec.printer import expression_text
from sphinx_fsgs.syntax.expression import (
    Binary,
    Call,
    Concat,
    Conditional,
    Expr,
    Memory,
    Msr,
    Name,
    Number,
    Slice,
    Unary,
)
from sphinx_fsgs.syntax.operation import (
    Assign,
    Block,
    Definition,
    Do,
    Fault,
    Function,
    If,
    Invoke,
    Let,
    Place,
    Procedure,
    Restart,
    Return,
    Statement,
    Undefined,
)

Kind = Literal["condition", "width", "write", "value"]
"""What is changed: a condition that is dropped, with or without what hangs on it; how many bits a value, a part of one,
an access or a write has; a write that is removed or goes elsewhere; or what is computed and compared otherwise."""

KINDS: tuple[Kind, ...] = ("condition", "width", "write", "value")

OTHER_RECORD = {"GS": "FS", "FS": "GS", "LDTR": "GDTR", "GDTR": "LDTR", "SS": "DS", "DS": "SS"}
OTHER_OPERATOR = {
    "=": "≠",
    "≠": "=",
    "<": "≤",
    "≤": "<",
    ">": "≥",
    "≥": ">",
    "AND": "OR",
    "OR": "AND",
    "+": "-",
    "-": "+",
    "*": "+",
    "&": "|",
    "|": "&",
    "^": "|",
    "<<": ">>",
    ">>": "<<",
}
HALVES = {64: 32, 32: 16, 16: 8}
ORDERED = ("-", "<<", ">>", "<", "≤", ">", "≥")
"""Operators whose operands are not to be exchanged."""


@dataclass(frozen=True)
class Change:
    """One place of a tree, what is done to it, in words, and the whole tree with that done."""

    kind: Kind
    span: Span
    words: str
    tree: Block | Definition


T = TypeVar("T")
Edit = tuple[Kind, Span, str, T]


def of_operation(block: Block, spec: Spec) -> Iterator[Change]:
    """Yield every mutant of an Operation."""
    for kind, span, words, mutant in _block(block, _Names(spec, frozenset())):
        yield Change(kind, span, words, mutant)


def of_definition(definition: Definition, spec: Spec) -> Iterator[Change]:
    """Yield every mutant of a procedure or function."""
    names = _Names(spec, frozenset(definition.parameters))
    if isinstance(definition, Procedure):
        for kind, span, words, block in _block(definition.body, names):
            yield Change(kind, span, words, replace(definition, body=block))
        return
    for kind, span, words, body in chain(_expression(definition.body, names), _constants(definition)):
        yield Change(kind, span, words, replace(definition, body=body))


def _constants(function: Function) -> Iterator[Edit[Expr]]:
    for value in (0, 1):
        yield "value", function.span, f"{function.name} is always {value}", Number(value, function.span)


@dataclass(frozen=True)
class _Names:
    spec: Spec
    parameters: frozenset[str]

    @property
    def layout(self) -> Layout:
        return self.spec.layout

    def neighbour(self, name: str) -> str | None:
        """Return another cell or part of the same width, beside it if there is one."""
        if "." in name and name.partition(".")[0] in self.parameters:
            field = name.partition(".")[2]
            return f"FS.{field}" if f"FS.{field}" in self.layout.views else None
        view = self.layout.view(name)
        if view is None or name in self.parameters:
            return None
        head = view.name.rpartition(".")[0]
        same = [each for each in self.layout.views if self.layout.views[each].width == view.width and each != view.name]
        beside = [each for each in same if each.rpartition(".")[0] == head]
        return next(iter([*beside, *same]), None)

    def width(self, name: str) -> int | None:
        """Return the width of a place that is named outright, None when who calls decides it."""
        if name.partition(".")[0] in self.parameters:
            return None
        view = self.layout.view(name)
        return None if view is None else view.width


# ---- statements ---------------------------------------------------------------------------------


def _block(block: Block, names: _Names) -> Iterator[Edit[Block]]:
    for number, statement in enumerate(block):
        before, behind = block[:number], block[number + 1 :]
        if not isinstance(statement, Let):
            yield _loss(statement), statement.span, "deleted", before + behind
        for kind, span, words, other in _statement(statement, names):
            yield kind, span, words, (*before, other, *behind)


def _loss(statement: Statement) -> Kind:
    """Return what is lost with a statement: a check, or something that is done."""
    return "condition" if isinstance(statement, (If, Fault)) else "write"


def _statement(statement: Statement, names: _Names) -> Iterator[Edit[Statement]]:
    if isinstance(statement, (Let, Return)):
        for kind, span, words, value in _expression(statement.value, names):
            yield kind, span, words, replace(statement, value=value)
    elif isinstance(statement, Assign):
        yield from _assign(statement, names)
    elif isinstance(statement, If):
        yield from _if(statement, names)
    elif isinstance(statement, Fault):
        yield from _fault(statement, names)
    elif isinstance(statement, Invoke):
        yield from _invoke(statement, names)
    else:
        assert isinstance(statement, (Do, Undefined, Restart))


def _assign(statement: Assign, names: _Names) -> Iterator[Edit[Statement]]:
    for kind, span, words, value in _expression(statement.value, names):
        yield kind, span, words, replace(statement, value=value)
    for words, place in _elsewhere(statement.place, names):
        yield "write", statement.span, words, replace(statement, place=place)
    yield from _narrower(statement, names)


def _elsewhere(place: Place, names: _Names) -> Iterator[tuple[str, Place]]:
    if isinstance(place, Name):
        other = names.neighbour(place.name)
        if other is not None:
            yield f"{other} instead of {place.name}", Name(other, place.span)
    elif isinstance(place, Memory):
        for _, _, words, address in _expression(place.address, names):
            yield words, replace(place, address=address)
        if place.segment in OTHER_RECORD:
            other = OTHER_RECORD[place.segment]
            yield f"to {other} instead of {place.segment}", replace(place, segment=other)
    elif isinstance(place, Msr):
        for msr in names.layout.msrs[-1:]:
            yield f"{msr.cell} instead of a register by number", Name(msr.cell, place.span)


def _narrower(statement: Assign, names: _Names) -> Iterator[Edit[Statement]]:
    """Yield writes of fewer bits: to a place of its own width the upper ones as zero, to memory only the lower ones."""
    place, value, span = statement.place, statement.value, statement.span
    if isinstance(value, Number):
        return  # the upper bits are mostly clear
    if isinstance(place, Name):
        width = names.width(place.name)
        if width in HALVES:
            half: Expr = Number(width, span)
            lower = _extended(_lower(value, Number(HALVES[width], span)), half)
            yield "width", span, f"the lower {HALVES[width]} bits to {place.name}", replace(statement, value=lower)
        elif width is None and place.name not in names.parameters:
            lower = _extended(_lower(value, Number(8, span)), Name("OperandSize", span))
            yield "width", span, f"the lower 8 bits to {place.name}", replace(statement, value=lower)
    elif isinstance(place, Memory):
        size = _half(place.size)
        if size is not None:
            other = replace(place, size=size)
            words = f"{expression_text(other)} instead of {expression_text(place)}"
            yield "width", span, words, replace(statement, place=other, value=_lower(value, size))


def _half(size: Expr) -> Expr | None:
    """Return half of a size; of one that the instruction decides, half of its greatest."""
    span = size.span
    if isinstance(size, Number):
        return Number(HALVES[size.value], span) if size.value in HALVES else None
    widest = Binary("=", size, Number(64, span), span)
    return Conditional(widest, Number(32, span), size, span) if isinstance(size, Name) else None


def _lower(value: Expr, size: Expr) -> Expr:
    span = value.span
    return Slice(value, Binary("-", size, Number(1, span), span), Number(0, span), span)


def _extended(value: Expr, size: Expr) -> Expr:
    return Call("zero_extend", (value, size), value.span)


def _if(statement: If, names: _Names) -> Iterator[Edit[Statement]]:
    for number, (condition, block) in enumerate(statement.branches):
        before, behind = statement.branches[:number], statement.branches[number + 1 :]

        def with_condition(other: Expr, block: Block = block, before: object = before, behind: object = behind) -> If:
            return replace(statement, branches=(*before, (other, block), *behind))  # type: ignore[misc]

        span = condition.span
        # The condition stays in the text, because what a parameter is follows from how it is used.
        yield "condition", span, "always", with_condition(Binary("OR", condition, Number(1, span), span))
        yield "condition", span, "never", with_condition(Binary("AND", condition, Number(0, span), span))
        yield "value", span, "turned round", with_condition(_negated(condition))
        for kind, at, words, other in _expression(condition, names):
            yield kind, at, words, with_condition(other)
        for kind, at, words, inner in _block(block, names):
            yield kind, at, words, replace(statement, branches=(*before, (condition, inner), *behind))
    for kind, at, words, inner in _block(statement.otherwise, names):
        yield kind, at, words, replace(statement, otherwise=inner)


def _negated(condition: Expr) -> Expr:
    if isinstance(condition, Unary) and condition.op == "NOT":
        return condition.operand
    return Unary("NOT", condition, condition.span)


def _fault(statement: Fault, names: _Names) -> Iterator[Edit[Statement]]:
    other = "#UD" if statement.vector != "#UD" else "#GP"
    error = Number(0, statement.span) if names.spec.faults[other].error_code else None
    words = f"{other} instead of {statement.vector}"
    yield "value", statement.span, words, replace(statement, vector=other, error=error)
    if statement.error is not None:
        for kind, span, words, value in _expression(statement.error, names):
            yield kind, span, words, replace(statement, error=value)


def _invoke(statement: Invoke, names: _Names) -> Iterator[Edit[Statement]]:
    for number, argument in enumerate(statement.arguments):
        for kind, span, words, other in _argument(argument, names):
            arguments = (*statement.arguments[:number], other, *statement.arguments[number + 1 :])
            yield kind, span, words, replace(statement, arguments=arguments)


def _argument(argument: Expr, names: _Names) -> Iterator[Edit[Expr]]:
    """Yield other arguments; of ``name: value`` only the value is changed."""
    if isinstance(argument, Concat) and isinstance(argument.high, Name):
        for kind, span, words, low in _argument(argument.low, names):
            yield kind, span, words, replace(argument, low=low)
    elif isinstance(argument, Name) and argument.name in OTHER_RECORD:
        other = OTHER_RECORD[argument.name]
        yield "write", argument.span, f"{other} instead of {argument.name}", Name(other, argument.span)
    else:
        yield from _expression(argument, names)


# ---- expressions --------------------------------------------------------------------------------


def _expression(expr: Expr, names: _Names) -> Iterator[Edit[Expr]]:
    """Yield every expression that differs in one place, with words that say how."""
    for kind, other in chain(_own(expr, names), _widths(expr)):
        yield kind, expr.span, f"{expression_text(other)} instead of {expression_text(expr)}", other
    if isinstance(expr, Slice):
        for kind, span, words, value in _expression(expr.value, names):
            yield kind, span, words, replace(expr, value=value)
        return
    for each in fields(expr):
        value = getattr(expr, each.name)
        if isinstance(value, Expr) and not (isinstance(expr, Memory) and each.name == "size"):
            for kind, span, words, other in _expression(value, names):
                yield kind, span, words, replace(expr, **{each.name: other})
        elif isinstance(value, tuple):
            # The size that a value is extended to follows from where it goes.
            sized = isinstance(expr, Call) and expr.name in ("zero_extend", "sign_extend")
            for number, argument in enumerate(value[:1] if sized else value):
                for kind, span, words, other in _expression(argument, names):
                    changed = (*value[:number], other, *value[number + 1 :])
                    yield kind, span, words, replace(expr, **{each.name: changed})


def _own(expr: Expr, names: _Names) -> Iterator[tuple[Kind, Expr]]:
    span = expr.span
    match expr:
        case Number():
            values = {expr.value + 1, expr.value - 1, expr.value ^ (1 << max(expr.value.bit_length() - 1, 0))}
            for value in sorted(values - {expr.value}):
                if value >= 0 and not (expr.value == 1 and value > 1):
                    yield "value", Number(value, span)
        case Name():
            if names.spec.is_question(expr.name):
                yield "value", Unary("NOT", expr, span)
            other = names.neighbour(expr.name)
            if other is not None:
                yield "value", Name(other, span)
        case Slice(high=Number(value=high), low=Number(value=low)):
            for step in (1, -1):
                if low + step >= 0:
                    yield "value", replace(expr, high=Number(high + step, span), low=Number(low + step, span))
        case Concat():
            yield "value", replace(expr, high=expr.low, low=expr.high)
        case Unary():
            yield "value", expr.operand
        case Binary():
            yield "value", replace(expr, op=OTHER_OPERATOR[expr.op])  # type: ignore[arg-type]
            if expr.op in ORDERED:
                yield "value", replace(expr, left=expr.right, right=expr.left)
            if expr.op in ("AND", "OR"):
                yield "condition", expr.left
                yield "condition", expr.right
        case Conditional():
            yield "value", replace(expr, then=expr.otherwise, otherwise=expr.then)
            yield "condition", expr.then
            yield "condition", expr.otherwise
        case Memory() if expr.segment in OTHER_RECORD:
            yield "value", replace(expr, segment=OTHER_RECORD[expr.segment])


def _widths(expr: Expr) -> Iterator[tuple[Kind, Expr]]:
    """Yield values of the same width of which fewer bits count, or the upper ones otherwise."""
    span = expr.span
    match expr:
        case Call(name="zero_extend", arguments=(Number(), *_)):
            pass  # of numbers that small the highest bit is clear
        case Call(name="zero_extend"):
            yield "width", replace(expr, name="sign_extend")
        case Call(name="sign_extend"):
            yield "width", replace(expr, name="zero_extend")
        case Slice(high=Number(value=high), low=Number(value=low)) if high > low:
            size = Number(high - low + 1, span)
            yield "width", _extended(replace(expr, high=Number(high - 1, span)), size)
            yield "width", _extended(replace(expr, low=Number(low + 1, span)), size)
        case Memory():
            half = _half(expr.size)
            if half is not None:
                yield "width", _extended(replace(expr, size=half), expr.size)
