"""The words of a paragraph without the markup around them, each still at its place; and its sentences.

The markup is read from the source, not from the doctree: Sphinx resolves roles and rewrites quotation
marks where docutils alone does not, and both have to see the same words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from sphinx_fsgs.source import Fragment, Line

_BEFORE = r"(?:(?<=^)|(?<=[\s'\"(\[{<\-/:\u2018\u2019\u201c\u201d\u2013\u2014]))"
_BEHIND = r"(?=$|[\s'\")\]}>\-/:.,;!?\\\u2018\u2019\u201c\u201d\u2013\u2014])"

# As docutils recognises inline markup: what may stand before and behind it, and no blank just inside of it.
_MARKUP = re.compile(
    rf"""
    {_BEFORE}:[cr]span:`\d+`[ ]?
    | \\(?P<escaped>[\s\S])
    | {_BEFORE}``(?P<literal>\S|\S[\s\S]*?\S)``{_BEHIND}
    | {_BEFORE}(?::[\w.+-]+(?::[\w.+-]+)*:)`(?P<role>[^`\s]|[^`\s][^`]*?[^`\s\\])`{_BEHIND}
    | {_BEFORE}`(?P<phrase>[^`\s]|[^`\s][^`]*?[^`\s\\])`(?::[\w.+-]+(?::[\w.+-]+)*:|__?)?{_BEHIND}
    | {_BEFORE}\*\*(?P<strong>[^\s*]|[^\s*][\s\S]*?[^\s\\])\*\*{_BEHIND}
    | {_BEFORE}\*(?P<emphasis>[^\s*]|[^\s*][^*]*?[^\s*\\])\*{_BEHIND}
    | {_BEFORE}\|(?P<substitution>[^\s|]|[^\s|][^|]*?[^\s|])\|(?:__?)?{_BEHIND}
    | {_BEFORE}(?P<reference>[^\W_](?:[\w.+-]*[^\W_])?)__?{_BEHIND}
    | [ ]?\[(?:\d+|\#[\w.-]*|\*)\]_{_BEHIND}
    | (?P<colons>[ ]?::)\Z
    """,
    re.VERBOSE,
)
_TARGET = re.compile(r"\s*<[^<>]*>\Z")

_END = re.compile(r"[.!?](?P<closing>[\"')\]\u2019\u201d]*)(?=\s)")
_SHORT = re.compile(
    r"(?:\b(?:e\.g|i\.e|etc|vs|cf|fig|sec|no|nr|approx|resp|incl|viz|ca|mr|mrs|dr|al)|(?:^|[\s(])[A-Za-z])\.\Z",
    re.IGNORECASE,
)


def plain(lines: Sequence[Line]) -> Fragment | None:
    """Return the words of a paragraph that stands in the file as ``lines``; None when it has none.

    Emphasis, literals, roles, references and escapes leave the text that a reader sees; so does the ``::``
    that announces a block, which shows as one colon unless it stands alone.
    """
    source = Fragment(tuple(lines))
    return _kept(source, _ranges(source.text))


def sentences(fragment: Fragment) -> Iterator[Fragment]:
    """Yield the sentences: each ends in a mark behind which a blank stands, abbreviations apart, or with the text."""
    text, start = fragment.text, 0
    for match in _END.finditer(text):
        rest = text[match.end() :].lstrip()
        before = text[start : match.start() + 1]
        unfinished = match.group().startswith(".") and (
            _SHORT.search(before) or (".." in before[-3:] and rest[:1].islower())
        )
        if not unfinished and (piece := fragment.part(start, match.end())):
            yield piece
            start = match.end()
    if rest_of_it := fragment.part(start, len(text)):
        yield rest_of_it


def _ranges(text: str) -> Iterator[tuple[int, int]]:
    """Yield the pieces of a paragraph's source that a reader sees, markup left out."""
    at = 0
    for match in _MARKUP.finditer(text):
        yield at, match.start()
        at = match.end()
        yield from _shown(text, match)
    yield at, len(text)


def _shown(text: str, match: re.Match[str]) -> Iterator[tuple[int, int]]:
    kind = match.lastgroup
    if kind is None:
        return
    start, stop = match.span(kind)
    if kind == "escaped":
        if not match[kind].isspace():
            yield start, stop
    elif kind == "colons":
        # "text::" shows one colon, "text ::" and a lone "::" none.
        if start and text[start] == ":":
            yield start, start + 1
    elif kind in ("role", "phrase"):
        target = _TARGET.search(text, start, stop)
        shown = target.start() if target else stop
        yield from ((start, shown),) if shown > start else ((start, stop),)
    else:
        yield start, stop


def _kept(source: Fragment, ranges: Iterable[tuple[int, int]]) -> Fragment | None:
    kept = [(start, stop) for start, stop in ranges if stop > start]
    lines: list[Line] = []
    offset = 0
    for number, line in enumerate(source.lines):
        offset += 1 if number and not line.glued else 0
        glued = False
        for start, stop in kept:
            first, last = max(start - offset, 0), min(stop - offset, len(line.text))
            if last > first:
                piece = line.text[first:last]
                lines.append(Line(piece, line.path, line.line, line.column + first, line.indent + first, glued))
                glued = True
        offset += len(line.text)
    return Fragment(tuple(lines)) if any(line.text.strip() for line in lines) else None
