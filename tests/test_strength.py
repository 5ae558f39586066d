"""How strong the documents are: a sample of changed Operations, and the machinery that changes and compares them."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.strength.__main__ import default_documents, main
from tests.strength.campaign import Campaign
from tests.strength.cases import case_items
from tests.strength.equal import Prover
from tests.strength.items import Judged, items_of
from tests.strength.mutated import Mutant, Whole, facts, mutants

SEED, SAMPLE = 20, 40


@pytest.fixture(scope="module")
def base() -> Whole:
    return Whole()


@pytest.fixture(scope="module")
def documents(base: Whole) -> Sequence[Judged]:
    return items_of(default_documents(), base)


@pytest.fixture(scope="module")
def prover(base: Whole) -> Prover:
    return Prover(base)


def _page(folder: Path, text: str) -> Path:
    path = folder / "page.rst"
    path.write_text(f"Page\n====\n\n{text}\n", encoding="utf-8")
    return path


def _mutant(base: Whole, name: str, line: str, words: str) -> Mutant:
    (found,) = [each for each in mutants(base, {name}) if line in each.text and each.words == words]
    return found


def test_a_sample_of_mutants_is_noticed(base: Whole, documents: Sequence[Judged]) -> None:
    """The same 40 each time; all of them in ``./check --strength``."""
    everything = mutants(base, set().union(*(item.uses for item in documents)))
    chosen = random.Random(SEED).sample(everything, SAMPLE)
    outcomes = Campaign(base, documents, tuple(case_items(base))).try_all(chosen)
    assert [f"{each.mutant.where} {each.mutant.words}" for each in outcomes if each.fate == "survived"] == []
    assert sum(each.fate == "killed" for each in outcomes) > SAMPLE // 2


TABLES = ("enumerated", " MSR ", " is 0x", "first appeared", "relative to", "no-wrmsrns", "no-such-instruction")
"""Of what speaks an item that runs no Operation: of tables, or of an instruction that is not there."""


def test_there_is_something_to_break_in_every_document_item(documents: Sequence[Judged]) -> None:
    idle = [item for item in documents if not item.uses]
    assert len(documents) > 150
    assert all(any(word in item.name for word in TABLES) for item in idle), [item.name for item in idle]


class TestTables:
    """The command prints who notices what, and its status says whether anything is weak."""

    SWAP = """\
.. fsgs: example swap
   before
       in kernel
       CR4.FRED = 0
       {before}
   after
       {after}

::

    swapgs
"""

    def test_a_page_that_says_little_lets_mutants_survive(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        page = _page(tmp_path, self.SWAP.format(before="GS.base = ?a", after="GS_SHADOW = ?a"))
        assert main([str(page), "--alone", "--jobs", "1"]) == 1
        out = capsys.readouterr().out
        assert re.search(r"^survived: SWAPGS\.insn:8 .*: deleted$", out, re.MULTILINE)
        assert re.search(
            r"^  SWAPGS\.insn:13 +IA32_KERNEL_GS_BASE := active; +deleted +page\.rst:4 swap$", out, re.MULTILINE
        )
        assert "1 examples and claims, 1 broken" in out

    def test_an_item_that_says_nothing_is_named(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        page = _page(tmp_path, self.SWAP.format(before="RAX = ?x", after="RAX = ?x"))
        text = page.read_text(encoding="utf-8").replace("swapgs", "nop")
        page.write_text(text, encoding="utf-8")
        assert main([str(page), "--alone", "--jobs", "1"]) == 1
        out = capsys.readouterr().out
        assert "never broken: page.rst:4 swap" in out and "0 mutants" in out

    def test_claims_that_say_everything_leave_no_survivor(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        claims = (
            "SWAPGS swaps GS.base and GS_SHADOW",
            "SWAPGS changes only GS.base and GS_SHADOW",
            "SWAPGS raises #UD under FRED",
            "SWAPGS raises #UD in compatibility mode",
            "SWAPGS raises #GP(0) when CPL is not 0 and CR4.FRED = 0",
            "SWAPGS raises no fault at CPL 0 when CR4.FRED = 0",
            "MSR_KERNEL_GS_BASE is MSR 0xC0000102",
        )
        page = _page(tmp_path, "\n\n".join(f".. fsgs: claim {claim}" for claim in claims))
        assert main([str(page), "--alone", "--jobs", "2"]) == 0
        out = capsys.readouterr().out
        assert "31 mutants: 31 noticed, 0 proved to mean the same, 0 refused by the loader, 0 survived" in out
        assert "MSR_KERNEL_GS_BASE is MSR 0xC0000102" in out and "breaks on msrs.toml" in out

    def test_a_page_with_errors_is_no_measure(self, tmp_path: Path, base: Whole) -> None:
        page = _page(tmp_path, ".. fsgs: claim SWAPGS does not change GS.base")
        with pytest.raises(ValueError, match=r"page\.rst:4: .* is false on every processor"):
            items_of([page], base)


class TestProofs:
    """What is said to mean the same does so on every processor; anything else is told from it."""

    @pytest.mark.parametrize(
        ("name", "line", "words"),
        [
            # The accessed bit is in the constant as well.
            ("access_rights", "access_rights", "0xF0FE instead of 0xF0FF"),
            # Any width but 57 is the shorter one.
            ("paging_width", "paging_width", "47 instead of 48"),
        ],
    )
    def test_the_same(self, name: str, line: str, words: str, base: Whole, prover: Prover) -> None:
        assert prover.equal(name, _mutant(base, name, line, words).make())

    @pytest.mark.parametrize(
        ("name", "line", "words"),
        [
            ("SWAPGS", "CPL ≠ 0", "#UD instead of #GP"),
            ("SWAPGS", "IF CPL ≠ 0", "never"),
            ("write_msr", "MSR[index]", "deleted"),
            ("load_null", "clears_limit", "turned round"),
            ("set_accessed", "d[40] = 0", "d[39] instead of d[40]"),
            # A page that is read-only need not be written to.
            ("set_accessed", "IF d[40] = 0", "always"),
            ("WRMSR", "wrmsr_base_serialises", "deleted"),
            ("check_access", "mapped(linear)", "deleted"),
            # Known to sentences only, as a word or in the invariants.
            ("in_table", "LDTR.unusable", "1 instead of 0"),
            ("processor_width", "processor_width", "58 instead of 57"),
            ("descriptor_base", "descriptor_base", "d[39:16]:d[63:56] instead of d[63:56]:d[39:16]"),
        ],
    )
    def test_not_the_same(self, name: str, line: str, words: str, base: Whole, prover: Prover) -> None:
        found = [each for each in mutants(base, {name}) if line in each.text and each.words == words]
        assert found and not any(prover.equal(name, each.make()) for each in found)

    def test_the_spec_means_the_same_as_itself(self, base: Whole, prover: Prover) -> None:
        assert all(prover.equal(name, base) for name in ("SWAPGS", "load_segment", "canonical", "admits"))


def test_each_mutant_differs_in_one_place(base: Whole) -> None:
    found = mutants(base, {"SWAPGS", "load_from", "canonical"})
    assert len({(each.name, each.line, each.words, each.number) for each in found}) == len(found) > 100
    for each in found:
        changed = each.make()
        original = base.instruction(each.name) if each.name == "SWAPGS" else base.definition(each.name)
        other = changed.instruction(each.name) if each.name == "SWAPGS" else changed.definition(each.name)
        assert original != other, each.words
        assert changed.definition("null") is base.definition("null")
    assert base.instruction("SWAPGS").operation == Whole().instruction("SWAPGS").operation


def test_facts_change_a_number_a_bit_or_an_answer(base: Whole) -> None:
    found = facts(base)
    assert len(found) == len(base.layout.msrs) + 2 * len(base.features) + len(base.behaviour_names)
    by_words = {(each.name, each.words): each.make() for each in found}
    assert by_words["GS_SHADOW", "another number"].layout.msrs != base.layout.msrs
    turned = by_words["wrmsr_base_serialises", "every answer turned round"]
    assert turned.answers("amd_zen4", "wrmsr_base_serialises") == (1,)
    assert base.answers("amd_zen4", "wrmsr_base_serialises") == (0,)
    assert by_words["LKGS", "set where it is clear"].answers("amd_k8", "CPUID.LKGS") == (1,)
