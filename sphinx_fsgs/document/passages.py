"""A passage: one thing that a document says in words. Frozen data that docutils is not needed to read."""

from __future__ import annotations

from typing import Literal

from sphinx_fsgs.records import dataclass
from sphinx_fsgs.source import Fragment, Span

Kind = Literal["title", "caption", "sentence", "item", "term", "row", "quote"]
"""``item`` is the first sentence of a list item, ``term`` what a definition or a field is about, ``quote`` a
whole paragraph of a block quote that looks like code."""


@dataclass(frozen=True, slots=True)
class Passage:
    """One thing that a document says.

    :ivar kind: what it is.
    :ivar fragment: its words, the markup left out; of a row the words of its first filled cell.
    :ivar span: all of it, in the file; a row from the first to the last of its cells.
    :ivar cells: of a row its cells, None where one is empty; of a term the term and what it is said to be.
    :ivar headings: the titles of the sections around it, the outermost first.
    :ivar within: the ``order`` of the items and terms around it, the outermost first.
    :ivar section: as in :class:`~sphinx_fsgs.document.model.Block`.
    :ivar group: which paragraph, list or table of the document it belongs to, counted from 1.
    :ivar place: which sentence, item or row of its group it is, counted from 0.
    :ivar order: its rank among all passages of the document, counted from 1.
    :ivar header: whether it is a row of the head of a table.
    """

    kind: Kind
    fragment: Fragment
    span: Span
    cells: tuple[Fragment | None, ...]
    headings: tuple[Fragment, ...]
    within: tuple[int, ...]
    section: int
    group: int
    place: int
    order: int
    header: bool = False

    @property
    def text(self) -> str:
        """Its words on one line, those of a row with bars between the cells."""
        parts = [" ".join(cell.text.split()) if cell else "" for cell in self.cells or (self.fragment,)]
        return " | ".join(parts) if self.kind == "row" else parts[0]
