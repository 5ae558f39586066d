"""Terms as a reader writes them: initial values by the names of their cells, the rest as in the condition language."""

from __future__ import annotations

import functools
from collections.abc import Mapping

from sphinx_fsgs.check.replay import hexadecimal
from sphinx_fsgs.machine.terms import Term, Value, parts_of
from sphinx_fsgs.records import dataclass
from sphinx_fsgs.spec.layout import Layout

LONGEST = 72
"""Characters after which a value is called a longer expression instead of being written out."""

_INFIX = {"add": "+", "sub": "-", "mul": "*", "bvand": "&", "bvor": "|", "bvxor": "^", "shl": "<<", "shr": ">>"}
_CALLED = {"udiv": "quotient", "urem": "remainder"}
_INFIX |= {"eq": "=", "ult": "<", "and": "and", "or": "or"}


class _TooLong(Exception):
    pass


def value_text(value: Value, width: int, layout: Layout) -> str:
    """Return a value in the condition language; cells stand for what they held at first."""
    try:
        return _Writer(_parts(layout)).text(value, width, LONGEST)
    except _TooLong:
        return "a longer expression"


@functools.lru_cache(maxsize=4)
def _parts_of(views: tuple[tuple[str, tuple[str, int, int]], ...]) -> dict[tuple[str, int, int], str]:
    return {part: name for name, part in reversed(views)}


def _parts(layout: Layout) -> dict[tuple[str, int, int], str]:
    """Return the names of parts of cells: CPL for CS.selector[1:0]."""
    rows = []
    for name, view in layout.views.items():
        slot = view.slots[0]
        if len(view.slots) == 1 and slot.cell >= 0 and slot.width < layout.cells[slot.cell].width:
            rows.append((name, (layout.cells[slot.cell].name, slot.high, slot.low)))
    return _parts_of(tuple(rows))


@dataclass(frozen=True, slots=True)
class _Writer:
    parts: Mapping[tuple[str, int, int], str]

    def text(self, value: Value, width: int, room: int) -> str:
        """Return a value in at most ``room`` characters."""
        text = hexadecimal(value, width) if isinstance(value, int) else self._term(value, room)
        if len(text) > room:
            raise _TooLong
        return text

    def _term(self, term: Term, room: int) -> str:
        if room <= 0:
            raise _TooLong
        if term.op == "var":
            return str(term.args[0])
        if term.op == "apply":
            arguments = (self.text(each, 64, room) for each in term.args[1:] if not isinstance(each, str))
            return f"{term.args[0]}({', '.join(arguments)})"
        if term.op == "extract":
            return self._part(term, room)
        if term.op == "concat":
            return self._concat(term, room)
        if term.op == "not":
            return self._negation(term.args[0], room)
        if term.op == "ite":
            condition, then, otherwise = term.args
            arms = self._any(then, term.width, room), self._any(otherwise, term.width, room)
            return f"{arms[0]} if {self._any(condition, 1, room)} else {arms[1]}"
        if term.op in _CALLED:
            return f"{_CALLED[term.op]}({', '.join(self._any(each, term.width, room) for each in term.args)})"
        return self._infix(term, _INFIX[term.op], room)

    def _infix(self, term: Term, sign: str, room: int) -> str:
        left, right = term.args
        width = next(each.width for each in term.args if isinstance(each, Term))
        if term.op == "add" and isinstance(right, int) and right >> width - 1:
            return f"{self._atom(left, room)} - {hexadecimal((1 << width) - right, width)}"
        return f"{self._atom(left, room, width)} {sign} {self._atom(right, room, width)}"

    def _negation(self, inner: int | str | Term, room: int) -> str:
        if isinstance(inner, Term) and inner.op == "eq":
            return self._infix(inner, "≠", room)
        return f"not {self._atom(inner, room)}"

    def _part(self, term: Term, room: int) -> str:
        whole, high, low = term.args
        assert isinstance(high, int) and isinstance(low, int)
        if isinstance(whole, Term) and whole.op == "var":
            known = self.parts.get((str(whole.args[0]), high, low))
            if known is not None:
                return known
        return f"{self._atom(whole, room)}[{high}]" if high == low else f"{self._atom(whole, room)}[{high}:{low}]"

    def _concat(self, term: Term, room: int) -> str:
        parts = parts_of(term)
        first, _ = parts[0]
        if isinstance(first, int) and first == 0 and len(parts) == 2:
            return f"zero-extended {self._atom(parts[1][0], room)}"
        loads = [part for part, size in parts if isinstance(part, Term) and part.op == "apply" and size == 8]
        if len(loads) == len(parts) and len(parts) in (2, 4, 8):
            return f"u{8 * len(parts)}[{self._any(loads[-1].args[1], 64, room)}]"
        return ":".join(self._atom(part, room, size) for part, size in parts)

    def _any(self, value: int | str | Term, width: int, room: int) -> str:
        assert not isinstance(value, str)
        return self.text(value, width, room - 4)

    def _atom(self, value: int | str | Term, room: int, width: int = 64) -> str:
        text = self._any(value, width, room)
        simple = isinstance(value, int) or (isinstance(value, Term) and value.op in ("var", "apply", "extract"))
        return text if simple else f"({text})"
