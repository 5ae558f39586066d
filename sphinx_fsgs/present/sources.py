"""The lines of the documents, for excerpts."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from pathlib import Path

# As an editor counts lines; str.splitlines would also split at form feeds and the like.
_LINE_END = re.compile(r"\r\n|\n|\r")
_LARGEST = 4 * 1024 * 1024
_TAB = 8


class Sources:
    """The texts that findings may quote, by the path that their spans carry."""

    __slots__ = ("_lines",)

    def __init__(self, texts: Iterable[tuple[str, str]] = ()) -> None:
        self._lines: dict[str, tuple[str, ...]] = {path: tuple(_LINE_END.split(text)) for path, text in texts}

    @classmethod
    def of_files(cls, paths: Iterable[str]) -> Sources:
        """Return the texts of those of the files that can be read; the others are quoted by nobody."""
        return cls((path, text) for path in dict.fromkeys(paths) if (text := _read(path)) is not None)

    def line(self, path: str, number: int) -> str | None:
        """Return a line without its end, or None when it is not known."""
        lines = self._lines.get(path, ())
        return lines[number - 1] if 0 < number <= len(lines) else None


def _read(path: str) -> str | None:
    try:
        with Path(path).open("rb") as stream:
            data = stream.read(_LARGEST)
    except (OSError, ValueError):
        return None
    return None if b"\0" in data else data.decode("utf-8-sig", "replace")


def expand(text: str) -> str:
    """Return ``text`` with tabs made blanks, eight columns apart."""
    return text.expandtabs(_TAB)


def width(text: str) -> int:
    """Return the columns that ``text`` takes on a terminal, tabs already expanded."""
    return sum(_cell(character) for character in text)


def _cell(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
