"""Expressions, shared by Operations, by the conditions of examples and by claims.

A span says where an expression stands; it never counts in comparisons, so that two equal
expressions at different places are equal.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field, fields
from typing import Literal

from sphinx_fsgs.records import dataclass
from sphinx_fsgs.source import Span

BinaryOp = Literal["OR", "AND", "=", "≠", "<", "≤", ">", "≥", "|", "^", "&", "<<", ">>", "+", "-", "*"]
UnaryOp = Literal["NOT", "-"]

COMPARISONS: frozenset[str] = frozenset({"=", "≠", "<", "≤", ">", "≥"})
CONTENT, ADDRESS = "*", "&"
"""How C names what a pointer leads to, and where a variable lies: functions of the conditions of its examples."""

CONNECTIVES: frozenset[str] = frozenset({"OR", "AND"})


@dataclass(frozen=True, slots=True)
class Number:
    """An integer constant; its width is that of the place where it is used."""

    value: int
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Name:
    """A word, with dots: a cell, a view, a parameter, a local, a constant or a question."""

    name: str
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Free:
    """``?name``: an arbitrary value, the same wherever the example names it."""

    name: str
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Slice:
    """Bits ``high`` down to ``low`` of a value, both included and both constant."""

    value: Expr
    high: Expr
    low: Expr
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Concat:
    """``high:low``, as in EDX:EAX."""

    high: Expr
    low: Expr
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Unary:
    """``NOT x`` of one bit, or ``-x`` modulo the width."""

    op: UnaryOp
    operand: Expr
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Binary:
    """Arithmetic modulo the width, a comparison (unsigned) or a connective (one bit)."""

    op: BinaryOp
    left: Expr
    right: Expr
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Conditional:
    """``IF c THEN a ELSE b`` as a value."""

    condition: Expr
    then: Expr
    otherwise: Expr
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Call:
    """A function of the spec, or one of the notation's own (``zero_extend``, ``sign_extend``, ``signed``,
    ``quotient``, ``remainder``).
    """

    name: str
    arguments: tuple[Expr, ...]
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Memory:
    """``MEM[segment:address, size]``; size in bits. An empty segment means a linear address."""

    segment: str
    address: Expr
    size: Expr
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Msr:
    """``MSR[index]``: the model-specific register of that number."""

    index: Expr
    span: Span = field(compare=False)


Expr = Number | Name | Free | Slice | Concat | Unary | Binary | Conditional | Call | Memory | Msr


def children(expr: Expr) -> tuple[Expr, ...]:
    """Return the direct sub-expressions, in the order of the text."""
    found: list[Expr] = []
    for each in fields(expr):
        value = getattr(expr, each.name)
        if isinstance(value, tuple):
            found.extend(value)
        elif isinstance(value, Expr):
            found.append(value)
    return tuple(found)


def walk(expr: Expr) -> Iterator[Expr]:
    """Yield the expression and all below it, outermost first."""
    yield expr
    for child in children(expr):
        yield from walk(child)


def names_in(expr: Expr) -> tuple[Name, ...]:
    """Return the names that the expression mentions, in the order of the text."""
    return tuple(each for each in walk(expr) if isinstance(each, Name))
