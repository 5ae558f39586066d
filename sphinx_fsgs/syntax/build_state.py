"""Lark trees to conditions: what ``state.lark`` adds to the expressions of Operations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lark import v_args

from sphinx_fsgs.source import Fragment
from sphinx_fsgs.syntax.build import Expressions
from sphinx_fsgs.syntax.expression import ADDRESS, CONTENT, Binary, Call, Expr, Memory, Name, Number, Unary

if TYPE_CHECKING:
    from lark.lexer import Token
    from lark.tree import Meta


@v_args(meta=True)
class State(Expressions):
    """Turns conditions and values into expressions; ``is WORD`` is a call when WORD is one of ``functions``."""

    def __init__(self, fragment: Fragment, functions: frozenset[str]) -> None:
        super().__init__(fragment)
        self._functions = functions

    def sized(self, meta: Meta, parts: list[Token | Expr]) -> Expr:
        size, address = parts
        assert not isinstance(address, str)
        return Memory("", address, Number(int(str(size)[1:]), self.span(meta)), self.span(meta))

    def content(self, meta: Meta, operands: list[Expr]) -> Expr:
        return Call(CONTENT, (operands[0],), self.span(meta))

    def address(self, meta: Meta, tokens: list[Token]) -> Expr:
        return Call(ADDRESS, (Name(str(tokens[0]), self.span(tokens[0])),), self.span(meta))

    def the(self, meta: Meta, tokens: list[Token]) -> Expr:
        return Name("the." + tokens[0].split()[1].lower(), self.span(meta))

    def is_(self, meta: Meta, operands: list[Expr]) -> Expr:
        left, right = operands
        if isinstance(right, Name) and right.name.lower() in self._functions:
            return Call(right.name.lower(), (left,), self.span(meta))
        return Binary("=", left, right, self.span(meta))

    def is_not(self, meta: Meta, operands: list[Expr]) -> Expr:
        same = self.is_(meta, operands)
        if isinstance(same, Call):
            return Unary("NOT", same, self.span(meta))
        return Binary("≠", operands[0], operands[1], self.span(meta))

    def has(self, meta: Meta, parts: list[Expr | Token]) -> Expr:
        return self._quality(meta, parts, negated=False)

    def lacks(self, meta: Meta, parts: list[Expr | Token]) -> Expr:
        return self._quality(meta, parts, negated=True)

    def _quality(self, meta: Meta, parts: list[Expr | Token], *, negated: bool) -> Expr:
        value, word = parts
        assert isinstance(word, str) and not isinstance(value, str)
        quality = word.lower()
        one = Number(1 if quality == "set" else 0, self.span(word))
        differs = negated != (quality == "nonzero")
        return Binary("≠" if differs else "=", value, one, self.span(meta))
