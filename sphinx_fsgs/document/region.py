"""What an ``ignore`` speaks of: the next construct, told from the lines of the file alone.

That is the lines from the next one that is not blank to the next blank one, with all that is indented deeper
behind them: a comment of ours, a paragraph with the literal block that it announces, a directive with its content,
a list whose items no blank line parts. A simple table, which may hold blank lines, ends at its lower border.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from sphinx_fsgs.document.locate import Source
from sphinx_fsgs.source import Span

_IGNORE = re.compile(r"\.\.[ ]+fsgs:[ ]+ignore\b")
_BORDER = re.compile(r"=+(?:[ ]+=+)+$")


def region_below(source: Source, last: int, column: int) -> Span | None:
    """Return the place of the construct that follows a comment, or None when none follows at its indentation.

    :param last: the row on which the comment ends.
    :param column: the terminal column of its two dots. Further ``ignore`` comments are passed over, so that
        several can speak of one construct.
    """
    texts = [row.text for row in source.rows]
    first = _next(texts, last + 1)
    while first is not None and _indent(texts[first]) == column and _IGNORE.match(texts[first][column:]):
        first = _next(texts, _end(texts, first, column) + 1)
    if first is None or _indent(texts[first]) != column:
        return None
    table = _BORDER.match(texts[first][column:])
    end = _table_end(texts, first, column) if table else _end(texts, first, column)
    start, stop = source.rows[first], source.rows[end]
    return Span(source.shown, start.number, start.column(column), stop.number, stop.column(len(stop.text)))


def _next(texts: Sequence[str], index: int) -> int | None:
    """Return the first row from ``index`` on that is not blank."""
    return next((row for row in range(index, len(texts)) if texts[row].strip()), None)


def _end(texts: Sequence[str], first: int, column: int) -> int:
    """Return the last row of the construct that begins at ``first``."""
    last = first
    for row in range(first + 1, len(texts)):
        if not texts[row].strip():
            continue
        if _indent(texts[row]) < column or row > last + 1 and _indent(texts[row]) == column:
            break
        last = row
    return last


def _table_end(texts: Sequence[str], first: int, column: int) -> int:
    """Return the row of the lower border: the third border, or the second when a blank line or nothing follows it."""
    borders = 1
    for row in range(first + 1, len(texts)):
        if not _BORDER.match(texts[row][column:]):
            continue
        borders += 1
        if borders == 3 or row + 1 == len(texts) or not texts[row + 1].strip():
            return row
    return _end(texts, first, column)


def _indent(text: str) -> int:
    return len(text) - len(text.lstrip())
