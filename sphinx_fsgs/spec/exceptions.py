"""The exceptions of an instruction, read off its Operation in the order in which the processor checks them.

A row speaks of a check that is reached: no earlier row of the table has raised. Procedures are followed;
their parameters are replaced by what the caller passes where that is a name, and what stays a local name
is explained in ``where``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from difflib import SequenceMatcher
from typing import Literal

from sphinx_fsgs.records import dataclass
from sphinx_fsgs.source import Span
from sphinx_fsgs.spec.model import FEATURE_PREFIX, Spec
from sphinx_fsgs.spec.printer import expression_text
from sphinx_fsgs.syntax.example import Mode
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
from sphinx_fsgs.syntax.instruction import Instruction
from sphinx_fsgs.syntax.operation import (
    Assign,
    Block,
    Do,
    Fault,
    If,
    Invoke,
    Let,
    Procedure,
    Statement,
    bound_arguments,
)

INVALID = "#UD"
"""What an instruction raises that the processor does not have."""

_MODES: Mapping[str, Mode] = {
    "in_64_bit_mode": "64-bit",
    "in_compatibility_mode": "compatibility",
    "in_protected_mode": "protected",
}
_MEMORY_KINDS = ("m8", "m16", "m32", "m64", "mem", "moffs", "indirect")
_STACK = "the stack"


@dataclass(frozen=True, slots=True)
class ExceptionRow:
    """One check of an instruction.

    ``fault`` is the exception, or empty where an operand in memory is reached: then ``access`` says
    ``read`` or ``write``, ``of`` says of what, and any exception of an access can come. ``error`` is the
    error code, None when there is none; ``when`` the condition, None for always. ``where`` explains local
    names of the condition, in order.
    """

    fault: str
    error: Expr | None
    when: Expr | None
    cites: tuple[str, ...]
    span: Span
    access: Literal["", "read", "write"] = ""
    of: str = ""
    where: tuple[tuple[str, Expr], ...] = ()

    @property
    def title(self) -> str:
        """The exception with its error code, or for a place where memory is reached what is done there."""
        if not self.fault:
            return f"{self.access} of {self.of}"
        return f"{self.fault}({self.error_text})" if self.error is not None else self.fault

    @property
    def error_text(self) -> str:
        """The error code in the notation of Operations, empty when there is none."""
        return "" if self.error is None else expression_text(self.error)

    @property
    def when_text(self) -> str:
        """The condition in the notation of Operations, empty for always."""
        return "" if self.when is None else expression_text(self.when)


def exceptions_of(spec: Spec, stem: str, mode: Mode | None = None) -> tuple[ExceptionRow, ...]:
    """Return the checks of an instruction in order; with a mode, those that can raise in it.

    :raises SpecError: when a file that is needed cannot be used.
    """
    entry = spec.instruction(stem)
    walk = _Walk(spec, entry, mode)
    rows = list(walk.block(entry.operation, _Scope({}, (), entry.cites)))
    if entry.requires:
        top = Span(entry.path, 1, 1, 1, 1)
        lacking = Unary("NOT", Name(FEATURE_PREFIX + entry.requires, top), top)
        rows.insert(0, ExceptionRow(INVALID, None, lacking, entry.cites, top))
    return tuple(rows)


@dataclass(frozen=True, slots=True)
class _Scope:
    """What names stand for, what local names mean, and whom a statement without citation rests on."""

    names: Mapping[str, Expr]
    where: tuple[tuple[str, Expr], ...]
    cites: tuple[str, ...]


class _Walk:
    """Goes through statements in order and yields the checks that it meets."""

    def __init__(self, spec: Spec, entry: Instruction, mode: Mode | None) -> None:
        self.spec = spec
        self.mode = mode
        self.written = {
            each.place.name for each in entry.operation if isinstance(each, Assign) and isinstance(each.place, Name)
        }
        self.in_memory = {name for name, kinds in entry.kinds.items() if set(kinds) & set(_MEMORY_KINDS)}
        self.reached: set[tuple[str, str]] = set()
        self.entered: list[str] = []

    def block(self, block: Block, scope: _Scope) -> Iterator[ExceptionRow]:
        names, where = dict(scope.names), scope.where
        for statement in block:
            here = _Scope(names, where, statement.cites or scope.cites)
            yield from self.statement(statement, here)
            if isinstance(statement, Let):
                value = self.replaced(statement.value, names)
                if _is_plain(value):
                    names[statement.name] = value
                else:
                    names.pop(statement.name, None)
                    where = (*where, (statement.name, value))

    def statement(self, statement: Statement, scope: _Scope) -> Iterator[ExceptionRow]:
        for expr in _read_by(statement):
            yield from self.accesses(self.replaced(expr, scope.names), scope, statement.span)
        if isinstance(statement, Assign):
            yield from self.write(self.replaced(statement.place, scope.names), scope, statement.span)
        elif isinstance(statement, If):
            yield from self.choice(statement, scope)
        elif isinstance(statement, Fault):
            error = None if statement.error is None else self.replaced(statement.error, scope.names)
            yield ExceptionRow(statement.vector, error, None, scope.cites, statement.span, where=scope.where)
        elif isinstance(statement, Invoke):
            yield from self.call(statement, scope)

    def call(self, statement: Invoke, scope: _Scope) -> Iterator[ExceptionRow]:
        callee = self.spec.definition(statement.name)
        if not isinstance(callee, Procedure) or statement.name in self.entered:
            return
        names: dict[str, Expr] = {}
        where = scope.where
        for parameter, argument in bound_arguments(callee.parameters, statement.arguments):
            value = self.replaced(argument, scope.names)
            if _is_plain(value):
                names[parameter] = value
            else:
                where = (*where, (parameter, value)) if (parameter, value) not in where else where
        self.entered.append(statement.name)
        yield from self.block(callee.body, _Scope(names, where, callee.cites or scope.cites))
        self.entered.pop()

    # ---- IF ----

    def choice(self, statement: If, scope: _Scope) -> Iterator[ExceptionRow]:
        (condition, then), *rest = statement.branches
        test = self.replaced(condition, scope.names)
        known = self.known(test)
        yield from self.accesses(test, scope, statement.span)
        otherwise: Block = (replace(statement, branches=tuple(rest)),) if rest else statement.otherwise
        if known is not None:
            yield from self.block(then if known else otherwise, scope)
            return
        before = set(self.reached)
        taken = list(self.block(then, scope))
        reached, self.reached = self.reached, before
        other = list(self.block(otherwise, scope))
        self.reached |= reached
        yield from _merged(test, taken, other)

    def known(self, test: Expr) -> bool | None:
        """Return what a condition is in the mode that the table is for, None when that leaves it open."""
        if self.mode is None:
            return None
        if isinstance(test, Name) and test.name in _MODES:
            return _MODES[test.name] == self.mode
        if isinstance(test, Unary) and test.op == "NOT":
            inner = self.known(test.operand)
            return None if inner is None else not inner
        return None

    # ---- memory ----

    def accesses(self, expr: Expr, scope: _Scope, span: Span) -> Iterator[ExceptionRow]:
        """Yield the places in memory that an expression reads for the first time."""
        for each in _below(expr):
            if isinstance(each, Name) and each.name in self.in_memory:
                access: Literal["read", "write"] = "write" if each.name in self.written else "read"
                yield from self.reach(access, each.name, scope, span)
            elif isinstance(each, Memory) and self.of(each) is not None:
                yield from self.reach("read", self.of(each) or "", scope, span)

    def write(self, place: Expr, scope: _Scope, span: Span) -> Iterator[ExceptionRow]:
        if isinstance(place, Name) and place.name in self.in_memory:
            yield from self.reach("write", place.name, scope, span)
        elif isinstance(place, Memory):
            yield from self.accesses(place.address, scope, span)
            if self.of(place) is not None:
                yield from self.reach("write", self.of(place) or "", scope, span)

    def reach(self, access: Literal["read", "write"], of: str, scope: _Scope, span: Span) -> Iterator[ExceptionRow]:
        if ("write", of) not in self.reached and (access, of) not in self.reached:
            self.reached.add((access, of))
            yield ExceptionRow("", None, None, scope.cites, span, access, of)

    def of(self, memory: Memory) -> str | None:
        """Return what a place in memory is to the reader; None for the tables, which are not checked."""
        constants = self.spec.layout.constants
        if constants.get(f"{memory.segment}.is_table", 0):
            return None
        return _STACK if constants.get(f"{memory.segment}.is_stack") else expression_text(memory)

    # ---- names ----

    def replaced(self, expr: Expr, names: Mapping[str, Expr]) -> Expr:
        """Return an expression with parameters replaced by what they stand for."""
        return _replaced(expr, names)


def _merged(test: Expr, taken: Sequence[ExceptionRow], other: Sequence[ExceptionRow]) -> Iterator[ExceptionRow]:
    """Yield the checks of two branches in one order; what both check depends on neither."""
    matcher = SequenceMatcher(None, [_key(row) for row in taken], [_key(row) for row in other], autojunk=False)
    for tag, low, high, bottom, top in matcher.get_opcodes():
        if tag == "equal":
            yield from (_joined(test, *pair) for pair in zip(taken[low:high], other[bottom:top], strict=True))
            continue
        yield from (_under(test, row) for row in taken[low:high])
        yield from (_under(_negated(test), row) for row in other[bottom:top])


def _joined(test: Expr, one: ExceptionRow, other: ExceptionRow) -> ExceptionRow:
    """Return the row of a check that both branches make; a local name may mean another thing in each."""
    meanings = dict(other.where)
    where = tuple(
        (name, value if meanings.get(name, value) == value else Conditional(test, value, meanings[name], value.span))
        for name, value in one.where
    )
    return replace(one, where=where)


def _key(row: ExceptionRow) -> tuple[str, str, str, str, str]:
    return (row.fault, row.error_text, row.when_text, row.access, row.of)


def _under(condition: Expr, row: ExceptionRow) -> ExceptionRow:
    when = condition if row.when is None else Binary("AND", condition, row.when, condition.span)
    return replace(row, when=_leaning_left(when))


def _leaning_left(expr: Expr) -> Expr:
    """Return a conjunction so nested that it is printed without parentheses."""
    if isinstance(expr, Binary) and expr.op == "AND" and isinstance(expr.right, Binary) and expr.right.op == "AND":
        inner = Binary("AND", expr.left, expr.right.left, expr.span)
        return _leaning_left(Binary("AND", _leaning_left(inner), expr.right.right, expr.span))
    return expr


def _negated(expr: Expr) -> Expr:
    if isinstance(expr, Unary) and expr.op == "NOT":
        return expr.operand
    opposite: Mapping[str, Literal["=", "≠", "<", "≤", ">", "≥"]]
    opposite = {"=": "≠", "≠": "=", "<": "≥", "≥": "<", ">": "≤", "≤": ">"}
    if isinstance(expr, Binary) and expr.op in opposite:
        return Binary(opposite[expr.op], expr.left, expr.right, expr.span)
    return Unary("NOT", expr, expr.span)


def _is_plain(expr: Expr) -> bool:
    """Whether an expression reads as well as a name for it: names, numbers, and pairs of them."""
    if isinstance(expr, Concat):
        return _is_plain(expr.high) and _is_plain(expr.low)
    return isinstance(expr, (Name, Number))


def _read_by(statement: Statement) -> tuple[Expr, ...]:
    """Return what a statement reads before it does anything, in order; IF is looked at on its own."""
    if isinstance(statement, (Let, Assign)):
        return (statement.value,)
    if isinstance(statement, Fault):
        return () if statement.error is None else (statement.error,)
    if isinstance(statement, (Invoke, Do)):
        return statement.arguments
    return ()


def _below(expr: Expr) -> Iterator[Expr]:
    """Yield an expression and what is below it, operands first, as they are worked out."""
    for each in _parts(expr):
        yield from _below(each)
    yield expr


def _parts(expr: Expr) -> tuple[Expr, ...]:
    match expr:
        case Slice():
            return (expr.value,)
        case Concat():
            return (expr.high, expr.low)
        case Unary():
            return (expr.operand,)
        case Binary():
            return (expr.left, expr.right)
        case Conditional():
            return (expr.condition, expr.then, expr.otherwise)
        case Call():
            return expr.arguments if expr.name != "effective_address" else ()
        case Memory():
            return (expr.address,)
        case Msr():
            return (expr.index,)
        case _:
            return ()


def _replaced(expr: Expr, names: Mapping[str, Expr]) -> Expr:
    def inner(each: Expr) -> Expr:
        return _replaced(each, names)

    match expr:
        case Name():
            head, dot, rest = expr.name.partition(".")
            whole = names.get(head)
            if dot and isinstance(whole, Name):
                return Name(f"{whole.name}.{rest}", expr.span)
            return names.get(expr.name, expr)
        case Slice():
            return Slice(inner(expr.value), inner(expr.high), inner(expr.low), expr.span)
        case Concat():
            return Concat(inner(expr.high), inner(expr.low), expr.span)
        case Unary():
            return Unary(expr.op, inner(expr.operand), expr.span)
        case Binary():
            return Binary(expr.op, inner(expr.left), inner(expr.right), expr.span)
        case Conditional():
            return Conditional(inner(expr.condition), inner(expr.then), inner(expr.otherwise), expr.span)
        case Call():
            return Call(expr.name, tuple(map(inner, expr.arguments)), expr.span)
        case Memory():
            record = names.get(expr.segment)
            segment = record.name if isinstance(record, Name) else expr.segment
            return Memory(segment, inner(expr.address), inner(expr.size), expr.span)
        case Msr():
            return Msr(inner(expr.index), expr.span)
        case _:
            return expr
