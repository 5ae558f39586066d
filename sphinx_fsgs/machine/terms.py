"""Bit-vector terms, interned and folded on construction.

A value is an ``int`` or a :class:`Term`; a truth value is a value of one bit. Every function takes the
width in bits where its operands may all be integers, and returns an integer whenever it can, so most
conditions are settled before a solver is thought of. Two equal terms are the same object.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import cast
from weakref import WeakValueDictionary

Argument = "int | str | Term"


class Term:
    """An operator applied to arguments; made by the functions of this module only.

    ``args`` holds integers, strings (the name of a variable or function) and terms. For ``concat`` it
    alternates parts and their widths, the most significant part first.
    """

    __slots__ = ("op", "width", "args", "serial", "_unknowns", "_cuts", "__weakref__")

    def __init__(self, op: str, width: int, args: tuple[int | str | Term, ...], serial: int) -> None:
        self.op = op
        self.width = width
        self.args = args
        self.serial = serial
        self._unknowns: frozenset[Term] | None = None
        self._cuts: dict[tuple[int, int], Value] | None = None

    def __repr__(self) -> str:
        return f"{self.op}{self.width}({', '.join(map(str, self.args))})"

    def __bool__(self) -> bool:
        raise TypeError("a term has no truth value; compare it with a constant or ask the solver")


Value = int | Term
Key = tuple[str, int, tuple[int | str | Term, ...]]

_table: WeakValueDictionary[Key, Term] = WeakValueDictionary()


class TermLimit(Exception):
    """More terms were made in one run than its bound allows."""


class _Budget:
    __slots__ = ("made", "limit")

    def __init__(self, limit: int) -> None:
        self.made = 0
        self.limit = limit


_budget: ContextVar[_Budget | None] = ContextVar("terms", default=None)
_serial = 0


@contextmanager
def limited(terms: int) -> Iterator[None]:
    """Let at most that many new terms be made inside.

    :raises TermLimit: from whichever constructor exceeds it.
    """
    token = _budget.set(_Budget(terms))
    try:
        yield
    finally:
        _budget.reset(token)


def _make(op: str, width: int, *args: int | str | Term) -> Term:
    global _serial
    key = (op, width, args)
    found = _table.get(key)
    if found is None:
        budget = _budget.get()
        if budget is not None:
            budget.made += 1
            if budget.made > budget.limit:
                raise TermLimit
        _serial += 1
        found = _table[key] = Term(op, width, args, _serial)
    return found


def ones(width: int) -> int:
    """Return the integer of ``width`` ones."""
    return (1 << width) - 1


# ---- leaves -------------------------------------------------------------------------------------


def variable(name: str, width: int) -> Term:
    """Return the unknown of that name; the same name and width is the same unknown."""
    return _make("var", width, name)


def apply(function: str, width: int, *args: Value) -> Term:
    """Return an unknown function of its arguments; equal arguments give equal values."""
    return _make("apply", width, function, *args)


# ---- bits and truth -----------------------------------------------------------------------------


def not_(a: Value) -> Value:
    """Return the other truth value."""
    if isinstance(a, int):
        return a ^ 1
    if a.op == "not":
        return _value(a.args[0])
    return _make("not", 1, a)


def and_(a: Value, b: Value) -> Value:
    """Return the conjunction of two truth values."""
    if isinstance(a, int):
        return b if a else 0
    if isinstance(b, int):
        return a if b else 0
    if a is b:
        return a
    if _opposite(a, b):
        return 0
    return _make("and", 1, a, b)


def or_(a: Value, b: Value) -> Value:
    """Return the disjunction of two truth values."""
    if isinstance(a, int):
        return 1 if a else b
    if isinstance(b, int):
        return 1 if b else a
    if a is b:
        return a
    if _opposite(a, b):
        return 1
    return _make("or", 1, a, b)


def all_of(values: Iterable[Value]) -> Value:
    """Return the conjunction of all."""
    result: Value = 1
    for value in values:
        result = and_(result, value)
    return result


def any_of(values: Iterable[Value]) -> Value:
    """Return the disjunction of all."""
    result: Value = 0
    for value in values:
        result = or_(result, value)
    return result


def _opposite(a: Term, b: Term) -> bool:
    return (a.op == "not" and a.args[0] is b) or (b.op == "not" and b.args[0] is a)


def bit_and(a: Value, b: Value, width: int) -> Value:
    """Return the bitwise conjunction."""
    if isinstance(a, int):
        a, b = b, a
    if isinstance(a, int):
        return a & _int(b)
    if width == 1:
        return and_(a, b)
    if isinstance(b, int):
        return _by_runs(a, b, width, lambda part, size: part, lambda part, size: 0)
    return a if a is b else _make("bvand", width, a, b)


def bit_or(a: Value, b: Value, width: int) -> Value:
    """Return the bitwise disjunction."""
    if isinstance(a, int):
        a, b = b, a
    if isinstance(a, int):
        return a | _int(b)
    if width == 1:
        return or_(a, b)
    if isinstance(b, int):
        return _by_runs(a, b, width, lambda part, size: ones(size), lambda part, size: part)
    return a if a is b else _make("bvor", width, a, b)


def bit_xor(a: Value, b: Value, width: int) -> Value:
    """Return the bitwise difference."""
    if isinstance(a, int):
        a, b = b, a
    if isinstance(a, int):
        return a ^ _int(b)
    if isinstance(b, int):
        if b == 0:
            return a
        if width == 1:
            return not_(a)
    elif a is b:
        return 0
    elif width == 1 and _opposite(a, b):
        return 1
    return _make("bvxor", width, a, b)


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
        return a + _int(b) & ones(width)
    left, first = split(a)
    right, second = split(b)
    constant = first + second & ones(width)
    if isinstance(right, int):
        total: Value = left
    elif isinstance(left, int):
        total = right
    else:
        total = _make("add", width, left, right)
    if isinstance(total, int):
        return constant
    return _make("add", width, total, constant) if constant else total


def split(a: Value) -> tuple[Value, int]:
    """Return a term as the part that is not constant (0 if there is none) and the constant added to it."""
    if isinstance(a, int):
        return 0, a
    if a.op == "add" and isinstance(a.args[1], int):
        return _value(a.args[0]), a.args[1]
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
        x, y = _value(left.args[0]), _value(left.args[1])
        if x is right or y is right:
            return add(y if x is right else x, first - second & ones(width), width)
    return add(_make("sub", width, left, right), first - second & ones(width), width)


def mul(a: Value, b: Value, width: int) -> Value:
    """Return the product modulo 2**width."""
    if isinstance(a, int):
        a, b = b, a
    if isinstance(a, int):
        return a * _int(b) & ones(width)
    if isinstance(b, int):
        if b == 0:
            return 0
        if b & (b - 1) == 0:
            return shift_left(a, b.bit_length() - 1, width)
    return _make("mul", width, a, b)


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
    return 0 if isinstance(a, int) and not a else _make("shl", width, a, count)


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
    return _make("shr", width, a, count)


# ---- cutting and joining ------------------------------------------------------------------------


def extract(a: Value, high: int, low: int) -> Value:
    """Return bits ``high`` to ``low`` of ``a``, both included."""
    size = high - low + 1
    if isinstance(a, int):
        return a >> low & ones(size)
    if size == a.width:
        return a
    if a.op == "extract":
        return extract(_value(a.args[0]), _int(a.args[2]) + high, _int(a.args[2]) + low)
    if a.op == "concat":
        return _extract_concat(a, high, low)
    if a.op == "ite":
        condition, then, otherwise = map(_value, a.args)
        if isinstance(then, int) or isinstance(otherwise, int):
            return ite(condition, extract(then, high, low), extract(otherwise, high, low), size)
    if _spreads(a, low):
        return _spread(a, high, low)
    return _make("extract", size, a, high, low)


def _spreads(a: Value, low: int) -> bool:
    """Whether bits of an operation are the operation on these bits: a sum's only from the lowest bit on."""
    return isinstance(a, Term) and (a.op in _BITWISE or (low == 0 and a.op in _SUMS))


def _spread(a: Term, high: int, low: int) -> Value:
    """Cut the operands of an operation, and theirs in turn: each shared one once, and without recursion."""
    pending = [a]
    while pending:
        term = pending[-1]
        cuts = term._cuts = term._cuts or {}
        operands = [_value(each) for each in term.args]
        open_ = [each for each in operands if _spreads(each, low) and not _is_cut(each, high, low)]
        if (high, low) in cuts or not open_:
            pending.pop()
            if (high, low) not in cuts:
                left, right = (_cut_of(each, high, low) for each in operands)
                cuts[high, low] = _SPREADING[term.op](left, right, high - low + 1)
        else:
            pending.extend(cast("list[Term]", open_))
    assert a._cuts is not None
    return a._cuts[high, low]


def _is_cut(a: Value, high: int, low: int) -> bool:
    return isinstance(a, Term) and a._cuts is not None and (high, low) in a._cuts


def _cut_of(a: Value, high: int, low: int) -> Value:
    if isinstance(a, Term) and a._cuts is not None and (high, low) in a._cuts:
        return a._cuts[high, low]
    return extract(a, high, low)


_BITWISE = frozenset({"bvand", "bvor", "bvxor"})
_SUMS = frozenset({"add", "sub"})
_SPREADING: Mapping[str, Callable[[Value, Value, int], Value]] = {
    "bvand": bit_and,
    "bvor": bit_or,
    "bvxor": bit_xor,
    "add": add,
    "sub": sub,
}


def parts_of(a: Term) -> list[tuple[Value, int]]:
    """Return the parts of a concatenation with their widths, the most significant first."""
    return [(_value(a.args[i]), _int(a.args[i + 1])) for i in range(0, len(a.args), 2)]


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
    return _make("concat", sum(size for _, size in merged), *(each for pair in merged for each in pair))


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
        return whole, _int(a.args[1]), _int(a.args[2])
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


# ---- comparing and choosing ---------------------------------------------------------------------


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
    left, first = split(a)
    right, second = split(b)
    if isinstance(b, int):
        return _eq_constant(a, b, width)
    if left is right:
        return int(first == second)
    if a.op == "concat" or b.op == "concat":
        by_parts = _eq_parts(a, b)
        if by_parts is not None:
            return by_parts
    return _make("eq", 1, a, b) if a.serial <= b.serial else _make("eq", 1, b, a)


def _eq_constant(a: Term, b: int, width: int) -> Value:
    left, first = split(a)
    if first:
        return eq(left, b - first & ones(width), width)
    if a.op == "concat":
        low, result = width, 1
        answers: list[Value] = []
        for part, size in parts_of(a):
            low -= size
            answer = eq(part, b >> low & ones(size), size)
            if isinstance(answer, int) and not answer:
                return 0
            answers.append(answer)
        return all_of([result, *answers])
    if a.op == "ite":
        condition, then, otherwise = map(_value, a.args)
        if isinstance(then, int) or isinstance(otherwise, int):
            return ite(condition, eq(then, b, width), eq(otherwise, b, width), 1)
    if a.op == "bvxor" and isinstance(a.args[1], int):
        return eq(_value(a.args[0]), b ^ a.args[1], width)
    return _make("eq", 1, a, b)


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
    return _make("ult", 1, a, b)


def _zero_above(a: Value, b: Value, width: int) -> int:
    """Return below which bit both are: what is above is zero in both."""
    return max(1, *(_significant(each, width) for each in (a, b)))


def _significant(a: Value, width: int) -> int:
    if isinstance(a, int):
        return a.bit_length()
    if a.op == "concat" and isinstance(a.args[0], int):
        return width - _int(a.args[1]) + a.args[0].bit_length()
    return width


def le(a: Value, b: Value, width: int) -> Value:
    """Return whether ``a`` is at most ``b``, unsigned."""
    return not_(lt(b, a, width))


def ite(condition: Value, then: Value, otherwise: Value, width: int) -> Value:
    """Return ``then`` where the condition holds, else ``otherwise``."""
    if isinstance(condition, int):
        return then if condition else otherwise
    if then is otherwise or (isinstance(then, int) and isinstance(otherwise, int) and then == otherwise):
        return then
    if condition.op == "not":
        return ite(_value(condition.args[0]), otherwise, then, width)
    if width == 1:
        return or_(and_(condition, then), and_(not_(condition), otherwise))
    if isinstance(then, Term) and then.op == "ite" and then.args[0] is condition:
        then = _value(then.args[1])
    if isinstance(otherwise, Term) and otherwise.op == "ite" and otherwise.args[0] is condition:
        otherwise = _value(otherwise.args[2])
    return _make("ite", width, condition, then, otherwise)


# ---- reading terms ------------------------------------------------------------------------------


def _value(a: int | str | Term) -> Value:
    assert not isinstance(a, str)
    return a


def _int(a: int | str | Term) -> int:
    assert isinstance(a, int)
    return a


def operands(term: Term) -> tuple[Term, ...]:
    """Return the terms directly below one."""
    return tuple(each for each in term.args if isinstance(each, Term))


def choice(term: Term) -> tuple[Value, Value, Value]:
    """Return the condition of a choice and its two arms."""
    condition, then, otherwise = map(_value, term.args)
    return condition, then, otherwise


def range_in(condition: Value) -> tuple[Term, int, int] | None:
    """Return the term that a condition compares with a constant, and from where to where it then lies."""
    if isinstance(condition, int):
        return None
    holds = condition.op != "not"
    compared = condition if holds else operands(condition)[0]
    if compared.op != "ult":
        return None
    low, high = map(_value, compared.args)
    if isinstance(low, Term) and isinstance(high, int):
        return (low, 0, high - 1) if holds else (low, high, ones(low.width))
    if isinstance(low, int) and isinstance(high, Term):
        return (high, low + 1, ones(high.width)) if holds else (high, 0, low)
    return None


def post_order(roots: Iterable[Value]) -> Iterator[Term]:
    """Yield every term below the roots once, operands before what uses them; no recursion."""
    seen: set[int] = set()
    stack: list[tuple[Term, bool]] = [(root, False) for root in roots if isinstance(root, Term)]
    stack.reverse()
    while stack:
        term, ready = stack.pop()
        if ready:
            yield term
        elif id(term) not in seen:
            seen.add(id(term))
            stack.append((term, True))
            stack.extend((each, False) for each in reversed(operands(term)) if id(each) not in seen)


def unknowns(roots: Iterable[Value]) -> frozenset[Term]:
    """Return the variables and applications below the roots; each term keeps its own."""
    found: frozenset[Term] = frozenset()
    for root in roots:
        if isinstance(root, Term):
            mine = root._unknowns if root._unknowns is not None else _gather(root)
            found = found | mine if found else mine
    return found


def _gather(root: Term) -> frozenset[Term]:
    stack = [root]
    while stack:
        term = stack[-1]
        open_ones = [each for each in operands(term) if each._unknowns is None]
        if open_ones:
            stack.extend(open_ones)
            continue
        stack.pop()
        if term._unknowns is None:
            below = [each._unknowns or frozenset() for each in operands(term)]
            own = frozenset((term,)) if term.op in ("var", "apply") else frozenset()
            term._unknowns = own.union(*below)
    return root._unknowns or frozenset()


def substitute(root: Value, replacements: Mapping[Term, Value]) -> Value:
    """Return the value with each of these terms replaced, folded anew."""
    if isinstance(root, int):
        return root
    done: dict[Term, Value] = {}
    for term in post_order([root]):
        if term in replacements:
            done[term] = replacements[term]
        elif term.op == "var":
            done[term] = term
        elif term.op == "apply":
            args = [done[each] if isinstance(each, Term) else _int(each) for each in term.args[1:]]
            done[term] = apply(str(term.args[0]), term.width, *args)
        else:
            done[term] = rebuild(term, [done[each] if isinstance(each, Term) else _int(each) for each in term.args])
    return done[root]


Assignment = Mapping[Term, int]


class Evaluator:
    """Computes terms from values of the unknowns; an unknown without a value is zero.

    Two applications of one function to arguments that evaluate alike have one value, that of the first.
    """

    def __init__(self, values: Assignment) -> None:
        self._done: dict[Term, int] = {}
        self._values = values
        self._functions: dict[tuple[str, tuple[int, ...]], int] = {}
        for term in post_order(values):  # what an argument is made of comes before the application to it
            if term.op == "apply" and term in values:
                self._functions.setdefault(self._signature(term), values[term])

    def __call__(self, value: Value) -> int:
        """Return the integer that the value has."""
        if isinstance(value, int):
            return value
        done = self._done
        if value not in done:
            stack = [value]
            while stack:
                term = stack[-1]
                missing = [each for each in operands(term) if each not in done]
                if missing:
                    stack.extend(missing)
                else:
                    done[stack.pop()] = self._compute(term)
        return done[value]

    def lookup(self, function: str, *args: int) -> int | None:
        """Return what an unknown function gives for these arguments, None when nothing is known."""
        return self._functions.get((function, args))

    def applications(self) -> Iterator[tuple[str, tuple[int, ...], int]]:
        """Yield function, arguments and value of each known application."""
        for (function, args), value in self._functions.items():
            yield function, args, value

    def _signature(self, term: Term) -> tuple[str, tuple[int, ...]]:
        return str(term.args[0]), tuple(self(_value(each)) for each in term.args[1:])

    def _compute(self, term: Term) -> int:
        if term.op == "var":
            return self._values.get(term, 0)
        if term.op == "apply":
            return self._functions.get(self._signature(term), 0)
        args = [self._done[each] if isinstance(each, Term) else each for each in term.args]
        return _int(rebuild(term, [_value(each) for each in args]))


def witnesses(conditions: Iterable[Value], values: Evaluator) -> frozenset[Term]:
    """Return unknowns that suffice to see that these conditions have the values that they have.

    Of what one operand decides (a false conjunct, the arm of a choice) only that operand is looked at.
    """
    found: set[Term] = set()
    seen: set[Term] = set()
    stack = [each for each in conditions if isinstance(each, Term)]
    while stack:
        term = stack.pop()
        if term in seen:
            continue
        seen.add(term)
        if term.op == "var":
            found.add(term)
            continue
        if term.op == "apply":
            found.add(term)
        stack.extend(_deciding(term, values))
    return frozenset(found)


def _deciding(term: Term, values: Evaluator) -> Iterable[Term]:
    if term.op == "ite":
        condition, then, otherwise = map(_value, term.args)
        chosen = then if values(condition) else otherwise
        return [each for each in (condition, chosen) if isinstance(each, Term)]
    if term.op in ("and", "or"):
        decides = 0 if term.op == "and" else 1
        for each in operands(term):
            if values(each) == decides:
                return (each,)
    return operands(term)


_SIMPLE: dict[str, Callable[[Value, Value, int], Value]] = {
    "bvand": bit_and,
    "bvor": bit_or,
    "bvxor": bit_xor,
    "add": add,
    "sub": sub,
    "mul": mul,
    "shl": shift_left,
    "shr": shift_right,
}


def rebuild(term: Term, args: list[Value]) -> Value:
    """Return the operator of ``term`` applied to other arguments, folded anew."""
    op, width = term.op, term.width
    if op in _SIMPLE:
        return _SIMPLE[op](args[0], args[1], width)
    if op == "not":
        return not_(args[0])
    if op == "and":
        return and_(args[0], args[1])
    if op == "or":
        return or_(args[0], args[1])
    if op == "ite":
        return ite(args[0], args[1], args[2], width)
    if op == "extract":
        return extract(args[0], _int(args[1]), _int(args[2]))
    if op == "concat":
        return join([(args[i], _int(args[i + 1])) for i in range(0, len(args), 2)])
    first = term.args[0]
    size = first.width if isinstance(first, Term) else _operand_width(term)
    return (eq if op == "eq" else lt)(args[0], args[1], size)


def _operand_width(term: Term) -> int:
    return next(each.width for each in operands(term))
