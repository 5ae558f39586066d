"""Where in a doctree the annotations of a document stand, and what is shown there.

:mod:`sphinx_fsgs.document` reads annotations from a doctree without touching it. Here they are found
again: annotations and blocks are a subsequence, in order, of the nodes that they came from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

from docutils import nodes

from sphinx_fsgs.check.result import DocumentResult, Result
from sphinx_fsgs.document.markup import fsgs_annotation, fsgs_claim
from sphinx_fsgs.document.model import Annotation, Block, Document
from sphinx_fsgs.present.articles import labelled
from sphinx_fsgs.present.nodes import result_node
from sphinx_fsgs.present.uses import example_anchor
from sphinx_fsgs.source import Span

_T = TypeVar("_T")
_N = TypeVar("_N", bound=nodes.Element)


def attach(doctree: nodes.document, document: Document, judged: DocumentResult) -> None:
    """Put the results into the doctree: each where its directive, its role or its block stands."""
    directives = [note for note in document.annotations if note.origin == "directive"]
    roles = [note for note in document.annotations if note.origin == "role"]
    found = list(_paired(directives, list(doctree.findall(fsgs_annotation)), _is_directive))
    marked = list(_paired(roles, list(doctree.findall(fsgs_claim)), _is_role))
    noted = list(_paired(document.blocks, list(_literal_blocks(doctree)), _is_block))
    for note, annotation in found:
        annotation.replace_self(_shown(note, _results(note, judged.results)))
    for note, claim in marked:
        for result in _results(note, judged.results)[:1]:
            claim["classes"] += ["fsgs-claim"]
            claim += result_node([result], "mark")
    for block, literal in noted:
        for name in _examples_of(block, document):
            _label(doctree, literal, name)
        if results := _of_block(block, document, judged.results):
            _below(_outermost(literal), result_node(results, "note"))


def settle(doctree: nodes.document) -> None:
    """Replace what is left of our markup by standard nodes: some writers of docutils know no others."""
    for annotation in list(doctree.findall(fsgs_annotation)):
        annotation.replace_self([])
    for claim in list(doctree.findall(fsgs_claim)):
        claim.replace_self(nodes.inline(claim.rawsource, "", *claim.children, classes=claim["classes"]))


def _paired(texts: Iterable[_T], found: Sequence[_N], same: Callable[[_T, _N], bool]) -> Iterator[tuple[_T, _N]]:
    """Pair each text with the first node behind the last pair that it came from."""
    at = 0
    for text in texts:
        match = next((index for index in range(at, len(found)) if same(text, found[index])), None)
        if match is not None:
            yield text, found[match]
            at = match + 1


def _is_directive(note: Annotation, node: fsgs_annotation) -> bool:
    parts = (note.argument, note.body)
    raw = _words(node.rawsource)
    return node["head"] == note.head and all(_words(part.text) in raw for part in parts if part)


def _is_role(note: Annotation, node: fsgs_claim) -> bool:
    return note.argument is None or _words(note.argument.text) in _words(node.rawsource)


def _is_block(block: Block, node: nodes.literal_block) -> bool:
    return _words(block.fragment.text) == _words(node.rawsource or node.astext())


def _words(text: str) -> str:
    return " ".join(text.split())


def _literal_blocks(doctree: nodes.document) -> Iterator[nodes.literal_block]:
    """Return the blocks of the document; what a system message quotes is none."""
    return (node for node in doctree.findall(nodes.literal_block) if not isinstance(node.parent, nodes.system_message))


def _results(note: Annotation, results: Iterable[Result]) -> list[Result]:
    return [result for result in results if _within(result.span, note.span)]


def _within(inner: Span, outer: Span) -> bool:
    start, end = (outer.line, outer.column), (outer.end_line, outer.end_column)
    return inner.path == outer.path and start <= (inner.line, inner.column) <= end


def _of_block(block: Block, document: Document, results: tuple[Result, ...]) -> list[Result]:
    """Return the results of the comments whose last block this is."""
    notes = (note for note in document.annotations if note.origin == "comment" and note.head == "example")
    shown = (note for note in notes if note.blocks and note.blocks[-1].order == block.order and not note.option("hide"))
    return [result for note in shown for result in _results(note, results)]


def _examples_of(block: Block, document: Document) -> Iterator[str]:
    """Yield the names of the examples that comments make of blocks of which this is the last."""
    for note in document.annotations:
        if note.head == "example" and note.origin == "comment" and note.argument is not None:
            if note.blocks and note.blocks[-1].order == block.order:
                yield note.argument.text.strip()


def _label(doctree: nodes.document, literal: nodes.literal_block, name: str) -> None:
    """Give a block the id of an example, so that the pages of its instructions can lead to it."""
    anchor = example_anchor(name)
    if anchor and anchor not in doctree.ids:
        doctree.ids[anchor] = literal
        block = _outermost(literal)
        block.parent.insert(block.parent.index(block), labelled(literal, anchor))


def _outermost(literal: nodes.literal_block) -> nodes.Element:
    """Return the block, or what Sphinx wrapped around it for its caption."""
    parent = literal.parent
    if isinstance(parent, nodes.container) and parent.get("literal_block"):
        return parent
    return literal


def _below(node: nodes.Element, new: nodes.Element) -> None:
    node.parent.insert(node.parent.index(node) + 1, new)


def _shown(note: Annotation, results: list[Result]) -> list[nodes.Node]:
    """Return what a directive shows: an example its text and verdict, claims each with its verdict."""
    if note.head == "page" or note.option("hide"):
        return []
    if note.head == "example":
        return [_example(note, results)]
    return [_claim(result) for result in results]


def _example(note: Annotation, results: list[Result]) -> nodes.Element:
    container = nodes.container(classes=["fsgs-example"])
    name = note.option("name")
    if name and name.value:
        container["ids"].append(example_anchor(name.value.text))
    if note.text:
        container += nodes.paragraph("", "", nodes.strong("", note.text))
    if note.body:
        text = _indented(note)
        container += nodes.literal_block(text, text, language="fsgs", force=True)
    if results:
        container += result_node(results, "block", trace=note.option("trace") is not None)
    return container


def _indented(note: Annotation) -> str:
    """Return the body as it was written, without the indentation that all of it shares."""
    lines = note.body.lines if note.body else ()
    margin = min((line.indent for line in lines if line.text), default=0)
    return "\n".join(" " * (line.indent - margin) + line.text if line.text else "" for line in lines).strip("\n")


def _claim(result: Result) -> nodes.Element:
    text = nodes.paragraph("", result.text, classes=["fsgs-claim-text"])
    return nodes.container("", text, result_node([result], "block"), classes=["fsgs-claims"])
