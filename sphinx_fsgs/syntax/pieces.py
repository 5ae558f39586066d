"""Cutting fragments: parts of them, statements, comments. Every piece still knows where it stands."""

from __future__ import annotations

import re

from sphinx_fsgs.source import Fragment, Line

# engine.md 16: a comment is "#" and a blank or the end of the line; "#" and two capitals is a fault.
_COMMENT = re.compile(r"#(?=\s|$)")
_BAD_COMMENT = re.compile(r"#(?!\s|$|[A-Z]{2})")
_STRING = re.compile(r'"(?:\\.|[^"\\\n])*"')
_ESCAPE = re.compile(r"\\(?:x([0-9A-Fa-f]{1,2})|([0-7]{1,3})|(.))", re.DOTALL)
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}


def cut(fragment: Fragment, start: int, end: int) -> Fragment:
    """Return the characters from ``start`` up to ``end`` as a fragment, without blanks around them."""
    text = fragment.text[start:end]
    start += len(text) - len(text.lstrip())
    end = max(start, start + len(text.strip()))
    lines: list[Line] = []
    offset = 0
    for number, line in enumerate(fragment.lines):
        offset += 1 if number and not line.glued else 0
        first, last = max(start - offset, 0), min(end - offset, len(line.text))
        if first < last or (first == last and start - offset == first and not lines):
            glued = line.glued and bool(lines)
            lines.append(Line(line.text[first:last], line.path, line.line, line.column + first, line.indent, glued))
        offset += len(line.text)
    return Fragment(tuple(lines) or (fragment.lines[-1],))


def split(fragment: Fragment, separator: str) -> list[Fragment]:
    """Return the pieces between the occurrences of a character, each without blanks around it."""
    pieces, start = [], 0
    for end in [at for at, each in enumerate(fragment.text) if each == separator] + [len(fragment.text)]:
        pieces.append(cut(fragment, start, end))
        start = end + 1
    return pieces


def without_comment(line: Line) -> tuple[Line, Line | None]:
    """Return the line up to its comment, and the ``#x`` in it that is neither comment nor fault."""
    plain = _STRING.sub(lambda match: "." * len(match[0]), line.text)
    comment = _COMMENT.search(plain)
    kept = line.text[: comment.start()] if comment else line.text
    bad = _BAD_COMMENT.search(plain, 0, len(kept))
    wrong = Line(kept[bad.start() :], line.path, line.line, line.column + bad.start()) if bad else None
    kept = kept[: bad.start()] if bad else kept
    return Line(kept.rstrip(), line.path, line.line, line.column, line.indent), wrong


def one_line(text: str) -> str:
    """Return the text with each run of white space made one blank."""
    return " ".join(text.split())


def unescaped(text: str) -> str:
    """Return what a string of C holds that is written so between its quotes."""
    return _ESCAPE.sub(_resolved, text)


def _resolved(match: re.Match[str]) -> str:
    hexadecimal, octal, letter = match.groups()
    if hexadecimal or octal:
        return chr(int(hexadecimal or octal, 16 if hexadecimal else 8))
    return _ESCAPED.get(letter, letter)
