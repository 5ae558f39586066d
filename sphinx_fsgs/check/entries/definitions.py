"""Functions and procedures that Operations share, as their files write them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from sphinx_fsgs.records import dataclass
from sphinx_fsgs.spec.instructions import load_definitions
from sphinx_fsgs.spec.model import Spec
from sphinx_fsgs.spec.reach import reach_of

FOLDER = "procedures"


@dataclass(frozen=True, slots=True)
class DefinitionEntry:
    """A function or a procedure: its text with the comment above it, the file that holds it, and who reaches it."""

    name: str
    file: str
    text: str
    reached_by: tuple[str, ...]


def definition_entries(spec: Spec) -> tuple[DefinitionEntry, ...]:
    """Return every definition of the spec's procedures, file by file, in the order of the text."""
    reached: dict[str, list[str]] = {}
    for stem in spec.index.stems:
        for name in reach_of(spec, stem).definitions:
            reached.setdefault(name, []).append(stem)
    return tuple(
        DefinitionEntry(name, path.name, text, tuple(reached.get(name, ())))
        for path in sorted((spec.folder / FOLDER).glob("*.insn"))
        for name, text in _texts(path)
    )


def definition_entry(spec: Spec, name: str) -> DefinitionEntry | None:
    """Return the definition of that name in the spec's procedures, None when there is none."""
    path = spec.index.definitions.get(name)
    if path is None or path.parent.name != FOLDER:
        return None
    reached_by = tuple(stem for stem in spec.index.stems if name in reach_of(spec, stem).definitions)
    return DefinitionEntry(name, path.name, dict(_texts(path))[name], reached_by)


def _texts(path: Path) -> Iterator[tuple[str, str]]:
    """Yield each definition of a file with its text, from the comment right above it to its end."""
    lines = path.read_text(encoding="utf-8").split("\n")
    for each in load_definitions(path):
        first = each.span.line - 1
        if first and lines[first - 1].endswith("*)"):
            first = next(number for number in range(first - 1, -1, -1) if lines[number].startswith("(*"))
        yield each.name, "\n".join(lines[first : each.span.end_line]).rstrip()
