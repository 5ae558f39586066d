"""Terms as a reader writes them: initial values by the names of their cells, the rest as in the condition language."""

from __future__ import annotations

from sphinx_fsgs.check.replay import hexadecimal
from sphinx_fsgs.machine.terms import Term, Value, parts_of

LONGEST = 72
"""Characters after which a value is called a longer expression instead of being written out."""

_INFIX = {"add": "+", "sub": "-", "mul": "*", "bvand": "&", "bvor": "|", "bvxor": "^", "shl": "<<", "shr": ">>"}
_INFIX |= {"eq": "=", "ult": "<", "and": "and", "or": "or"}


class _TooLong(Exception):
    pass


def value_text(value: Value, width: int) -> str:
    """Return a value in the condition language; cells stand for what they held at first."""
    try:
        return _text(value, width, LONGEST)
    except _TooLong:
        return "a longer expression"


def _text(value: Value, width: int, room: int) -> str:
    text = hexadecimal(value, width) if isinstance(value, int) else _term(value, room)
    if len(text) > room:
        raise _TooLong
    return text


def _term(term: Term, room: int) -> str:
    if room <= 0:
        raise _TooLong
    if term.op == "var":
        return str(term.args[0])
    if term.op == "apply":
        return (
            f"{term.args[0]}({', '.join(_text(each, 64, room) for each in term.args[1:] if not isinstance(each, str))})"
        )
    if term.op == "extract":
        whole, high, low = term.args
        bits = f"[{low}]" if high == low else f"[{high}:{low}]"
        return f"{_atom(whole, room)}{bits}"
    if term.op == "concat":
        return _concat(term, room)
    if term.op == "not":
        return f"not {_atom(term.args[0], room)}"
    if term.op == "ite":
        condition, then, otherwise = term.args
        return f"{_any(then, term.width, room)} if {_any(condition, 1, room)} else {_any(otherwise, term.width, room)}"
    left, right = term.args
    width = next(each.width for each in term.args if isinstance(each, Term))
    if term.op == "add" and isinstance(right, int) and right >> width - 1:
        return f"{_atom(left, room)} - {hexadecimal((1 << width) - right, width)}"
    return f"{_atom(left, room, width)} {_INFIX[term.op]} {_atom(right, room, width)}"


def _concat(term: Term, room: int) -> str:
    parts = parts_of(term)
    first, _ = parts[0]
    if isinstance(first, int) and first == 0 and len(parts) == 2:
        return f"zero-extended {_atom(parts[1][0], room)}"
    loads = [part for part, size in parts if isinstance(part, Term) and part.op == "apply" and size == 8]
    if len(loads) == len(parts) and len(parts) in (2, 4, 8):
        low = loads[-1]
        return f"u{8 * len(parts)}[{_any(low.args[1], 64, room)}]"
    return ":".join(_atom(part, room, size) for part, size in parts)


def _any(value: int | str | Term, width: int, room: int) -> str:
    assert not isinstance(value, str)
    return _text(value, width, room - 4)


def _atom(value: int | str | Term, room: int, width: int = 64) -> str:
    text = _any(value, width, room)
    simple = isinstance(value, int) or (isinstance(value, Term) and value.op in ("var", "apply", "extract"))
    return text if simple else f"({text})"
