"""The trees of examples: what stands in ``before``, ``run``, ``after``, ``always``, ``never`` and ``sometimes``."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import field
from typing import TYPE_CHECKING, Literal

from sphinx_fsgs.records import dataclass
from sphinx_fsgs.source import Span
from sphinx_fsgs.syntax.assembly import AsmStatement
from sphinx_fsgs.syntax.expression import Expr
from sphinx_fsgs.syntax.scope import Scope

if TYPE_CHECKING:
    from sphinx_fsgs.syntax.c import CStatement

Mode = Literal["64-bit", "compatibility", "protected"]


# ---- before -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Bind:
    """``PLACE = VALUE``: the initial value of a cell, a view, a pair or ``u64[ADDRESS]``."""

    place: Expr
    value: Expr
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Assume:
    """``assume CONDITION``; ``in kernel`` and ``in user`` arrive as ``CPL = 0`` and ``CPL = 3``."""

    condition: Expr
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class InMode:
    """``mode = compatibility``, ``in compatibility mode`` and the like."""

    mode: Mode
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Property:
    """One property of a stated descriptor: ``dpl 3``, ``base X``, ``not present``; flags have no value."""

    name: str
    value: Expr | None
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Describe:
    """``GDT[5] = data, dpl 3, base X``; kind ``none`` says that the entry lies beyond the limit.

    Of the IDT, where gates are ``interrupt gate`` and ``trap gate``, the index is a vector.
    """

    table: Literal["GDT", "LDT", "IDT"]
    index: Expr
    kind: Literal["data", "code", "system", "interrupt gate", "trap gate", "none"]
    properties: tuple[Property, ...]
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class NoTable:
    """``LDTR = null``."""

    table: Literal["LDT"]
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Unmapped:
    """``unmapped ADDRESS``: an access there is a page fault."""

    address: Expr
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class ReadOnly:
    """``read-only ADDRESS``: a write there is a page fault, at privilege level 0 if CR0.WP is set."""

    address: Expr
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Symbol:
    """``let NAME = VALUE``: a symbol of the assembler."""

    name: str
    value: Expr
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Permit:
    """``memory may fault`` or ``may overlap``: a default assumption is withdrawn.

    ``faults are delivered``: they go to their handlers, where they would end a path.
    """

    what: Literal["memory may fault", "may overlap", "faults are delivered"]
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Entered:
    """``entered by EVENT from ORIGIN``, or ``called``: the lines behind it are what the spec says of that."""

    event: str
    origin: Literal["user", "kernel", ""]
    span: Span = field(compare=False)


Assumption = Bind | Assume | InMode | Describe | NoTable | Unmapped | ReadOnly | Symbol | Permit | Entered


def mode_of(lines: Iterable[Assumption], otherwise: Mode = "64-bit") -> Mode:
    """Return the mode that ``before`` chooses: the last line that says one."""
    chosen = otherwise
    for line in lines:
        if isinstance(line, InMode):
            chosen = line.mode
    return chosen


# ---- conditions ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Place:
    """A boundary: before a label, the n-th (``last`` is -1) instruction of a mnemonic, or ``end``."""

    kind: Literal["label", "mnemonic", "end", "segment access"]
    name: str
    ordinal: int  # 1, 2, …, or -1 for the last; 0 when the name must occur once
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Window:
    """``at P``, ``from P to Q``, or with ``except`` in front of either; ``last`` is None for ``at``."""

    first: Place
    last: Place | None
    excepted: bool
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Holds:
    """A comparison or a connective over cells, names and functions."""

    condition: Expr
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Unchanged:
    """``CELL unchanged``: it has its initial value."""

    cells: tuple[Expr, ...]
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class NothingElse:
    """``nothing else changes [but …]``: than the cells that the section names; ``memory`` is a word of it."""

    but: tuple[Expr, ...]
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Faults:
    """``#GP(0) [at P]``; ``error`` None when the line gives none."""

    vector: str
    error: Expr | None
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Signals:
    """``SIGILL [at P]``: what an exception of user code becomes on a platform."""

    name: str
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class ShutsDown:
    """``shutdown``: the delivery of a double fault raises an exception."""

    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class NoFault:
    """``no fault``."""

    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Ran:
    """``swapgs ran twice``, ``swapgs never ran``: completed executions of a mnemonic."""

    mnemonic: str
    times: int
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Prints:
    """``prints "…"``: these lines, one behind the other, are among those printed; none means ``nothing``."""

    lines: tuple[str, ...]
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Serialises:
    """``[wrmsr] serialises`` and ``does not serialise``; no mnemonic means anything in the run."""

    mnemonic: str | None
    negated: bool
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class EntryRules:
    """``entry rules``: what the spec says that entry code of the kernel keeps."""

    span: Span = field(compare=False)


Claimed = (
    Holds | Unchanged | NothingElse | Faults | Signals | ShutsDown | NoFault | Ran | Prints | Serialises | EntryRules
)
Section = Literal["after", "always", "never", "sometimes"]


@dataclass(frozen=True, slots=True)
class Condition:
    """One line of a claiming section: ``[SCOPE] CLAIMED [at/from/except …] [when CONDITION]``."""

    section: Section
    claimed: Claimed
    window: Window | None
    scope: Scope | None
    when: Expr | None
    text: str
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Example:
    """One example: options, then sections. What runs is assembly, in ``run``, or C, in ``code``."""

    name: str
    where: Scope | None
    expect: Literal["holds", "fails", "undecided"]
    options: tuple[tuple[str, str], ...]
    before: tuple[Assumption, ...]
    run: tuple[AsmStatement, ...]
    conditions: tuple[Condition, ...]
    span: Span = field(compare=False)
    code: tuple[CStatement, ...] = ()
