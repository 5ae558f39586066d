"""What a snippet changes, as a table of plain text that a mail or a commit message can hold."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from sphinx_fsgs.check.result import Result, Trace
from sphinx_fsgs.present.hosts import hosts, naming

WIDTH = 72
"""Columns that a mail has for its text; the names of processors are broken there, values are not."""

SAME = "same"
"""What a place holds that is not changed."""


def render(result: Result) -> str:
    """Return one column for each way in which processors run the snippet, and below it whose ways they are.

    A row is a place that one of them changes, with what it holds afterwards; the last is how the snippet ends.
    """
    ways = list(_ways(result))
    if not ways:
        return ""
    places = dict.fromkeys(place for way, _ in ways for place, _ in way.after)
    table = [["", *(f"({number})" for number in range(1, len(ways) + 1))]]
    table += [[place, *(dict(way.after).get(place, SAME) for way, _ in ways)] for place in places]
    table.append(["ends", *(_end(way) for way, _ in ways)])
    return "\n".join([*_aligned(table), "", *_legend(ways)]) + "\n"


def _ways(result: Result) -> Iterator[tuple[Trace, str]]:
    """Yield each way with the names of the processors that have it, and when."""
    found: dict[tuple[object, ...], list[Trace]] = {}
    for trace in result.traces:
        found.setdefault((trace.after, trace.when, _end(trace)), []).append(trace)
    names = naming(result.depends_on)
    of = len(result.verdicts)
    for same in found.values():
        who = hosts(list(dict.fromkeys(trace.profile for trace in same)), of, names)
        yield same[0], f"{who}, when {same[0].when}" if same[0].when else who


def _end(trace: Trace) -> str:
    return next((step.fault for step in trace.steps if step.fault), "completes")


def _aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    yield from ("  ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows)


def _legend(ways: Sequence[tuple[Trace, str]]) -> Iterator[str]:
    for number, (_, who) in enumerate(ways, 1):
        yield from textwrap.wrap(f"({number}) {who}", WIDTH, subsequent_indent="    ", break_long_words=False)
