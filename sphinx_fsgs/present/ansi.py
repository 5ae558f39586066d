"""Colour for terminals, and the rules by which a stream gets it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TextIO

from sphinx_fsgs.records import dataclass

Choice = Literal["auto", "always", "never"]

_CODES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "blue": "34", "cyan": "36"}
# C0, DEL and C1 control characters, and those that turn the direction of writing: a document must neither
# drive the terminal of its reader nor show other text than it holds.
_CONTROLS: dict[int, str | int] = dict.fromkeys(
    (*range(0x20), *range(0x7F, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A)), "\N{REPLACEMENT CHARACTER}"
)
_CONTROLS |= {ord(kept): kept for kept in "\t\n"}


@dataclass(frozen=True, slots=True)
class Palette:
    """Paints text, or leaves it as it is when ``on`` is false."""

    on: bool = False

    def paint(self, text: str, *styles: str) -> str:
        """Return ``text`` in the named styles (``bold``, ``dim`` and six colours)."""
        if not self.on or not text:
            return text
        codes = ";".join(_CODES[style] for style in styles)
        return f"\x1b[{codes}m{text}\x1b[0m"


def wants_colour(choice: Choice, stream: TextIO, environ: Mapping[str, str]) -> bool:
    """Return whether to colour: the option first, then NO_COLOR, FORCE_COLOR, then whether a person looks."""
    if choice != "auto":
        return choice == "always"
    if environ.get("NO_COLOR"):
        return False
    if environ.get("FORCE_COLOR"):
        return environ["FORCE_COLOR"] != "0"
    return stream.isatty() and environ.get("TERM") != "dumb"


def plain(text: str) -> str:
    """Return ``text`` with every control character but tab and newline made visible and harmless."""
    return text.translate(_CONTROLS)
