"""The outline of an example: heads at the outer margin, statements below them, one a line.

A line indented deeper than a statement continues it. In ``run`` the assembler's rules hold instead.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import field

from sphinx_fsgs.records import dataclass
from sphinx_fsgs.source import Fragment, Line, Span
from sphinx_fsgs.syntax.parsed import Findings
from sphinx_fsgs.syntax.pieces import without_comment

RUN = "run"
SECTIONS: tuple[str, ...] = ("before", RUN, "after", "always", "never", "sometimes")


@dataclass(frozen=True, slots=True)
class Outline:
    """One section: its word, where that stands, its statements, and its lines as they are."""

    word: str
    span: Span
    statements: tuple[Fragment, ...]
    lines: tuple[Line, ...] = field(repr=False)


def outline(body: Fragment, findings: Findings, allowed: Sequence[str] = SECTIONS) -> tuple[Outline, ...]:
    """Divide a body into sections; unknown, repeated and misplaced heads go to ``findings``."""
    found: list[Outline] = []
    for head, lines in _heads(body):
        section = Outline(head.text.removesuffix(":") or head.text, Fragment((head,)).span(), (), tuple(lines))
        if section.word not in allowed:
            _not_a_head(section, allowed, findings)
        elif section.word in {each.word for each in found}:
            message, help = f'a second section "{section.word}"', "put its lines into the first one"
            findings.error("FSGS111", section.span, message, help)
        else:
            statements = () if section.word == RUN else tuple(statements_of(section.lines, findings))
            found.append(Outline(section.word, section.span, statements, section.lines))
    return tuple(found)


def _heads(body: Fragment) -> Iterator[tuple[Line, list[Line]]]:
    """Yield each line at the outer margin with the lines below it."""
    margin = next((line.indent for line in body.lines if line.text.strip()), 0)
    head: Line | None = None
    below: list[Line] = []
    for line in body.lines:
        bare, wrong = without_comment(line)
        bare = bare if wrong is None else line
        if line.text.strip() and line.indent <= margin:
            if not bare.text:
                continue
            if head is not None:
                yield head, below
            head, below = bare, []
        elif head is not None:
            below.append(line)
    if head is not None:
        yield head, below


def _not_a_head(section: Outline, allowed: Sequence[str], findings: Findings) -> None:
    first = section.word.split()[0]
    if first in allowed:
        start = section.span
        rest = Span(start.path, start.line, start.column + len(first), start.end_line, start.end_column)
        help = "put the statement on a line of its own below, indented"
        findings.error("FSGS102", rest, f'"{first}" stands alone on its line', help)
    elif len(section.word.split()) > 1:
        help = f"indent it below one of {', '.join(allowed)}"
        findings.error("FSGS102", section.span, "this line stands where a section begins", help)
    else:
        findings.unknown("FSGS102", section.span, "section", section.word, set(allowed), f"one of {', '.join(allowed)}")


def statements_of(lines: Iterable[Line], findings: Findings) -> Iterator[Fragment]:
    """Yield statements, one a line, continuation lines joined, comments removed."""
    current: list[Line] = []
    for raw in lines:
        line, wrong = without_comment(raw)
        if wrong is not None:
            help = 'put a blank behind "#" for a comment; a fault is "#" and two capitals'
            findings.error("FSGS103", Fragment((wrong,)).span(), "neither a comment nor a fault", help)
        if not line.text:
            continue
        if current and line.indent <= current[0].indent:
            yield Fragment(tuple(current))
            current = []
        current.append(line)
    if current:
        yield Fragment(tuple(current))
