"""The tree of a claim: which form it has, its parts from a closed set, and where it is said to hold."""

from __future__ import annotations

from dataclasses import field

from sphinx_fsgs.records import dataclass
from sphinx_fsgs.source import Span
from sphinx_fsgs.syntax.example import Mode
from sphinx_fsgs.syntax.expression import Expr
from sphinx_fsgs.syntax.scope import Scope


@dataclass(frozen=True, slots=True)
class Subject:
    """An instruction as a sentence names it: ``MOV GS``, ``WRMSR to MSR_GS_BASE``, ``LKGS``.

    ``instruction`` is the stem of its file in ``spec/instructions/``; ``segment`` the segment
    register that the name fixes, if any; ``target`` what stands behind ``to``. An intrinsic is its
    instruction: ``mnemonic`` is then what the assembler calls that, and ``bits`` the width of its
    operand; elsewhere the words themselves name it (``mnemonic`` is empty), at any width (0).
    """

    instruction: str
    segment: str | None
    target: str | None
    text: str
    span: Span = field(compare=False)
    mnemonic: str = ""
    bits: int = 0


@dataclass(frozen=True, slots=True)
class Sequence:
    """Instructions joined by semicolons; one instruction is a sequence of one."""

    subjects: tuple[Subject, ...]
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class CellPart:
    """A cell, a view, a segment field or ``its destination`` (then ``name`` is ``destination``)."""

    name: str
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class ValuePart:
    """A number or an expression of one."""

    value: Expr
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class FaultPart:
    """A vector and, where given, its error code; ``vector`` is empty for ``no fault``."""

    vector: str
    error: Expr | None
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class WordPart:
    """A word of the form that carries meaning, such as a feature's name, a leaf, ``bit 1``, ``zero-extends``."""

    word: str
    span: Span = field(compare=False)


Part = Sequence | CellPart | ValuePart | FaultPart | WordPart


@dataclass(frozen=True, slots=True)
class ClaimTree:
    """A claim, understood as to its form but not yet as to its meaning.

    ``parts`` gives each role of the form its parts, in the order of the text. ``whenever`` is true
    for ``whenever both complete``.
    """

    form: str
    parts: tuple[tuple[str, tuple[Part, ...]], ...]
    negated: bool
    when: Expr | None
    cpl: int | None
    mode: Mode
    whenever: bool
    scope: Scope | None
    text: str
    span: Span = field(compare=False)

    def role(self, name: str) -> tuple[Part, ...]:
        """Return the parts of a role; none when the sentence does not have it."""
        return dict(self.parts).get(name, ())
