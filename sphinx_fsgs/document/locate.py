"""Where text stands: from the text that docutils hands out back to the characters of the file.

docutils strips indentation, expands tabs and drops the margin of table cells; the line numbers that
it keeps are exact for some nodes, off by the length of the node for others and missing for the rest
(comments that end a nested body, roles). So a place is found by the text itself: nodes come in the
order of the document, each is looked for behind the one before it, and its n-th occurrence is thereby
the n-th in the file. A line number is at most a preference.
"""

from __future__ import annotations

import heapq
import os
import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from itertools import accumulate, chain
from pathlib import Path
from typing import Literal

import docutils

from sphinx_fsgs.document.text import load, split_lines
from sphinx_fsgs.records import dataclass
from sphinx_fsgs.source import Fragment, Line, Span

Shape = Literal["block", "directive", "comment", "inline", "words"]
"""How text lies in the file: ``block``: all lines shifted by one indentation; ``directive``: so too, but
the first begins with ``..`` and may follow a bullet; ``comment``: the first line behind ``..``, the others
shifted; ``inline``: anywhere in a line, going on at the start of the next; ``words``: up to the end of the
first line, behind a bullet or the like, and then whole lines; in a cell side by side with other cells."""

Cursor = dict[Path, tuple[int, int]]
"""How far each file has been read: row and terminal column."""

_TAB = 8
_MARKER = re.compile(r"(?:^|(?<=[ ]))\.\.(?=[ ]|$)")
_HIGHLIGHT = re.compile(r"[ ]*\.\.[ ]+highlight::[ ]+(?P<language>\S+)")
_EDGE = " |"
FEEDS_END_LINES = docutils.__version_info__[:2] < (0, 21)
"""Whether docutils, where it reads a file itself, takes a form feed or vertical tab for the end of a line.

``io.FileInput`` of older versions does (it joins ``str.splitlines``); given a text, every version makes a blank of it.
"""
_WORD_EDGE = ' |",:'


@dataclass(frozen=True, slots=True)
class Row:
    """A line as docutils sees it: tabs expanded, blanks at the end gone; it begins at ``start`` of ``raw``."""

    raw: str
    number: int
    start: int
    text: str

    @property
    def indent(self) -> int:
        """The terminal column of the first character: not 0 behind what ended a row inside of a line."""
        return len(self.raw[: self.start].expandtabs(_TAB)) if self.start else 0

    def column(self, shown: int) -> int:
        """Return the column in the file (from 1) of the character at terminal column ``shown`` (from 0)."""
        width = 0
        for offset in range(self.start, len(self.raw)):
            if width >= shown:
                return offset + 1
            width = width + _TAB - width % _TAB if self.raw[offset] == "\t" else width + 1
        return len(self.raw) + 1


@dataclass(frozen=True, slots=True)
class Found:
    """Where text was found: for each line of it the row of the file, its terminal column and its width."""

    source: Source
    places: tuple[tuple[int, int, int], ...]

    @property
    def start(self) -> tuple[int, int]:
        """Row and terminal column of the first character."""
        return self.places[0][:2]

    @property
    def end(self) -> tuple[int, int]:
        """Row and terminal column behind the last character."""
        row, column, width = self.places[-1]
        return row, column + width

    def lines(self) -> tuple[Line, ...]:
        """Return the lines as they stand in the file, blank ones between them kept (as empty lines)."""
        return tuple(self._lines())

    def _lines(self) -> Iterator[Line]:
        last = None
        for index, column, width in self.places:
            row = self.source.rows[index]
            for number in range(last + 1 if last else row.number, row.number):
                yield Line("", self.source.shown, number, 1)
            first, stop = row.column(column) - 1, row.column(column + width) - 1
            yield Line(row.raw[first:stop].rstrip(), self.source.shown, row.number, first + 1, row.indent + column)
            last = row.number

    def span(self) -> Span:
        """Return the place of the whole text."""
        return Fragment(self.lines()).span()


class Source:
    """One file: its rows, and which rows hold a given text."""

    def __init__(self, path: Path, shown: str, text: str, *, feeds_end_lines: bool = False) -> None:
        self.path, self.shown, self.text = path, shown, text
        self.rows = tuple(_rows(text, feeds_end_lines))

    def place(self, index: int, column: int) -> Span:
        """Return the place of terminal column ``column`` in row ``index``, without extent."""
        row = self.rows[index]
        at = row.column(column)
        return Span(self.shown, row.number, at, row.number, at)

    @cached_property
    def _whole(self) -> tuple[str, tuple[int, ...]]:
        """All rows in one text, each with a newline behind it, and where each begins: what is searched fast."""
        texts = [row.text + "\n" for row in self.rows]
        return "".join(texts), tuple(accumulate(map(len, texts), initial=0))

    def _hits(self, body: str, after: int) -> Iterator[tuple[int, int]]:
        """Yield row and column of each occurrence of ``body`` from row ``after`` on."""
        whole, starts = self._whole
        at = whole.find(body, starts[after]) if body.strip() and after < len(self.rows) else -1
        while at >= 0:
            index = bisect_right(starts, at) - 1
            yield index, at - starts[index]
            at = whole.find(body, at + 1)

    @cached_property
    def _bodies(self) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {}
        for index, row in enumerate(self.rows):
            found.setdefault(row.text.strip(), []).append(index)
        return found

    @cached_property
    def _marked(self) -> dict[str, list[tuple[int, int]]]:
        """Text from an explicit markup start (``..``) on, and text behind it -> rows and columns."""
        found: dict[str, list[tuple[int, int]]] = {}
        for index, row in enumerate(self.rows):
            if mark := _MARKER.search(row.text):
                behind = row.text[mark.end() :].lstrip()
                found.setdefault(row.text[mark.start() :], []).append((index, mark.start()))
                found.setdefault(behind, []).append((index, len(row.text) - len(behind)))
        return found

    @cached_property
    def highlights(self) -> tuple[tuple[int, str], ...]:
        """The rows with a ``highlight`` directive, and its language."""
        found = ((index, _HIGHLIGHT.match(row.text)) for index, row in enumerate(self.rows))
        return tuple((index, match["language"].lower()) for index, match in found if match)

    def above(self, index: int) -> int | None:
        """Return the index of the nearest row above ``index`` that is not blank."""
        return next((number for number in range(index - 1, -1, -1) if self.rows[number].text), None)

    def find(self, text: str, shape: Shape, cell: bool, after: int = 0) -> Iterator[Found]:
        """Yield the places of ``text`` from row ``after`` on; in a table ``cell`` other cells may stand beside it."""
        lines = text.split("\n")
        for index, column in self._starts(lines[0], shape, cell, after):
            places = self._follow(lines, index, column, shape, cell)
            if places:
                yield Found(self, places)

    def _starts(self, first: str, shape: Shape, cell: bool, after: int) -> Iterator[tuple[int, int]]:
        body = first.strip()
        if shape == "inline" or cell:
            edges = {"inline": None, "words": _WORD_EDGE}.get(shape, _EDGE)
            for index, column in self._hits(body, after):
                if edges is None or _stands_apart(self.rows[index].text, column, body, edges):
                    yield index, column
            return
        if shape == "words":
            for index, column in self._hits(body + "\n", after):
                if not column or self.rows[index].text[column - 1] == " ":
                    yield index, column
            return
        marked = _from(self._marked.get(body, []), after) if shape != "block" else iter(())
        yield from heapq.merge(marked, self._alone(body, shape, after) if shape != "directive" else iter(()))

    def _alone(self, body: str, shape: Shape, after: int) -> Iterator[tuple[int, int]]:
        """Yield the rows that hold ``body`` and nothing else, and can be the first row of that shape."""
        indexes = self._bodies.get(body, [])
        for number in range(bisect_left(indexes, after), len(indexes)):
            index = indexes[number]
            if shape == "block" or self._opens_comment(index):
                yield index, len(self.rows[index].text) - len(body)

    def _opens_comment(self, index: int) -> bool:
        """Whether the row can be a comment's first text although its ``..`` stands in the row above."""
        above = self.rows[index - 1].text if index else ""
        return above.endswith("..") and (len(above) == 2 or above[-3] == " ")

    def _follow(
        self, lines: Sequence[str], index: int, column: int, shape: Shape, cell: bool
    ) -> tuple[tuple[int, int, int], ...]:
        first = lines[0].strip()
        places = [(index, column, len(first))]
        rigid = shape in ("block", "directive")
        beside = shape == "words" and cell
        shift = column - (len(lines[0]) - len(lines[0].lstrip())) if rigid or beside else None
        if shift is not None and shift < 0:
            return ()
        if shape == "inline" and len(lines) > 1 and not _ends(self.rows[index].text, column + len(first), cell):
            return ()
        for number, line in enumerate(lines[1:], 1):
            index += 1
            body = line.strip()
            if not body:
                index -= 0 if cell else 1
                continue
            if not cell:
                index = self._next_filled(index)
            if index >= len(self.rows):
                return ()
            lead = len(line) - len(line.lstrip())
            last_inline = shape == "inline" and number == len(lines) - 1
            at = _column_of(self.rows[index].text, body, None if shift is None else shift + lead, cell, last_inline)
            if at is None:
                return ()
            if shift is None and shape == "comment":
                shift = at - lead
            places.append((index, at, len(body)))
        return tuple(places)

    def _next_filled(self, index: int) -> int:
        while index < len(self.rows) and not self.rows[index].text:
            index += 1
        return index


def _rows(text: str, feeds_end_lines: bool) -> Iterator[Row]:
    for number, raw in enumerate(split_lines(text), 1):
        start = 0
        # docutils splits lines as str.splitlines does, which also breaks at U+0085, U+2028 and their like.
        shown = raw if feeds_end_lines else raw.replace("\v", " ").replace("\f", " ")
        for piece in shown.splitlines(keepends=True) or [""]:
            yield Row(raw, number, start, piece.expandtabs(_TAB).rstrip())
            start += len(piece)


def _from(places: list[tuple[int, int]], after: int) -> Iterator[tuple[int, int]]:
    return (places[index] for index in range(bisect_left(places, (after, 0)), len(places)))


def _occurrences(text: str, body: str, edges: str | None) -> Iterator[int]:
    """Yield the columns at which ``body`` stands in ``text``; with ``edges`` around it, unless they are None."""
    at = text.find(body) if body else -1
    while at >= 0:
        if edges is None or _stands_apart(text, at, body, edges):
            yield at
        at = text.find(body, at + 1)


def _stands_apart(text: str, at: int, body: str, edges: str) -> bool:
    """Whether ``body``, which stands in ``text`` at ``at``, has an edge or nothing on both sides."""
    stop = at + len(body)
    return (at == 0 or text[at - 1] in edges) and (stop >= len(text) or text[stop] in edges)


def _ends(text: str, column: int, cell: bool) -> bool:
    return column >= len(text) or (cell and text[column] in _EDGE)


def _column_of(text: str, body: str, expected: int | None, cell: bool, open_end: bool) -> int | None:
    """Return the column of a following line's ``body`` in ``text``, or None when it does not stand there."""
    if not cell:
        at = len(text) - len(text.lstrip())
        fits = text.startswith(body, at) and (open_end or len(text) == at + len(body))
        return at if fits and expected in (None, at) else None
    columns = list(_occurrences(text, body, None if open_end else _EDGE))
    if expected is None:
        return columns[0] if columns else None
    # Wide characters make terminal columns and code points differ, so the nearest occurrence counts.
    return min(columns, key=lambda at: abs(at - expected), default=None)


class Locator:
    """The files of one document, and how far each of them has been read."""

    def __init__(self, main: Source) -> None:
        self._main = main
        self._sources: dict[Path, Source | None] = {main.path: main}
        self._hints: dict[str, Source | None] = {}
        self._current = main
        self._cursor: Cursor = {}
        self._used: set[tuple[Path, int, int]] = set()

    @property
    def current(self) -> Source:
        """The file in which the last text was found."""
        return self._current

    def cursor(self) -> Cursor:
        """Return how far each file has been read, for :meth:`rewind`."""
        return dict(self._cursor)

    def rewind(self, cursor: Cursor) -> None:
        """Go back to ``cursor``: the cells of a table row stand side by side."""
        self._cursor = dict(cursor)

    def stand_beside(self, found: Found) -> None:
        """Go back to the end of the first line of ``found``: the next cell of its row begins there."""
        row, column, width = found.places[0]
        self._cursor[found.source.path] = row, column + width

    def advance(self, *cursors: Cursor) -> None:
        """Go on behind the furthest of ``cursors``."""
        for cursor in cursors:
            for path, place in cursor.items():
                self._cursor[path] = max(place, self._cursor.get(path, (0, 0)))

    def sources(self) -> tuple[Source, ...]:
        """Return the files met so far, the document first."""
        return tuple(source for source in self._sources.values() if source)

    def enter(self, hint: str | None) -> None:
        """Note that ``hint`` (docutils' name of a file) is a file of this document."""
        if hint:
            self._source(hint)

    def find(
        self,
        text: str,
        shape: Shape,
        *,
        hint: str | None,
        line: int | None = None,
        cell: bool = False,
        likely: Callable[[Found], bool] | None = None,
    ) -> Found | None:
        """Return where ``text`` stands: behind what was found before it, else anywhere, best where nothing was found.

        ``hint`` and ``line`` are docutils' opinion: a place in that file, beginning on just that line, is
        preferred; so is then one that is ``likely``.
        """
        for source in self._order(hint):
            cursor = self._cursor.get(source.path, (0, 0))
            behind = (place for place in source.find(text, shape, cell, cursor[0]) if place.start >= cursor)
            found = self._choose(behind, line, likely) or self._choose(source.find(text, shape, cell), None, None)
            if found := found or next(source.find(text, shape, cell), None):
                return self._take(found)
        return None if cell else self.find(text, shape, hint=hint, line=line, cell=True)

    def _choose(
        self, places: Iterator[Found], line: int | None, likely: Callable[[Found], bool] | None
    ) -> Found | None:
        free = (place for place in places if (place.source.path, *place.start) not in self._used)
        first = next(free, None)
        if first is None or (line is None and likely is None):
            return first
        best = None
        for found in chain((first,), free):
            number = found.source.rows[found.start[0]].number
            if number == line:
                return found
            if best is None and likely and likely(found):
                best = found
            if line is None or number > line:
                if best or not likely:
                    break
        return best or first

    def _take(self, found: Found) -> Found:
        self._current = found.source
        self._used.add((found.source.path, *found.start))
        path = found.source.path
        self._cursor[path] = max(found.end, self._cursor.get(path, (0, 0)))
        return found

    def _order(self, hint: str | None) -> list[Source]:
        preferred = [self._source(hint) if hint else None, self._current, *self._sources.values()]
        return list(dict.fromkeys(source for source in preferred if source))

    def _source(self, hint: str) -> Source | None:
        if hint not in self._hints:
            # autodoc names its sources "FILE:docstring of OBJECT"
            self._hints[hint] = self._open(Path(hint.partition(":docstring of ")[0]).resolve())
        return self._hints[hint]

    def _open(self, path: Path) -> Source | None:
        if path not in self._sources:
            shown = shown_beside(self._main.path, self._main.shown, path)
            text = load(path, shown) if path.is_file() else None
            self._sources[path] = (
                Source(path, shown, text, feeds_end_lines=FEEDS_END_LINES) if isinstance(text, str) else None
            )
        return self._sources[path]


def shown_beside(main: Path, main_shown: str, other: Path) -> str:
    """Return how ``other`` is written by somebody who writes ``main`` as ``main_shown``."""
    if Path(main_shown).is_absolute():
        return str(other)
    relative = os.path.relpath(other, main.parent)
    return os.path.normpath(os.path.join(os.path.dirname(main_shown), relative))
