"""Memory as a set of objects: an origin, and the bytes written at offsets from it.

An address is brought to origin + offset. The same origin is exact; another origin is another object,
because an example names things apart. Constant addresses all lie in one object, whose origin is 0;
where things may overlap, so do all others, and a read looks through every write before it.
An address that is one of several, as behind a conditional move, is looked at in each case. One that is
computed from another in any other way is *derived*: nothing says that the two are apart, so who judges asks.
Below the writes lies the initial memory, of which nothing is known: ``mem(address)``, byte by byte.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import field, replace
from itertools import takewhile

from sphinx_fsgs.machine import terms
from sphinx_fsgs.machine.terms import Term, Value
from sphinx_fsgs.machine.values import BoundReached
from sphinx_fsgs.records import dataclass

WIDTH = 64
MAX_INDEXED_WRITES = 64
"""Writes that a read at a variable offset may have to look through; beyond, ``undecided: bound memory``."""

MAX_BYTES = 4096
"""Bytes at constant offsets that may be written to one object; beyond, ``undecided: bound memory``."""

MAX_LOWERING = 1023
"""The most that is subtracted from an address for what is then an address in the same object, nothing else known."""

MAX_CASES = 16
"""Addresses that one access may go to, each under its own condition; beyond, ``undecided: bound memory``."""

INITIAL = "mem"
"""The unknown function from addresses to the bytes that memory holds at first."""


@dataclass(frozen=True, slots=True)
class Write:
    """A write at an offset that may be a term: ``size`` bytes, where ``guard`` holds."""

    offset: Value
    size: int
    value: Value
    guard: Value


@dataclass(slots=True)
class Object:
    """One piece of memory: bytes at constant offsets, and behind them the writes since one was not constant."""

    origin: Value
    bytes: dict[int, Value] = field(default_factory=dict)
    log: list[Write] = field(default_factory=list)

    def content(self, offset: int) -> Value:
        """Return the byte at a constant offset, as it is beneath the writes at others."""
        return self.bytes[offset] if offset in self.bytes else initial_byte(self.origin, offset)

    def copy(self) -> Object:
        """Return an object that can be written without changing this one."""
        return Object(self.origin, dict(self.bytes), list(self.log))


class _Content:
    """What copies of a memory share until one of them changes it."""

    __slots__ = ("objects", "owned", "origins", "used", "spans", "one_object", "derived", "ranges")

    def __init__(self) -> None:
        self.one_object = False
        self.objects: dict[Value, Object] = {}
        self.owned: set[Value] = set()
        self.origins: dict[Term, None] = {}
        self.used: dict[Value, None] = {}
        self.spans: dict[Value, tuple[int, int]] = {}
        self.derived: dict[tuple[Value, Value], None] = {}
        self.ranges: dict[Value, tuple[int, int]] = {}

    def copy(self) -> _Content:
        """Return content that can be changed; its objects are still shared."""
        other = _Content()
        other.one_object = self.one_object
        other.objects = dict(self.objects)
        other.origins = dict(self.origins)
        other.used = dict(self.used)
        other.spans = dict(self.spans)
        other.derived = dict(self.derived)
        other.ranges = dict(self.ranges)
        return other


class Memory:
    """All objects of a run; copies share what is not written."""

    __slots__ = ("_content", "_shared")

    def __init__(self, content: _Content | None = None) -> None:
        self._content = _Content() if content is None else content
        self._shared = content is not None

    def copy(self) -> Memory:
        """Return the same memory, to go on from here; it costs nothing until one of the two is changed."""
        self._shared = True
        return Memory(self._content)

    def overlap(self) -> None:
        """Let any two addresses be the same, from here on."""
        self._changed().one_object = True

    def bound(self, value: Value, low: int, high: int) -> None:
        """Say that ``value`` is never less than ``low`` nor more than ``high`` in any state of the run."""
        known = self._content.ranges.get(value, (0, terms.ones(WIDTH)))
        self._changed().ranges[value] = max(known[0], low), min(known[1], high)

    def _changed(self) -> _Content:
        """Return the content, to be changed."""
        if self._shared:
            self._content = self._content.copy()
            self._shared = False
        return self._content

    def knows(self, address: Value) -> bool:
        """Whether an address lies in an object that is known already."""
        return self._known(address) is not None

    def declare(self, origin: Value, low: int = 0, high: int = 0) -> None:
        """Say that ``origin`` begins an object of its own that reaches from ``low`` to ``high`` bytes from it."""
        base, offset = terms.split(origin)
        if isinstance(base, Term):
            self._open(base)
            self._reach(base, offset + low, offset + high)

    def locate(self, address: Value) -> tuple[Value, Value]:
        """Return the origin of the object that an address lies in, and the offset from it."""
        found = self._known(address)
        if found is None:
            base, constant = terms.split(address)
            assert isinstance(base, Term)
            lowered = next((each for each in _cuts(base) if _lowering(each[1]) is not None), None)
            if lowered is not None:
                self._open(lowered[0])
                return lowered[0], terms.add(lowered[1], constant, WIDTH)
            self._open(base)
            return base, _signed(constant)
        return found

    def _known(self, address: Value) -> tuple[Value, Value] | None:
        base, constant = terms.split(address)
        if isinstance(base, int) or self._content.one_object:
            return 0, address
        if base in self._content.origins:
            return base, _signed(constant)
        for origin, rest in _cuts(base):
            if origin in self._content.origins:
                return origin, terms.add(rest, constant, WIDTH)
        return None

    def cases(self, address: Value) -> list[tuple[Value, Value]]:
        """Return the addresses that an address may be, each with the condition under which it is that one."""
        done: list[tuple[Value, Value]] = []
        pending: list[tuple[Value, Value]] = [(1, address)]
        while pending:
            guard, each = pending.pop()
            choice = None if self._known(each) else _choice(each)
            if choice is None:
                done.append((guard, each))
                if len(done) > MAX_CASES:
                    raise BoundReached("memory")
                continue
            condition, then, otherwise = choice
            pending.append((terms.and_(guard, terms.not_(condition)), otherwise))
            pending.append((terms.and_(guard, condition), then))
        return done

    def load(self, address: Value, size: int) -> Value:
        """Return ``size`` bytes at an address, little-endian."""
        *others, (_, last) = self.cases(address)
        value = self._load(last, size)
        for guard, each in others:
            value = terms.ite(guard, self._load(each, size), value, 8 * size)
        return value

    def _load(self, address: Value, size: int) -> Value:
        origin, offset = self.locate(address)
        self._touch(origin, offset, size)
        found = self._content.objects.get(origin)
        parts = [(self._byte(found, origin, offset, index), 8) for index in reversed(range(size))]
        return terms.join(parts)

    def store(self, address: Value, size: int, value: Value, guard: Value) -> None:
        """Write ``size`` bytes at an address where the guard holds."""
        for case, each in self.cases(address):
            self._store(each, size, value, terms.and_(guard, case))

    def _store(self, address: Value, size: int, value: Value, guard: Value) -> None:
        origin, offset = self.locate(address)
        self._touch(origin, offset, size)
        target = self._own(origin)
        if not isinstance(offset, int) or target.log:
            target.log.append(Write(offset, size, value, guard))
            if len(target.log) > MAX_INDEXED_WRITES:
                raise BoundReached("memory")
            return
        for index in range(size):
            byte = terms.extract(value, 8 * index + 7, 8 * index)
            if not isinstance(guard, int):
                byte = terms.ite(guard, byte, self._byte(target, origin, offset, index), 8)
            elif not guard:
                continue
            target.bytes[offset + index] = byte
        if len(target.bytes) > MAX_BYTES:
            raise BoundReached("memory")

    def objects(self) -> Iterator[Object]:
        """Yield the objects that have been written."""
        return iter(self._content.objects.values())

    def object(self, origin: Value) -> Object | None:
        """Return the object of an origin, None while nothing has been written to it."""
        return self._content.objects.get(origin)

    def used(self) -> tuple[Value, ...]:
        """Return the origins that have been reached, in order."""
        return tuple(self._content.used)

    def apart(self) -> Iterator[Value]:
        """Yield that the objects reached or declared do not overlap."""
        ranges = [(origin, *span) for origin, span in self._content.spans.items()]
        for number, (one, low, high) in enumerate(ranges):
            for other, bottom, top in ranges[number + 1 :]:
                yield from _disjoint((one, low, high), (other, bottom, top))

    def doubts(self) -> Iterator[Value]:
        """Yield for each two objects of which one is derived from the other and one is written: when they overlap."""
        content = self._content
        for one, other in content.derived:
            if one in content.spans and other in content.spans and not content.objects.keys().isdisjoint((one, other)):
                here, there = (one, *content.spans[one]), (other, *content.spans[other])
                yield terms.not_(terms.all_of(_disjoint(here, there)))

    def apart_from(self, origin: Value, low: int, high: int) -> Iterator[Value]:
        """Yield that no object but that of an address reaches into offsets ``low`` up to ``high`` from there."""
        known = self._known(origin)
        home = origin if known is None else known[0]
        for other, (bottom, top) in self._content.spans.items():
            if other is not home:
                yield from _disjoint((other, bottom, top), (origin, low, high))

    def reaching(self, others: Iterable[Memory]) -> Memory:
        """Return this memory as if what others have reached had been reached in it."""
        found = self.copy()
        for content in {id(each._content): each._content for each in others}.values():
            for origin, (low, high) in content.spans.items():
                found._reach(origin, low, high)
        return found

    def _open(self, origin: Term) -> None:
        if origin not in self._content.origins:
            content = self._changed()
            mine = _made_of(origin)
            for other in content.origins:
                theirs = _made_of(other)
                if mine <= theirs or theirs <= mine:
                    content.derived[other, origin] = None
            content.origins[origin] = None

    def _touch(self, origin: Value, offset: Value, size: int) -> None:
        if origin not in self._content.used:
            self._changed().used[origin] = None
        if isinstance(offset, int):
            self._reach(origin, offset, offset + size)
        else:
            rest, constant = terms.split(offset)
            most = _lowering(rest)
            if most is None:
                self._reach(origin, 0, 1 << 16)  # a table's limit has 16 bits
            else:
                self._reach(origin, _signed(constant) - most, _signed(constant) + size)

    def _reach(self, origin: Value, low: int, high: int) -> None:
        known = self._content.spans.get(origin)
        span = (low, high) if known is None else (min(known[0], low), max(known[1], high))
        if span != known:
            self._changed().spans[origin] = span

    def _own(self, origin: Value) -> Object:
        content = self._changed()
        if origin not in content.owned:
            found = content.objects.get(origin)
            content.objects[origin] = Object(origin) if found is None else found.copy()
            content.owned.add(origin)
        return content.objects[origin]

    def _byte(self, found: Object | None, origin: Value, offset: Value, index: int) -> Value:
        at = offset + index if isinstance(offset, int) else terms.add(offset, index, WIDTH)
        if found is None:
            return initial_byte(origin, at)
        if isinstance(at, int):
            value = found.bytes[at] if at in found.bytes else initial_byte(origin, at)
        else:
            value = self._indexed(found, origin, at)
        for write in found.log:
            if self._may_hit(write, at):
                value = _through(write, at, value)
        return value

    def _may_hit(self, write: Write, at: Value) -> bool:
        """Whether a byte at this offset may be one that was written, as far as ranges tell."""
        first, last = self._range(write.offset)
        low, high = self._range(at)
        last += write.size - 1
        return first <= high and low <= last or last > terms.ones(WIDTH)

    def _range(self, offset: Value) -> tuple[int, int]:
        if isinstance(offset, int):
            return offset & terms.ones(WIDTH), offset & terms.ones(WIDTH)
        base, constant = terms.split(offset)
        low, high = self._content.ranges.get(base, (0, terms.ones(WIDTH)))
        return (low + constant, high + constant) if high + constant <= terms.ones(WIDTH) else (0, terms.ones(WIDTH))

    def _indexed(self, found: Object, origin: Value, at: Term) -> Value:
        value = initial_byte(origin, at)
        if len(found.bytes) > 8 * MAX_INDEXED_WRITES:
            raise BoundReached("memory")
        for place, byte in found.bytes.items():
            value = terms.ite(terms.eq(at, place & terms.ones(WIDTH), WIDTH), byte, value, 8)
        return value


def joined(chosen: Value, one: Memory, other: Memory) -> Memory | None:
    """Return what memory holds: the first where ``chosen`` holds, else the second; None where both are not one memory.

    That is so where an address would belong to two objects, because each has taken another of its summands as the
    origin, and where an object would hold more than its bound.
    """
    here, there = one._content, other._content
    if here is there:
        return one.copy()
    if here.one_object is not there.one_object or here.ranges != there.ranges:
        return None
    strangers = [origin for origin in there.origins if origin not in here.origins]
    if any(one._known(each) for each in strangers) or any(
        other._known(each) for each in here.origins if each not in there.origins
    ):
        return None
    found = one.copy()
    for each in strangers:
        found._open(each)
    content = found._changed()
    content.derived |= there.derived
    content.used |= there.used
    for origin, (low, high) in there.spans.items():
        found._reach(origin, low, high)
    for origin in dict.fromkeys((*here.objects, *there.objects)):
        mine, theirs = here.objects.get(origin), there.objects.get(origin)
        if mine is not theirs:
            both = _joined(chosen, mine or Object(origin), theirs or Object(origin))
            if both is None:
                return None
            content.objects[origin] = both
            content.owned.add(origin)
    return found


def _joined(chosen: Value, one: Object, other: Object) -> Object | None:
    found = Object(one.origin)
    for offset in dict.fromkeys((*one.bytes, *other.bytes)):
        found.bytes[offset] = terms.ite(chosen, one.content(offset), other.content(offset), 8)
    alike = shared(one.log, other.log)
    found.log = one.log[:alike]
    for side, rest in ((chosen, one.log[alike:]), (terms.not_(chosen), other.log[alike:])):
        found.log += [replace(each, guard=terms.and_(side, each.guard)) for each in rest]
    return found if len(found.log) <= MAX_INDEXED_WRITES and len(found.bytes) <= MAX_BYTES else None


def shared(one: Sequence[object], other: Sequence[object]) -> int:
    """Return the number of members that two lists begin with and that are the same."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] is pair[1], zip(one, other, strict=False)))


def _disjoint(one: tuple[Value, int, int], other: tuple[Value, int, int]) -> Iterator[Value]:
    """Yield that two ranges, each an origin with a first offset and the one behind the last, do not overlap."""
    (origin, low, high), (another, bottom, top) = one, other
    first = terms.add(origin, low & terms.ones(WIDTH), WIDTH)
    second = terms.add(another, bottom & terms.ones(WIDTH), WIDTH)
    yield terms.le(high - low, terms.sub(second, first, WIDTH), WIDTH)
    yield terms.le(top - bottom, terms.sub(first, second, WIDTH), WIDTH)


def initial_byte(origin: Value, offset: Value) -> Value:
    """Return the byte that memory holds at first at an offset from an origin."""
    place = offset & terms.ones(WIDTH) if isinstance(offset, int) else offset
    return terms.apply(INITIAL, 8, terms.add(origin, place, WIDTH))


def _through(write: Write, at: Value, value: Value) -> Value:
    at = at & terms.ones(WIDTH) if isinstance(at, int) else at
    for index in range(write.size):
        place = terms.add(write.offset, index, WIDTH) if not isinstance(write.offset, int) else write.offset + index
        hit = terms.eq(at, place & terms.ones(WIDTH) if isinstance(place, int) else place, WIDTH)
        byte = terms.extract(write.value, 8 * index + 7, 8 * index)
        value = terms.ite(terms.and_(write.guard, hit), byte, value, 8)
    return value


def _choice(address: Value) -> tuple[Value, Value, Value] | None:
    """Return a condition and what an address is if it holds and if not, for one with a choice among its summands."""
    base, constant = terms.split(address)
    summands = list(_summands(base)) if isinstance(base, Term) else []
    for number, each in enumerate(summands):
        if each.op == "ite":
            rest: Value = constant
            for other in summands[:number] + summands[number + 1 :]:
                rest = terms.add(rest, other, WIDTH)
            condition, then, otherwise = terms.choice(each)
            return condition, terms.add(then, rest, WIDTH), terms.add(otherwise, rest, WIDTH)
    return None


def _made_of(origin: Value) -> frozenset[Term]:
    """Return the unknown values that an origin is computed from; what is read from memory is one of them."""
    found: set[Term] = set()
    pending = [origin] if isinstance(origin, Term) else []
    seen: set[Term] = set()
    while pending:
        each = pending.pop()
        if each in seen:
            continue
        seen.add(each)
        if each.op in ("var", "apply"):
            found.add(each)
        else:
            pending.extend(terms.operands(each))
    return frozenset(found)


def _cuts(base: Term) -> Iterator[tuple[Term, Value]]:
    """Yield each way to take one summand of a sum as the origin, with the rest."""
    summands = list(_summands(base))
    if len(summands) < 2:
        return
    for number, origin in enumerate(summands):
        rest: Value = 0
        for other in summands[:number] + summands[number + 1 :]:
            rest = terms.add(rest, other, WIDTH)
        yield origin, rest


def _lowering(term: Value) -> int | None:
    """Return the most by which an address is lowered when a term is added to it, None where that is no small number.

    So a pointer is aligned: its lowest bits are subtracted from it.
    """
    if not isinstance(term, Term):
        return None
    most = 0
    for each in _summands(term):
        if each.op != "sub" or each.args[0] != 0:
            return None
        (part,) = terms.operands(each)
        if part.op != "concat" or part.args[0] != 0 or not isinstance(part.args[1], int):
            return None
        most += terms.ones(WIDTH - part.args[1])
    return most if most <= MAX_LOWERING else None


def _summands(base: Term) -> Iterator[Term]:
    if base.op == "add":
        for each in terms.operands(base):
            yield from _summands(each)
    elif base.op == "sub" and isinstance(base.args[0], Term):
        yield from _summands(base.args[0])
        negative = terms.sub(0, terms.operands(base)[-1], WIDTH)
        if isinstance(negative, Term):
            yield negative
    else:
        yield base


def _signed(offset: int) -> int:
    return offset - (1 << WIDTH) if offset >> WIDTH - 1 else offset
