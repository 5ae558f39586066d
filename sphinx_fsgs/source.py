"""Where text stands: the one notion of position that every layer shares.

Lines and columns count from 1. Columns count code points of the line as it stands in the file, so
a tab is one column; the end of a span is exclusive.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A piece of a file, from ``line``:``column`` up to, but not including, ``end_line``:``end_column``."""

    path: str
    line: int
    column: int
    end_line: int
    end_column: int

    def to(self, other: Span) -> Span:
        """Return the span from the start of this one to the end of ``other``."""
        return Span(self.path, self.line, self.column, other.end_line, other.end_column)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a fragment: its text without indentation, and where that text stands.

    ``indent`` is the width of the indentation in columns of a terminal (a tab advances to the next
    multiple of eight), so that nesting can be told from it.
    """

    text: str
    path: str
    line: int
    column: int
    indent: int = 0


@dataclass(frozen=True, slots=True)
class Fragment:
    """Text cut from a file, line by line, that still knows where each character came from.

    ``text`` is the lines joined by newlines; offsets into it are what parsers report.
    """

    lines: tuple[Line, ...]
    text: str = field(init=False)
    _starts: tuple[int, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not self.lines:
            raise ValueError("a fragment has at least one line")
        starts, offset = [], 0
        for line in self.lines:
            starts.append(offset)
            offset += len(line.text) + 1
        object.__setattr__(self, "text", "\n".join(line.text for line in self.lines))
        object.__setattr__(self, "_starts", tuple(starts))

    def place(self, offset: int) -> tuple[int, int]:
        """Return line and column in the file of the character at ``offset`` of the text."""
        row = bisect_right(self._starts, max(offset, 0)) - 1
        line = self.lines[row]
        return line.line, line.column + offset - self._starts[row]

    def span(self, start: int = 0, end: int | None = None) -> Span:
        """Return where the characters from ``start`` up to ``end`` of the text stand in the file."""
        stop = len(self.text) if end is None else end
        line, column = self.place(start)
        if stop <= start:
            return Span(self.lines[0].path, line, column, line, column)
        end_line, last = self.place(stop - 1)
        return Span(self.lines[0].path, line, column, end_line, last + 1)


def indent_width(blanks: str) -> int:
    """Return the terminal columns that leading white space takes; a tab goes to the next multiple of 8."""
    width = 0
    for character in blanks:
        width = width + 8 - width % 8 if character == "\t" else width + 1
    return width


def fragment_of(text: str, path: str = "<text>", first_line: int = 1) -> Fragment:
    """Return the fragment that holds the whole of ``text``, its indentation noted per line."""
    return Fragment(tuple(_lines(text.split("\n"), path, first_line)))


def _lines(texts: Iterable[str], path: str, first: int) -> Iterable[Line]:
    for number, raw in enumerate(texts, first):
        body = raw.lstrip(" \t")
        lead = len(raw) - len(body)
        yield Line(body.rstrip(), path, number, lead + 1, indent_width(raw[:lead]))
