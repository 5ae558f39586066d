"""Findings for a person at a terminal: the place, the line, what is wrong, the run that shows it, the way out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sphinx_fsgs.check.result import Report
from sphinx_fsgs.diagnostic import Counterexample, Diagnostic, Severity, Step
from sphinx_fsgs.present.ansi import Palette, plain
from sphinx_fsgs.present.formats.concise import findings
from sphinx_fsgs.present.sources import Sources, expand, width

_COLOURS: dict[Severity, str] = {"error": "red", "warning": "yellow", "note": "cyan"}
_LONGEST = 160
_PLAIN = Palette()


def render(report: Report, sources: Sources | None = None, palette: Palette = _PLAIN) -> str:
    """Return all findings of a report, a blank line behind each; nothing when there is none.

    :param sources: the texts to quote from; without a text, a finding goes without its excerpt.
    """
    texts = sources or Sources()
    return "".join(finding(each, texts, palette) + "\n" for each in findings(report))


def finding(diagnostic: Diagnostic, sources: Sources, palette: Palette = _PLAIN) -> str:
    """Return one finding, its last line ended."""
    gutter = len(str(_last_number(diagnostic)))
    lines = [
        _head(diagnostic, palette),
        *_excerpt(diagnostic, sources, gutter, palette),
        *_items(diagnostic.notes, gutter, palette),
        *_run(diagnostic.counterexample, gutter, palette),
        *_items(diagnostic.elsewhere, gutter, palette),
        *_way_out(diagnostic, gutter, palette),
    ]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _head(diagnostic: Diagnostic, palette: Palette) -> str:
    span, colour = diagnostic.span, _COLOURS[diagnostic.severity]
    place = palette.paint(f"{plain(span.path)}:{span.line}:{span.column}:", "bold")
    kind = palette.paint(f"{diagnostic.severity} {diagnostic.code}", "bold", colour)
    return f"{place} {kind}{palette.paint(':', 'bold')} {palette.paint(plain(diagnostic.message), 'bold')}"


def _excerpt(diagnostic: Diagnostic, sources: Sources, gutter: int, palette: Palette) -> Iterator[str]:
    span = diagnostic.span
    raw = sources.line(span.path, span.line)
    if raw is None or not raw.strip():
        return
    before = expand(raw[: span.column - 1])
    end = span.end_column - 1 if span.end_line == span.line else len(raw.rstrip())
    marked = expand(raw[: max(end, span.column - 1)])[len(before) :]
    text, cut = _window(plain(expand(raw)).rstrip(), len(before))
    carets = "^" * max(width(marked), 1)
    indent = " " * (width(before) - cut)
    bar = palette.paint("|", "blue")
    yield f"{' ' * gutter} {bar}"
    yield f"{palette.paint(str(span.line).rjust(gutter), 'blue')} {bar} {text}"
    mark = palette.paint(carets[: _LONGEST - len(indent)], _COLOURS[diagnostic.severity])
    yield f"{' ' * gutter} {bar} {indent}{mark}"


def _window(text: str, start: int) -> tuple[str, int]:
    """Return the part of an overlong line around column ``start``, and how much of its front was cut."""
    if len(text) <= _LONGEST:
        return text, 0
    cut = max(0, min(start - _LONGEST // 2, len(text) - _LONGEST))
    return text[cut : cut + _LONGEST], cut


def _items(notes: Iterable[str], gutter: int, palette: Palette) -> Iterator[str]:
    for note in notes:
        yield from _item(note, "", gutter, palette)


def _item(text: str, label: str, gutter: int, palette: Palette) -> Iterator[str]:
    """Return one ``=`` item: its label in bold, its further lines below the first."""
    first, *rest = plain(text).split("\n")
    if label:
        first = f"{palette.paint(label + ':', 'bold')} {first}"
    lead = f"{' ' * gutter} {palette.paint('=', 'blue')} "
    yield lead + first
    yield from (" " * (gutter + 3) + line for line in rest)


def _run(counterexample: Counterexample | None, gutter: int, palette: Palette) -> Iterator[str]:
    if counterexample is None:
        return
    yield from _item(f"on {counterexample.profile}, for example", "", gutter, palette)
    yield from (" " * (gutter + 3) + row for row in counterexample_table(counterexample, palette))


def counterexample_table(counterexample: Counterexample, palette: Palette = _PLAIN) -> Iterator[str]:
    """Return the run as lines of three columns: when or which line, what, value."""
    rows = list(_rows(counterexample))
    first = max((width(row[0]) for row in rows), default=0)
    second = max((width(row[1]) for row in rows), default=0)
    for kind, subject, value in rows:
        yield (palette.paint(_pad(kind, first), "dim") + f"  {_pad(subject, second)}  {value}").rstrip()


def details(diagnostic: Diagnostic) -> str:
    """Return what belongs to a finding besides place and message, indented, each line ended."""
    lines = [
        *_items(diagnostic.notes, 3, _PLAIN),
        *_run(diagnostic.counterexample, 3, _PLAIN),
        *_items(diagnostic.elsewhere, 3, _PLAIN),
        *_way_out(diagnostic, 3, _PLAIN),
    ]
    return "".join(line.rstrip() + "\n" for line in lines)


def _rows(counterexample: Counterexample) -> Iterator[tuple[str, str, str]]:
    """Return the rows of the small table: when or which line, what, value."""
    yield from _states("before", counterexample.before)
    for step in counterexample.steps:
        yield (f"line {step.line}" if step.line else "", plain(step.text), effect(step))
    yield from _states("after", counterexample.after)


def _states(when: str, cells: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str, str]]:
    for index, (cell, value) in enumerate(cells):
        yield ("" if index else when, plain(cell), plain(value))


def effect(step: Step) -> str:
    """Return what a step did, on one line: what it changed, the fault, the events."""
    changes = [f"{cell} = {value}" for cell, value in step.changes]
    return plain(", ".join([*changes, *filter(None, [step.fault]), *step.events]))


def _pad(text: str, columns: int) -> str:
    return text + " " * (columns - width(text))


def _way_out(diagnostic: Diagnostic, gutter: int, palette: Palette) -> Iterator[str]:
    # Where citations are the authority, they are named once.
    if diagnostic.authority and diagnostic.authority != ", ".join(
        diagnostic.citations[: diagnostic.authority.count(",") + 1]
    ):
        yield from _item(diagnostic.authority, "by", gutter, palette)
    if diagnostic.citations:
        yield from _item(", ".join(diagnostic.citations), "see", gutter, palette)
    if diagnostic.help:
        yield from _item(diagnostic.help, "help", gutter, palette)
    if diagnostic.fix is not None and diagnostic.fix.message not in diagnostic.help:
        yield from _item(diagnostic.fix.message, "fix", gutter, palette)


def _last_number(diagnostic: Diagnostic) -> int:
    return max(diagnostic.span.line, 1)
