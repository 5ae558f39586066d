"""Lark trees to expressions: the rules that every grammar with expressions shares.

The rule names are those of ``operation.lark``; the other grammars use the same names for the same
things, so that one transformer serves them all.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol, cast

from lark import Transformer, v_args

from sphinx_fsgs.source import Fragment, Span
from sphinx_fsgs.syntax.expression import (
    Binary,
    BinaryOp,
    Call,
    Concat,
    Conditional,
    Expr,
    Free,
    Memory,
    Msr,
    Name,
    Number,
    Slice,
    Unary,
)

if TYPE_CHECKING:
    from lark.lexer import Token
    from lark.tree import Meta


class Positioned(Protocol):
    """What a token and a tree's meta have in common."""

    start_pos: int | None
    end_pos: int | None


def _binary(op: BinaryOp) -> Callable[[Expressions, Meta, list[Expr]], Expr]:
    def build(self: Expressions, meta: Meta, operands: list[Expr]) -> Expr:
        left, right = operands
        return Binary(op, left, right, self.span(meta))

    return build


class Positions(Transformer):  # type: ignore[type-arg]  # leaves become dataclasses, not trees
    """Turns a parse of ``fragment`` into something that knows where it stands."""

    def __init__(self, fragment: Fragment) -> None:
        super().__init__()
        self._fragment = fragment

    def span(self, where: Positioned | Meta) -> Span:
        """Return where a token, or the tokens of a rule, stand in the file."""
        start = cast("int | None", getattr(where, "start_pos", None)) or 0
        end = cast("int | None", getattr(where, "end_pos", None))
        return self._fragment.span(start, start if end is None else end)


@v_args(meta=True)
class Expressions(Positions):
    """Turns the expression rules of a parse into expressions."""

    or_ = _binary("OR")
    and_ = _binary("AND")
    eq = _binary("=")
    ne = _binary("≠")
    lt = _binary("<")
    le = _binary("≤")
    gt = _binary(">")
    ge = _binary("≥")
    bitor = _binary("|")
    bitxor = _binary("^")
    bitand = _binary("&")
    shl = _binary("<<")
    shr = _binary(">>")
    add = _binary("+")
    sub = _binary("-")
    mul = _binary("*")

    def not_(self, meta: Meta, operands: list[Expr]) -> Expr:
        return Unary("NOT", operands[0], self.span(meta))

    def negate(self, meta: Meta, operands: list[Expr]) -> Expr:
        return Unary("-", operands[0], self.span(meta))

    def concat(self, meta: Meta, operands: list[Expr]) -> Expr:
        return Concat(operands[0], operands[1], self.span(meta))

    def conditional(self, meta: Meta, operands: list[Expr]) -> Expr:
        return Conditional(operands[0], operands[1], operands[2], self.span(meta))

    def number(self, meta: Meta, tokens: list[Token]) -> Expr:
        return Number(int(tokens[0].replace("_", ""), 0), self.span(meta))

    def name(self, meta: Meta, tokens: list[Token]) -> Expr:
        return Name(str(tokens[0]), self.span(meta))

    def free(self, meta: Meta, tokens: list[Token]) -> Expr:
        return Free(str(tokens[0]).lstrip("?"), self.span(meta))

    def slice(self, meta: Meta, operands: list[Expr]) -> Expr:
        return Slice(operands[0], operands[1], operands[2], self.span(meta))

    def bit(self, meta: Meta, operands: list[Expr]) -> Expr:
        return Slice(operands[0], operands[1], operands[1], self.span(meta))

    def arguments(self, meta: Meta, operands: Sequence[Expr | None]) -> tuple[Expr, ...]:
        return tuple(each for each in operands if each is not None)

    def apply(self, meta: Meta, parts: list[Token | tuple[Expr, ...]]) -> Expr:
        name, arguments = parts
        return Call(str(name), cast("tuple[Expr, ...]", arguments), self.span(meta))

    def memory(self, meta: Meta, parts: list[Token | Expr]) -> Expr:
        segment, address, size = parts
        return Memory(str(segment), cast(Expr, address), cast(Expr, size), self.span(meta))

    def msr(self, meta: Meta, operands: list[Expr]) -> Expr:
        return Msr(operands[0], self.span(meta))
