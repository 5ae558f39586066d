"""An article as lines of text: what ``fsgs explain`` prints."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from sphinx_fsgs.check.article import (
    Article,
    Block,
    Bullets,
    Examples,
    Fields,
    Listing,
    Paragraph,
    Sources,
    Table,
    plain,
)

_INDENT = "    "

Found = Callable[[str], Iterable[str]]
"""What gives the lines for the examples that run an instruction."""


def text_of(article: Article, found: Found) -> str:
    """Return an article; ``found`` gives what stands in the place of the examples."""
    lines = [article.title, ""]
    for block in article.lead:
        lines += [*_block(block, found), ""]
    for section in article.sections:
        lines.append(section.title)
        for number, block in enumerate(section.blocks):
            lines += [""] if number and isinstance(block, Paragraph) else []
            lines += _block(block, found)
        lines.append("")
    return "\n".join(lines).rstrip("\n") + "\n"


def _block(block: Block, found: Found) -> Iterator[str]:
    match block:
        case Paragraph():
            yield _INDENT + plain(block.words)
        case Fields():
            yield from _aligned([(name, plain(words)) for name, words in block.rows])
        case Table():
            rows = [[plain(cell) for cell in row] for row in block.rows]
            yield from _aligned([block.heads, *rows])
        case Listing():
            yield from (f"{_INDENT}{line}".rstrip() for line in block.text.split("\n"))
        case Bullets():
            yield from (f"{_INDENT}* {plain(words)}" for words in block.items)
        case Sources():
            yield from (f"{_INDENT}[{each.key}] {each.title}. {each.place}".rstrip() for each in block.entries)
        case Examples():
            yield from (_INDENT + line for line in found(block.stem))


def _aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield rows with their columns below each other; the last one is as wide as it is."""
    widths = [max(len(cell) for cell in column) for column in list(zip(*rows, strict=True))[:-1]]
    for *front, last in rows:
        cells = (f"{cell:{width}}  " for cell, width in zip(front, widths, strict=True))
        yield f"{_INDENT}{''.join(cells)}{last}".rstrip()
