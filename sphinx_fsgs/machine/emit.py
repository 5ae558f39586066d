"""The two ways to write an expression as Python: over integers, and over values that may be terms.

One tree, two tables. The walk over the tree (``compile``) asks the table in hand for the text of each
operator; everything else is shared.
"""

from __future__ import annotations

from typing import Protocol

from sphinx_fsgs.machine.terms import ones
from sphinx_fsgs.records import dataclass


@dataclass(frozen=True, slots=True)
class Code:
    """Python text with its width in bits (None: takes that of its neighbour) and its value if constant.

    ``is_truth`` marks text that yields a Python truth value; ``is_plain`` that its value is never a
    term, as that of a question to the profile, so that Python itself may choose by it and ask no more
    than it must.
    """

    text: str
    width: int | None
    constant: int | None = None
    is_truth: bool = False
    is_plain: bool = False


def constant(value: int, width: int | None = None) -> Code:
    """Return the code of a number."""
    return Code(str(value), width, value)


class Emitter(Protocol):
    """The text of each operator; operands are already text, of ``width`` bits each."""

    symbolic: bool

    def binary(self, op: str, left: str, right: str, width: int) -> str:
        """Return arithmetic modulo the width."""

    def compare(self, op: str, left: str, right: str, width: int) -> str:
        """Return a comparison, unsigned."""

    def both(self, left: str, right: str) -> str:
        """Return a conjunction of truth values."""

    def either(self, left: str, right: str) -> str:
        """Return a disjunction of truth values."""

    def negation(self, operand: str) -> str:
        """Return the other truth value."""

    def minus(self, operand: str, width: int) -> str:
        """Return the two's complement."""

    def part(self, operand: str, high: int, low: int, width: int) -> str:
        """Return bits ``high`` to ``low``."""

    def pair(self, high: str, high_width: int, low: str, low_width: int) -> str:
        """Return one above the other."""

    def choice(self, condition: str, then: str, otherwise: str, width: int) -> str:
        """Return one or the other."""

    def zero_extend(self, operand: str, width: int, to: int) -> str:
        """Return the operand with zeroes above it."""

    def sign_extend(self, operand: str, width: int, to: int) -> str:
        """Return the operand with copies of its top bit above it."""

    def cell(self, index: int) -> str:
        """Return the reading of a whole cell."""

    def unknown(self, name: str, width: int, argument: str) -> str:
        """Return the asking of an unknown function of the spec."""

    def as_number(self, code: Code) -> str:
        """Return text whose value can be stored."""


_DIVISIONS = ("quotient", "remainder")
"""Functions of two values, whose meaning by zero Python's own operators do not have."""
_PYTHON = {"=": "==", "≠": "!=", "<": "<", "≤": "<=", ">": ">", "≥": ">="}


class Concrete:
    """Plain Python over integers."""

    symbolic = False

    def binary(self, op: str, left: str, right: str, width: int) -> str:
        if op in "&|^":
            return f"({left} {op} {right})"
        if op == ">>":
            return f"({left} >> {right})"
        if op == "<<":
            right = right if right.isdigit() else f"min({right}, {width})"
        if op in _DIVISIONS:
            return f"{_FUNCTIONS[op]}({left}, {right}, {width})"
        return f"(({left} {op} {right}) & {ones(width)})"

    def compare(self, op: str, left: str, right: str, width: int) -> str:
        return f"({left} {_PYTHON[op]} {right})"

    def both(self, left: str, right: str) -> str:
        return f"({left} and {right})"

    def either(self, left: str, right: str) -> str:
        return f"({left} or {right})"

    def negation(self, operand: str) -> str:
        return f"(not {operand})"

    def minus(self, operand: str, width: int) -> str:
        return f"(-{operand} & {ones(width)})"

    def part(self, operand: str, high: int, low: int, width: int) -> str:
        shifted = f"({operand} >> {low})" if low else operand
        return shifted if high == width - 1 else f"({shifted} & {ones(high - low + 1)})"

    def pair(self, high: str, high_width: int, low: str, low_width: int) -> str:
        return f"(({high} << {low_width}) | {low})"

    def choice(self, condition: str, then: str, otherwise: str, width: int) -> str:
        return f"({then} if {condition} else {otherwise})"

    def zero_extend(self, operand: str, width: int, to: int) -> str:
        return operand

    def sign_extend(self, operand: str, width: int, to: int) -> str:
        sign = 1 << width - 1
        return f"((({operand} ^ {sign}) - {sign}) & {ones(to)})"

    def cell(self, index: int) -> str:
        return f"s[{index}]"

    def unknown(self, name: str, width: int, argument: str) -> str:
        return f"m.unknown({name!r}, {argument})"

    def as_number(self, code: Code) -> str:
        return f"(1 if {code.text} else 0)" if code.is_truth else code.text


_FUNCTIONS = {"+": "add", "-": "sub", "*": "mul", "&": "bit_and", "|": "bit_or", "^": "bit_xor"}
_FUNCTIONS |= {"<<": "shift_left", ">>": "shift_right"}
_FUNCTIONS |= {each: each for each in _DIVISIONS}
_COMPARES = {"=": "eq", "≠": "ne", "<": "lt", "≤": "le"}


class Symbolic:
    """Calls of the constructors of ``terms``; a truth value is a value of one bit."""

    symbolic = True

    def binary(self, op: str, left: str, right: str, width: int) -> str:
        return f"{_FUNCTIONS[op]}({left}, {right}, {width})"

    def compare(self, op: str, left: str, right: str, width: int) -> str:
        if op in (">", "≥"):
            op, left, right = {">": "<", "≥": "≤"}[op], right, left
        return f"{_COMPARES[op]}({left}, {right}, {width})"

    def both(self, left: str, right: str) -> str:
        return f"and_({left}, {right})"

    def either(self, left: str, right: str) -> str:
        return f"or_({left}, {right})"

    def negation(self, operand: str) -> str:
        return f"not_({operand})"

    def minus(self, operand: str, width: int) -> str:
        return f"sub(0, {operand}, {width})"

    def part(self, operand: str, high: int, low: int, width: int) -> str:
        return f"extract({operand}, {high}, {low})"

    def pair(self, high: str, high_width: int, low: str, low_width: int) -> str:
        return f"concat({high}, {high_width}, {low}, {low_width})"

    def choice(self, condition: str, then: str, otherwise: str, width: int) -> str:
        return f"ite({condition}, {then}, {otherwise}, {width})"

    def zero_extend(self, operand: str, width: int, to: int) -> str:
        return f"zero_extend({operand}, {width}, {to})"

    def sign_extend(self, operand: str, width: int, to: int) -> str:
        return f"sign_extend({operand}, {width}, {to})"

    def cell(self, index: int) -> str:
        return f"m.read({index})"

    def unknown(self, name: str, width: int, argument: str) -> str:
        return f"m.unknown({name!r}, {argument})"

    def as_number(self, code: Code) -> str:
        return code.text
