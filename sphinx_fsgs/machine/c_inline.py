"""Inline assembly of C: its inputs into registers, the lines of its template, its outputs out of registers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from sphinx_fsgs.machine.c_refused import Refused
from sphinx_fsgs.machine.c_types import kind_in
from sphinx_fsgs.machine.c_values import Values
from sphinx_fsgs.records import dataclass
from sphinx_fsgs.source import Span
from sphinx_fsgs.spec.c import WIDTHS
from sphinx_fsgs.syntax.c import CExpr, CInline, CName, CPlace

_ESCAPE = re.compile(r"\\(.)")
_ESCAPED = {"n": "\n", "t": "\t"}
_OPERAND = re.compile(r"%(?:(%)|([a-zA-Z])?(?:(\d+)|\[(\w+)\])|(.?))")
_MODIFIERS = {"q": 0, "k": 1, "w": 2, "b": 3}


@dataclass(frozen=True, slots=True)
class _Operand:
    """What stands for an operand: the views of a register, or, where there are none, the ``text``.

    ``index`` is that of the register among those that values are computed in, -1 for one that the
    constraint names and where a value has to be brought.
    """

    text: str
    views: tuple[str, ...] = ()
    index: int = -1


def inlined(statement: CInline, values: Values) -> None:
    """Add the lines of inline assembly, with what brings its operands into registers and out of them.

    :raises Refused: for a constraint that is not read, or an operand that the template names and does not have.
    """
    places = (*statement.outputs, *statement.inputs)
    operands: list[_Operand] = []
    for n, place in enumerate(places):
        operands.append(_operand(n, place, operands, values))
    _bring(statement, places, operands, values)
    for text, span in tuple(_filled(statement, operands)):
        values.code.assemble(text, span)
    _take(statement, operands, values)


def _operand(n: int, place: CPlace, earlier: Sequence[_Operand], values: Values) -> _Operand:
    """Return what stands for an operand."""
    letters = place.constraint.strip("=+&%")
    value = values.constants.expanded(place.value)
    registers, fixed = values.spec.c_steps.registers, values.spec.c_steps.fixed
    if letters.isdigit() and int(letters) < len(earlier) and earlier[int(letters)].views:
        return earlier[int(letters)]
    if letters in fixed:
        return _in_register(fixed[letters], -1, value, values)
    constant = values.constants.value(value) if set(letters) <= set("inJIKe") and letters else None
    if constant is not None:
        return _Operand(f"${constant[0]}")
    if "r" in letters and n < len(registers):
        return _in_register(registers[n], n, value, values)
    if set(letters) <= set("mo") and letters and isinstance(value, CName):
        return _Operand(values.variables.named(value).name)
    raise Refused(place.span, f'the constraint "{place.constraint}" is not read')


def _in_register(views: tuple[str, ...], index: int, value: CExpr, values: Values) -> _Operand:
    if isinstance(value, CName) and value.name not in values.spec.constants:
        values.variables.named(value)
    kind = kind_in(value, values.variables.by_name, values.spec)
    bits = 64 if kind is None else kind.bits
    return _Operand("%" + views[WIDTHS.index(bits)], views, index)


def _bring(statement: CInline, places: Sequence[CPlace], operands: Sequence[_Operand], values: Values) -> None:
    """Compute the inputs, then bring those into their register whose constraint names one.

    A value takes registers behind its own, so the lowest is computed first, whichever input it belongs to.
    """
    computed = []
    for n, place in enumerate(places):
        is_input = n >= len(statement.outputs) or "+" in place.constraint
        if is_input and operands[n].views:
            computed.append((operands[n].index if operands[n].index >= 0 else n, n))
    computed.sort()
    for index, n in computed:
        values.value(places[n].value, index)
    for index, n in computed:
        if operands[n].index < 0:
            values.code.copy(values.code.part(index, 64, places[n].span), operands[n].views[0])


def _take(statement: CInline, operands: Sequence[_Operand], values: Values) -> None:
    """Store the outputs, once all are out of the registers that constraints name; pointers lie behind them all."""
    outputs = [(n, place) for n, place in enumerate(statement.outputs) if operands[n].views]
    for n, place in outputs:
        if operands[n].index < 0:
            values.code.copy(operands[n].views[0], values.code.part(n, 64, place.span))
    for n, place in outputs:
        values.store(place.value, n, len(statement.outputs))


def _filled(statement: CInline, operands: Sequence[_Operand]) -> Iterator[tuple[str, Span]]:
    """Yield the lines of the template, each with where its text stands."""
    names = {place.name: n for n, place in enumerate((*statement.outputs, *statement.inputs)) if place.name}
    for raw, span in statement.template.pieces:
        text = _ESCAPE.sub(lambda match: _ESCAPED.get(match[1], match[1]), raw)
        for line in re.split(r"[\n;]", text):
            if line.strip():
                yield (_with(line, operands, names, span) if statement.extended else line).strip(), span


def _with(line: str, operands: Sequence[_Operand], names: dict[str, int], span: Span) -> str:
    def put(match: re.Match[str]) -> str:
        percent, modifier, number, name, _ = match.groups()
        if percent:
            return "%"
        n = int(number) if number else names.get(name or "", -1)
        if not 0 <= n < len(operands) or (modifier and modifier not in _MODIFIERS):
            help_text = "in this template a register is written %%rax" if not number and not name else "it has no such"
            raise Refused(span, f'the operand "{match[0]}" is not read: {help_text}')
        operand = operands[n]
        return "%" + operand.views[_MODIFIERS[modifier]] if modifier and operand.views else operand.text

    return _OPERAND.sub(put, line)
