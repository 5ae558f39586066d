"""What is printed is read again as the same tree: conditions and scopes."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from sphinx_fsgs.source import Span, fragment_of
from sphinx_fsgs.syntax.expression import Binary, Call, Concat, Expr, Free, Memory, Msr, Name, Number, Slice, Unary
from sphinx_fsgs.syntax.printer import expression_text, number_text, scope_text
from sphinx_fsgs.syntax.read_condition import read_condition
from sphinx_fsgs.syntax.read_scope import read_scope
from sphinx_fsgs.syntax.scope import Both, Either, Named, Not, Range, Scope
from tests.syntax.lexicon import LEXICON

S = Span("", 1, 1, 1, 1)

numbers = st.builds(Number, st.integers(0, 2**64), st.just(S))
leaves = st.one_of(
    numbers,
    st.builds(Name, st.sampled_from(["GS.base", "RAX", "EDX", "the.selector", "GS_SHADOW"]), st.just(S)),
    st.builds(Free, st.sampled_from(["x", "percpu", "and_not"]), st.just(S)),
)


def _grown(inner: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
    operators = st.sampled_from(["OR", "AND", "=", "≠", "<", "≤", ">", "≥", "|", "^", "&", "<<", ">>", "+", "-", "*"])
    return st.one_of(
        st.builds(Binary, operators, inner, inner, st.just(S)),  # type: ignore[arg-type]
        st.builds(Unary, st.sampled_from(["NOT", "-"]), inner, st.just(S)),  # type: ignore[arg-type]
        st.builds(Concat, inner, inner, st.just(S)),
        st.builds(Slice, inner, numbers, numbers, st.just(S)),
        st.builds(Call, st.sampled_from(["canonical", "null"]), st.lists(inner, max_size=3).map(tuple), st.just(S)),
        st.builds(Memory, st.just(""), inner, st.sampled_from([8, 16, 32, 64]).map(lambda n: Number(n, S)), st.just(S)),
        st.builds(Msr, st.builds(Free, st.just("n"), st.just(S)), st.just(S)),
    )


expressions = st.recursive(leaves, _grown, max_leaves=12)
scopes = st.recursive(
    st.one_of(
        st.builds(Named, st.sampled_from(["amd_k8", "intel_core2"]), st.just("profile"), st.just(S)),  # type: ignore[arg-type]
        st.builds(Named, st.just("amd"), st.just("family"), st.just(S)),  # type: ignore[arg-type]
        st.builds(Named, st.sampled_from(["LKGS", "FRED"]), st.just("feature"), st.just(S)),  # type: ignore[arg-type]
        st.builds(Range, st.just("amd_zen1"), st.just("amd_zen3"), st.just(S)),
    ),
    lambda inner: st.one_of(
        st.builds(Both, inner, inner, st.just(S)),
        st.builds(Either, inner, inner, st.just(S)),
        st.builds(Not, inner, st.just(S)),
    ),
    max_leaves=12,
)


@settings(max_examples=200, deadline=None)
@given(expressions)
def test_conditions_survive_printing(expr: Expr) -> None:
    parsed = read_condition(fragment_of(expression_text(expr)), LEXICON, the=frozenset({"selector"}))
    assert parsed.diagnostics == ()
    assert parsed.tree == expr


@settings(max_examples=200, deadline=None)
@given(scopes)
def test_scopes_survive_printing(scope: Scope) -> None:
    parsed = read_scope(fragment_of(scope_text(scope)), LEXICON)
    assert parsed.diagnostics == ()
    assert parsed.tree == scope


def test_only_the_parentheses_that_are_needed() -> None:
    for text in (
        "not canonical(GS.base, 0x30) and (CPL = 0 or RAX + 1 < -?x)",
        "EDX:EAX = u64[RSP + 8 * (1 + ?n)][0x1f:0]",
        "1 - (2 - 3) << 4 | RAX & 7",
    ):
        tree = read_condition(fragment_of(text), LEXICON).tree
        assert tree is not None
        assert expression_text(tree) == text
    scope = read_scope(fragment_of("(amd or intel) and not (FRED and LKGS) or amd_zen1..amd_zen3"), LEXICON).tree
    assert scope is not None
    assert scope_text(scope) == "(amd or intel) and not (FRED and LKGS) or amd_zen1..amd_zen3"


def test_numbers() -> None:
    assert [number_text(each) for each in (0, 9, 10, -1, 1 << 63)] == ["0", "9", "0xa", "-1", "0x8000000000000000"]
