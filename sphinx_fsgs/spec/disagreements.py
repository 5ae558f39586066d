"""Where processors, emulators and manuals do not agree: who is right, what decides it, and which recordings show it."""

from __future__ import annotations

from pathlib import Path

from sphinx_fsgs.records import dataclass
from sphinx_fsgs.spec.citations import citation_keys
from sphinx_fsgs.spec.instructions import read_index
from sphinx_fsgs.spec.layout import load_layout
from sphinx_fsgs.spec.tables import MISSING_KEY, UNKNOWN_WORD, Record, Sheet

FILE = "disagreements.toml"
ALL = (1 << 64) - 1
"""All bits, and the last address."""


@dataclass(frozen=True, slots=True)
class Deviation:
    """How an emulator ends a step otherwise: at which instructions, by their files, none meaning any.

    Either both complete and these ``places`` differ, or the exceptions do: ``raised`` by a processor, and ``there``
    by the emulator, where ``none`` is none. Without any of them the whole step differs. ``size`` is that of the
    operands where only one does so, else 0; ``bits`` are those of the places that may differ, 0 for all; ``segments``
    are the segments of which a prefix must name one with a base that is not zero; ``addresses`` are the first and the
    last at which the emulator's page fault lies.
    """

    instructions: frozenset[str]
    size: int
    places: frozenset[str]
    bits: int
    segments: frozenset[str]
    raised: str
    there: str
    addresses: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Disagreement:
    """One subject. ``right`` and ``wrong`` name who did what; ``unicorn`` tells how it shows in random programs."""

    name: str
    subject: str
    rule: str
    right: tuple[str, ...]
    wrong: tuple[str, ...]
    cites: tuple[str, ...]
    vectors: frozenset[str]
    unicorn: tuple[Deviation, ...]


def load_disagreements(folder: Path) -> dict[str, Disagreement]:
    """Return the disagreements by name, in the order of the file.

    :param folder: the ``spec`` folder.
    :raises SpecError: with everything that is wrong with ``spec/disagreements.toml``.
    """
    sheet = Sheet(folder / FILE)
    citations, stems = citation_keys(folder), frozenset(read_index(folder).stems)
    segments = frozenset(load_layout(folder).segments)
    found: dict[str, Disagreement] = {}
    for name, row in sheet.tables():
        found[name] = Disagreement(
            name,
            row.text("subject"),
            row.text("rule"),
            row.texts("right", optional=True),
            row.texts("wrong", optional=True),
            row.cites(citations),
            frozenset(row.texts("vectors", optional=True)),
            tuple(_deviation(each, stems, segments) for each in row.records("unicorn", optional=True)),
        )
        row.done()
    sheet.finish()
    return found


def _deviation(row: Record, stems: frozenset[str], segments: frozenset[str]) -> Deviation:
    instructions = row.texts("instructions", optional=True)
    for each in instructions:
        if each not in stems:
            row.unknown(UNKNOWN_WORD, "instruction", each, stems, "instructions")
    places = row.texts("places", optional=True)
    size = row.number("size", 8, 64) if "size" in row else 0
    bits = row.number("bits", 1, ALL) if "bits" in row else 0
    named = row.texts("segments", optional=True)
    for each in named:
        if each not in segments:
            row.unknown(UNKNOWN_WORD, "segment", each, segments, "segments")
    raised, there = (row.text("raised"), row.text("there")) if "raised" in row else ("", "")
    addresses = (row.number("from"), row.number("to")) if "from" in row else (0, ALL)
    if not instructions and not raised and not named:
        row.complain(MISSING_KEY, "this says neither where nor how a step differs", help="give instructions or raised")
    row.done()
    return Deviation(frozenset(instructions), size, frozenset(places), bits, frozenset(named), raised, there, addresses)
