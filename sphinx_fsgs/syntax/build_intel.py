"""Lark trees of Intel syntax to the trees of assembly, which are AT&T's: source first, sizes in the mnemonic."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from lark import v_args

from sphinx_fsgs.records import dataclass
from sphinx_fsgs.source import Span
from sphinx_fsgs.syntax.assembly import Address, Immediate, Indirect, Instruction, Operand, Register, Target
from sphinx_fsgs.syntax.build_assembly import UNKNOWN, Assembly
from sphinx_fsgs.syntax.expression import Binary, Expr, Name, Number, Unary
from sphinx_fsgs.syntax.pieces import one_line

if TYPE_CHECKING:
    from lark.lexer import Token
    from lark.tree import Meta

_BITS = {"byte": 8, "word": 16, "dword": 32, "qword": 64}
_SUFFIXES = {8: "b", 16: "w", 32: "l", 64: "q"}
_SCALES = (1, 2, 4, 8)
_STACK_POINTERS = ("RSP", "ESP")  # never an index, so that the other register of two is


@dataclass(frozen=True, slots=True)
class _Term:
    """A register times a number, or a constant; ``sign`` is that in front of it."""

    register: str
    scale: int
    value: Expr | None
    sign: int
    explicit: bool


@v_args(meta=True)
class IntelAssembly(Assembly):
    """Turns one statement of ``assembly_intel.lark`` into trees; what is no such thing goes to ``findings``."""

    def instruction(self, meta: Meta, parts: list[Token | Operand | None]) -> Instruction:
        token, *written = parts
        operands = [cast(Operand, each) for each in written if each is not None]
        name = str(token).lower()
        if name in self._lexicon.branches:
            operands = [self._branched(each) for each in operands]
        mnemonic = self._mnemonic(name, operands)
        if mnemonic not in self._lexicon.mnemonics:
            where = self.span(cast("Token", token))
            self._findings.unknown("FSGS140", where, "instruction", str(token), set(self._lexicon.mnemonics), UNKNOWN)
        if mnemonic != name:  # the size is in the mnemonic now
            operands = [replace(each, size=0) if isinstance(each, Address) else each for each in operands]
        text = self._fragment.text[meta.start_pos : meta.end_pos]
        return Instruction(mnemonic, tuple(reversed(operands)), one_line(text), self.span(meta))

    def value(self, meta: Meta, parts: list[Expr]) -> Operand:
        found = parts[0]
        if isinstance(found, Name) and (register := self._known(found)):
            return Register(register, self.span(meta))
        return Immediate(found, self.span(meta))

    def target(self, meta: Meta, tokens: list[Token]) -> Target:
        return Target(tokens[0][:-1], tokens[0].endswith("f"), self.span(meta))

    def inside(self, meta: Meta, parts: list[Expr]) -> Expr:
        return parts[0]

    def memory(self, meta: Meta, parts: list[Token | Expr | None]) -> Address:  # type: ignore[override]
        size, inside = parts
        return self._memory(meta, size, None, inside)

    def in_segment(self, meta: Meta, parts: list[Token | Expr | None]) -> Address:  # type: ignore[override]
        size, segment, inside = parts
        return self._memory(meta, size, segment, inside)

    behind_segment = in_segment

    # ---- addresses ----

    def _memory(self, meta: Meta, size: object, segment: object, inside: object) -> Address:
        span = self.span(meta)
        bits = _BITS.get(str(size).split()[0].lower(), 0) if size else 0
        name = None
        if segment is not None:
            name = self._lexicon.registers.get(str(segment).lower(), "")
            if name not in self._lexicon.segments:
                where = self.span(cast("Token", segment))
                self._findings.error("FSGS142", where, f"{segment} is no segment register", "write gs:[ADDRESS]")
        terms = [self._term(each, sign) for each, sign in _flattened(cast(Expr, inside), 1)]
        base, index = self._registers([each for each in terms if each.register], span)
        constants = [each for each in terms if not each.register]
        displacement = _sum(constants, span)
        scale = index.scale if index else 1
        return Address(
            name, displacement, base.register if base else None, index.register if index else None, scale, span, bits
        )

    def _registers(self, found: Sequence[_Term], span: Span) -> tuple[_Term | None, _Term | None]:
        """Return the base and the index of an address."""
        scaled = [each for each in found if each.explicit]
        plain = [each for each in found if not each.explicit]
        if any(each.sign < 0 for each in found) or len(found) > 2 or len(scaled) > 1:
            help = "write [base + index*scale + displacement]"
            self._findings.error("FSGS142", span, "this is no sum of a base and an index", help)
            return None, None
        if len(plain) == 2 and plain[1].register in _STACK_POINTERS:
            plain.reverse()
        both = [*plain, *scaled]
        if scaled and not plain:
            return None, scaled[0]
        return (both[0] if both else None), (both[1] if len(both) > 1 else None)

    def _term(self, value: Expr, sign: int) -> _Term:
        if isinstance(value, Name) and (register := self._known(value)):
            return _Term(register, 1, None, sign, False)
        if isinstance(value, Binary) and value.op == "*":
            for name, factor in ((value.left, value.right), (value.right, value.left)):
                if isinstance(name, Name) and isinstance(factor, Number) and (register := self._known(name)):
                    if factor.value not in _SCALES:
                        message = f"{factor.value} is no scale"
                        self._findings.error("FSGS142", factor.span, message, "a scale is 1, 2, 4 or 8")
                    return _Term(register, factor.value, None, sign, True)
        return _Term("", 1, value, sign, False)

    def _known(self, name: Name) -> str:
        return self._lexicon.registers.get(name.name.lower(), "")

    # ---- mnemonics ----

    def _mnemonic(self, name: str, operands: Sequence[Operand]) -> str:
        """Return AT&T's name: with the suffix of the size that memory is said to have, where AT&T has such a name."""
        size = next((each.size for each in _addresses(operands) if each.size), 0)
        base = self._lexicon.intel.get(name)
        if base is not None and len(operands) == 2:
            # AT&T names both sizes: of the source, then of the register that it is widened into.
            source, destination = _SUFFIXES.get(size) or self._suffix(operands[1]), self._suffix(operands[0])
            both = base + source + destination
            return both if source and destination and both in self._lexicon.mnemonics else name
        sized = name + _SUFFIXES.get(size, "")
        return sized if sized in self._lexicon.mnemonics else name

    def _suffix(self, operand: Operand) -> str:
        name = operand.name if isinstance(operand, Register) else ""
        return _SUFFIXES.get(self._lexicon.widths.get(name, 0), "")

    def _branched(self, operand: Operand) -> Operand:
        """Return what a branch goes to: the place of a name, or what a register or memory holds."""
        if isinstance(operand, Immediate):
            return Address(None, operand.value, None, None, 1, operand.span)
        return Indirect(operand, operand.span) if isinstance(operand, (Register, Address)) else operand

    def _number(self, token: Token) -> int:
        text = str(token).lower()
        return int(text[:-1], 16) if text.endswith("h") else super()._number(token)


def _addresses(operands: Sequence[Operand]) -> Iterator[Address]:
    for each in operands:
        inner = each.operand if isinstance(each, Indirect) else each
        if isinstance(inner, Address):
            yield inner


def _flattened(value: Expr, sign: int) -> Iterator[tuple[Expr, int]]:
    """Yield the terms of a sum in order, each with its sign; no recursion to the right but one level."""
    if isinstance(value, Binary) and value.op in ("+", "-"):
        yield from _flattened(value.left, sign)
        yield value.right, sign if value.op == "+" else -sign
    elif isinstance(value, Unary) and value.op == "-":
        yield value.operand, -sign
    else:
        yield value, sign


def _sum(terms: Sequence[_Term], span: Span) -> Expr | None:
    found: Expr | None = None
    for each in terms:
        value = cast(Expr, each.value)
        if found is None:
            found = value if each.sign > 0 else Unary("-", value, value.span)
        else:
            found = Binary("+" if each.sign > 0 else "-", found, value, span)
    return found
