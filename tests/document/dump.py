"""A document as plain data, for comparing what two hosts make of it."""

from __future__ import annotations

from sphinx_fsgs.document.model import Annotation, Block, Document
from sphinx_fsgs.document.passages import Passage
from sphinx_fsgs.source import Fragment, Span

Plain = dict[str, object]


def place(span: Span) -> str:
    """Return a span as ``LINE:COLUMN-LINE:COLUMN``, with its file in front when that is an included one."""
    return f"{span.line}:{span.column}-{span.end_line}:{span.end_column}"


def dump(document: Document) -> Plain:
    """Return all that the document holds."""
    return {
        "path": document.path,
        "annotations": [_annotation(note) for note in document.annotations],
        "blocks": [_block(block) for block in document.blocks],
        "diagnostics": [f"{d.code} {d.span.path}:{place(d.span)} {d.message}" for d in document.diagnostics],
        "passages": [_passage(each) for each in document.passages],
        "dependencies": [path.name for path in document.dependencies],
    }


def _annotation(note: Annotation) -> Plain:
    return {
        "what": f"{note.origin} {note.head}",
        "place": f"{note.span.path}:{place(note.span)}",
        "argument": _fragment(note.argument),
        "options": [(option.name, place(option.span), _fragment(option.value)) for option in note.options],
        "body": _fragment(note.body),
        "blocks": [block.order for block in note.blocks],
        "section": note.section,
        "order": note.order,
        "text": note.text,
    }


def _block(block: Block) -> Plain:
    return {
        "place": f"{block.span.path}:{place(block.span)}",
        "lines": _fragment(block.fragment),
        "language": block.language,
        "section": block.section,
        "order": block.order,
    }


def _passage(passage: Passage) -> Plain:
    return {
        "what": f"{passage.kind} {passage.group}.{passage.place} in {passage.section}",
        "place": f"{passage.span.path}:{place(passage.span)}",
        "cells": [_fragment(cell) for cell in passage.cells],
        "headings": [each.text for each in passage.headings],
        "within": list(passage.within),
        "header": passage.header,
        "text": passage.text,
    }


def _fragment(fragment: Fragment | None) -> list[str] | None:
    return [f"{line.line}:{line.column}:{line.indent} {line.text}" for line in fragment.lines] if fragment else None
