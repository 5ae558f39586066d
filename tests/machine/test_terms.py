"""Terms: folding keeps the meaning, equal terms are one object, and solvers agree with plain integers."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sphinx_fsgs.machine import solver, terms
from sphinx_fsgs.machine.terms import Evaluator, Term, Value
from sphinx_fsgs.machine.terms.term import _table as INTERNED
from sphinx_fsgs.machine.values import BoundReached
from tests.machine.plain import Plain, compute

NAMES = ("x", "y", "z")
WIDTHS = (1, 2, 8, 16, 32, 52, 64)

Pair = tuple[Value, int]
"""A value built by the constructors of ``terms``, and the integer that it has under the chosen values."""

BINARY: dict[str, Callable[[Value, Value, int], Value]] = {
    "bvand": terms.bit_and,
    "bvor": terms.bit_or,
    "bvxor": terms.bit_xor,
    "add": terms.add,
    "sub": terms.sub,
    "mul": terms.mul,
    "udiv": terms.quotient,
    "urem": terms.remainder,
    "shl": terms.shift_left,
    "shr": terms.shift_right,
}
COMPARE: dict[str, Callable[[Value, Value, int], Value]] = {
    "=": terms.eq,
    "≠": terms.ne,
    "<": terms.lt,
    "≤": terms.le,
}


def number(draw: st.DrawFn, width: int) -> int:
    """Return a number of that width: one of the edges, a small one, a single bit, or any."""
    top = (1 << width) - 1
    edges = st.sampled_from(sorted({0, 1, top, top >> 1, 1 << width - 1, min(3, top), top & 0xFFFFFFFF, top & 0xFFF8}))
    bit = st.integers(0, width - 1).map(lambda n: 1 << n)
    return draw(st.one_of(edges, bit, st.integers(0, top)))


class Build:
    """Draws values by way of the constructors and computes beside them what they mean."""

    def __init__(self, draw: st.DrawFn, functions: bool = False) -> None:
        self.draw = draw
        self.functions = functions
        self.variables: dict[Term, int] = {}
        self.values = {(name, width): number(draw, width) for name in NAMES for width in WIDTHS}

    def leaf(self, width: int) -> Pair:
        if width in WIDTHS and self.draw(st.booleans()):
            name = self.draw(st.sampled_from(NAMES))
            term = terms.variable(f"{name}{width}", width)
            self.variables[term] = self.values[name, width]
            return term, self.values[name, width]
        value = number(self.draw, width)
        return value, value

    def value(self, width: int, depth: int) -> Pair:
        if not depth:
            return self.leaf(width)
        kinds = ["leaf", "binary", "ite", "extract", "concat", "extend"] + ["truth"] * (width == 1)
        kind = self.draw(st.sampled_from(kinds))
        if kind == "binary":
            op = self.draw(st.sampled_from(sorted(BINARY)))
            (a, one), (b, other) = self.value(width, depth - 1), self.value(width, depth - 1)
            return BINARY[op](a, b, width), compute(op, [one, other]) & terms.ones(width)
        if kind == "ite":
            condition, holds = self.value(1, depth - 1)
            (a, one), (b, other) = self.value(width, depth - 1), self.value(width, depth - 1)
            return terms.ite(condition, a, b, width), one if holds else other
        if kind == "extract":
            whole = self.draw(st.sampled_from([each for each in (*WIDTHS, width) if each >= width]))
            low = self.draw(st.integers(0, whole - width))
            a, one = self.value(whole, depth - 1)
            return terms.extract(a, low + width - 1, low), one >> low & terms.ones(width)
        if kind == "concat" and width > 1:
            low = self.draw(st.integers(1, width - 1))
            (a, one), (b, other) = self.value(width - low, depth - 1), self.value(low, depth - 1)
            return terms.concat(a, width - low, b, low), one << low | other
        if kind == "extend":
            narrow = self.draw(st.integers(1, width))
            a, one = self.value(narrow, depth - 1)
            if self.draw(st.booleans()):
                return terms.zero_extend(a, narrow, width), one
            negative = one >> narrow - 1
            return terms.sign_extend(a, narrow, width), (one - (negative << narrow)) & terms.ones(width)
        if kind == "truth":
            return self.truth(depth)
        return self.leaf(width)

    def truth(self, depth: int) -> Pair:
        kind = self.draw(st.sampled_from(["compare", "not", "and", "or"]))
        if kind == "compare":
            op = self.draw(st.sampled_from(sorted(COMPARE)))
            width = self.draw(st.sampled_from(WIDTHS))
            (a, one), (b, other) = self.value(width, depth - 1), self.value(width, depth - 1)
            meaning = {"=": one == other, "≠": one != other, "<": one < other, "≤": one <= other}
            return COMPARE[op](a, b, width), int(meaning[op])
        a, one = self.value(1, depth - 1)
        if kind == "not":
            return terms.not_(a), 1 - one
        b, other = self.value(1, depth - 1)
        return (terms.and_(a, b), one & other) if kind == "and" else (terms.or_(a, b), one | other)


@st.composite
def built(draw: st.DrawFn, truth: bool = False) -> tuple[Value, int, dict[Term, int], int]:
    """Return a value, what it means, the values of its variables, and its width."""
    build = Build(draw)
    width = 1 if truth else draw(st.sampled_from(WIDTHS))
    value, meaning = build.truth(3) if truth else build.value(width, draw(st.integers(1, 4)))
    return value, meaning, build.variables, width


@settings(max_examples=600, deadline=None)
@given(built())
def test_folding_keeps_the_meaning(case: tuple[Value, int, dict[Term, int], int]) -> None:
    value, meaning, variables, width = case
    assert Evaluator(variables)(value) == meaning
    assert Plain({str(term.args[0]): number for term, number in variables.items()})(value) == meaning
    if isinstance(value, Term):
        assert value.width == width
    else:
        assert 0 <= value < 1 << width


@settings(max_examples=200, deadline=None)
@given(built())
def test_substituting_numbers_gives_the_number(case: tuple[Value, int, dict[Term, int], int]) -> None:
    value, meaning, variables, _ = case
    assert terms.substitute(value, variables) == meaning


@settings(max_examples=200, deadline=None)
@given(built(), built())
def test_substituting_terms_is_evaluating_them_first(
    case: tuple[Value, int, dict[Term, int], int], other: tuple[Value, int, dict[Term, int], int]
) -> None:
    value, _, variables, _ = case
    replacement, number, more, width = other
    place = terms.variable(f"{NAMES[0]}{width}", width)
    replaced = terms.substitute(value, {place: replacement})
    # The replacement speaks of the variables as they are outside.
    outside = {**variables, **more}
    assert Evaluator(outside)(replaced) == Evaluator({**outside, place: Evaluator(outside)(replacement)})(value)
    assert Evaluator(more)(replacement) == number


@settings(max_examples=200, deadline=None)
@given(built())
def test_equal_terms_are_one_object(case: tuple[Value, int, dict[Term, int], int]) -> None:
    value, *_ = case
    again = terms.substitute(value, {})
    assert again is value or again == value
    for term in terms.post_order([value]):
        if term.op not in ("var", "apply"):
            again = terms.rebuild(term, [each for each in term.args if not isinstance(each, str)])
            assert again is term, f"{term} is not in its folded form"


def test_names_and_widths_tell_variables_apart() -> None:
    assert terms.variable("x", 8) is terms.variable("x", 8)
    assert terms.variable("x", 8) is not terms.variable("x", 16)
    x = terms.variable("x", 64)
    assert terms.add(terms.add(x, 8, 64), -8 & terms.ones(64), 64) is x
    assert terms.extract(terms.concat(x, 64, 5, 8), 71, 8) is x
    assert terms.apply("mem", 8, terms.add(x, 1, 64)) is terms.apply("mem", 8, terms.add(1, x, 64))


def test_a_term_has_no_truth_value() -> None:
    with pytest.raises(TypeError, match="no truth value"):
        bool(terms.variable("x", 1))


def test_the_number_of_terms_is_bounded() -> None:
    with pytest.raises(terms.TermLimit), terms.limited(10):
        for number in range(11):
            terms.variable(f"bounded{number}", 8)


def test_terms_that_nobody_holds_are_forgotten() -> None:
    before = len(INTERNED)
    terms.add(terms.variable("fleeting1", 8), terms.variable("fleeting2", 8), 8)
    assert len(INTERNED) == before


def test_applications_to_equal_arguments_have_one_value() -> None:
    x, y = terms.variable("x", 64), terms.variable("y", 64)
    evaluate = Evaluator({x: 5, y: 5, terms.apply("mem", 8, x): 7})
    assert evaluate(terms.apply("mem", 8, y)) == 7
    assert evaluate(terms.apply("mem", 8, terms.add(y, 1, 64))) == 0
    assert evaluate.lookup("mem", 5) == 7
    assert evaluate.lookup("mem", 6) is None


def test_applications_within_applications_have_their_values_in_any_order() -> None:
    inner = terms.apply("mem", 8, terms.variable("x", 64))
    outer = terms.apply("mem", 8, terms.zero_extend(inner, 8, 64))
    for values in ({inner: 5, outer: 9}, {outer: 9, inner: 5}):
        evaluate = Evaluator(values)
        assert (evaluate(inner), evaluate(outer), evaluate.lookup("mem", 5)) == (5, 9, 9)


# ---- solvers ------------------------------------------------------------------------------------


def defining(variables: dict[Term, int]) -> list[Value]:
    return [terms.eq(term, number, term.width) for term, number in variables.items()]


@pytest.mark.parametrize("name", ["bitwuzla", "z3"])
@settings(max_examples=120, deadline=None)
@given(case=built())
def test_a_solver_computes_the_same(name: str, case: tuple[Value, int, dict[Term, int], int]) -> None:
    value, meaning, variables, width = case
    session = solver.open_session(name)
    for each in defining(variables):
        session.require(each)
    assert session.check(terms.eq(value, meaning, width))
    if isinstance(value, Term):
        assert session.model([value])[value] == meaning
    assert not session.check(terms.ne(value, meaning, width))


@settings(max_examples=150, deadline=None)
@given(built(truth=True))
def test_bitwuzla_and_z3_answer_alike(case: tuple[Value, int, dict[Term, int], int]) -> None:
    question, meaning, variables, _ = case
    answers = []
    for name in ("bitwuzla", "z3"):
        session = solver.open_session(name)
        try:
            possible = session.check(question)
        except BoundReached:
            return  # too hard for one of them, which is no disagreement
        answers.append(possible)
        if possible and isinstance(question, Term):
            unknowns = terms.unknowns([question])
            model = dict(session.model(unknowns))
            assert Evaluator(model)(question) == 1
            assert Plain({str(term.args[0]): number for term, number in model.items()})(question) == 1
    assert answers[0] == answers[1]
    assert answers[0] or not meaning


@pytest.mark.parametrize("name", ["bitwuzla", "z3"])
def test_assumptions_do_not_stay(name: str) -> None:
    session = solver.open_session(name)
    x = terms.variable("x", 8)
    session.require(terms.lt(x, 5, 8))
    assert not session.check(terms.lt(6, x, 8))
    assert session.check(terms.eq(x, 4, 8))
    assert session.model([x]) == {x: 4}


@pytest.mark.parametrize("name", ["bitwuzla", "z3"])
def test_functions_are_functions(name: str) -> None:
    x, y = terms.variable("x", 64), terms.variable("y", 64)
    session = solver.open_session(name)
    session.require(terms.ne(terms.apply("mem", 8, x), terms.apply("mem", 8, y), 8))
    assert not session.check(terms.eq(x, y, 64))
    assert session.check()
    wanted = (x, y, terms.apply("mem", 8, x), terms.apply("mem", 8, y))
    model = session.model(wanted)
    assert model[x] != model[y] and model[wanted[2]] != model[wanted[3]]


def test_deep_terms_need_no_recursion() -> None:
    x = terms.variable("x", 64)
    value: Value = x
    for number in range(20_000):
        value = terms.bit_xor(terms.mul(value, x, 64), number | 1, 64)
    assert isinstance(Evaluator({x: 3})(value), int)
    session = solver.open_session("bitwuzla")
    session.require(terms.eq(x, 0, 64))
    assert session.check(terms.eq(value, Evaluator({x: 0})(value), 64))
    assert Evaluator({})(terms.substitute(value, {x: 3})) == Evaluator({x: 3})(value)


def test_a_question_that_is_too_hard_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(solver, "MAX_WORK", 20)
    x, y = terms.variable("x", 64), terms.variable("y", 64)
    session = solver.open_session("bitwuzla")
    session.require(terms.lt(1, x, 64))
    session.require(terms.lt(1, y, 64))
    with pytest.raises(BoundReached, match="solver"):
        wide = terms.mul(terms.zero_extend(x, 64, 128), terms.zero_extend(y, 64, 128), 128)
        session.check(terms.eq(wide, 18446744073709551557 * 18446744073709551533, 128))
    monkeypatch.setattr(solver, "MAX_WORK", 50_000)
    assert session.check(terms.eq(x, 5, 64))


@pytest.mark.parametrize("join", [terms.add, terms.sub, terms.bit_xor])
def test_what_is_shared_is_cut_once(join: Callable[[Value, Value, int], Value]) -> None:
    """Each step uses the one before it twice, so that whoever cuts both ways takes 2**3000 steps."""
    x, y = terms.variable("x", 64), terms.variable("y", 64)
    older: Value = x
    value: Value = y
    for _ in range(3_000):
        older, value = value, join(value, older, 64)
    part = terms.extract(value, 7, 0)
    inputs = {x: 0x1234_5678_9ABC_DEF0, y: 0x0FED_CBA9_8765_4321}
    assert Evaluator(inputs)(part) == Evaluator(inputs)(value) & 0xFF
