"""Where text stands: the one notion of position that every layer shares.

Lines and columns count from 1. Columns count code points of the line as it stands in the file, so
a tab is one column; the end of a span is exclusive.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import field

from sphinx_fsgs.records import dataclass


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
    multiple of eight), so that nesting can be told from it. A ``glued`` line goes on where the one before
    it ends: markup stood between them in the file, which is no part of the text.
    """

    text: str
    path: str
    line: int
    column: int
    indent: int = 0
    glued: bool = False


@dataclass(frozen=True, slots=True)
class Fragment:
    """Text cut from a file, line by line, that still knows where each character came from.

    ``text`` is the lines joined by newlines, or by nothing where one is glued to the line before it;
    offsets into it are what parsers report.
    """

    lines: tuple[Line, ...]
    text: str = field(init=False)
    _starts: tuple[int, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not self.lines:
            raise ValueError("a fragment has at least one line")
        starts, pieces, offset = [], [], 0
        for number, line in enumerate(self.lines):
            if number and not line.glued:
                pieces.append("\n")
                offset += 1
            starts.append(offset)
            pieces.append(line.text)
            offset += len(line.text)
        object.__setattr__(self, "text", "".join(pieces))
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

    def part(self, start: int, stop: int) -> Fragment | None:
        """Return the characters from ``start`` up to ``stop`` without blanks around lines; None if blank."""
        lines: list[Line] = []
        for offset, line in zip(self._starts, self.lines, strict=True):
            piece = line.text[max(start - offset, 0) : max(stop - offset, 0)]
            first = max(start - offset, 0)
            glued = line.glued and bool(lines)
            if not glued:
                first += len(piece) - len(piece.lstrip())
                piece = piece.lstrip()
            if piece:
                lines.append(Line(piece, line.path, line.line, line.column + first, line.indent + first, glued))
        return Fragment(tuple(_without_tails(lines))) if any(line.text.strip() for line in lines) else None


def _without_tails(lines: list[Line]) -> Iterable[Line]:
    """Yield the lines without blanks at their ends, except where the next one is glued to them."""
    for line, after in zip(lines, [*lines[1:], None], strict=True):
        text = line.text if after and after.glued else line.text.rstrip()
        if text:
            yield Line(text, line.path, line.line, line.column, line.indent, line.glued)


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
