"""What C means on this machine: its integer types, and the instructions that its statements become."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from sphinx_fsgs.records import dataclass
from sphinx_fsgs.spec.citations import citation_keys
from sphinx_fsgs.spec.compilers import FOLDER
from sphinx_fsgs.spec.tables import SAME_NAME, Sheet

WIDTHS = (64, 32, 16, 8)

STEPS = (
    "constant address load follow store put copy cut_32 cut sign + - & | ^ << >> ~ negate is_set compare jump".split()
)
"""The steps that C is made of; each has its lines in ``spec/compilers/lowering.toml``."""

PRINTS = ("format", "line")
COMPARED = ("==", "!=", "<", "<=", ">", ">=")


@dataclass(frozen=True, slots=True)
class Integer:
    """An integer type: its width and whether it has a sign."""

    bits: int
    signed: bool


@dataclass(frozen=True, slots=True)
class CTypes:
    """The integer types by their words, sorted, and the width of pointers."""

    integers: Mapping[tuple[str, ...], Integer]
    pointer_bits: int

    def integer(self, words: tuple[str, ...]) -> Integer | None:
        """Return the type of these words in any order, None when they name none."""
        return self.integers.get(tuple(sorted(words)))


@dataclass(frozen=True, slots=True)
class Steps:
    """The instructions for each step of C, as lines of assembly with places in braces.

    ``registers`` are those that values are computed in, each as its views of 64, 32, 16 and 8 bits, and ``fixed``
    those that a constraint of inline assembly names; ``unless`` gives, for signed and unsigned values, the jump
    that is taken where a comparison does not hold. ``output`` tells how a function prints: a ``format``, or a ``line``;
    ``working`` are all cells that steps and calls may change and that C says nothing of.
    """

    registers: tuple[tuple[str, ...], ...]
    fixed: Mapping[str, tuple[str, ...]]
    scratch: str
    suffixes: Mapping[int, str]
    lines: Mapping[str, tuple[str, ...]]
    unless: Mapping[tuple[bool, str], str]
    output: Mapping[str, str]
    working: tuple[str, ...]


def load_types(folder: Path) -> CTypes:
    """Return the integer types.

    :raises SpecError: with everything that is wrong with ``spec/compilers/types.toml``.
    """
    sheet = Sheet(folder / FOLDER / "types.toml")
    root = sheet.root
    root.cites(citation_keys(folder))
    found: dict[tuple[str, ...], Integer] = {}
    for row in root.records("type"):
        kind = Integer(row.number("bits", 8, 64), row.maybe("signed") is True)
        for name in row.texts("names"):
            words = tuple(sorted(name.split()))
            if words in found:
                row.complain(SAME_NAME, f"a second type {name}", "names", name, help="name it once")
            found[words] = kind
        row.done()
    types = CTypes(found, root.number("pointer_bits", 32, 64))
    root.done()
    sheet.finish()
    return types


def load_steps(folder: Path) -> Steps:
    """Return the instructions that C becomes.

    :raises SpecError: with everything that is wrong with ``spec/compilers/lowering.toml``.
    """
    sheet = Sheet(folder / FOLDER / "lowering.toml")
    root = sheet.root
    root.cites(citation_keys(folder))
    widths, lines, unless = root.record("widths"), root.record("steps"), root.record("unless")
    suffixes = {width: widths.text(str(width)) for width in WIDTHS}
    steps = {name: lines.texts(name) for name in STEPS}
    jumps = {
        (signed, sign): unless.record("signed" if signed else "unsigned").text(sign)
        for signed in (True, False)
        for sign in COMPARED
    }
    fixed, output = root.record("fixed"), root.record("output")
    found = Steps(
        root.rows("registers", len(WIDTHS)),
        {letter: fixed.texts(letter) for letter in fixed.keys()},
        root.text("scratch"),
        suffixes,
        steps,
        jumps,
        {name: output.choice(name, PRINTS, "way to print") for name in output.keys()},
        root.texts("working"),
    )
    for each in (widths, lines, root):
        each.done()
    sheet.finish()
    return found
