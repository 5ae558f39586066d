"""Where the bits of a term come from: which of them are copies of a bit of an unknown."""

from __future__ import annotations

from collections.abc import Callable, Container
from typing import NamedTuple

from sphinx_fsgs.machine.terms.bits import parts_of
from sphinx_fsgs.machine.terms.evaluate import Evaluator
from sphinx_fsgs.machine.terms.term import Term, Value, as_int, as_value, operands
from sphinx_fsgs.machine.terms.truth import choice


class Copied(NamedTuple):
    """Bit ``place`` of an unknown, or its complement."""

    unknown: Term
    place: int
    inverted: bool


Bit = int | Copied | None
"""A constant, a copy, or None: something that more than one bit decides."""


def lineage(root: Value, width: int, values: Evaluator, open_ones: Container[Term]) -> tuple[Bit, ...]:
    """Return what each bit of a value is, the lowest first, as far as the choices go that ``values`` makes.

    :param open_ones: the unknowns whose bits are followed; those of others are the constants that they have.
    """
    if isinstance(root, int):
        return _constant(root, width)
    done: dict[Term, tuple[Bit, ...]] = {}
    stack = [root]
    while stack:
        term = stack[-1]
        missing = [each for each in _looked_at(term, values) if each not in done]
        if missing:
            stack.extend(missing)
        elif stack.pop() not in done:
            done[term] = _bits(term, values, open_ones, done)
    return done[root]


def _constant(value: int, width: int) -> tuple[Bit, ...]:
    return tuple(value >> index & 1 for index in range(width))


def _looked_at(term: Term, values: Evaluator) -> tuple[Term, ...]:
    if term.op not in _FOLLOWED:
        return ()
    if term.op == "ite":
        chosen = _arm(term, values)
        return (chosen,) if isinstance(chosen, Term) else ()
    return operands(term)


def _arm(term: Term, values: Evaluator) -> Value:
    condition, then, otherwise = choice(term)
    return then if values(condition) else otherwise


def _bits(
    term: Term, values: Evaluator, open_ones: Container[Term], done: dict[Term, tuple[Bit, ...]]
) -> tuple[Bit, ...]:
    def of(value: Value, width: int) -> tuple[Bit, ...]:
        return done[value] if isinstance(value, Term) else _constant(value, width)

    if term.op in ("var", "apply"):
        if term in open_ones:
            return tuple(Copied(term, place, False) for place in range(term.width))
        return _constant(values(term), term.width)
    if term.op == "extract":
        whole, high, low = term.args
        return of(as_value(whole), 0)[as_int(low) : as_int(high) + 1]
    if term.op == "concat":
        return tuple(bit for part, size in reversed(parts_of(term)) for bit in of(part, size))
    if term.op == "ite":
        return of(_arm(term, values), term.width)
    if term.op not in _FOLLOWED:
        return (None,) * term.width
    arguments = [of(as_value(each), term.width) for each in term.args]
    if term.op == "not":
        return tuple(_flipped(bit) for bit in arguments[0])
    if term.op in _BITWISE:
        return tuple(map(_BITWISE[term.op], *arguments))
    if term.op == "add":
        for one, other in (arguments, reversed(arguments)):
            if all(bit == 0 for bit in other):
                return one
    return (None,) * term.width


def _flipped(bit: Bit) -> Bit:
    if isinstance(bit, Copied):
        return bit._replace(inverted=not bit.inverted)
    return None if bit is None else 1 - bit


def _and(one: Bit, other: Bit) -> Bit:
    if one == 0 or other == 0:
        return 0
    return other if one == 1 else one if other == 1 else None


def _or(one: Bit, other: Bit) -> Bit:
    if one == 1 or other == 1:
        return 1
    return other if one == 0 else one if other == 0 else None


def _xor(one: Bit, other: Bit) -> Bit:
    if isinstance(one, int):
        one, other = other, one
    return _flipped(one) if other == 1 else one if other == 0 else None


_FOLLOWED = frozenset(("extract", "concat", "ite", "not", "and", "or", "bvand", "bvor", "bvxor", "add"))
_BITWISE: dict[str, Callable[[Bit, Bit], Bit]] = {"and": _and, "or": _or, "bvand": _and, "bvor": _or, "bvxor": _xor}
