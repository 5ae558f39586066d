"""Where an instruction stands in a list of all: with FS, GS and their bases, with the system, or with the rest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from sphinx_fsgs.spec.model import Spec
from sphinx_fsgs.spec.reach import Reach, reach_of

Group = Literal["bases", "system", "general"]

GROUPS: Mapping[Group, str] = {
    "bases": "FS, GS and their bases",
    "system": "The system",
    "general": "Integers, strings and flow",
}
"""The groups in order, with their titles."""

_ADDS_ITS_BASE = "has_base_in_64_bit_mode"
"""The constant of a segment register that says whether its base counts in 64-bit mode."""


def groups(spec: Spec) -> dict[Group, tuple[str, ...]]:
    """Return the instructions of each group, by title."""
    found: dict[Group, list[str]] = {group: [] for group in GROUPS}
    for stem in sorted(spec.index.stems, key=lambda stem: (spec.instruction(stem).title, stem)):
        found[group_of(spec, reach_of(spec, stem))].append(stem)
    return {group: tuple(stems) for group, stems in found.items()}


def group_of(spec: Spec, reach: Reach) -> Group:
    """Return the group of an instruction by the places that its Operation names.

    Those of a segment register whose base counts in 64-bit mode come first; what else is no general register, flag or
    instruction pointer belongs to the system, and so does an event.
    """
    layout = spec.layout
    records = {name.partition(".")[0] for name in reach.cells}
    if any(layout.constants.get(f"{record}.{_ADDS_ITS_BASE}") for record in records):
        return "bases"
    ordinary = layout.general | {"RIP", "RFLAGS"}
    return "system" if reach.events or records - ordinary else "general"
