"""Comparisons of values: equal, and below as numbers without a sign."""

from __future__ import annotations

from sphinx_fsgs.machine.terms.bits import bit_xor, extract, parts_of, split
from sphinx_fsgs.machine.terms.term import Term, Value, as_int, as_value, make, ones, operands
from sphinx_fsgs.machine.terms.truth import all_of, choice, ite, not_


def eq(a: Value, b: Value, width: int) -> Value:
    """Return whether two values of that width are equal."""
    if isinstance(a, int):
        a, b = b, a
    if isinstance(a, int):
        return int(a == b)
    if a is b:
        return 1
    if width == 1:
        return not_(bit_xor(a, b, 1))
    if isinstance(b, int):
        return _eq_constant(a, b, width)
    left, first = split(a)
    right, second = split(b)
    if left is right:
        return int(first == second)
    if a.op == "concat" or b.op == "concat":
        by_parts = _eq_parts(a, b)
        if by_parts is not None:
            return by_parts
    return make("eq", 1, a, b) if a.serial <= b.serial else make("eq", 1, b, a)


def _eq_constant(a: Term, b: int, width: int) -> Value:
    left, first = split(a)
    if first:
        return eq(left, b - first & ones(width), width)
    if a.op == "concat":
        low = width
        answers: list[Value] = []
        for part, size in parts_of(a):
            low -= size
            answer = eq(part, b >> low & ones(size), size)
            if isinstance(answer, int) and not answer:
                return 0
            answers.append(answer)
        return all_of(answers)
    if a.op == "ite":
        condition, then, otherwise = choice(a)
        if isinstance(then, int) or isinstance(otherwise, int):
            return ite(condition, eq(then, b, width), eq(otherwise, b, width), 1)
    if a.op == "bvxor" and isinstance(a.args[1], int):
        return eq(as_value(a.args[0]), b ^ a.args[1], width)
    return make("eq", 1, a, b)


def _eq_parts(a: Term, b: Term) -> Value | None:
    cuts = {0}
    for each in (a, b):
        low = each.width
        if each.op == "concat":
            for _, size in parts_of(each):
                low -= size
                cuts.add(low)
    edges = sorted(cuts | {a.width})
    answers = []
    for low, high in zip(edges, edges[1:], strict=False):
        one, other = extract(a, high - 1, low), extract(b, high - 1, low)
        if one is a and other is b:
            return None
        answer = eq(one, other, high - low)
        if isinstance(answer, int) and not answer:
            return 0
        answers.append(answer)
    return all_of(answers)


def ne(a: Value, b: Value, width: int) -> Value:
    """Return whether two values differ."""
    return not_(eq(a, b, width))


def lt(a: Value, b: Value, width: int) -> Value:
    """Return whether ``a`` is below ``b``, unsigned."""
    if isinstance(a, int) and isinstance(b, int):
        return int(a < b)
    if a is b or (isinstance(b, int) and b == 0) or (isinstance(a, int) and a == ones(width)):
        return 0
    if isinstance(b, int) and b == 1:
        return eq(a, 0, width)
    if isinstance(a, int) and a == 0:
        return ne(b, 0, width)
    common = _zero_above(a, b, width)
    if common < width:
        return lt(extract(a, common - 1, 0), extract(b, common - 1, 0), common)
    return make("ult", 1, a, b)


def _zero_above(a: Value, b: Value, width: int) -> int:
    """Return below which bit both are: what is above is zero in both."""
    return max(1, *(_significant(each, width) for each in (a, b)))


def _significant(a: Value, width: int) -> int:
    if isinstance(a, int):
        return a.bit_length()
    if a.op == "concat" and isinstance(a.args[0], int):
        return width - as_int(a.args[1]) + a.args[0].bit_length()
    return width


def le(a: Value, b: Value, width: int) -> Value:
    """Return whether ``a`` is at most ``b``, unsigned."""
    return not_(lt(b, a, width))


def range_in(condition: Value) -> tuple[Term, int, int] | None:
    """Return the term that a condition compares with a constant, and from where to where it then lies."""
    if isinstance(condition, int):
        return None
    holds = condition.op != "not"
    compared = condition if holds else operands(condition)[0]
    if compared.op != "ult":
        return None
    low, high = map(as_value, compared.args)
    if isinstance(low, Term) and isinstance(high, int):
        return (low, 0, high - 1) if holds else (low, high, ones(low.width))
    if isinstance(low, int) and isinstance(high, Term):
        return (high, low + 1, ones(high.width)) if holds else (high, 0, low)
    return None
