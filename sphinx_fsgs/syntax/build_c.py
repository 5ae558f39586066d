"""Lark trees to statements and expressions of C; apart from ``read_c`` so that importing that needs no Lark."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from lark import v_args

from sphinx_fsgs.records import dataclass
from sphinx_fsgs.source import Fragment, Span
from sphinx_fsgs.syntax.build import Positions
from sphinx_fsgs.syntax.c import (
    CAct,
    CBinary,
    CBinaryOp,
    CCall,
    CCast,
    CDeclaration,
    CExpr,
    CInline,
    CName,
    CNumber,
    CPlace,
    CString,
    CType,
    CUnary,
    CUnaryOp,
    CVariable,
)
from sphinx_fsgs.syntax.pieces import one_line, unescaped

if TYPE_CHECKING:
    from lark.lexer import Token
    from lark.tree import Meta

_NUMBER = re.compile(r"(0[xX]|0[bB])?([0-9A-Fa-f]*?)([uUlL]*)")


@dataclass(frozen=True, slots=True)
class Specifiers:
    """The words in front of a declarator."""

    words: tuple[str, ...]
    space: str

    def type(self, pointers: int) -> CType:
        """Return the type with so many pointers."""
        return CType(self.words, pointers, self.space)


def _binary(op: CBinaryOp) -> Callable[[CTrees, Meta, list[CExpr]], CExpr]:
    def build(self: CTrees, meta: Meta, parts: list[CExpr]) -> CExpr:
        return CBinary(op, parts[0], parts[-1], self.span(meta))

    return build


def _unary(op: CUnaryOp) -> Callable[[CTrees, Meta, list[CExpr]], CExpr]:
    def build(self: CTrees, meta: Meta, parts: list[CExpr]) -> CExpr:
        return CUnary(op, parts[-1], self.span(meta))

    return build


@v_args(meta=True)
class CTrees(Positions):
    """Turns one statement or condition of ``c.lark`` into trees."""

    lor, land, or_, xor_, and_ = _binary("||"), _binary("&&"), _binary("|"), _binary("^"), _binary("&")
    eq, ne, lt, le, gt, ge = _binary("=="), _binary("!="), _binary("<"), _binary("<="), _binary(">"), _binary(">=")
    shl, shr, add, sub, mul = _binary("<<"), _binary(">>"), _binary("+"), _binary("-"), _binary("*")
    address, deref, negate = _unary("&"), _unary("*"), _unary("-")
    plus, invert, lnot = _unary("+"), _unary("~"), _unary("!")

    def __init__(self, fragment: Fragment) -> None:
        super().__init__(fragment)
        self._text = one_line(fragment.text)

    # ---- expressions

    def number(self, meta: Meta, tokens: list[Token]) -> CExpr:
        found = _NUMBER.fullmatch(tokens[0])
        assert found is not None
        prefix, digits, suffix = (found[1] or "").lower(), found[2], found[3].lower()
        octal = not prefix and len(digits) > 1 and digits.startswith("0") and set(digits) <= set("01234567")
        base = 16 if prefix == "0x" else 2 if prefix == "0b" else 8 if octal else 10
        return CNumber(int(digits, base), suffix, self.span(meta))

    def text(self, meta: Meta, tokens: list[Token]) -> CString:
        pieces = tuple((str(each)[1:-1], self._inside(each)) for each in tokens)
        return CString("".join(unescaped(piece) for piece, _ in pieces), pieces, self.span(meta))

    def string(self, meta: Meta, parts: list[CString]) -> CExpr:
        return parts[0]

    def name(self, meta: Meta, tokens: list[Token]) -> CExpr:
        return CName(str(tokens[0]), self.span(meta))

    def call(self, meta: Meta, parts: list[Token | CExpr | None]) -> CExpr:
        name, *given = parts
        arguments = tuple(cast(CExpr, each) for each in given if each is not None)
        return CCall(str(name), arguments, self.span(cast("Token", name)), self.span(meta))

    def cast(self, meta: Meta, parts: list[Specifiers | int | CExpr]) -> CExpr:
        specifiers, pointers, operand = parts
        assert isinstance(specifiers, Specifiers) and isinstance(pointers, int)
        return CCast(specifiers.type(pointers), cast(CExpr, operand), self.span(meta))

    def condition(self, meta: Meta, parts: list[CExpr]) -> CExpr:
        return parts[0]

    # ---- statements

    def specifiers(self, meta: Meta, parts: list[Token | str]) -> Specifiers:
        words, space = [], ""
        for part in parts:
            kind = getattr(part, "type", "SPACE")
            if kind == "TYPE":
                words.append(str(part))
            elif kind == "SPACE":
                space = str(part) or space
        return Specifiers(tuple(words), space)

    def attribute(self, meta: Meta, tokens: list[Token | None]) -> str:
        name, number = tokens
        return f"{name}({number})" if number else ""

    def pointers(self, meta: Meta, tokens: list[Token]) -> int:
        return sum(each.type == "POINTER" for each in tokens)

    def declarator(self, meta: Meta, parts: list[int | Token | CExpr | None]) -> tuple[int, Token, CExpr | None]:
        pointers, name, initial = parts
        assert isinstance(pointers, int)
        return pointers, cast("Token", name), cast("CExpr | None", initial)

    def declaration(self, meta: Meta, parts: list[object]) -> CDeclaration:
        specifiers, *declarators = parts
        assert isinstance(specifiers, Specifiers)
        found = []
        for each in declarators:
            pointers, name, initial = cast("tuple[int, Token, CExpr | None]", each)
            found.append(CVariable(str(name), specifiers.type(pointers), initial, self.span(name)))
        return CDeclaration(tuple(found), self._text, self.span(meta))

    def act(self, meta: Meta, parts: list[CExpr | Token | None]) -> CAct:
        target, op, value = parts
        return CAct(cast(CExpr, target), str(op or ""), cast("CExpr | None", value), self._text, self.span(meta))

    def inline(self, meta: Meta, parts: list[object]) -> CInline:
        template, outputs, inputs, _ = parts[-4:]
        extended = any(each is not None for each in parts[-3:])
        places = [cast("tuple[CPlace, ...]", each or ()) for each in (outputs, inputs)]
        return CInline(cast(CString, template), places[0], places[1], extended, self._text, self.span(meta))

    def outputs(self, meta: Meta, parts: list[CPlace | None]) -> tuple[CPlace, ...]:
        return tuple(each for each in parts if each is not None)

    inputs = outputs

    def clobbers(self, meta: Meta, parts: list[CString]) -> tuple[CString, ...]:
        return tuple(parts)

    def place(self, meta: Meta, parts: list[object]) -> CPlace:
        name, constraint, value = parts
        return CPlace(str(name or ""), cast(CString, constraint).value, cast(CExpr, value), self.span(meta))

    def _inside(self, token: Token) -> Span:
        start, end = cast(int, token.start_pos), cast(int, token.end_pos)
        return self._fragment.span(start + 1, end - 1)
