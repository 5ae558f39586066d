"""What an expression of C is without running anything: numbers, the kernel's constants, macros, and what they make."""

from __future__ import annotations

from collections.abc import Container, Mapping

from sphinx_fsgs.machine.c_refused import Refused
from sphinx_fsgs.machine.c_types import Kind, common, kind_of, number_kind
from sphinx_fsgs.records import dataclass
from sphinx_fsgs.spec.model import Spec
from sphinx_fsgs.syntax.c import CBinary, CCast, CExpr, CName, CNumber, CUnary

MAX_MACROS = 50
"""Macros within macros are followed so far."""

_UNARY = {"-": lambda value: -value, "~": lambda value: ~value, "+": lambda value: value}
_BINARY = {
    "+": lambda one, other: one + other,
    "-": lambda one, other: one - other,
    "*": lambda one, other: one * other,
    "&": lambda one, other: one & other,
    "|": lambda one, other: one | other,
    "^": lambda one, other: one ^ other,
    "<<": lambda one, other: one << (other & 63),
    ">>": lambda one, other: one >> (other & 63),
}


@dataclass(frozen=True, slots=True)
class Constants:
    """What stands for a value by its name alone; a variable hides a macro or a constant of its name."""

    spec: Spec
    macros: Mapping[str, CExpr]
    variables: Container[str] = ()

    def value(self, expr: CExpr, depth: int = 0) -> tuple[int, Kind] | None:
        """Return a number and its kind, None when the expression depends on something.

        :raises Refused: for macros that lead to themselves.
        """
        if depth > MAX_MACROS:
            raise _endless(expr)
        match expr:
            case CNumber():
                return expr.value & (1 << 64) - 1, number_kind(expr)
            case CName():
                return self._named(expr, depth)
            case CCast(type=declared, operand=operand):
                found, kind = self.value(operand, depth + 1), kind_of(declared, self.spec)
                return None if found is None or kind is None else (kind.fits(found[0]), kind)
            case CUnary(op=op, operand=operand) if op in _UNARY:
                found = self.value(operand, depth + 1)
                if found is None or found[1].is_pointer:
                    return None
                kind = common(found[1], found[1])
                return kind.fits(_UNARY[op](found[0])), kind
            case CBinary(op=op, left=left, right=right) if op in _BINARY:
                one, other = self.value(left, depth + 1), self.value(right, depth + 1)
                return None if one is None or other is None else _computed(op, one, other)
            case _:
                return None

    def _named(self, expr: CName, depth: int) -> tuple[int, Kind] | None:
        if expr.name in self.variables:
            return None
        if expr.name in self.macros:
            return self.value(self.macros[expr.name], depth + 1)
        number = self.spec.constants.get(expr.name)
        return None if number is None else (number, number_kind(CNumber(number, "", expr.span)))

    def expanded(self, expr: CExpr) -> CExpr:
        """Return what the name of a macro stands for, anything else as it is.

        :raises Refused: for macros that lead to themselves.
        """
        for _ in range(MAX_MACROS):
            if not isinstance(expr, CName) or expr.name not in self.macros:
                return expr
            expr = self.macros[expr.name]
        raise _endless(expr)


def constant_of(expr: CExpr, macros: Mapping[str, CExpr], spec: Spec) -> int | None:
    """Return the number that an expression is by itself and by these macros, None when it is none."""
    try:
        found = Constants(spec, macros).value(expr)
    except Refused:
        return None
    return None if found is None else found[0]


def _endless(expr: CExpr) -> Refused:
    return Refused(expr.span, "this macro leads to itself", "define it by a value")


def _computed(op: str, one: tuple[int, Kind], other: tuple[int, Kind]) -> tuple[int, Kind] | None:
    if one[1].is_pointer or other[1].is_pointer:
        return None
    kind = common(one[1], one[1]) if op in ("<<", ">>") else common(one[1], other[1])
    if op in ("<<", ">>") and not 0 <= other[0] < kind.bits:
        return None
    return kind.fits(_BINARY[op](kind.fits(one[0]), kind.fits(other[0]))), kind
