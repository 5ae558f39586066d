"""What C compilers make of names, and what they refuse: the tables in ``spec/compilers/``."""

from __future__ import annotations

from pathlib import Path

from sphinx_fsgs.diagnostic import Severity
from sphinx_fsgs.records import dataclass
from sphinx_fsgs.spec.citations import citation_keys
from sphinx_fsgs.spec.tables import SAME_NAME, Sheet, header_names

FOLDER = "compilers"
_SEVERITIES: dict[str, Severity] = {"error": "error", "warning": "warning", "note": "note"}


@dataclass(frozen=True, slots=True)
class Intrinsic:
    """A function that a compiler turns into one instruction; ``bits`` is the width of the operand."""

    name: str
    instruction: str
    bits: int
    header: str
    option: str
    cites: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AddressSpace:
    """A named address space: the segment whose prefix its accesses carry, and which compilers know it.

    ``ignored`` names compilers that read the words with a warning and then address memory without the prefix.
    ``macro`` is what compilers define that know the name.
    """

    name: str
    segment: str
    accepted: tuple[str, ...]
    ignored: tuple[str, ...]
    cites: tuple[str, ...]
    macro: str = ""


@dataclass(frozen=True, slots=True)
class Rejection:
    """Something that ``compilers`` refuse, or of which those of ``warns`` warn, in the versions that were tried."""

    id: str
    title: str
    compilers: tuple[str, ...]
    warns: tuple[str, ...]
    severity: Severity
    message: str
    help: str
    cites: tuple[str, ...]


def intrinsic_names(folder: Path) -> tuple[str, ...]:
    """Return the names of the intrinsics, without parsing their table.

    :raises SpecError: when the file cannot be read.
    """
    return header_names(folder / FOLDER / "intrinsics.toml")


def address_space_names(folder: Path) -> tuple[str, ...]:
    """Return the spellings of the address spaces, without parsing their table.

    :raises SpecError: when the file cannot be read.
    """
    return header_names(folder / FOLDER / "address_spaces.toml")


def load_intrinsics(folder: Path) -> dict[str, Intrinsic]:
    """Return the intrinsics by name.

    :raises SpecError: with everything that is wrong with ``spec/compilers/intrinsics.toml``.
    """
    sheet, citations = Sheet(folder / FOLDER / "intrinsics.toml"), citation_keys(folder)
    found: dict[str, Intrinsic] = {}
    for name, row in sheet.tables():
        found[name] = Intrinsic(
            name,
            row.text("instruction"),
            row.number("bits", 8, 64),
            row.text("header"),
            row.text("option"),
            row.cites(citations),
        )
        row.done()
    sheet.finish()
    return found


def load_address_spaces(folder: Path) -> dict[str, AddressSpace]:
    """Return the named address spaces by their spelling.

    :raises SpecError: with everything that is wrong with ``spec/compilers/address_spaces.toml``.
    """
    sheet, citations = Sheet(folder / FOLDER / "address_spaces.toml"), citation_keys(folder)
    found: dict[str, AddressSpace] = {}
    for name, row in sheet.tables():
        found[name] = AddressSpace(
            name,
            row.text("segment"),
            row.texts("accepted"),
            row.texts("ignored", optional=True),
            row.cites(citations),
            row.text("macro", ""),
        )
        row.done()
    sheet.finish()
    return found


def load_rejections(folder: Path) -> dict[str, Rejection]:
    """Return by their names the rules on what compilers reject.

    :raises SpecError: with everything that is wrong with ``spec/compilers/rejects.toml``.
    """
    sheet, citations = Sheet(folder / FOLDER / "rejects.toml"), citation_keys(folder)
    found: dict[str, Rejection] = {}
    for row in sheet.root.records("rule"):
        rule = Rejection(
            row.text("id"),
            row.text("title"),
            row.texts("compilers"),
            row.texts("warns", optional=True),
            _SEVERITIES.get(row.choice("severity", _SEVERITIES, "severity"), "error"),
            row.text("message"),
            row.text("help"),
            row.cites(citations),
        )
        if rule.id in found:
            row.complain(SAME_NAME, f"a second rule {rule.id}", "id", help="give it another name")
        found[rule.id] = rule
        row.done()
    sheet.root.keys()
    sheet.finish()
    return found
