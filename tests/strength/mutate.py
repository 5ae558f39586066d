"""Mutants of a tree: each differs from the Operation in one place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from itertools import chain

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
    Statement,
    Undefined,
)

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
ORDERED = ("-", "<<", ">>", "<", "≤", ">", "≥")
"""Operators whose operands are not to be exchanged."""


@dataclass(frozen=True)
class Change:
    """One place of a tree, what is done to it, in words, and the whole tree with that done."""

    span: Span
    words: str
    tree: Block | Definition


def of_operation(block: Block, spec: Spec) -> Iterator[Change]:
    """Yield every mutant of an Operation."""
    for span, words, mutant in _block(block, _Names(spec, frozenset())):
        yield Change(span, words, mutant)


def of_definition(definition: Definition, spec: Spec) -> Iterator[Change]:
    """Yield every mutant of a procedure or function."""
    names = _Names(spec, frozenset(definition.parameters))
    if isinstance(definition, Procedure):
        for span, words, block in _block(definition.body, names):
            yield Change(span, words, replace(definition, body=block))
        return
    for span, words, body in chain(_expression(definition.body, names), _constants(definition)):
        yield Change(span, words, replace(definition, body=body))


def _constants(function: Function) -> Iterator[tuple[Span, str, Expr]]:
    for value in (0, 1):
        yield function.span, f"{function.name} is always {value}", Number(value, function.span)


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


# ---- statements ---------------------------------------------------------------------------------


def _block(block: Block, names: _Names) -> Iterator[tuple[Span, str, Block]]:
    for number, statement in enumerate(block):
        before, behind = block[:number], block[number + 1 :]
        if not isinstance(statement, Let):
            yield statement.span, "deleted", before + behind
        for span, words, other in _statement(statement, names):
            yield span, words, (*before, other, *behind)


def _statement(statement: Statement, names: _Names) -> Iterator[tuple[Span, str, Statement]]:
    if isinstance(statement, Let):
        for span, words, value in _expression(statement.value, names):
            yield span, words, replace(statement, value=value)
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


def _assign(statement: Assign, names: _Names) -> Iterator[tuple[Span, str, Statement]]:
    for span, words, value in _expression(statement.value, names):
        yield span, words, replace(statement, value=value)
    for words, place in _elsewhere(statement.place, names):
        yield statement.span, words, replace(statement, place=place)


def _elsewhere(place: Place, names: _Names) -> Iterator[tuple[str, Place]]:
    if isinstance(place, Name):
        other = names.neighbour(place.name)
        if other is not None:
            yield f"{other} instead of {place.name}", Name(other, place.span)
    elif isinstance(place, Memory):
        for _, words, address in _expression(place.address, names):
            yield words, replace(place, address=address)
    elif isinstance(place, Msr):
        for msr in names.layout.msrs[-1:]:
            yield f"{msr.cell} instead of a register by number", Name(msr.cell, place.span)


def _if(statement: If, names: _Names) -> Iterator[tuple[Span, str, Statement]]:
    for number, (condition, block) in enumerate(statement.branches):
        before, behind = statement.branches[:number], statement.branches[number + 1 :]

        def with_condition(other: Expr, block: Block = block, before: object = before, behind: object = behind) -> If:
            return replace(statement, branches=(*before, (other, block), *behind))  # type: ignore[misc]

        span = condition.span
        # The condition stays in the text, because what a parameter is follows from how it is used.
        yield span, "always", with_condition(Binary("OR", condition, Number(1, span), span))
        yield span, "never", with_condition(Binary("AND", condition, Number(0, span), span))
        yield span, "turned round", with_condition(_negated(condition))
        for at, words, other in _expression(condition, names):
            yield at, words, with_condition(other)
        for at, words, inner in _block(block, names):
            yield at, words, replace(statement, branches=(*before, (condition, inner), *behind))
    for at, words, inner in _block(statement.otherwise, names):
        yield at, words, replace(statement, otherwise=inner)


def _negated(condition: Expr) -> Expr:
    if isinstance(condition, Unary) and condition.op == "NOT":
        return condition.operand
    return Unary("NOT", condition, condition.span)


def _fault(statement: Fault, names: _Names) -> Iterator[tuple[Span, str, Statement]]:
    other = "#UD" if statement.vector != "#UD" else "#GP"
    error = Number(0, statement.span) if names.spec.faults[other].error_code else None
    yield statement.span, f"{other} instead of {statement.vector}", replace(statement, vector=other, error=error)
    if statement.error is not None:
        for span, words, value in _expression(statement.error, names):
            yield span, words, replace(statement, error=value)


def _invoke(statement: Invoke, names: _Names) -> Iterator[tuple[Span, str, Statement]]:
    for number, argument in enumerate(statement.arguments):
        for span, words, other in _argument(argument, names):
            arguments = (*statement.arguments[:number], other, *statement.arguments[number + 1 :])
            yield span, words, replace(statement, arguments=arguments)


def _argument(argument: Expr, names: _Names) -> Iterator[tuple[Span, str, Expr]]:
    """Yield other arguments; of ``name: value`` only the value is changed."""
    if isinstance(argument, Concat) and isinstance(argument.high, Name):
        for span, words, low in _argument(argument.low, names):
            yield span, words, replace(argument, low=low)
    elif isinstance(argument, Name) and argument.name in OTHER_RECORD:
        other = OTHER_RECORD[argument.name]
        yield argument.span, f"{other} instead of {argument.name}", Name(other, argument.span)
    else:
        yield from _expression(argument, names)


# ---- expressions --------------------------------------------------------------------------------


def _expression(expr: Expr, names: _Names) -> Iterator[tuple[Span, str, Expr]]:
    """Yield every expression that differs in one place, with words that say how."""
    for other in _own(expr, names):
        yield expr.span, f"{expression_text(other)} instead of {expression_text(expr)}", other
    if isinstance(expr, Slice):
        for span, words, value in _expression(expr.value, names):
            yield span, words, replace(expr, value=value)
        return
    for each in fields(expr):
        value = getattr(expr, each.name)
        if isinstance(value, Expr) and not (isinstance(expr, Memory) and each.name == "size"):
            for span, words, other in _expression(value, names):
                yield span, words, replace(expr, **{each.name: other})
        elif isinstance(value, tuple):
            for number, argument in enumerate(value):
                for span, words, other in _expression(argument, names):
                    yield span, words, replace(expr, **{each.name: (*value[:number], other, *value[number + 1 :])})


def _own(expr: Expr, names: _Names) -> Iterator[Expr]:
    span = expr.span
    match expr:
        case Number():
            values = {expr.value + 1, expr.value - 1, expr.value ^ (1 << max(expr.value.bit_length() - 1, 0))}
            for value in sorted(values - {expr.value}):
                if value >= 0 and not (expr.value == 1 and value > 1):
                    yield Number(value, span)
        case Name():
            if names.spec.is_question(expr.name):
                yield Unary("NOT", expr, span)
            other = names.neighbour(expr.name)
            if other is not None:
                yield Name(other, span)
        case Slice(high=Number(value=high), low=Number(value=low)):
            for step in (1, -1):
                if low + step >= 0:
                    yield replace(expr, high=Number(high + step, span), low=Number(low + step, span))
        case Concat():
            yield replace(expr, high=expr.low, low=expr.high)
        case Unary():
            yield expr.operand
        case Binary():
            yield replace(expr, op=OTHER_OPERATOR[expr.op])  # type: ignore[arg-type]
            if expr.op in ORDERED:
                yield replace(expr, left=expr.right, right=expr.left)
        case Conditional():
            yield replace(expr, then=expr.otherwise, otherwise=expr.then)
        case Call(name="zero_extend"):
            yield replace(expr, name="sign_extend")
        case Memory() if expr.segment in OTHER_RECORD:
            yield replace(expr, segment=OTHER_RECORD[expr.segment])
