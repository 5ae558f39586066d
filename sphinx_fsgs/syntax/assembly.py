"""The trees of assembly: one statement a line, operands in AT&T order (source first)."""

from __future__ import annotations

from dataclasses import dataclass, field

from sphinx_fsgs.source import Span
from sphinx_fsgs.syntax.expression import Expr


@dataclass(frozen=True, slots=True)
class Register:
    """A register operand, by the spec's name (``EAX``, ``GS``)."""

    name: str
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Immediate:
    """``$value``."""

    value: Expr
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Address:
    """``segment:disp(base,index,scale)``; a bare symbol or number is a displacement alone."""

    segment: str | None
    displacement: Expr | None
    base: str | None
    index: str | None
    scale: int
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Target:
    """A numeric local label: ``1f`` is the next ``1:``, ``1b`` the last."""

    label: str
    forward: bool
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Indirect:
    """``*operand`` of a jump or call."""

    operand: Register | Address
    span: Span = field(compare=False)


Operand = Register | Immediate | Address | Target | Indirect


@dataclass(frozen=True, slots=True)
class Instruction:
    """A mnemonic in lower case with its operands; ``text`` is the statement as written."""

    mnemonic: str
    operands: tuple[Operand, ...]
    text: str
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Label:
    """``name:``; numeric labels may be defined many times."""

    name: str
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Environment:
    """``.syscall NAME(arguments) [= expected]``: something asked of the platform beneath the code.

    ``operation`` is the platform's own name of it. Without an expected result the call succeeds.
    """

    operation: str
    arguments: tuple[Expr, ...]
    expected: Expr | None
    text: str
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class TheBlock:
    """The line ``the block``: the document's own literal block stands here."""

    span: Span = field(compare=False)


AsmStatement = Instruction | Label | Environment | TheBlock
