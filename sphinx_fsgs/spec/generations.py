"""Generations of processors, all that public CPUID dumps know: since when there are such, and what their bits say."""

from __future__ import annotations

import re
from pathlib import Path

from sphinx_fsgs.records import dataclass
from sphinx_fsgs.spec.citations import citation_keys
from sphinx_fsgs.spec.features import feature_names, vendor_names
from sphinx_fsgs.spec.profiles import Signature, read_signature
from sphinx_fsgs.spec.tables import CONTRADICTION, UNKNOWN_FEATURE, Sheet, header_names

FILE = "processors.toml"
ALWAYS = 9999
_FAMILY = re.compile(r"family\s+([0-9a-f]+)h", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Generation:
    """Processors of one generation: who makes them, when they were launched, and the CPUID bits seen in dumps.

    It was launched in one of the years from ``first`` to ``last``: one year where that is known.
    """

    name: str
    vendor: str
    signatures: tuple[Signature, ...]
    first: int
    last: int
    seen: frozenset[str]
    cites: tuple[str, ...]


def generation_names(folder: Path) -> tuple[str, ...]:
    """Return the names of the generations, without parsing the file.

    :raises SpecError: when the file cannot be read.
    """
    return header_names(folder / FILE)


def load_generations(folder: Path) -> dict[str, Generation]:
    """Return the generations by name.

    :raises SpecError: with everything that is wrong with ``spec/processors.toml``.
    """
    sheet = Sheet(folder / FILE)
    citations, features, vendors = citation_keys(folder), feature_names(folder), vendor_names(folder)
    found: dict[str, Generation] = {}
    for name, row in sheet.tables():
        first = row.number("launched", 1978, ALWAYS) if "launched" in row else 0
        last = first or ALWAYS
        if "not_before" in row:
            if first:
                row.complain(CONTRADICTION, f"{name} has two years", "not_before", help="keep launched")
            first = row.number("not_before", 1978, ALWAYS)
        seen = row.texts("seen", optional=True)
        for feature in seen:
            if feature not in features:
                row.unknown(UNKNOWN_FEATURE, "feature", feature, features, "seen")
        found[name] = Generation(
            name,
            row.choice("vendor", vendors, "vendor"),
            tuple(read_signature(each) for each in row.records("signatures")),
            first,
            last,
            frozenset(seen),
            row.cites(citations),
        )
        row.done()
    sheet.finish()
    return found


def named(words: str, generations: dict[str, Generation]) -> tuple[Generation, ...]:
    """Return the generations that words name: one by its name, or all of a family by its number."""
    text = " ".join(words.split()).casefold()
    if match := _FAMILY.fullmatch(text):
        family = int(match[1], 16)
        return tuple(each for each in generations.values() if any(one.family == family for one in each.signatures))
    return tuple(each for each in generations.values() if each.name.casefold() == text)
