"""``fsgs explain`` says of a word what the spec has, the exceptions in the order of the checks included."""

from __future__ import annotations

import functools
import re

import pytest

from sphinx_fsgs.check.explain import explain
from sphinx_fsgs.spec.exceptions import exceptions_of
from sphinx_fsgs.spec.model import Spec
from tests.check.explained import WORDS, golden


@pytest.fixture(scope="module")
def spec() -> Spec:
    return Spec()


@functools.cache
def said(spec: Spec, word: str) -> str:
    text = explain(spec, word)
    assert text is not None
    return text


def test_every_instruction_is_explained_with_its_exceptions(spec: Spec) -> None:
    for stem in spec.index.stems:
        text = said(spec, stem)
        rows = exceptions_of(spec, stem)
        assert spec.instruction(stem).title in text
        assert ("It raises none." in text) == (not rows)
        lines = re.findall(r"^    (\d+) +(\S.*?)(?:  .*)?$", text, re.MULTILINE)
        assert lines == [(str(number), row.title) for number, row in enumerate(rows, 1)]


def test_the_operation_is_what_its_file_has(spec: Spec) -> None:
    for stem in spec.index.stems:
        written = (spec.folder / "instructions" / f"{stem}.insn").read_text(encoding="utf-8")
        operation = written.partition("\nOperation:\n")[2].rstrip("\n")
        assert not operation or operation in said(spec, stem)


def test_a_mnemonic_and_a_name_of_sentences_lead_to_the_same(spec: Spec) -> None:
    assert said(spec, "wrgsbaseq") == said(spec, "WRGSBASE") == said(spec, "WRFSBASE_WRGSBASE")


def test_a_mnemonic_of_several_files_leads_to_all_of_them(spec: Spec) -> None:
    text = said(spec, "btsq")
    assert all(spec.instruction(stem).title in text for stem in ("BTS_BTR_BTC_BIT_STRING", "BTS_BTR_BTC_WORD"))


def test_every_question_and_every_processor_is_explained(spec: Spec) -> None:
    for name in spec.behaviour_names:
        assert spec.behaviour(name).question in said(spec, name)
    for name, profile in spec.profiles.items():
        text = said(spec, name)
        assert profile.title in text
        assert all(question in text for question in spec.behaviour_names)


def test_a_definition_is_explained_by_its_text_and_who_uses_it(spec: Spec) -> None:
    text = said(spec, "load_null")
    assert "PROCEDURE load_null(seg, selector, base_to)" in text and "Used by" in text and "LKGS" in text
    assert explain(spec, "noted_base") is None  # nothing is known of it, so there is nothing to explain


def test_lists_have_everything_of_their_kind(spec: Spec) -> None:
    assert all(profile.title in said(spec, "profiles") for profile in spec.profiles.values())
    assert all(name in said(spec, "behaviours") for name in spec.behaviour_names)
    assert all(re.search(rf"^ +{re.escape(spec.instruction(stem).title.split(' — ')[0])}  |^ +{stem}  ",
                         said(spec, "instructions"), re.MULTILINE) for stem in spec.index.stems)  # fmt: skip


def test_what_the_spec_does_not_have_is_not_explained(spec: Spec) -> None:
    assert explain(spec, "coffee") is None


def test_where_documents_are_not_read_it_is_said_how_to_list_examples(spec: Spec) -> None:
    assert "fsgs explain LKGS --in PATH lists the examples" in said(spec, "LKGS")
    text = explain(spec, "LKGS", lambda stem: [f"here they are for {stem}"])
    assert text is not None and "here they are for LKGS" in text and "--in PATH" not in text


@pytest.mark.parametrize("word", WORDS)
def test_the_whole_text_is_as_it_was_read_through(spec: Spec, word: str) -> None:
    assert said(spec, word) == golden(word).read_text(encoding="utf-8")
