"""The types of C expressions, as far as what runs and what compilers reject depend on them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Protocol

from sphinx_fsgs.records import dataclass
from sphinx_fsgs.spec.model import Spec
from sphinx_fsgs.syntax.c import (
    CBinary,
    CCall,
    CCast,
    CDeclaration,
    CExpr,
    CName,
    CNumber,
    CStatement,
    CString,
    CType,
    CUnary,
    CVariable,
    c_statements,
)


class Declared(Protocol):
    """Whatever has been declared with a type."""

    @property
    def type(self) -> CType:
        """The type that the declaration gives."""


COMPARISONS = frozenset({"==", "!=", "<", "<=", ">", ">=", "&&", "||"})
_SMALLEST = 32
"""Narrower integers become an int where they are computed with."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What a value is: so many bits, with or without a sign; a pointer knows what it leads to."""

    bits: int
    signed: bool = False
    pointee: CType | None = None

    @property
    def is_pointer(self) -> bool:
        """Whether the value is a pointer."""
        return self.pointee is not None

    def fits(self, value: int) -> int:
        """Return a number as this kind holds it."""
        value &= (1 << self.bits) - 1
        return value - (1 << self.bits) if self.signed and value >> self.bits - 1 else value


def kind_of(declared: CType, spec: Spec) -> Kind | None:
    """Return what a value of a declared type is; None when the words name no integer type."""
    if declared.pointers:
        return Kind(spec.c_types.pointer_bits, False, replace(declared, pointers=declared.pointers - 1))
    found = spec.c_types.integer(declared.words)
    return None if found is None or declared.space else Kind(found.bits, found.signed)


def object_kind(pointee: CType, spec: Spec) -> Kind | None:
    """Return what lies where a pointer leads; in which address space that is makes no difference."""
    return kind_of(pointee if pointee.pointers else replace(pointee, space=""), spec)


def number_kind(number: CNumber) -> Kind:
    """Return the kind of a constant: the first of int, unsigned, long that holds it."""
    unsigned, long = "u" in number.suffix, "l" in number.suffix
    for bits in (64,) if long else (32, 64):
        for signed in (False,) if unsigned else (True, False):
            if number.value < 1 << bits - signed:
                return Kind(bits, signed)
    return Kind(64)


def common(left: Kind, right: Kind) -> Kind:
    """Return the kind in which two integers are computed with."""
    bits = max(left.bits, right.bits, _SMALLEST)
    return Kind(bits, all(each.signed or each.bits < bits for each in (left, right)))


def variables_of(statements: tuple[CStatement, ...]) -> dict[str, CVariable]:
    """Return what statements declare, by name; a name that is declared twice with two types is left out."""
    found: dict[str, CVariable] = {}
    twice: set[str] = set()
    for each in c_statements(statements):
        if isinstance(each, CDeclaration):
            for variable in each.variables:
                known = found.setdefault(variable.name, variable)
                if known.type != variable.type:
                    twice.add(variable.name)
    return {name: variable for name, variable in found.items() if name not in twice}


def kind_in(expr: CExpr, variables: Mapping[str, Declared], spec: Spec) -> Kind | None:
    """Return what the value of an expression is, None when that cannot be told from the declarations alone."""
    match expr:
        case CNumber():
            return number_kind(expr)
        case CName(name=name):
            return kind_of(variables[name].type, spec) if name in variables else None
        case CCast(type=type_):
            return kind_of(type_, spec)
        case CUnary(op="&", operand=operand):
            return _address(operand, variables, spec)
        case CUnary(op="*", operand=operand):
            pointer = kind_in(operand, variables, spec)
            return object_kind(pointer.pointee, spec) if pointer is not None and pointer.pointee is not None else None
        case CUnary(operand=operand):
            return kind_in(operand, variables, spec)
        case CBinary(op=op, left=left, right=right):
            return _computed(op, kind_in(left, variables, spec), kind_in(right, variables, spec))
        case CCall() | CString():
            return None


def _address(operand: CExpr, variables: Mapping[str, Declared], spec: Spec) -> Kind | None:
    if isinstance(operand, CUnary) and operand.op == "*":
        return kind_in(operand.operand, variables, spec)
    if isinstance(operand, CName) and operand.name in variables:
        declared = variables[operand.name].type
        return Kind(spec.c_types.pointer_bits, False, CType(declared.words, declared.pointers, ""))
    # The address of anything else is a pointer too, to what is not known.
    return Kind(spec.c_types.pointer_bits, False, CType(("void",))) if isinstance(operand, CName) else None


def _computed(op: str, left: Kind | None, right: Kind | None) -> Kind | None:
    if op in COMPARISONS:
        return Kind(_SMALLEST, True)
    if left is None or right is None:
        return None
    if left.is_pointer or right.is_pointer:
        return (left if left.is_pointer else right) if op == "+" or not right.is_pointer else Kind(64, True)
    return common(left, left) if op in ("<<", ">>") else common(left, right)
