"""Instructions as text, in AT&T and in Intel syntax; what is printed is read as the same tree again."""

from __future__ import annotations

from collections.abc import Sequence

from sphinx_fsgs.syntax.assembly import Address, Immediate, Indirect, Instruction, Operand, Register, Target
from sphinx_fsgs.syntax.expression import Binary, Expr, Number, Unary
from sphinx_fsgs.syntax.lexicon import Lexicon

_KEYWORDS = {"b": "byte ptr ", "w": "word ptr ", "l": "dword ptr ", "q": "qword ptr "}
_OF_BITS = {8: "b", 16: "w", 32: "l", 64: "q"}


def att_text(mnemonic: str, operands: Sequence[Operand]) -> str:
    """Return a line as AT&T syntax writes it."""
    return f"{mnemonic} {', '.join(map(_att, operands))}".strip()


def intel_text(line: Instruction, lexicon: Lexicon) -> str:
    """Return a line as Intel syntax writes it: the destination first, sizes with the memory that has them.

    A suffix that the registers imply is dropped, so what is read back may be the line without it.
    """
    name, suffix = line.mnemonic, ""
    if line.operands:  # without any, the suffix is part of the name
        name, suffix = lexicon.suffixed.get(name, (name, suffix))
    is_branch = line.mnemonic in lexicon.branches
    return f"{name} {', '.join(_intel(each, suffix, is_branch) for each in reversed(line.operands))}".strip()


def _att(operand: Operand) -> str:
    match operand:
        case Register():
            return f"%{operand.name.lower()}"
        case Immediate():
            return f"${_text(operand.value)}"
        case Target():
            return _target(operand)
        case Indirect():
            return f"*{_att(operand.operand)}"
        case Address():
            segment = f"%{operand.segment.lower()}:" if operand.segment else ""
            displacement = "" if operand.displacement is None else _text(operand.displacement)
            return f"{segment}{displacement}{_att_inside(operand)}"


def _att_inside(operand: Address) -> str:
    base = f"%{operand.base.lower()}" if operand.base else ""
    if operand.index is None:
        return f"({base})" if base else ""
    return f"({base},%{operand.index.lower()},{operand.scale})"


def _target(operand: Target) -> str:
    return f"{operand.label}{'f' if operand.forward else 'b'}"


def _intel(operand: Operand, suffix: str, is_branch: bool) -> str:
    match operand:
        case Register():
            return operand.name.lower()
        case Immediate():
            return _text(operand.value)
        case Target():
            return _target(operand)
        case Indirect():
            return _intel(operand.operand, suffix, False)
        case Address():
            if is_branch and operand.displacement is not None:
                return _text(operand.displacement)
            size = _KEYWORDS.get(suffix or _OF_BITS.get(operand.size, ""), "")
            segment = f"{operand.segment.lower()}:" if operand.segment else ""
            return f"{size}{segment}[{_intel_inside(operand)}]"


def _intel_inside(operand: Address) -> str:
    parts = [operand.base.lower()] if operand.base else []
    parts += [f"{operand.index.lower()}*{operand.scale}"] if operand.index else []
    text = "+".join(parts)
    if operand.displacement is None:
        return text
    displacement = _text(operand.displacement)
    return text + displacement if not text or displacement.startswith("-") else f"{text}+{displacement}"


def _text(value: Expr) -> str:
    """Return an expression of the assembler; one of several parts stands in parentheses, whatever is around it."""
    if isinstance(value, Number):
        return hex(value.value) if value.value > 9 else str(value.value)
    if isinstance(value, Unary):
        return f"-{_text(value.operand)}"
    if isinstance(value, Binary):
        return f"({_text(value.left)}{value.op}{_text(value.right)})"
    return getattr(value, "name", "")
