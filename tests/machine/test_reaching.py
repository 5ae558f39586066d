"""Whether inputs produce every value: against plain search, and where memory holds the inputs."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sphinx_fsgs.machine import terms
from sphinx_fsgs.machine.reaching import Goal, Way, is_memory, sample, simplest, unreached
from sphinx_fsgs.machine.terms import Evaluator, Term, Value
from sphinx_fsgs.machine.terms.lineage import Copied, lineage
from sphinx_fsgs.machine.values import BoundReached
from tests.machine.test_terms import built

WIDTH = 3
X, Y, REST = (terms.variable(name, WIDTH) for name in ("x", "y", "rest"))
WANTED = terms.variable("?wanted", WIDTH)
ALL = range(1 << WIDTH)


def _is_input(term: Term) -> bool:
    return term in (X, Y) or is_memory(term)


def _goal(possible: Value = 1) -> Goal:
    return Goal(WANTED, possible, _is_input)


def _way(final: Value, condition: Value = 1) -> Way:
    return Way(terms.and_(condition, terms.eq(final, WANTED, WIDTH)), final)


@st.composite
def values(draw: st.DrawFn, depth: int = 3) -> Value:
    """Return a value over the inputs and the rest."""
    if not depth or draw(st.booleans()):
        return draw(st.sampled_from([X, Y, REST, 0, 5]))
    one, other = draw(values(depth - 1)), draw(values(depth - 1))
    make = draw(st.sampled_from([terms.bit_and, terms.bit_or, terms.bit_xor, terms.add, _chosen, _joined]))
    return make(one, other, WIDTH)


def _chosen(one: Value, other: Value, width: int) -> Value:
    return terms.ite(terms.lt(one, 3, width), one, other, width)


def _joined(one: Value, other: Value, width: int) -> Value:
    return terms.join([(terms.extract(one, 0, 0), 1), (terms.extract(other, width - 1, 1), width - 1)])


@st.composite
def ways(draw: st.DrawFn) -> tuple[tuple[Value, Value], ...]:
    """Return the final value of one or two ways, each with the condition under which it is taken."""
    found = []
    for _ in range(draw(st.integers(1, 2))):
        one, other = draw(values(1)), draw(values(1))
        found.append((draw(values()), draw(st.sampled_from([1, terms.ne(one, other, WIDTH)]))))
    return tuple(found)


def _reached(found: Sequence[tuple[Value, Value]], rest: int) -> set[int]:
    """Return by trying all inputs which values there are in a state of the rest."""
    states = [Evaluator({X: x, Y: y, REST: rest}) for x, y in product(ALL, ALL)]
    return {state(final) for state in states for final, condition in found if state(condition)}


@settings(max_examples=100, deadline=None)
@given(ways(), st.sampled_from([1, terms.lt(WANTED, 6, WIDTH)]))
def test_as_trying_everything_finds(drawn: tuple[tuple[Value, Value], ...], possible: Value) -> None:
    goal = _goal(possible)
    found = [_way(*each) for each in drawn]
    meant = {value for value in ALL if Evaluator({WANTED: value})(possible)}
    try:
        missed = unreached(found, goal)
    except BoundReached:
        return
    if not missed:
        assert any(meant <= _reached(drawn, rest) for rest in ALL)
    else:
        assert set(missed) <= meant
        for few in (missed, simplest(found, goal, missed)):
            assert not any(set(few) <= _reached(drawn, rest) for rest in ALL)


@pytest.mark.parametrize(
    "final",
    [X, terms.bit_xor(X, 7, WIDTH), terms.add(X, 0, WIDTH), _joined(X, Y, WIDTH), terms.bit_xor(X, REST, WIDTH)],
)
def test_copies_of_bits_are_followed(final: Value) -> None:
    assert unreached([_way(final)], _goal()) == ()


def test_what_stays_the_same_for_all_values_sets_none() -> None:
    way = _way(REST)
    assert len(unreached([way], _goal())) == 2
    assert simplest([way], _goal(), (3, 5, 6)) == (0, 1)


def test_the_bit_that_cannot_be_reached_is_said() -> None:
    way = _way(terms.zero_extend(terms.extract(X, 1, 0), 2, WIDTH))
    assert simplest([way], _goal(), unreached([way], _goal())) == (4,)


def test_no_way_reaches_nothing() -> None:
    assert unreached([], _goal()) == (sample(_goal()),)


def test_there_may_be_no_value_at_all() -> None:
    assert sample(_goal(0)) is None
    assert unreached([], _goal(0)) == ()


def test_values_that_there_are_not_need_not_be_reached() -> None:
    way = _way(terms.zero_extend(terms.extract(X, 1, 0), 2, WIDTH))
    assert unreached([way], _goal(terms.lt(WANTED, 4, WIDTH))) == ()


# ---- memory ----

ADDRESS = terms.variable("address", 64)
WORD = terms.variable("?wanted", 16)


def _byte(offset: int, base: Value = ADDRESS) -> Value:
    return terms.apply("mem", 8, terms.add(base, offset, 64))


def test_bytes_of_memory_hold_parts_of_the_value() -> None:
    final = terms.concat(_byte(7), 8, _byte(2), 8)
    way = Way(terms.eq(final, WORD, 16), final)
    assert unreached([way], Goal(WORD, 1, is_memory)) == ()


def test_one_byte_cannot_hold_two() -> None:
    final = terms.concat(_byte(2), 8, _byte(2), 8)
    way = Way(terms.eq(final, WORD, 16), final)
    missed = unreached([way], Goal(WORD, 1, is_memory))
    assert missed and all(value >> 8 != value & 0xFF for value in missed)


def test_a_byte_can_stand_where_the_value_says() -> None:
    pointer = terms.variable("pointer", 16)
    there = terms.eq(_byte(0, terms.zero_extend(pointer, 16, 64)), 9, 8)
    way = Way(terms.and_(there, terms.eq(pointer, WORD, 16)), pointer)
    assert unreached([way], Goal(WORD, 1, lambda term: term is pointer or is_memory(term))) == ()


def test_two_bytes_at_places_that_meet_are_one() -> None:
    """Both pointers come with the value; where they are equal, their bytes cannot differ."""
    one, other = (terms.variable(name, 8) for name in ("one", "other"))
    apart = (terms.eq(_byte(0, terms.zero_extend(each, 8, 64)), byte, 8) for byte, each in enumerate((one, other)))
    final = terms.concat(one, 8, other, 8)
    way = Way(terms.all_of([*apart, terms.eq(final, WORD, 16)]), final)
    goal = Goal(WORD, 1, lambda term: term in (one, other) or is_memory(term))
    missed = simplest([way], goal, unreached([way], goal))
    assert missed and all(value >> 8 == value & 0xFF for value in missed)


# ---- bits ----


@settings(max_examples=300, deadline=None)
@given(built(), st.data())
def test_a_bit_is_the_copy_that_it_is_said_to_be(
    case: tuple[Value, int, dict[Term, int], int], data: st.DataObject
) -> None:
    value, meaning, variables, width = case
    followed = data.draw(st.sets(st.sampled_from(sorted(variables, key=str)))) if variables else set()
    for index, bit in enumerate(lineage(value, width, Evaluator(variables), followed)):
        if isinstance(bit, Copied):
            assert bit.unknown in followed
            assert (variables[bit.unknown] >> bit.place & 1) ^ bit.inverted == meaning >> index & 1
        elif bit is not None:
            assert bit == meaning >> index & 1
