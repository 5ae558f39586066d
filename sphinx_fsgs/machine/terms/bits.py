"""Vectors of bits: sums, bitwise operations, shifts, and what is cut out of a vector or joined to one.

They are one subject because each is folded into the others: a mask is a cut, a shift is a join, and what is cut
out of a sum or of a bitwise operation is that operation on what is cut out of its operands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import cast

from sphinx_fsgs.machine.terms.term import Term, Value, as_int, as_value, make, ones
from sphinx_fsgs.machine.terms.truth import and_, choice, ite, not_, opposite, or_

# ---- bit by bit ----------------------------------------------------------------------------------


def bit_and(a: Value, b: Value, width: int) -> Value:
    """Return the bitwise conjunction."""
    if isinstance(a, int):
        a, b = b, a
    if isinstance(a, int):
        return a & as_int(b)
    if width == 1:
        return and_(a, b)
    if isinstance(b, int):
        return _by_runs(a, b, width, lambda part, size: part, lambda part, size: 0)
    return a if a is b else make("bvand", width, a, b)


def bit_or(a: Value, b: Value, width: int) -> Value:
    """Return the bitwise disjunction."""
    if isinstance(a, int):
        a, b = b, a
    if isinstance(a, int):
        return a | as_int(b)
    if width == 1:
        return or_(a, b)
    if isinstance(b, int):
        return _by_runs(a, b, width, lambda part, size: ones(size), lambda part, size: part)
    return a if a is b else make("bvor", width, a, b)


def bit_xor(a: Value, b: Value, width: int) -> Value:
    """Return the bitwise difference."""
    if isinstance(a, int):
        a, b = b, a
    if isinstance(a, int):
        return a ^ as_int(b)
    if isinstance(b, int):
        if b == 0:
            return a
        if width == 1:
            return not_(a)
    elif a is b:
        return 0
    elif width == 1 and opposite(a, b):
        return 1
    return make("bvxor", width, a, b)


def _by_runs(
    a: Value,
    mask: int,
    width: int,
    where_one: Callable[[Value, int], Value],
    where_zero: Callable[[Value, int], Value],
) -> Value:
    parts: list[tuple[Value, int]] = []
    high = width - 1
    while high >= 0:
        bit = mask >> high & 1
        low = high
        while low > 0 and mask >> (low - 1) & 1 == bit:
            low -= 1
        part, size = extract(a, high, low), high - low + 1
        parts.append(((where_one if bit else where_zero)(part, size), size))
        high = low - 1
    return join(parts)


# ---- arithmetic ---------------------------------------------------------------------------------


def add(a: Value, b: Value, width: int) -> Value:
    """Return the sum modulo 2**width; a constant part is kept outermost."""
    if isinstance(a, int):
        a, b = b, a
    if isinstance(a, int):
        return a + as_int(b) & ones(width)
    left, first = split(a)
    right, second = split(b)
    constant = first + second & ones(width)
    if isinstance(right, int):
        total: Value = left
    elif isinstance(left, int):
        total = right
    else:
        total = make("add", width, left, right)
    if isinstance(total, int):
        return constant
    return make("add", width, total, constant) if constant else total


def split(a: Value) -> tuple[Value, int]:
    """Return a term as the part that is not constant (0 if there is none) and the constant added to it."""
    if isinstance(a, int):
        return 0, a
    if a.op == "add" and isinstance(a.args[1], int):
        return as_value(a.args[0]), a.args[1]
    return a, 0


def sub(a: Value, b: Value, width: int) -> Value:
    """Return the difference modulo 2**width."""
    if isinstance(b, int):
        return add(a, -b & ones(width), width)
    left, first = split(a)
    right, second = split(b)
    if left is right:
        return first - second & ones(width)
    if not isinstance(left, int) and left.op == "add" and not isinstance(left.args[1], int):
        x, y = as_value(left.args[0]), as_value(left.args[1])
        if x is right or y is right:
            return add(y if x is right else x, first - second & ones(width), width)
    return add(make("sub", width, left, right), first - second & ones(width), width)


def mul(a: Value, b: Value, width: int) -> Value:
    """Return the product modulo 2**width."""
    if isinstance(a, int):
        a, b = b, a
    if isinstance(a, int):
        return a * as_int(b) & ones(width)
    if isinstance(b, int):
        if b == 0:
            return 0
        if b & (b - 1) == 0:
            return shift_left(a, b.bit_length() - 1, width)
    return make("mul", width, a, b)


def quotient(a: Value, b: Value, width: int) -> Value:
    """Return how often ``b`` goes into ``a``, both without sign; all ones where ``b`` is zero, as solvers have it."""
    if isinstance(b, int):
        if b == 0:
            return ones(width)
        if isinstance(a, int):
            return a // b
        if b & (b - 1) == 0:
            return shift_right(a, b.bit_length() - 1, width)
    return make("udiv", width, a, b)


def remainder(a: Value, b: Value, width: int) -> Value:
    """Return what is left of ``a`` when ``b`` is taken from it as often as it goes; ``a`` where ``b`` is zero."""
    if isinstance(b, int):
        if b == 0:
            return a
        if isinstance(a, int):
            return a % b
        if b & (b - 1) == 0:
            return bit_and(a, b - 1, width)
    return make("urem", width, a, b)


def shift_left(a: Value, count: Value, width: int) -> Value:
    """Return ``a`` shifted left; zero once ``count`` reaches the width."""
    if isinstance(count, int):
        if count == 0:
            return a
        if count >= width:
            return 0
        if isinstance(a, int):
            return a << count & ones(width)
        return join([(extract(a, width - 1 - count, 0), width - count), (0, count)])
    return 0 if isinstance(a, int) and not a else make("shl", width, a, count)


def shift_right(a: Value, count: Value, width: int) -> Value:
    """Return ``a`` shifted right, zeroes coming in; zero once ``count`` reaches the width."""
    if isinstance(count, int):
        if count == 0:
            return a
        if count >= width:
            return 0
        if isinstance(a, int):
            return a >> count
        return join([(0, count), (extract(a, width - 1, count), width - count)])
    return make("shr", width, a, count)


# ---- cutting and joining ------------------------------------------------------------------------


def extract(a: Value, high: int, low: int) -> Value:
    """Return bits ``high`` to ``low`` of ``a``, both included."""
    size = high - low + 1
    if isinstance(a, int):
        return a >> low & ones(size)
    if size == a.width:
        return a
    if a.op == "extract":
        return extract(as_value(a.args[0]), as_int(a.args[2]) + high, as_int(a.args[2]) + low)
    if a.op == "concat":
        return _extract_concat(a, high, low)
    if a.op == "ite":
        condition, then, otherwise = choice(a)
        # Numbers and pairs come apart, so nothing is said twice.
        if isinstance(then, int) or isinstance(otherwise, int) or then.op == otherwise.op == "concat":
            return ite(condition, extract(then, high, low), extract(otherwise, high, low), size)
    if _spreads(a, low):
        return _spread(a, high, low)
    return make("extract", size, a, high, low)


def _spreads(a: Value, low: int) -> bool:
    """Whether bits of an operation are the operation on these bits: a sum's only from the lowest bit on."""
    return isinstance(a, Term) and (a.op in _BITWISE or (low == 0 and a.op in _SUMS))


def _spread(a: Term, high: int, low: int) -> Value:
    """Cut the operands of an operation, and theirs in turn: each shared one once, and without recursion."""
    pending = [a]
    while pending:
        term = pending[-1]
        cuts = term.cuts = term.cuts or {}
        operands = [as_value(each) for each in term.args]
        open_ = [each for each in operands if _spreads(each, low) and _known_cut(each, high, low) is None]
        if (high, low) in cuts or not open_:
            pending.pop()
            if (high, low) not in cuts:
                left, right = (_cut_of(each, high, low) for each in operands)
                cuts[high, low] = SPREADING[term.op](left, right, high - low + 1)
        else:
            pending.extend(cast("list[Term]", open_))
    assert a.cuts is not None
    return a.cuts[high, low]


def _known_cut(a: Value, high: int, low: int) -> Value | None:
    return a.cuts.get((high, low)) if isinstance(a, Term) and a.cuts is not None else None


def _cut_of(a: Value, high: int, low: int) -> Value:
    known = _known_cut(a, high, low)
    return extract(a, high, low) if known is None else known


_BITWISE = frozenset({"bvand", "bvor", "bvxor"})
_SUMS = frozenset({"add", "sub"})
SPREADING: Mapping[str, Callable[[Value, Value, int], Value]] = {
    "bvand": bit_and,
    "bvor": bit_or,
    "bvxor": bit_xor,
    "add": add,
    "sub": sub,
}
"""The operations of which a part is the operation on parts, by their operators."""


def parts_of(a: Term) -> list[tuple[Value, int]]:
    """Return the parts of a concatenation with their widths, the most significant first."""
    return pairs(a.args)


def pairs(args: Sequence[int | str | Term]) -> list[tuple[Value, int]]:
    """Return the arguments of a concatenation as parts with their widths."""
    return [(as_value(args[i]), as_int(args[i + 1])) for i in range(0, len(args), 2)]


def _extract_concat(a: Term, high: int, low: int) -> Value:
    found: list[tuple[Value, int]] = []
    top = a.width
    for part, size in parts_of(a):
        bottom = top - size
        upper, lower = min(high, top - 1), max(low, bottom)
        if upper >= lower:
            found.append((extract(part, upper - bottom, lower - bottom), upper - lower + 1))
        top = bottom
    return join(found)


def join(parts: Iterable[tuple[Value, int]]) -> Value:
    """Return the parts beside each other, the first being the most significant; neighbours are merged."""
    merged: list[tuple[Value, int]] = []
    for part, size in parts:
        if isinstance(part, Term) and part.op == "concat":
            for inner in parts_of(part):
                _append(merged, *inner)
        else:
            _append(merged, part, size)
    if len(merged) == 1:
        return merged[0][0]
    return make("concat", sum(size for _, size in merged), *(each for pair in merged for each in pair))


def _append(merged: list[tuple[Value, int]], part: Value, size: int) -> None:
    if merged:
        last, width = merged[-1]
        if isinstance(part, int) and isinstance(last, int):
            merged[-1] = (last << size | part, width + size)
            return
        if isinstance(last, Term):
            one, high, middle = _cut(last)
            # What is cut from the low end of a sum is a sum itself, so the part is compared, not its operator.
            if middle >= size and _same(extract(one, middle - 1, middle - size), part):
                merged[-1] = (extract(one, high, middle - size), width + size)
                return
    merged.append((part, size))


def _same(a: Value, b: Value) -> bool:
    return a is b or (isinstance(a, int) and isinstance(b, int) and a == b)


def _cut(a: Term) -> tuple[Term, int, int]:
    if a.op == "extract":
        whole = a.args[0]
        assert isinstance(whole, Term)
        return whole, as_int(a.args[1]), as_int(a.args[2])
    return a, a.width - 1, 0


def concat(high: Value, high_width: int, low: Value, low_width: int) -> Value:
    """Return ``high`` above ``low``."""
    return join([(high, high_width), (low, low_width)])


def zero_extend(a: Value, width: int, to: int) -> Value:
    """Return ``a`` of ``width`` bits with zeroes above it."""
    return a if isinstance(a, int) or width == to else join([(0, to - width), (a, width)])


def sign_extend(a: Value, width: int, to: int) -> Value:
    """Return ``a`` of ``width`` bits with copies of its top bit above it."""
    if isinstance(a, int):
        sign = 1 << width - 1
        return (a ^ sign) - sign & ones(to)
    if width == to:
        return a
    top = extract(a, width - 1, width - 1)
    return join([(ite(top, ones(to - width), 0, to - width), to - width), (a, width)])
