"""What stands around a passage: what heads it and limits it, and of what the text before it speaks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from sphinx_fsgs.document.named import Named, Names
from sphinx_fsgs.document.passages import Passage
from sphinx_fsgs.source import Fragment

_HEAD = re.compile(r"\s*(?::|[-\u2013\u2014]+(?=\s))\s*")
_PRONOUN = re.compile(r"(?:It|This\s+instruction|The\s+instruction)(?=\s)")


class Context:
    """The passages of a document around one another, and what those that were read so far leave behind.

    :ivar heads: what the items and terms that were met are about, by the order of their passages.
    """

    def __init__(self, passages: Sequence[Passage], names: Names) -> None:
        self.names = names
        self.heads: dict[int, Named] = {}
        self._last: dict[int, Named] = {}
        self._lost: set[int] = set()
        self._doubtful: set[int] = set()
        self._row_names: dict[int, Named | None] = {}
        self._by_order = {each.order: each for each in passages}
        self._groups: dict[int, list[Passage]] = {}
        for each in passages:
            self._groups.setdefault(each.group, []).append(each)

    # ---- what was read

    def spoke_of(self, passage: Passage, named: Named) -> None:
        """Note what a passage was about: what follows in its paragraph may call it "it"."""
        self._last[passage.group] = named

    def lose(self, passage: Passage) -> None:
        """Note that a passage was not understood: behind it nobody can say what "it" is."""
        if passage.kind == "sentence":
            self._lost.add(passage.group)
        elif passage.kind in ("item", "term") and passage.order in self.heads:
            self._doubtful.add(passage.order)

    # ---- of what it speaks

    def head(self, passage: Passage) -> tuple[Named, Fragment | None] | None:
        """Return what an item or term is about, and what stands behind its colon or dash."""
        if passage.kind == "term":
            name = self.names.named(passage.fragment)
            words = passage.cells[1] if len(passage.cells) > 1 else None
            return None if name is None else (name, words)
        if passage.kind != "item":
            return None
        text = passage.fragment.text
        mark = _HEAD.search(text)
        at = mark.start() if mark else len(text.rstrip().rstrip("."))
        part = passage.fragment.part(0, at)
        name = self.names.named(part) if part is not None else None
        if name is None:
            return None
        return name, passage.fragment.part(mark.end(), len(text)) if mark else None

    def continues(self, passage: Passage) -> bool:
        """Return whether a sentence was read with its term already, being the first of its definition.

        What the term is about is then what the sentence was about.
        """
        above = self._by_order.get(passage.within[-1]) if passage.within and passage.kind == "sentence" else None
        if above is None or above.kind != "term" or len(above.cells) < 2 or above.order not in self.heads:
            return False
        words = above.cells[1]
        if words is None or words.span() != passage.fragment.span():
            return False
        if above.order not in self._doubtful:
            self.spoke_of(passage, self.heads[above.order])
        return True

    def subject(self, passage: Passage) -> Named | None:
        """Return what "it" is: what the paragraph named last, else what heads it; None behind words not understood."""
        if passage.group in self._lost:
            return None
        if passage.group in self._last:
            return self._last[passage.group]
        return self.above(passage) if passage.place == 0 or passage.within else None

    def above(self, passage: Passage) -> Named | None:
        """Return the name that heads a paragraph: the item or term around it or just above it, or the title."""
        if passage.kind != "sentence" or passage.group in self._last or passage.group in self._lost:
            return None
        if passage.within:
            return self._sure_head(passage.within[-1])
        if passage.place:
            return None
        above = self._by_order.get(passage.order - 1)
        if above is not None and above.kind in ("item", "term"):
            return self._sure_head(above.order)
        title = above is not None and above.kind == "title" and bool(passage.headings)
        return self.names.named(passage.headings[-1]) if title else None

    def _sure_head(self, order: int) -> Named | None:
        return self.heads.get(order) if order not in self._doubtful else None

    def speaks(self, passage: Passage) -> bool:
        """Return whether a passage has a word that a claim can be about."""
        if pronoun(passage) or self.above(passage) is not None:
            return self.subject(passage) is not None
        if passage.order in self.heads or (passage.kind == "row" and self.row_name(passage) is not None):
            return True
        return self.names.are_in(passage.text)

    # ---- the table around a row

    def rows(self, passage: Passage) -> Iterator[Passage]:
        """Yield the rows of the table."""
        return (each for each in self._groups[passage.group] if each.kind == "row")

    def row_name(self, row: Passage) -> Named | None:
        """Return what the first cell of a row names."""
        if row.order not in self._row_names:
            first = row.cells[0] if row.cells and not row.header else None
            self._row_names[row.order] = self.names.named(first) if first is not None else None
        return self._row_names[row.order]

    # ---- what limits it

    def limits(self, passage: Passage) -> tuple[str, tuple[str, ...]]:
        """Return what limits or denies a passage from outside, headings and items, and the makers named there."""
        items = (self._by_order[each] for each in passage.within if each not in self.heads and each in self._by_order)
        text = "\n".join([*(each.text for each in passage.headings), *(each.text for each in items)])
        makers = []
        for family in sorted(self.names.lexicon.families):
            without = re.sub(rf"\b(?:on\s+)?{re.escape(family)}\b", " ", text, flags=re.IGNORECASE)
            if without != text:
                makers.append(family)
                text = without
        return text, tuple(makers)

    def beside(self, passage: Passage) -> Iterator[Fragment]:
        """Yield the other sentences of the paragraph."""
        return (
            each.fragment
            for each in self._groups[passage.group]
            if each.kind == "sentence" and each.order != passage.order
        )


def pronoun(passage: Passage) -> int:
    """Return where the words begin behind a pronoun that a passage begins with, 0 where it has none."""
    match = _PRONOUN.match(passage.fragment.text)
    return match.end() if match else 0
