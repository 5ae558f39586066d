"""How strong cases and documents are: a sample of changed Operations, and what changes and compares them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.strength.__main__ import ROOT, default_documents, main, quick_items
from tests.strength.equal import Prover
from tests.strength.facts import facts
from tests.strength.items import Item, Judged, items_of, quick_session
from tests.strength.mutated import Mutant, Whole, mutants, names_of
from tests.strength.operations import NAMED, Measured, Operations
from tests.strength.shared import Shared

SEED, SAMPLE = 1, 60
LEAST = 0.9
"""Of so few mutants some more may mean the same than of many."""


@pytest.fixture(scope="module")
def base() -> Whole:
    return Whole()


@pytest.fixture(scope="module")
def shared(base: Whole) -> Shared:
    return Shared(base)


@pytest.fixture(scope="module")
def items(shared: Shared) -> tuple[Item, ...]:
    return quick_items(shared)


@pytest.fixture(scope="module")
def documents(shared: Shared) -> Sequence[Judged]:
    return items_of(default_documents(), shared)


@pytest.fixture(scope="module")
def prover(shared: Shared) -> Prover:
    return Prover(shared)


def _page(folder: Path, text: str) -> Path:
    path = folder / "page.rst"
    path.write_text(f"Page\n====\n\n{text}\n", encoding="utf-8")
    return path


def _mutant(base: Whole, name: str, line: str, words: str) -> Mutant:
    (found,) = [each for each in mutants(base, {name}) if line in each.text and each.words == words]
    return found


def test_a_sample_of_mutants_is_noticed(
    shared: Shared, items: tuple[Item, ...], request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]
) -> None:
    """The same 60 each time; more with ``python -m tests.strength --count N --seed S``."""
    campaign = Operations(shared, items, lambda: request.getfixturevalue("documents"))
    measured = campaign.run(SAMPLE, SEED)
    with capsys.disabled():
        print(f"\nseed {SEED}: {measured.noticed()} of {len(measured.loaded)} mutants noticed")
    assert [f"{each.mutant.where} {each.mutant.words}" for each in measured.survivors] == []
    assert len(measured.loaded) == SAMPLE and measured.share >= LEAST


class TestOperations:
    """All that has an Operation is changed, in each of the promised ways, and the command says what came of it."""

    def test_every_operation_and_definition_is_changed(self, base: Whole) -> None:
        changed = {each.name for each in mutants(base, names_of(base))}
        untouched = names_of(base) - changed
        operations = {name: base.instruction(name).operation for name in untouched & set(base.index.stems)}
        assert all(not operation for operation in operations.values()), operations
        assert not untouched - set(operations)

    @pytest.mark.parametrize(
        ("kind", "name", "line", "words"),
        [
            ("condition", "SWAPGS", "IF CPL ≠ 0", "never"),
            ("condition", "SWAPGS", "IF CPL ≠ 0", "deleted"),
            ("condition", "load_from", "CPL > d[46:45]", "selector[1:0] > d[46:45] instead of"),
            ("width", "set_segment", "base_to", "sign_extend(descriptor_base(d), 64) instead of"),
            ("width", "load_from", "LET d", "zero_extend(MEM[table:at, 32], 64) instead of"),
            ("width", "access_rights", "d[55:40]", "zero_extend(d[54:40], 16) instead of d[55:40]"),
            ("width", "ADD", "DST := r", "the lower 8 bits to DST"),
            ("write", "SWAPGS", "IA32_KERNEL_GS_BASE := active", "deleted"),
            ("write", "SWAPGS", "GS.base             :=", "instead of GS.base"),
            ("write", "deliver_fred", "MEM[SS:top - 64, 64]", "to DS instead of SS"),
            ("write", "arch_prctl", "set_base(FS, address, 0)", "GS instead of FS"),
        ],
    )
    def test_the_kinds_of_change(self, kind: str, name: str, line: str, words: str, base: Whole) -> None:
        found = [each for each in mutants(base, {name}) if line in each.text and words in each.words]
        assert found and {each.kind for each in found} == {kind}

    def test_a_seed_decides_and_each_kind_has_its_turn(self, shared: Shared) -> None:
        orders = [list(Operations(shared, (), lambda: ()).shuffled(seed))[:300] for seed in (1, 1, 2)]
        numbers = [[each.number for each in order] for order in orders]
        assert numbers[0] == numbers[1] != numbers[2]
        assert Counter(each.kind for each in orders[0]) == dict.fromkeys(NAMED, 100)

    def test_what_nothing_notices_fails(self, shared: Shared) -> None:
        measured = Operations(shared, (), lambda: ()).run(3, SEED)
        assert isinstance(measured, Measured) and measured.share == 0 and not measured.passes
        assert len(measured.survivors) + sum(each.fate == "equivalent" for each in measured.outcomes) == 3

    def test_the_command(self, capsys: pytest.CaptureFixture[str]) -> None:
        page = ROOT / "tests" / "strength" / "documents"
        status = main(["--count", "6", "--seed", "5", "--jobs", "1", *map(str, sorted(page.glob("*.rst"))[:1])])
        out = capsys.readouterr().out
        assert out.startswith("seed 5; ") and "noticed first by" in out
        share = re.search(r"^6 mutants .*; share noticed (\d+\.\d) %;", out, re.MULTILINE)
        assert share and (status == 0) == (float(share[1]) >= 95 and "survived:" not in out)


class TestSharedCode:
    """What a change cannot reach is compiled once; what it reaches is not kept."""

    def test_only_what_is_made_from_the_change_is_compiled_again(
        self, shared: Shared, items: tuple[Item, ...], base: Whole
    ) -> None:
        (mutant,) = [each for each in mutants(base, {"SWAPGS"}) if each.words == "never" and "CPL" in each.text]
        again = quick_session(mutant.make(), shared, "SWAPGS").judge.concrete
        dropped = {key for key in shared.concrete._done if key not in again._done}
        assert len(items) > 700 and dropped and {key[0] for key in dropped} == {"SWAPGS"}  # type: ignore[index]

    def test_what_an_item_runs_is_what_compiling_it_alone_asks_for(
        self, shared: Shared, items: tuple[Item, ...], base: Whole
    ) -> None:
        for item in [*items[::97], *items[-50::25]]:
            alone = Shared(base)
            with alone.watched() as uses:
                item.signature(quick_session(alone.spec, alone))
            assert uses == item.uses, item.name


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
        assert "33 mutants: 33 noticed, 0 proved to mean the same, 0 refused by the loader, 0 survived" in out
        assert "MSR_KERNEL_GS_BASE is MSR 0xC0000102" in out and "breaks on msrs.toml" in out

    def test_a_page_with_errors_is_no_measure(self, tmp_path: Path, shared: Shared) -> None:
        page = _page(tmp_path, ".. fsgs: claim SWAPGS does not change GS.base")
        with pytest.raises(ValueError, match=r"page\.rst:4: .* is false on every processor"):
            items_of([page], shared)


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
    numbers, tables = len(base.layout.msrs) + len(base.own_constants), len(base.address_spaces) + len(base.generations)
    assert len(found) == numbers + 2 * len(base.features) + len(base.behaviour_names) + tables
    by_words = {(each.name, each.words): each.make() for each in found}
    assert by_words["GS_SHADOW", "another number"].layout.msrs != base.layout.msrs
    turned = by_words["wrmsr_base_serialises", "every answer turned round"]
    assert turned.answers("amd_zen4", "wrmsr_base_serialises") == (1,)
    assert base.answers("amd_zen4", "wrmsr_base_serialises") == (0,)
    assert by_words["LKGS", "set where it is clear"].answers("amd_k8", "CPUID.LKGS") == (1,)
    assert by_words["ARCH_SET_GS", "another number"].constants != base.constants
    assert by_words["__seg_gs", "relative to CS"].address_spaces["__seg_gs"].segment == "CS"
    assert not by_words["Ivy Bridge", "no feature was seen"].generations["Ivy Bridge"].seen
