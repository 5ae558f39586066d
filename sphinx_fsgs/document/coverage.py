"""What a document says of FS or GS: each thing, and in one word why it is not understood, if it is not."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from sphinx_fsgs.check.result import Spoken, SpokenKind
from sphinx_fsgs.document.model import Annotation, Document
from sphinx_fsgs.document.passages import Passage
from sphinx_fsgs.source import Fragment, Span
from sphinx_fsgs.syntax.shapes import shapes
from sphinx_fsgs.syntax.vocabulary import Vocabulary

_KINDS: Mapping[str, SpokenKind] = {
    "sentence": "sentence",
    "item": "item",
    "term": "term",
    "row": "row",
    "quote": "code",
}
"""The passages that are listed: headings say nothing by themselves."""

REASONS: Mapping[str, str] = {
    # of words
    "condition": "it holds under a condition that is not read, its own or of what stands around it",
    "header": "it is the head of a table, or stands below one that limits it",
    "hedged": "it says usually, may, often",
    "history": "it tells how something was",
    "mood": "it says what should be or has to be done",
    "no-form": "no form of claim reads it",
    "no-name": "its first cell names nothing that a claim can be about",
    "opinion": "it says what somebody thinks",
    "question": "it asks",
    "quotation": "it quotes what somebody wrote",
    "subject": "it does not say what it speaks of",
    "two-readings": "two forms of claim read it",
    "undecided": "it is a claim, but nothing shows that it holds or fails on every processor",
    "unknown-name": "it has the form of a claim, and a name in it is unknown",
    "value": "a number in it may be what a register holds, since no register has that number",
    "wrong": "it says of something that it is wrong",
    # of code
    "bytes": "it has bytes that are not decoded",
    "c": "it is C that is not read",
    "directive": "it has a directive of the assembler that is not read",
    "intel": "it is assembly in Intel syntax",
    "listing": "it is what a disassembler printed",
    "macro": "it has a macro that is not known",
    "operands": "an instruction has operands that it cannot have",
    "other": "the document names a language that is not read",
    "placeholder": "it has a placeholder such as %reg, offset or ....",
    "pseudo-code": "it is no code but words in its form",
    "shell": "it is typed into a shell",
    "skipped": "the document sets it aside, with a reason",
    "syntax": "a line of it is no statement of assembly",
    "text": "it is in no language that is known",
    "unknown-instruction": "it has an instruction that is not in the specification",
    "unknown-symbol": "it has a symbol that nobody defines",
}
"""Why something is not understood: the closed list."""

UNDERSTOOD, SKIPPED, UNREAD = "", "skipped", "no-form"

ReadBlock = Callable[[Fragment, str], str]
"""Says of a piece of code and the language that the document names why it is not understood, or nothing."""


def coverage(
    document: Document, words: Vocabulary, readings: Mapping[int, str], read_block: ReadBlock
) -> tuple[Spoken, ...]:
    """Return what speaks of FS or GS, in the order of the text.

    :param readings: what became of passages, by their ``order``: the reason, empty where one was understood.
    """
    spoken = [*_passages(document, words, readings, read_block), *_blocks(document, words, read_block)]
    return tuple(sorted(spoken, key=lambda each: (each.span.path != document.path, each.span)))


def _passages(
    document: Document, words: Vocabulary, readings: Mapping[int, str], read_block: ReadBlock
) -> Iterator[Spoken]:
    # What a term is said to be is read together with the term, and stands there as a sentence too.
    said = {
        each.cells[1].span(): readings[each.order]
        for each in document.passages
        if each.kind == "term" and each.order in readings and len(each.cells) > 1 and each.cells[1]
    }
    for each in document.passages:
        kind = _KINDS.get(each.kind)
        if kind is None or not words.speaks(each.text):
            continue
        if _is_marked(each, document.annotations):
            reason = UNDERSTOOD
        elif kind == "code":
            reason = read_block(each.fragment, "")
        elif each.order in readings:
            reason = readings[each.order]
        elif each.span in said:
            reason = said[each.span]
        else:
            reason = "header" if each.header else shapes().why_silent(each.text) or UNREAD
        yield Spoken(kind, each.span, each.text, reason)


def _is_marked(passage: Passage, annotations: Sequence[Annotation]) -> bool:
    """Return whether a claim that is marked with a role stands in the passage."""
    return any(_meets(passage.span, note.span) for note in annotations if note.origin == "role")


def _meets(one: Span, other: Span) -> bool:
    start, end = (one.line, one.column), (one.end_line, one.end_column)
    return one.path == other.path and start < (other.end_line, other.end_column) and (other.line, other.column) < end


def _blocks(document: Document, words: Vocabulary, read_block: ReadBlock) -> Iterator[Spoken]:
    skipped = {each.order for each in document.skipped}
    unclaimed = {each.order for each in document.unclaimed}
    for block in document.blocks:
        text = block.fragment.text
        if not words.speaks(text):
            continue
        reason = UNDERSTOOD
        if block.order in skipped:
            reason = SKIPPED
        elif block.order in unclaimed:
            reason = read_block(block.fragment, block.language)
        yield Spoken("block", block.span, text, reason)
