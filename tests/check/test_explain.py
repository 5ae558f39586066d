"""``fsgs explain`` says of a word what the spec has, the exceptions in the order of the checks included."""

from __future__ import annotations

import pytest

from sphinx_fsgs.check.explain import explain
from sphinx_fsgs.spec.exceptions import exceptions_of
from sphinx_fsgs.spec.model import Spec


@pytest.fixture(scope="module")
def spec() -> Spec:
    return Spec()


def test_every_instruction_is_explained_with_its_exceptions(spec: Spec) -> None:
    for stem in spec.index.stems:
        text = explain(spec, stem)
        assert text is not None and spec.instruction(stem).title in text
        places = [text.index(f"    {row.title}") for row in exceptions_of(spec, stem)]
        assert len(places) == len(exceptions_of(spec, stem))


def test_a_mnemonic_and_a_name_of_sentences_lead_to_the_same(spec: Spec) -> None:
    assert explain(spec, "wrgsbaseq") == explain(spec, "WRGSBASE") == explain(spec, "WRFSBASE_WRGSBASE")


def test_a_mnemonic_of_several_files_leads_to_all_of_them(spec: Spec) -> None:
    text = explain(spec, "btsq")
    assert text is not None
    assert all(spec.instruction(stem).title in text for stem in ("BTS_BTR_BTC_BIT_STRING", "BTS_BTR_BTC_WORD"))


def test_every_question_and_every_processor_is_explained(spec: Spec) -> None:
    for name in spec.behaviour_names:
        text = explain(spec, name)
        assert text is not None and spec.behaviour(name).question in text
    for name, profile in spec.profiles.items():
        text = explain(spec, name)
        assert text is not None and profile.title in text
        assert all(question in text for question in spec.behaviour_names)


def test_what_the_spec_does_not_have_is_not_explained(spec: Spec) -> None:
    assert explain(spec, "coffee") is None
