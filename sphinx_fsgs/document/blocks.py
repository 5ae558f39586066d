"""Which literal blocks an annotation runs: the next ones of its section."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace

from sphinx_fsgs.diagnostic import Diagnostic
from sphinx_fsgs.document import findings
from sphinx_fsgs.document.anatomy import own_run
from sphinx_fsgs.document.model import Annotation, Block
from sphinx_fsgs.source import Span


def blocks_wanted(note: Annotation) -> int:
    """Return how many literal blocks the annotation takes.

    A skip sets one aside. An example runs one, or as many as ``:blocks:`` says; none when it has a
    ``run`` of its own, unless that holds the line ``the block``.
    """
    if note.head == "skip":
        return 1
    if note.head != "example":
        return 0
    runs, block = own_run(note.body)
    if runs and not block:
        return 0
    option = note.option("blocks")
    return int(option.value.text) if option and option.value else 1


def bind(
    notes: Sequence[Annotation], blocks: Sequence[Block], broken: Sequence[tuple[int, int]]
) -> tuple[tuple[Annotation, ...], list[Diagnostic]]:
    """Give each annotation its blocks; return them with a diagnostic for each that lacks one.

    Examples in a row share a block, a skipped block is nobody else's. ``broken`` are the section and
    the order of annotations that swallowed text, and perhaps the block of those before them, so that a
    missing one is not reported again.
    """
    set_aside = _set_aside(notes, _by_section(blocks))
    orders = {block.order for block in set_aside.values()}
    free = _by_section([block for block in blocks if block.order not in orders])
    bound, diagnostics = [], []
    for note in notes:
        wanted = blocks_wanted(note)
        taken: tuple[Block, ...]
        if note.head == "skip":
            taken = (set_aside[note.order],) if note.order in set_aside else ()
        else:
            taken = _behind(free, note)[:wanted] if wanted else ()
        swallowed = any(section == note.section and order > note.order for section, order in broken)
        if len(taken) < wanted and not swallowed:
            diagnostics.append(findings.no_block(_first_line(note), _name(note), wanted, len(taken)))
        bound.append(replace(note, blocks=taken))
    return tuple(bound), diagnostics


def _by_section(blocks: Sequence[Block]) -> dict[int, tuple[Block, ...]]:
    sections: dict[int, list[Block]] = {}
    for block in blocks:
        sections.setdefault(block.section, []).append(block)
    return {section: tuple(members) for section, members in sections.items()}


def _behind(sections: dict[int, tuple[Block, ...]], note: Annotation) -> tuple[Block, ...]:
    members = sections.get(note.section, ())
    return members[bisect_right(members, note.order, key=lambda block: block.order) :]


def _set_aside(notes: Sequence[Annotation], sections: dict[int, tuple[Block, ...]]) -> dict[int, Block]:
    """Return the block that each skip takes, by the order of the skip."""
    taken: dict[int, Block] = {}
    orders: set[int] = set()
    for note in (note for note in notes if note.head == "skip"):
        if block := next((block for block in _behind(sections, note) if block.order not in orders), None):
            taken[note.order] = block
            orders.add(block.order)
    return taken


def _name(note: Annotation) -> str:
    return f'{note.head} "{note.text}"' if note.text else note.head


def _first_line(note: Annotation) -> Span:
    """The place of the annotation up to the end of its first line, where an editor's mark is not in the way."""
    span, head = note.span, note.argument
    if span.end_line == span.line:
        return span
    end = (
        head.lines[0].column + len(head.lines[0].text) if head and head.lines[0].line == span.line else span.column + 2
    )
    return Span(span.path, span.line, span.column, span.line, end)
