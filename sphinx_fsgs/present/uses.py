"""Which examples and claims run an instruction: kept by document, listed on its page, and printed by the command."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from typing import TYPE_CHECKING

from docutils import nodes

from sphinx_fsgs.check.result import DocumentResult, Kind, Result
from sphinx_fsgs.document.model import Document
from sphinx_fsgs.present.words import overall
from sphinx_fsgs.records import dataclass
from sphinx_fsgs.source import Span

if TYPE_CHECKING:
    from sphinx.builders import Builder


@dataclass(frozen=True, slots=True)
class Use:
    """An example or a claim that runs instructions, ``stems`` by their files, and where a page has it.

    ``label`` is its name, or its words, with the verdict where it does not hold everywhere that it speaks of;
    ``anchor`` is an id in the document, empty for its beginning.
    """

    stems: tuple[str, ...]
    kind: Kind
    label: str
    anchor: str


class fsgs_examples(nodes.General, nodes.Element):
    """The place for the list of what runs the instruction ``stem``; filled in before a builder writes the page."""


def examples_node(stem: str) -> fsgs_examples:
    """Return the place for the list of an instruction."""
    return fsgs_examples("", stem=stem)


def example_anchor(name: str) -> str:
    """Return the id of an example on the page that shows it."""
    return nodes.make_id(f"fsgs-{name}")


def uses(doctree: nodes.document, document: Document, judged: DocumentResult) -> tuple[Use, ...]:
    """Return what a document runs, with the ids that its doctree has: of an example its own, else of its section."""
    results = tuple(ran(judged))
    if not results:
        return ()
    sections = [str(each["ids"][0]) for each in doctree.findall(nodes.section)]
    ids = {name for each in doctree.findall(nodes.Element) for name in each["ids"]}
    return tuple(_use(result, document, sections, ids) for result in results)


def ran(judged: DocumentResult) -> Iterator[Result]:
    """Yield the results of a document that come from runs or tables about instructions."""
    return (result for result in judged.results if result.instructions and result.verdicts)


def label(result: Result) -> str:
    """Return what a reader may call it, an example by its name and a claim by its words, and that it does not hold."""
    words = (result.name if result.kind == "example" else "") or " ".join(result.text.split())
    verdict = overall(result)
    as_expected = ", as expected" if verdict == result.expected else ""
    return words if verdict in ("holds", "n/a") else f"{words} ({verdict}{as_expected})"


def _use(result: Result, document: Document, sections: Sequence[str], ids: Set[str]) -> Use:
    own = example_anchor(result.name) if result.kind == "example" and result.name else ""
    if own not in ids:
        number = _section(result.span, document)
        own = sections[number - 1] if 0 < number <= len(sections) else ""
    return Use(result.instructions, result.kind, label(result), own)


def _section(span: Span, document: Document) -> int:
    """Return in which section of the document something stands, counted as annotations and passages do."""
    noted = ((note.span, note.section) for note in document.annotations)
    said = ((passage.span, passage.section) for passage in document.passages)
    return next((section for place, section in (*noted, *said) if _covers(place, span)), 0)


def _covers(outer: Span, inner: Span) -> bool:
    return outer.path == inner.path and outer.line <= inner.line <= outer.end_line


def of_instruction(kept: Mapping[str, tuple[Use, ...]], stem: str) -> dict[str, tuple[Use, ...]]:
    """Return what runs an instruction, by document, of those that do."""
    found = {name: tuple(each for each in kept[name] if stem in each.stems) for name in sorted(kept)}
    return {name: those for name, those in found.items() if those}


def listing(kept: Mapping[str, tuple[Use, ...]], stem: str, builder: Builder, docname: str) -> list[nodes.Node]:
    """Return the list of what runs an instruction as nodes of a page: by document, examples first."""
    from sphinx.util.nodes import clean_astext

    env = builder.env
    found = of_instruction(kept, stem)
    if not found:
        return [nodes.paragraph("", NOTHING)]
    shown = nodes.bullet_list(classes=["fsgs-uses"])
    for name, those in found.items():
        title = clean_astext(env.titles[name]) if name in env.titles else name
        item = nodes.list_item("", nodes.paragraph("", "", _link(builder, docname, name, "", title)))
        item += _in_document(those, builder, docname, name)
        shown += item
    return [shown]


def _in_document(those: Sequence[Use], builder: Builder, docname: str, name: str) -> nodes.bullet_list:
    inner = nodes.bullet_list()
    links: list[nodes.Node] = []
    for use in (each for each in those if each.kind == "example"):
        links += [nodes.Text(", " if links else "examples "), _link(builder, docname, name, use.anchor, use.label)]
    if links:
        inner += nodes.list_item("", nodes.paragraph("", "", *links))
    for use in (each for each in those if each.kind == "claim"):
        inner += nodes.list_item("", nodes.paragraph("", "", _link(builder, docname, name, use.anchor, use.label)))
    return inner


def _link(builder: Builder, docname: str, to: str, anchor: str, words: str) -> nodes.Node:
    """Return a link, or its words where the builder has no place for what it would lead to."""
    from sphinx.errors import NoUri
    from sphinx.util.nodes import make_refnode

    try:
        return make_refnode(builder, docname, to, anchor, nodes.Text(words))
    except NoUri:
        return nodes.Text(words)


def lines(documents: Iterable[DocumentResult], stem: str) -> Iterator[str]:
    """Yield the lines that list what runs an instruction, for a terminal."""
    found = rows(documents, stem)
    if not found:
        yield NOTHING
    width = max((len(str(each["line"])) for each in found), default=0)
    for path in dict.fromkeys(each["path"] for each in found):
        yield str(path)
        those = (each for each in found if each["path"] == path)
        yield from (f"  {each['line']:>{width}}  {each['kind']} {each['label']}" for each in those)


def rows(documents: Iterable[DocumentResult], stem: str) -> list[dict[str, str | int]]:
    """Return what runs an instruction, with the file and the line where it stands, for machines."""
    found = ((document, each) for document in documents for each in ran(document) if stem in each.instructions)
    return [
        {"path": document.path, "line": each.span.line, "kind": each.kind, "label": label(each)}
        for document, each in found
    ]


NOTHING = "No example or claim runs it."
"""What is said where there is nothing to list."""
