"""Highlighting: no program yields an Error token, which Sphinx would make a warning."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pygments.token import Error, Keyword, Name

from sphinx_fsgs.present.highlight import LEXERS

ATT = """\
1:	movq	%gs:PER_CPU_VAR(x)(,%rax,8), %rbx   # comment
	.p2align 4; swapgs; jne 1b  /* two
lines */
	mov $0xc0000102, %ecx // more
"""
INTEL = "entry: mov eax, [gs:rbx + 4*rcx - 0x10]\n  wrmsr # x\n"


@pytest.mark.parametrize(
    "text", [ATT, INTEL, "before\n    GS.base = ?a\nrun\n    swapgs\nafter\n    #GP(0) at swapgs\n"]
)
@pytest.mark.parametrize("name", LEXERS)
def test_no_error_token_and_nothing_lost(name: str, text: str) -> None:
    tokens = list(LEXERS[name]().get_tokens(text))
    assert Error not in [kind for kind, _ in tokens]
    assert "".join(value for _, value in tokens) == text


@given(st.text(alphabet="abswap01xX%$#/*;:,.()[]? \t\n\"'\\é", max_size=60))
def test_any_text_is_shown(text: str) -> None:
    for lexer in LEXERS.values():
        assert Error not in [kind for kind, _ in lexer().get_tokens(text)]


def test_mnemonics_and_labels_are_told_apart() -> None:
    tokens = list(LEXERS["fsgs-asm"]().get_tokens(ATT))
    assert [value for kind, value in tokens if kind is Name.Function] == ["movq", "swapgs", "jne", "mov"]
    assert [value for kind, value in tokens if kind is Name.Label] == ["1", "1b"]


def test_sections_stand_out() -> None:
    tokens = list(LEXERS["fsgs"]().get_tokens("before\n  GS.base = ?before\nafter\n"))
    assert [value for kind, value in tokens if kind is Keyword.Namespace] == ["before", "after"]
