"""An article as standard nodes of docutils, which every builder can write."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from docutils import nodes
from sphinx.addnodes import pending_xref

from sphinx_fsgs.check.article import (
    Article,
    Block,
    Bullets,
    Examples,
    Fields,
    Inline,
    Listing,
    Paragraph,
    Piece,
    Section,
    Sources,
    Table,
)
from sphinx_fsgs.check.entries.sources import Source
from sphinx_fsgs.present.uses import examples_node

DOMAIN = "fsgs"

_LEADS = ("instruction", "behaviour", "profile", "definition")


def anchor(kind: str, name: str) -> str:
    """Return the id of what is said of a thing, on the page that says it."""
    return nodes.make_id(f"fsgs-{kind}-{name}")


@dataclass(frozen=True)
class Page:
    """What an article becomes a part of: the document, and its name.

    With ``sections`` the parts are sections of the page, and each citation leads to where it stands in full; without
    they are rubrics, and it leads to what is cited, where that has an address.
    """

    document: nodes.document
    docname: str
    sections: bool


def article_nodes(article: Article, page: Page, kind: str = "") -> list[nodes.Node]:
    """Return the nodes of an article; ``kind`` is how it is called in the id, by default the article's own."""
    writer = _Writer(article, page)
    name = anchor(kind or article.kind, article.name)
    top = nodes.container(classes=["fsgs-article", f"fsgs-{kind or article.kind}"], ids=[name])
    if not page.sections:
        top += nodes.paragraph("", "", nodes.strong("", article.title))
    top += list(writer.blocks(article.lead))
    page.document.note_explicit_target(top)
    if page.sections:
        return [top, *(writer.section(each) for each in article.sections)]
    for section in article.sections:
        top += nodes.rubric("", section.title)
        top += list(writer.blocks(section.blocks))
    return [top]


class _Writer:
    def __init__(self, article: Article, page: Page) -> None:
        self.page = page
        found = (each for block in article.blocks() if isinstance(block, Sources) for each in block.entries)
        self.sources: dict[str, Source] = {each.key: each for each in found}

    def section(self, section: Section) -> nodes.section:
        shown = nodes.section("", nodes.title("", section.title), names=[nodes.fully_normalize_name(section.title)])
        shown += list(self.blocks(section.blocks))
        self.page.document.note_implicit_target(shown, shown)
        return shown

    def blocks(self, blocks: Sequence[Block]) -> Iterator[nodes.Node]:
        for block in blocks:
            yield from self.block(block)

    def block(self, block: Block) -> Iterator[nodes.Node]:
        match block:
            case Paragraph():
                yield nodes.paragraph("", "", *self.inline(block.words))
            case Fields():
                yield self.fields(block)
            case Table():
                yield nodes.container("", self.table(block), classes=["fsgs-wide"])
            case Listing():
                yield from self.listing(block)
            case Bullets():
                items = (nodes.paragraph("", "", *self.inline(words)) for words in block.items)
                yield nodes.bullet_list("", *(nodes.list_item("", item) for item in items))
            case Sources():
                yield from self.citations(block)
            case Examples():
                yield examples_node(block.stem)

    def fields(self, block: Fields) -> nodes.field_list:
        fields = nodes.field_list(classes=["fsgs-fields"])
        for name, words in block.rows:
            body = nodes.field_body("", nodes.paragraph("", "", *self.inline(words)))
            fields += nodes.field("", nodes.field_name("", name), body)
        return fields

    def listing(self, block: Listing) -> Iterator[nodes.Node]:
        shown = nodes.literal_block(block.text, block.text, language="none", classes=["fsgs-listing"])
        if block.name:
            yield labelled(shown, anchor("definition", block.name))
        yield shown

    def table(self, block: Table) -> nodes.table:
        rows = [[self.inline(cell) for cell in row] for row in block.rows]
        heads = [[nodes.Text(head)] for head in block.heads]
        group = nodes.tgroup("", cols=len(heads))
        group += [nodes.colspec(colwidth=_width(cells)) for cells in zip(heads, *rows, strict=True)]
        group += nodes.thead("", _row(heads))
        group += nodes.tbody("", *map(_row, rows))
        return nodes.table("", group, classes=["fsgs-table"])

    def citations(self, block: Sources) -> Iterator[nodes.Node]:
        shown = nodes.bullet_list(classes=["fsgs-sources"])
        for each in block.entries:
            words: nodes.Node = nodes.Text(f"{each.title}. {each.place}")
            if each.url:
                words = nodes.reference("", words.astext(), refuri=each.url, internal=False)
            item = nodes.list_item("", nodes.paragraph("", "", nodes.Text(f"[{each.key}] "), words))
            if self.page.sections:
                item["ids"].append(self.place(each.key))
                self.page.document.note_explicit_target(item)
            shown += item
        yield shown

    def place(self, key: str) -> str:
        """Return the id of a citation where it stands in full."""
        return f"fsgs-source-{list(self.sources).index(key) + 1}"

    # ---- words ----

    def inline(self, words: Inline) -> list[nodes.Node]:
        return [self.piece(each) for each in words]

    def piece(self, piece: Piece) -> nodes.Node:
        if piece.style == "cite":
            return self.citation(piece)
        if piece.style in _LEADS:
            return lead(piece.style, piece.target, piece.text, self.page.docname)
        if piece.style == "strong":
            return nodes.strong("", piece.text)
        if piece.style == "code":
            return nodes.literal("", piece.text)
        if piece.style == "mark":
            return nodes.inline("", piece.text, classes=["fsgs-mark"])
        return nodes.Text(piece.text)

    def citation(self, piece: Piece) -> nodes.Node:
        source = self.sources.get(piece.target)
        if source is None:
            return nodes.Text(piece.text)
        said = f"{source.title}; {source.place}"
        if self.page.sections:
            return nodes.reference("", piece.text, refid=self.place(source.key), reftitle=said, internal=True)
        if source.url:
            return nodes.reference("", piece.text, refuri=source.url, reftitle=said, internal=False)
        return nodes.Text(piece.text)


def lead(kind: str, name: str, words: str, docname: str) -> pending_xref:
    """Return a reference to the page of something; where there is no page, it becomes its words."""
    shown = nodes.inline("", words, classes=["xref", DOMAIN, f"{DOMAIN}-{kind}"])
    return pending_xref(
        "", shown, refdomain=DOMAIN, reftype=kind, reftarget=name, refdoc=docname, refexplicit=True, refwarn=False
    )


def labelled(shown: nodes.Element, name: str) -> nodes.target:
    """Give a node an id, and return what stands before it for writers that know no ids of their own for it."""
    shown["ids"].append(name)
    return nodes.target("", "", refid=name)


def _width(cells: Sequence[Sequence[nodes.Node]]) -> int:
    """Return a width in characters that the longest cell needs, within reason.

    Never near 1: there the text writer of Sphinx 5.3 divides a word into nothing and itself for ever.
    """
    return min(max((sum(len(node.astext()) for node in cell) for cell in cells), default=0), 48) + 12


def _row(cells: Sequence[Sequence[nodes.Node]]) -> nodes.row:
    return nodes.row("", *(nodes.entry("", nodes.paragraph("", "", *cell)) for cell in cells))
