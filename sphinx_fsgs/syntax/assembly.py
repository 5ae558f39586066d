"""The trees of assembly: one statement a line, operands in AT&T order (source first)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import field
from typing import TYPE_CHECKING

from sphinx_fsgs.records import dataclass
from sphinx_fsgs.source import Span
from sphinx_fsgs.syntax.expression import Expr

if TYPE_CHECKING:
    from sphinx_fsgs.syntax.printf import Conversion


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
    """``segment:disp(base,index,scale)``; a bare symbol or number is a displacement alone.

    ``size`` is in bits what Intel syntax says of the memory and no mnemonic does, else 0.
    """

    segment: str | None
    displacement: Expr | None
    base: str | None
    index: str | None
    scale: int
    span: Span = field(compare=False)
    size: int = field(default=0, compare=False)


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
    """A mnemonic in lower case with its operands; ``text`` is the statement as written.

    One that was written as bytes has them in ``code``, and as ``text`` what they stand for.
    """

    mnemonic: str
    operands: tuple[Operand, ...]
    text: str
    span: Span = field(compare=False)
    code: bytes = field(default=b"", compare=False)


@dataclass(frozen=True, slots=True)
class Label:
    """``name:``; numeric labels may be defined many times. One that is not ``written`` is a place in bytes."""

    name: str
    span: Span = field(compare=False)
    written: bool = field(default=True, compare=False)


@dataclass(frozen=True, slots=True)
class Bytes:
    """``.byte 0x0f, 0x01, 0xf8``: a piece of machine code, each byte with its place.

    It is ``joined`` to the bytes before it when nothing that takes room stands between them.
    """

    values: tuple[int, ...]
    spans: tuple[Span, ...] = field(compare=False)
    text: str
    span: Span = field(compare=False)
    joined: bool = False


@dataclass(frozen=True, slots=True)
class Environment:
    """``.syscall NAME(arguments) [= expected]``: something asked of the platform beneath the code.

    ``operation`` is the platform's own name of it. Without an expected result the line claims that the call
    ``succeeds``; a call in C claims nothing.
    """

    operation: str
    arguments: tuple[Expr, ...]
    expected: Expr | None
    text: str
    span: Span = field(compare=False)
    succeeds: bool = True


@dataclass(frozen=True, slots=True)
class Shown:
    """A value that is printed: its low bits, as many as the conversion shows."""

    value: Expr
    conversion: Conversion


@dataclass(frozen=True, slots=True)
class Output:
    """A ``function`` prints texts, and values as they are at this boundary. C alone has such statements."""

    pieces: tuple[str | Shown, ...]
    function: str
    text: str
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class TheBlock:
    """The line ``the block``: the document's own literal block stands here."""

    span: Span = field(compare=False)


AsmStatement = Instruction | Label | Bytes | Environment | Output | TheBlock


def bytes_in(run: Iterable[AsmStatement]) -> Bytes | None:
    """Return the first bytes of a run that are not decoded, None when all are, or there are none."""
    return next((each for each in run if isinstance(each, Bytes)), None)
