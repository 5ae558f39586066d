"""What a document says in words: its sentences, list items, table rows and headings, each at its place.

A passage is what the recogniser tries to understand and what coverage lists. The words are those that
a reader sees (see :mod:`sphinx_fsgs.document.plain`); where they stand is found as for everything else,
by the text itself, with a locator of its own so that reading prose moves nothing that markup relies on.
"""

from __future__ import annotations

import re
from dataclasses import field, replace

from docutils import nodes

from sphinx_fsgs.document.locate import Cursor, Found, Locator
from sphinx_fsgs.document.markup import fsgs_annotation
from sphinx_fsgs.document.passages import Kind, Passage
from sphinx_fsgs.document.plain import plain, sentences
from sphinx_fsgs.records import dataclass
from sphinx_fsgs.source import Fragment, Line, Span

_KNOWN = frozenset(
    "attention caution danger error hint important note tip warning admonition sidebar topic rubric seealso figure "
    "table csv-table list-table".split()
)
"""The directives whose argument a reader is shown."""
_CODE_LINE = re.compile(r"[;{}]\s*$")
_DIRECTIVE_BEFORE = re.compile(r"(?:^|\s)\.\.[ ]+(?P<name>[\w:+.-]+)::\s*$")


def passages(doctree: nodes.document, locator: Locator) -> tuple[Passage, ...]:
    """Return the passages of a document in the order of the text."""
    reader = _Reader(locator)
    reader.children(doctree, _Around(doctree.source))
    return tuple(reader.found)


@dataclass(frozen=True, slots=True)
class _Around:
    """What is around a node: the file that it probably stands in, headings, items, and where in a list it is."""

    hint: str | None
    headings: tuple[Fragment, ...] = ()
    within: tuple[int, ...] = ()
    section: int = 0
    item: tuple[int, int] | None = None
    """The group and place of the list item whose first paragraph this is."""
    quoted: bool = False


@dataclass(slots=True)
class _Reader:
    """Walks a doctree; recursive, as docutils' own parser is, so that what it parsed is never too deep."""

    locator: Locator
    found: list[Passage] = field(default_factory=list)
    groups: int = 0
    sections: int = 0

    def children(self, node: nodes.Element, around: _Around) -> None:
        """Read the children of a node, each in the file that it stands in."""
        hint = around.hint
        for child in node.children:
            if isinstance(child, nodes.Element):
                hint = getattr(child, "source", None) or hint
                self.read(child, replace(around, hint=hint))

    def read(self, node: nodes.Element, around: _Around) -> None:
        """Read one node."""
        # Sphinx wraps a block and the caption that is an option of it.
        if isinstance(node, _SILENT) or node.get("literal_block") or _is_ours(node):
            return
        if isinstance(node, nodes.section):
            self._section(node, around)
        elif isinstance(node, nodes.table):
            self._table(node, around)
        elif isinstance(node, (nodes.bullet_list, nodes.enumerated_list)):
            self._list(node, around)
        elif isinstance(node, (nodes.definition_list_item, nodes.field)):
            self._definition(node, around)
        elif isinstance(node, (nodes.title, nodes.caption, nodes.rubric)):
            self._whole(node, around, "title" if isinstance(node, nodes.title) else "caption")
        elif isinstance(node, nodes.paragraph):
            self._paragraph(node, around)
        elif isinstance(node, nodes.line):
            self._paragraph(node, around)
        else:
            self.children(node, replace(around, quoted=isinstance(node, nodes.block_quote), item=None))

    # ---- structure

    def _section(self, node: nodes.section, around: _Around) -> None:
        self.sections += 1
        inner = _Around(around.hint, around.headings, (), self.sections)
        rest = node.children
        if rest and isinstance(rest[0], nodes.title):
            title = self._words(rest[0], inner)
            if title:
                self._add("title", title, inner, self._group(), 0)
                inner = replace(inner, headings=(*inner.headings, title))
            rest = rest[1:]
        hint = inner.hint
        for child in rest:
            if isinstance(child, nodes.Element):
                hint = getattr(child, "source", None) or hint
                self.read(child, replace(inner, hint=hint))

    def _list(self, node: nodes.Element, around: _Around) -> None:
        group = self._group()
        for place, item in enumerate(child for child in node.children if isinstance(child, nodes.list_item)):
            inside = around
            for number, child in enumerate(item.children):
                if not isinstance(child, nodes.Element):
                    continue
                first = number == 0 and isinstance(child, nodes.paragraph)
                before = len(self.found)
                self.read(child, replace(inside, item=(group, place) if first else None, quoted=False))
                if first and len(self.found) > before:
                    inside = replace(inside, within=(*around.within, self.found[before].order))

    def _definition(self, node: nodes.Element, around: _Around) -> None:
        """Read a definition or a field: the term, and with it the paragraph that says what it is."""
        terms = [child for child in node.children if isinstance(child, (nodes.term, nodes.field_name))]
        bodies = [child for child in node.children if isinstance(child, (nodes.definition, nodes.field_body))]
        heads = [words for term in terms if (words := self._words(term, around))]
        group, at = self._group(), len(self.found)
        inside = around
        for place, words in enumerate(heads):
            inside = replace(inside, within=(*around.within, len(self.found) + 1))
            self._add("term", words, around, group, place)
        for body in bodies:
            self.children(body, replace(inside, quoted=False, item=None))
        behind = at + len(heads)
        if heads and len(self.found) > behind and self.found[behind].kind == "sentence":
            for number in range(at, behind):
                self.found[number] = replace(
                    self.found[number], cells=(self.found[number].fragment, self.found[behind].fragment)
                )

    def _paragraph(self, node: nodes.Element, around: _Around) -> None:
        words = self._words(node, around)
        if not words:
            return
        if around.quoted and all(_CODE_LINE.search(line) for line in words.text.split("\n")):
            self._add("quote", words, around, self._group(), 0)
            return
        group = self._group()
        within = around.within
        for place, sentence in enumerate(sentences(words)):
            if around.item and place == 0:
                self._add("item", sentence, around, *around.item)
                within = (*within, len(self.found))
            else:
                self._add("sentence", sentence, replace(around, within=within), group, place)

    def _whole(self, node: nodes.Element, around: _Around, kind: Kind) -> None:
        if words := self._words(node, around):
            self._add(kind, words, around, self._group(), 0)

    # ---- tables

    def _table(self, node: nodes.table, around: _Around) -> None:
        group, place = self._group(), 0
        for child in node.children:
            if isinstance(child, nodes.title):
                self._whole(child, around, "caption")
            elif isinstance(child, nodes.tgroup):
                for part in child.children:
                    if isinstance(part, (nodes.thead, nodes.tbody)):
                        place = self._rows(part, around, group, place)

    def _rows(self, part: nodes.Element, around: _Around, group: int, place: int) -> int:
        reaching: dict[int, tuple[int, Fragment | None]] = {}
        for row in (child for child in part.children if isinstance(child, nodes.row)):
            cells = self._row(row, around, reaching)
            filled = [cell for cell in cells if cell]
            if filled:
                span = min(cell.span() for cell in filled).to(max(cell.span() for cell in filled))
                self._add("row", filled[0], around, group, place, cells, span, isinstance(part, nodes.thead))
            place += 1
        return place

    def _row(
        self, row: nodes.row, around: _Around, reaching: dict[int, tuple[int, Fragment | None]]
    ) -> tuple[Fragment | None, ...]:
        """Return the cells of a row; one that reaches down from a row above counts for each row that it reaches."""
        cells: list[Fragment | None] = []
        ends: list[Cursor] = []
        entries = [child for child in row.children if isinstance(child, nodes.entry)]
        while entries or len(cells) in reaching:
            left, above = reaching.pop(len(cells), (0, None))
            if left:
                if left > 1:
                    reaching[len(cells)] = left - 1, above
                cells.append(above)
                continue
            if not entries:
                break
            entry = entries.pop(0)
            cell = self._cell(entry, around, ends)
            if down := int(entry.get("morerows", 0)):
                reaching[len(cells)] = down, cell
            cells.append(cell)
            cells.extend([None] * int(entry.get("morecols", 0)))
        self.locator.advance(*ends)
        return tuple(cells)

    def _cell(self, entry: nodes.entry, around: _Around, ends: list[Cursor]) -> Fragment | None:
        """Return all words of a cell; the cursor stays behind its first line, beside which the next cell begins.

        ``ends`` gets the end of a cell that does not reach into the rows below.
        """
        lines: list[Line] = []
        beside: Found | None = None
        for paragraph in entry.findall(nodes.paragraph):
            found = self._find(paragraph, around, cell=True)
            if found:
                words = plain(found.lines())
                lines += words.lines if words else ()
                beside = beside or found
                if not entry.get("morerows"):
                    ends.append({found.source.path: found.end})
        if beside:
            self.locator.stand_beside(beside)
        return Fragment(tuple(lines)) if lines else None

    # ---- words and places

    def _words(self, node: nodes.Element, around: _Around) -> Fragment | None:
        # The name of a field has its text behind it in the line, as cells have others beside them.
        found = self._find(node, around, cell=isinstance(node, nodes.field_name))
        return plain(found.lines()) if found and not _is_argument(found) else None

    def _find(self, node: nodes.Element, around: _Around, cell: bool = False) -> Found | None:
        # What was generated, such as the head of an admonition, has no source; nor is it the author's.
        raw = getattr(node, "rawsource", "").strip()
        if not raw:
            return None
        return self.locator.find(raw, "words", hint=node.source or around.hint, cell=cell)

    def _add(
        self,
        kind: Kind,
        fragment: Fragment,
        around: _Around,
        group: int,
        place: int,
        cells: tuple[Fragment | None, ...] = (),
        span: Span | None = None,
        header: bool = False,
    ) -> None:
        self.found.append(
            Passage(
                kind,
                fragment,
                span or fragment.span(),
                cells,
                around.headings,
                around.within,
                around.section,
                group,
                place,
                len(self.found) + 1,
                header,
            )
        )

    def _group(self) -> int:
        self.groups += 1
        return self.groups


def _is_ours(node: nodes.Element) -> bool:
    """Whether a directive of ours shows the specification here: that says nothing of the author's."""
    classes: list[str] = node.get("classes", [])
    return any(name.startswith("fsgs-") for name in classes)


def _is_argument(found: Found) -> bool:
    """Whether the words are the argument of a directive that docutils does not know: what they mean is unknown."""
    row, column = found.start
    match = _DIRECTIVE_BEFORE.search(found.source.rows[row].text[:column].rstrip())
    return match is not None and match["name"].lower() not in _KNOWN


_SILENT = (
    nodes.comment,
    nodes.system_message,
    nodes.FixedTextElement,
    nodes.substitution_definition,
    nodes.docinfo,
    nodes.option_group,
    nodes.math_block,
    fsgs_annotation,
)
"""Nodes that say nothing in sentences of the author's."""
