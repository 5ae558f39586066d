"""Memory as objects: exact where offsets are constant, conditional where they are not, and bounded."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sphinx_fsgs.machine import solver, terms
from sphinx_fsgs.machine.memory import MAX_CASES, MAX_INDEXED_WRITES, Memory, initial_byte
from sphinx_fsgs.machine.terms import Term, Value
from sphinx_fsgs.machine.values import BoundReached
from tests.machine.plain import Plain

MASK = terms.ones(64)
P, Q = terms.variable("p", 64), terms.variable("q", 64)
INDEX = terms.variable("index", 64)


def at(base: Value, offset: int) -> Value:
    return terms.add(base, offset & MASK, 64)


def test_what_was_stored_is_loaded_and_nothing_is_asked() -> None:
    memory, value = Memory(), terms.variable("value", 64)
    before = solver.calls
    for number in range(40):
        memory.store(at(P, -8 * number), 8, terms.add(value, number, 64), 1)
    for number in range(40):
        assert memory.load(at(P, -8 * number), 8) is terms.add(value, number, 64)
    assert solver.calls == before


def test_a_partial_overlap_is_exact() -> None:
    memory = Memory()
    old, new = terms.variable("old", 64), terms.variable("new", 16)
    memory.store(P, 8, old, 1)
    memory.store(at(P, 3), 2, new, 1)
    high, low = terms.extract(old, 63, 40), terms.extract(old, 23, 0)
    assert memory.load(P, 8) is terms.join([(high, 24), (new, 16), (low, 24)])
    assert memory.load(at(P, 3), 2) is new
    assert memory.load(at(P, 4), 1) is terms.extract(new, 15, 8)
    straddling = memory.load(at(P, -1), 2)
    assert straddling is terms.concat(terms.extract(old, 7, 0), 8, initial_byte(P, -1), 8)


def test_another_origin_is_another_object() -> None:
    memory = Memory()
    memory.store(P, 8, 1, 1)
    memory.store(Q, 8, 2, 1)
    assert (memory.load(P, 8), memory.load(Q, 8)) == (1, 2)
    ranges = list(memory.apart())
    assert Plain({"p": 0x1000, "q": 0x1008})(terms.all_of(ranges)) == 1
    for q in (0x1000, 0x1007, 0xFF9):
        assert Plain({"p": 0x1000, "q": q})(terms.all_of(ranges)) == 0


def test_constant_addresses_lie_in_one_object() -> None:
    memory = Memory()
    memory.store(0x1000, 8, 0x1122334455667788, 1)
    memory.store(0x1007, 2, 0xAABB, 1)
    assert memory.load(0x1000, 8) == 0xBB22334455667788
    assert memory.load(0x1008, 1) == 0xAA


def test_a_guarded_write_leaves_what_was_there() -> None:
    memory, guard = Memory(), terms.variable("guard", 1)
    memory.store(P, 1, 5, 1)
    memory.store(P, 1, 7, guard)
    memory.store(P, 1, 9, 0)
    found = memory.load(P, 1)
    assert [Plain({"guard": each})(found) for each in (0, 1)] == [5, 7]


def test_a_copy_is_written_apart() -> None:
    memory = Memory()
    memory.store(P, 4, 1, 1)
    copy = memory.copy()
    copy.store(P, 4, 2, 1)
    memory.store(Q, 4, 3, 1)
    assert (memory.load(P, 4), copy.load(P, 4)) == (1, 2)
    assert isinstance(copy.load(Q, 4), Term)


def test_an_index_into_a_declared_object_finds_its_writes() -> None:
    memory = Memory()
    memory.declare(P)
    memory.store(at(P, 16), 8, 0x1234, 1)
    found = memory.load(terms.add(P, INDEX, 64), 8)

    def value(index: int) -> int:
        return Plain({"p": 0x5000, "index": index}, lambda name, arguments: 0xEE)(found)

    assert value(16) == 0x1234
    assert value(15) == 0x1234EE & MASK
    assert value(17) == 0xEE00000000000012
    assert value(32) == 0xEEEEEEEEEEEEEEEE


def test_a_write_at_an_index_is_seen_by_every_later_read() -> None:
    memory = Memory()
    memory.declare(P)
    memory.store(at(P, 0), 1, 1, 1)
    memory.store(terms.add(P, INDEX, 64), 1, 2, 1)
    memory.store(at(P, 8), 1, 3, 1)
    reads = [memory.load(at(P, 0), 1), memory.load(at(P, 8), 1), memory.load(terms.add(P, INDEX, 64), 1)]

    def values(index: int) -> list[int]:
        return [Plain({"p": 0x5000, "index": index}, lambda name, arguments: 0)(each) for each in reads]

    assert values(0) == [2, 3, 2]
    assert values(8) == [1, 3, 3]
    assert values(5) == [1, 3, 2]


def test_writes_at_an_index_are_bounded() -> None:
    memory = Memory()
    memory.declare(P)
    for number in range(MAX_INDEXED_WRITES):
        memory.store(terms.add(terms.add(P, INDEX, 64), number, 64), 1, number & 0xFF, 1)
    with pytest.raises(BoundReached) as caught:
        memory.store(terms.add(P, INDEX, 64), 1, 0, 1)
    assert caught.value.name == "memory"


def test_reads_at_an_index_through_many_writes_are_bounded() -> None:
    memory = Memory()
    memory.declare(P)
    for number in range(MAX_INDEXED_WRITES + 1):
        memory.store(at(P, 8 * number), 8, 1, 1)
    assert memory.load(at(P, 8), 8) == 1
    with pytest.raises(BoundReached, match="memory"):
        memory.load(terms.add(P, INDEX, 64), 1)


class Flat:
    """What memory is held against: bytes by address."""

    def __init__(self) -> None:
        self.bytes: dict[int, int] = {}

    def load(self, address: int, size: int) -> int:
        return sum(self.byte(address + index) << 8 * index for index in range(size))

    def byte(self, address: int) -> int:
        return self.bytes.get(address & MASK, initially("mem", (address & MASK,)))

    def store(self, address: int, size: int, value: int) -> None:
        for index in range(size):
            self.bytes[address + index & MASK] = value >> 8 * index & 0xFF


def initially(name: str, arguments: tuple[int, ...]) -> int:
    return arguments[0] * 37 + 11 & 0xFF


Access = tuple[bool, str, int, int, int, int]
accesses = st.lists(
    st.tuples(
        st.booleans(),
        st.sampled_from(["p", "q", "p+index", "constant"]),
        st.integers(-12, 12),
        st.sampled_from([1, 2, 4, 8]),
        st.integers(0, MASK),
        st.integers(0, 1),
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=200, deadline=None)
@given(accesses, st.integers(-16, 16))
def test_objects_behave_like_flat_memory(made: list[Access], index: int) -> None:
    """Loads and stores in any order, partly overlapping, guarded and indexed, give what bytes by address give."""
    values = {"p": 0x10000, "q": 0x20000, "index": index & MASK, "guard": 0}
    bases: dict[str, Value] = {"p": P, "q": Q, "p+index": terms.add(P, INDEX, 64), "constant": 0x30000}
    memory, flat, guard = Memory(), Flat(), terms.variable("guard", 1)
    memory.declare(P)
    for is_store, base, offset, size, value, when in made:
        address = at(bases[base], offset)
        where = Plain(values)(address)
        if is_store:
            cut = value & terms.ones(8 * size)
            memory.store(address, size, cut, 1 if when else guard)
            if when:
                flat.store(where, size, cut)
        else:
            assert Plain(values, initially)(memory.load(address, size)) == flat.load(where, size)


def test_an_address_that_is_one_of_several_reaches_each_under_its_condition() -> None:
    memory, which = Memory(), terms.variable("which", 1)
    memory.store(P, 8, 1, 1)
    memory.store(Q, 8, 2, 1)
    chosen = terms.ite(which, P, Q, 64)
    assert memory.load(chosen, 8) is terms.ite(which, 1, 2, 64)
    memory.store(at(chosen, 8), 8, 3, 1)
    assert memory.load(at(P, 8), 1) is terms.ite(which, 3, initial_byte(P, 8), 8)
    assert set(memory.used()) == {P, Q}


def test_an_address_of_too_many_is_a_bound() -> None:
    address: Value = P
    for number in range(MAX_CASES):
        address = terms.ite(terms.variable(f"c{number}", 1), terms.variable(f"p{number}", 64), address, 64)
    with pytest.raises(BoundReached):
        Memory().load(address, 1)


def test_what_is_computed_from_an_address_is_in_doubt_once_one_of_them_is_written() -> None:
    memory, rounded = Memory(), terms.bit_and(P, -8 & MASK, 64)
    memory.load(P, 8)
    memory.load(rounded, 8)
    assert list(memory.doubts()) == []
    memory.store(Q, 8, 1, 1)
    assert list(memory.doubts()) == []
    memory.store(rounded, 8, 1, 1)
    (overlap,) = memory.doubts()
    assert {p: Plain({"p": p})(overlap) for p in (0x1000, 0x1007)} == {0x1000: 1, 0x1007: 1}


@given(st.integers(0, 40), st.integers(0, 40), st.integers(-12, 40))
def test_a_range_decides_only_what_is_so(low: int, more: int, offset: int) -> None:
    memory, plain = Memory(), Memory()
    memory.bound(INDEX, low, low + more)
    for each in (memory, plain):
        each.store(P, 8, 0x1111111111111111, 1)
        each.store(terms.add(P, INDEX, 64), 8, 0x2222222222222222, 1)
    for index in (low, low + more):
        values = Plain({"p": 0x1000, "index": index}, lambda _, arguments: arguments[0])
        assert values(memory.load(at(P, offset), 4)) == values(plain.load(at(P, offset), 4))
