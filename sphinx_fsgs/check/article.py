"""What is said of one thing, laid out in parts for whoever shows it: the terminal and pages show the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

from sphinx_fsgs.check.entries.sources import Source
from sphinx_fsgs.records import dataclass

Style = Literal["text", "strong", "code", "mark", "cite", "instruction", "behaviour", "profile", "definition"]
"""How a piece of text is shown. The last four lead to the page of what ``target`` names, a citation to its source."""

Kind = Literal["instruction", "behaviour", "profile", "index"]


@dataclass(frozen=True, slots=True)
class Piece:
    """Some words in one style; ``target`` is what they lead to, where they lead somewhere."""

    text: str
    style: Style = "text"
    target: str = ""


Inline = tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph."""

    words: Inline


@dataclass(frozen=True, slots=True)
class Fields:
    """Names, and what is said of each."""

    rows: tuple[tuple[str, Inline], ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table with one row of heads; a cell is one line of text."""

    heads: tuple[str, ...]
    rows: tuple[tuple[Inline, ...], ...]


@dataclass(frozen=True, slots=True)
class Listing:
    """Lines that are shown as they stand; ``name`` is the definition that they are, if they are one."""

    text: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Bullets:
    """Remarks, one by one."""

    items: tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class Sources:
    """Citations in full."""

    entries: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class Examples:
    """The place for the examples and claims that run an instruction, which only whoever reads documents knows."""

    stem: str


Block = Paragraph | Fields | Table | Listing | Bullets | Sources | Examples


@dataclass(frozen=True, slots=True)
class Section:
    """A part with a title."""

    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Article:
    """All that is said of one thing: what stands below its title, and then the sections."""

    kind: Kind
    name: str
    title: str
    lead: tuple[Block, ...]
    sections: tuple[Section, ...]

    def blocks(self) -> Iterator[Block]:
        """Yield all blocks in order."""
        yield from self.lead
        for section in self.sections:
            yield from section.blocks


def text(words: str) -> Inline:
    """Return plain words."""
    return (Piece(words),)


def code(words: str) -> Inline:
    """Return words of a language."""
    return (Piece(words, "code"),) if words else ()


def cited(keys: Iterable[str]) -> Inline:
    """Return the keys of citations."""
    return listed(Piece(key, "cite", key) for key in dict.fromkeys(keys))


def listed(pieces: Iterable[Piece]) -> Inline:
    """Return pieces with commas between them."""
    found: list[Piece] = []
    for piece in pieces:
        found += [Piece(", "), piece] if found else [piece]
    return tuple(found)


def table(heads: Iterable[str], rows: Iterable[tuple[Inline, ...]]) -> Table:
    """Return a table without the columns in which nothing stands."""
    heads, rows = tuple(heads), tuple(rows)
    kept = [number for number in range(len(heads)) if any(plain(row[number]) for row in rows)]
    return Table(tuple(heads[n] for n in kept), tuple(tuple(row[n] for n in kept) for row in rows))


def plain(words: Inline) -> str:
    """Return pieces as nothing but text."""
    return "".join(piece.text for piece in words)
