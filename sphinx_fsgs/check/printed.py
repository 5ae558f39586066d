"""What a run prints, over terms and over the integers of a replay: lines of texts and of values as they are shown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sphinx_fsgs.machine import terms
from sphinx_fsgs.machine.evaluate import value_at
from sphinx_fsgs.machine.observe import Observed
from sphinx_fsgs.machine.program import Print, Program
from sphinx_fsgs.machine.terms import Value
from sphinx_fsgs.machine.values import BoundReached
from sphinx_fsgs.syntax.printf import Conversion

MAX_TRIES = 10_000
"""Ways to read a text as values that are tried for one condition."""

Piece = str | tuple[Value, Conversion]
PrintedLine = tuple[Piece, ...]


def prints(wanted: Sequence[str], seen: Observed, program: Program) -> Value:
    """Return when lines are printed one behind the other; without any, when nothing is printed."""
    lines = printed_lines(seen, program)
    if not wanted:
        return int(not lines)
    starts = range(len(lines) - len(wanted) + 1)
    return terms.any_of(
        terms.all_of(shows(lines[start + n], text) for n, text in enumerate(wanted)) for start in starts
    )


def printed_lines(seen: Observed, program: Program) -> tuple[PrintedLine, ...]:
    """Return the lines that a path prints; what has no end of line behind it is one too."""
    lines: list[list[Piece]] = [[]]
    for piece in _pieces(seen, program):
        if isinstance(piece, str):
            first, *others = piece.split("\n")
            lines[-1].append(first)
            lines.extend([each] for each in others)
        else:
            lines[-1].append(piece)
    if not any(lines[-1]):
        lines.pop()
    return tuple(tuple(each for each in line if each != "") for line in lines)


def shown_by(number: int, seen: Observed, program: Program) -> str:
    """Return what a step prints, as a reader sees it; empty where it prints nothing, ``?`` for open values."""
    parts = (each if isinstance(each, str) else "?" for each in _settled(tuple(_of_step(number, seen, program))))
    text = "".join(parts)
    return f"prints {text.removesuffix(_END).replace(_END, ' / ')}" if text else ""


_END = "\n"


def _pieces(seen: Observed, program: Program) -> Iterator[Piece]:
    for number in range(len(seen.steps)):
        yield from _of_step(number, seen, program)


def _of_step(number: int, seen: Observed, program: Program) -> Iterator[Piece]:
    step = seen.steps[number]
    element = program.instructions[step.index]
    if step.completed and isinstance(element, Print):
        place = seen.boundaries[number].place
        for each in element.pieces:
            if isinstance(each, str):
                yield each
            else:
                yield value_at(each.value, place, each.conversion.bits), each.conversion


def shows(line: PrintedLine, text: str) -> Value:
    """Return when a line reads so."""
    return _Reading(text).rest(_settled(line), 0)


def _settled(line: PrintedLine) -> PrintedLine:
    """Return a line in which values that are numbers are texts."""
    return tuple(
        each[1].show(each[0]) if isinstance(each, tuple) and isinstance(each[0], int) else each for each in line
    )


class _Reading:
    """A text that is read as texts and values; what is tried is bounded."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tries = 0

    def rest(self, pieces: PrintedLine, at: int) -> Value:
        """Return when the text from an offset on is what these pieces show.

        :raises BoundReached: when there are too many ways to read it.
        """
        self.tries += 1
        if self.tries > MAX_TRIES:
            raise BoundReached("output")
        if not pieces:
            return int(at == len(self.text))
        first, *others = pieces
        if isinstance(first, str):
            return self.rest(tuple(others), at + len(first)) if self.text.startswith(first, at) else 0
        value, conversion = first
        found: Value = 0
        for end in range(at + 1, len(self.text) + 1):
            number = conversion.read(self.text[at:end])
            if number is not None:
                here = terms.eq(value, number, conversion.bits)
                found = terms.or_(found, terms.and_(here, self.rest(tuple(others), end)))
        return found
