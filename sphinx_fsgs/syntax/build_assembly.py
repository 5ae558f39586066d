"""Lark trees to assembly statements; apart from ``read_assembly`` so that importing that needs no Lark."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from lark import v_args

from sphinx_fsgs.source import Fragment
from sphinx_fsgs.syntax.assembly import (
    Address,
    AsmStatement,
    Bytes,
    Immediate,
    Indirect,
    Instruction,
    Label,
    Operand,
    Register,
    Target,
)
from sphinx_fsgs.syntax.build import Expressions
from sphinx_fsgs.syntax.expression import Binary, Expr, Number, Unary
from sphinx_fsgs.syntax.lexicon import Lexicon
from sphinx_fsgs.syntax.parsed import Findings
from sphinx_fsgs.syntax.pieces import one_line

if TYPE_CHECKING:
    from lark.lexer import Token
    from lark.tree import Meta

UNKNOWN = 'the spec has no such instruction; annotate the block with "skip" if it is not code'

_SCALES = (1, 2, 4, 8)
_Inside = tuple["str | None", "str | None", int]


@v_args(meta=True)
class Assembly(Expressions):
    """Turns one statement of ``assembly_att.lark`` into trees; what is no such thing goes to ``findings``."""

    def __init__(self, fragment: Fragment, lexicon: Lexicon, findings: Findings) -> None:
        super().__init__(fragment)
        self._lexicon = lexicon
        self._findings = findings

    def statement(self, meta: Meta, parts: list[AsmStatement | Token | None]) -> tuple[AsmStatement | Token, ...]:
        return tuple(each for each in parts if each is not None)

    def label(self, meta: Meta, tokens: list[Token]) -> Label:
        return Label(str(tokens[0]), self.span(tokens[0]))

    def instruction(self, meta: Meta, parts: list[Token | Operand | None]) -> Instruction:
        token, *operands = parts
        mnemonic = str(token).lower()
        if mnemonic not in self._lexicon.mnemonics:
            where = self.span(cast("Token", token))
            self._findings.unknown("FSGS140", where, "instruction", str(token), set(self._lexicon.mnemonics), UNKNOWN)
        text = self._fragment.text[meta.start_pos : meta.end_pos]
        given = tuple(cast(Operand, each) for each in operands if each is not None)
        return Instruction(mnemonic, given, one_line(text), self.span(meta))

    def bytes(self, meta: Meta, parts: list[Token | Number]) -> Bytes:
        text = self._fragment.text[meta.start_pos : meta.end_pos]
        octets = [cast(Number, each) for each in parts[1:]]
        for each in octets:
            if not -(1 << 7) <= each.value < 1 << 8:
                message, help = f"{each.value:#x} is no number of 8 bits", "write each byte by itself"
                self._findings.error("FSGS142", each.span, message, help)
        values = tuple(each.value & 0xFF for each in octets)
        return Bytes(values, tuple(each.span for each in octets), one_line(text), self.span(meta))

    def negative(self, meta: Meta, tokens: list[Token]) -> Number:
        return Number(-self._number(tokens[0]), self.span(meta))

    def register(self, meta: Meta, tokens: list[Token]) -> Register:
        return Register(self._register(tokens[0]), self.span(meta))

    def immediate(self, meta: Meta, parts: list[Expr]) -> Immediate:
        return Immediate(parts[0], self.span(meta))

    def target(self, meta: Meta, tokens: list[Token]) -> Target:
        return Target(tokens[0][:-1], tokens[0].endswith("f"), self.span(meta))

    def indirect(self, meta: Meta, parts: list[Register | Address]) -> Indirect:
        return Indirect(parts[0], self.span(meta))

    def base(self, meta: Meta, tokens: list[Token]) -> _Inside:
        return self._register(tokens[0]), None, 1

    def indexed(self, meta: Meta, parts: list[Token | None]) -> _Inside:
        base, index, scale = parts
        factor = self._number(scale) if scale else 1
        if factor not in _SCALES:
            where = self.span(cast("Token", scale))
            self._findings.error("FSGS142", where, f"{scale} is no scale", "a scale is 1, 2, 4 or 8")
        return self._register(base) if base else None, self._register(cast("Token", index)), factor

    def in_segment(self, meta: Meta, parts: list[Token | Expr | _Inside | None]) -> Address:
        token, displacement, inside = parts
        segment = self._register(cast("Token", token))
        if segment and segment not in self._lexicon.segments:
            where = self.span(cast("Token", token))
            self._findings.error("FSGS142", where, f"{token} is no segment register", "write %gs:ADDRESS or the like")
        return self._address(meta, segment, displacement, inside)

    def plain(self, meta: Meta, parts: list[Expr | _Inside | None]) -> Address:
        return self._address(meta, None, parts[0], parts[1])

    def bare(self, meta: Meta, parts: list[_Inside]) -> Address:
        return self._address(meta, None, None, parts[0])

    def number(self, meta: Meta, tokens: list[Token]) -> Expr:
        return Number(self._number(tokens[0]), self.span(meta))

    def invert(self, meta: Meta, operands: list[Expr]) -> Expr:
        # Two's complement: ~x is -x - 1 at every width.
        span = self.span(meta)
        return Binary("-", Unary("-", operands[0], span), Number(1, span), span)

    def _address(self, meta: Meta, segment: str | None, displacement: object, inside: object) -> Address:
        base, index, scale = cast(_Inside, inside) if inside else (None, None, 1)
        return Address(segment, cast("Expr | None", displacement), base, index, scale, self.span(meta))

    def _register(self, token: Token) -> str:
        name = token[1:].lower()
        found = self._lexicon.registers.get(name, "")
        if not found:
            known = {f"%{each}" for each in self._lexicon.registers}
            self._findings.unknown("FSGS141", self.span(token), "register", str(token), known, "write %rax or the like")
        return found

    def _number(self, token: Token) -> int:
        digits = str(token).lower()
        if digits.startswith(("0x", "0b")):
            return int(digits, 0)
        octal = len(digits) > 1 and digits.startswith("0")  # as GNU as reads it
        if octal and set(digits) - set("01234567"):
            self._findings.error("FSGS142", self.span(token), f"{token} is no octal number", "a leading 0 means octal")
            return 0
        return int(digits, 8 if octal else 10)
