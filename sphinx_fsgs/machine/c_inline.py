"""Inline assembly of C: its template with the operands put in, line by line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sphinx_fsgs.source import Span
from sphinx_fsgs.syntax.c import CInline

_ESCAPE = re.compile(r"\\(.)")
_ESCAPED = {"n": "\n", "t": "\t"}
_OPERAND = re.compile(r"%(?:(%)|([a-zA-Z])?(?:(\d+)|\[(\w+)\])|(.?))")
_MODIFIERS = {"q": 0, "k": 1, "w": 2, "b": 3}


class InlineError(Exception):
    """Inline assembly cannot be run; ``span`` tells where, if not all of it."""

    def __init__(self, message: str, span: Span | None = None) -> None:
        super().__init__(message)
        self.span = span


@dataclass(frozen=True, slots=True)
class Operand:
    """What stands for an operand: the views of a register, or, where there are none, the ``text``.

    ``index`` is that of the register among those that values are computed in, -1 for one that the
    constraint names and where a value has to be brought.
    """

    text: str
    views: tuple[str, ...] = ()
    index: int = -1


def filled(statement: CInline, operands: Sequence[Operand]) -> Iterator[tuple[str, Span]]:
    """Yield the lines of the template, each with where its text stands.

    :raises InlineError: when it names an operand that it does not have.
    """
    names = {place.name: n for n, place in enumerate((*statement.outputs, *statement.inputs)) if place.name}
    for raw, span in statement.template.pieces:
        text = _ESCAPE.sub(lambda match: _ESCAPED.get(match[1], match[1]), raw)
        for line in re.split(r"[\n;]", text):
            if line.strip():
                yield (_with(line, operands, names, span) if statement.extended else line).strip(), span


def _with(line: str, operands: Sequence[Operand], names: dict[str, int], span: Span) -> str:
    def put(match: re.Match[str]) -> str:
        percent, modifier, number, name, _ = match.groups()
        if percent:
            return "%"
        n = int(number) if number else names.get(name or "", -1)
        if not 0 <= n < len(operands) or (modifier and modifier not in _MODIFIERS):
            help_text = "in this template a register is written %%rax" if not number and not name else "it has no such"
            raise InlineError(f'the operand "{match[0]}" is not read: {help_text}', span)
        operand = operands[n]
        return "%" + operand.views[_MODIFIERS[modifier]] if modifier and operand.views else operand.text

    return _OPERAND.sub(put, line)
