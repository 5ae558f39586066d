"""Whatever the text, readers return findings; they never raise, and each finding lies within the text."""

from __future__ import annotations

import sys
from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from sphinx_fsgs.diagnostic import Diagnostic
from sphinx_fsgs.source import Fragment, Span, fragment_of
from sphinx_fsgs.syntax.read_assembly import read_assembly
from sphinx_fsgs.syntax.read_c import read_c
from sphinx_fsgs.syntax.read_claim import read_claim
from sphinx_fsgs.syntax.read_condition import read_condition
from sphinx_fsgs.syntax.read_example import read_example, read_page
from sphinx_fsgs.syntax.read_scope import read_scope
from tests.syntax.lexicon import LEXICON

WORDS = """
before run after always never sometimes in kernel user mode = != < assume canonical ( ) [ ] : ; , . .. # #GP #x $ % *
GS.base RAX EAX ?x ?y u64[ MSR[ GDT[5] data dpl base not and or is null the selector at from to except end when on with
without amd FSGSBASE SWAPGS MOV GS changes only swaps copies raises serialising equivalent enumerated CPUID swapgs mov
lkgs %ax %gs: $0x2b 1b 1: foo: /* */ // nothing else changes but unchanged 0x 0x1 1_0 09 -1 << | ~
""".split()
WORDS_OF_C = """
long unsigned char __seg_gs __attribute__((address_space(256))) * ** & ( ) { } ; , = == |= << >> && || ! ~ + - 1 0x1f
08 1UL x ptr printf ( "%ld\\n" "a \" b" if else while for return asm volatile : :: "=r"(x) #ifdef #endif #if
#define X (1 << 1) #include <a.h> .... … /* */ // ' \\ "
""".split()
texts = st.one_of(
    st.text(max_size=60),
    st.lists(st.sampled_from([*WORDS, "\n", "\n  ", "\n\t", " "]), max_size=25).map(" ".join),
    st.lists(st.sampled_from([*WORDS, "\n", "\t"]), max_size=12).map("".join),
)
S = Span("<text>", 1, 1, 1, 1)


def _found(read: Callable[[Fragment], tuple[Diagnostic, ...]], text: str) -> None:
    fragment = fragment_of(text)
    for each in read(fragment):
        lines = fragment.lines
        assert each.span.path == "<text>" and 1 <= each.span.line <= each.span.end_line <= len(lines)
        assert each.code.startswith("FSGS1") and each.message and each.authority and each.help
        line = lines[each.span.line - 1]
        assert each.span.column <= line.column + len(line.text) + 1


@settings(max_examples=150, deadline=None)
@given(texts)
def test_no_text_makes_a_reader_raise(text: str) -> None:
    _found(lambda fragment: read_assembly(fragment, LEXICON).diagnostics, text)
    _found(lambda fragment: read_condition(fragment, LEXICON).diagnostics, text)
    _found(lambda fragment: read_scope(fragment, LEXICON).diagnostics, text)
    _found(lambda fragment: read_claim(fragment, LEXICON).diagnostics, text)
    _found(lambda fragment: read_page((), fragment, LEXICON, S).diagnostics, text)
    for word in ("before", "after", "run"):
        body = f"{word}\n  " + text.replace("\n", "\n  ")
        _found(lambda fragment: read_example("x", (), fragment, (), LEXICON, S).diagnostics, body)


code = st.one_of(
    st.text(max_size=60),
    st.lists(st.sampled_from([*WORDS_OF_C, "\n", " "]), max_size=40).map(" ".join),
    st.lists(st.sampled_from([*WORDS_OF_C, "\n"]), max_size=20).map("".join),
)


@settings(max_examples=100, deadline=None)
@given(code)
def test_no_text_makes_the_reader_of_c_raise(text: str) -> None:
    _found(lambda fragment: read_c(fragment).diagnostics, text)


def test_statements_and_expressions_of_c_may_be_nested_beyond_the_bounds() -> None:
    for text in (
        "if (x) " * 10_000 + ";",
        "{" * 10_000,
        "x = " + "(" * 10_000 + "1" + ")" * 10_000 + ";",
        "x = " + "~" * 3_000 + "1;",
        "x = 1;" * 10_000,
        "#define A B\n" * 5_000,
    ):
        _found(lambda fragment: read_c(fragment).diagnostics, text)


def test_the_deepest_statement_needs_few_frames() -> None:
    """Sphinx and docutils have used up to a third of the interpreter's stack when we are called."""
    deep = {
        "RAX = " + "-" * 95 + "1": read_condition,
        "not " * 90 + "RAX = 1": read_condition,
        "(" * 190 + "RAX" + " = 1)" * 95 + ")" * 95: read_condition,
        "u64[" * 95 + "1" + "]" * 95: read_condition,
        "not " * 95 + "amd": read_scope,
        "mov $" + "-" * 90 + "1, %rax": read_assembly,
        "x = " + "~" * 90 + "1;": lambda fragment, _: read_c(fragment),
        "if (x) " * 25 + "x = 1;": lambda fragment, _: read_c(fragment),
    }
    for text, read in deep.items():
        read(fragment_of(text), LEXICON)  # Lark and the grammar are loaded
    frame, used = sys._getframe(), 0
    while frame.f_back:
        frame, used = frame.f_back, used + 1
    limit = sys.getrecursionlimit()
    try:
        sys.setrecursionlimit(used + 600)
        for text, read in deep.items():
            parsed = read(fragment_of(text), LEXICON)
            assert parsed.diagnostics == (), text
    finally:
        sys.setrecursionlimit(limit)
