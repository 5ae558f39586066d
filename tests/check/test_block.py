"""Which language a block is in, and why it is not understood."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sphinx_fsgs.check.block import reasons_of_blocks, why_not_understood
from sphinx_fsgs.source import fragment_of
from sphinx_fsgs.spec.model import Spec
from sphinx_fsgs.syntax.language import language_of, without_comments

CASES = tomllib.loads(Path(__file__).with_name("blocks.toml").read_text(encoding="utf-8"))["block"]


@cache
def spec() -> Spec:
    return Spec()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["text"].split("\n")[0])
def test_language_and_reason(case: dict[str, str]) -> None:
    named = case.get("named", "")
    assert language_of(case["text"], named, spec().lexicon) == case["language"]
    assert why_not_understood(fragment_of(case["text"]), named, spec()) == case["why"]


def test_each_reason_has_a_case() -> None:
    assert reasons_of_blocks() == {case["why"] for case in CASES} - {""}


def test_a_symbol_from_the_settings_is_known() -> None:
    block = fragment_of("mov %gs:current, %rax")
    assert why_not_understood(block, "", spec()) == "unknown-symbol"
    assert why_not_understood(block, "", Spec(None, {"current": 8})) == ""


_PIECES = (
    "swapgs",
    "mov",
    "%gs",
    ":",
    "$1",
    ",",
    "%rax",
    "(",
    ")",
    "#",
    "/*",
    "*/",
    "//",
    "1:",
    "....",
    '"',
    "\n",
    " ",
)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.one_of(st.sampled_from(_PIECES), st.text(max_size=3)), max_size=30).map("".join))
def test_any_text_gets_a_reason_or_none(text: str) -> None:
    if text.strip():
        assert why_not_understood(fragment_of(text), "", spec()) in {"", *reasons_of_blocks()}


@given(st.text(max_size=60))
def test_comments_are_blanked_in_place(text: str) -> None:
    bare = without_comments(text)
    assert len(bare) == len(text)
    assert all(kept in (" ", char) for kept, char in zip(bare, text, strict=True))
