"""Which lines of assembly the name of an instruction stands for."""

from __future__ import annotations

import pytest

from sphinx_fsgs.check.session import Session
from sphinx_fsgs.check.spelled import ANY_REGISTERS, Tried
from sphinx_fsgs.check.subjects import variants, why_none
from sphinx_fsgs.source import fragment_of
from sphinx_fsgs.syntax.claim import Sequence
from sphinx_fsgs.syntax.example import Mode
from sphinx_fsgs.syntax.read_claim import read_claim


def _subject(session: Session, words: str) -> Sequence:
    tree = read_claim(fragment_of(f"{words} changes RAX"), session.lexicon).tree
    assert tree is not None
    (found,) = tree.role("subject")
    assert isinstance(found, Sequence)
    return found


def spelt(session: Session, words: str, tried: Tried = ANY_REGISTERS, mode: Mode = "64-bit") -> list[str]:
    """Return the programs that words stand for, the lines of each joined."""
    found = variants(_subject(session, words), mode, session.spec, tried)
    return ["; ".join(each.text for each in variant.program.instructions) for variant in found]


@pytest.mark.parametrize(
    ("words", "lines"),
    [
        ("SWAPGS", ["swapgs"]),
        ("MOV GS", ["mov %ax, %gs", "mov %eax, %gs", "mov %rax, %gs"]),
        ("MOV from GS", ["mov %gs, %ax", "mov %gs, %eax", "mov %gs, %rax"]),
        ("POP GS", ["pop %gs"]),
        ("WRGSBASE", ["wrgsbase %eax", "wrgsbase %rax"]),
        ("_writegsbase_u64()", ["wrgsbase %rax"]),
        ("MOVZW", ["movzwl %ax, %eax", "movzwl %ax, %ecx", "movzwq %ax, %rax", "movzwq %ax, %rcx"]),
        # What an instruction has in memory alone goes through each segment that makes a difference.
        ("LGDT", ["lgdt (%rax)", "lgdt %fs:(%rax)", "lgdt %gs:(%rax)"]),
        # Its own register beside one that it does not name.
        ("SETO", ["seto %al"]),
        ("MOVSXD", ["movsxd %eax, %eax", "movsxd %eax, %ecx", "movsxd %eax, %rax", "movsxd %eax, %rcx"]),
        ("SWAPGS; WRGSBASE; SWAPGS", ["swapgs; wrgsbase %eax; swapgs", "swapgs; wrgsbase %rax; swapgs"]),
        # One register and one size for the whole sequence.
        ("MOV GS; WRGSBASE", ["mov %eax, %gs; wrgsbase %eax", "mov %rax, %gs; wrgsbase %rax"]),
    ],
)
def test_registers_that_nobody_names(words: str, lines: list[str], session: Session) -> None:
    assert spelt(session, words) == lines


def test_registers_that_the_sentence_names_are_told_from_the_others(session: Session) -> None:
    found = spelt(session, "XCHG", Tried(frozenset({"RBX"})))
    assert [each for each in found if "%r" in each] == [
        "xchg %rax, %rax", "xchg %rax, %rcx", "xchg %rax, %rbx", "xchg %rbx, %rax", "xchg %rbx, %rbx",
    ]  # fmt: skip


def test_registers_that_the_operation_names_are_told_from_the_others(session: Session) -> None:
    """CMPXCHG compares with RAX, so RAX is not like the others."""
    found = [each for each in spelt(session, "CMPXCHG") if "%r" in each]
    assert {"cmpxchg %rcx, %rdx", "cmpxchg %rcx, %rax", "cmpxchg %rax, %rcx", "cmpxchg %rax, %rax"} < set(found)
    assert len(found) == 5  # two others, alike or not, and RAX in either place or both


def test_operands_in_memory_come_behind_registers(session: Session) -> None:
    found = spelt(session, "LKGS", Tried(memory=True))
    assert found[:3] == ["lkgs %ax", "lkgs %eax", "lkgs %rax"]
    assert found[3:] == ["lkgs (%rax)", "lkgs %fs:(%rax)", "lkgs %gs:(%rax)"]


def test_an_address_has_the_size_of_the_mode_and_each_segment_a_base(session: Session) -> None:
    found = spelt(session, "LKGS", Tried(memory=True), "protected")
    assert [each for each in found if "(" in each] == [
        "lkgs (%eax)", *(f"lkgs %{segment}:(%eax)" for segment in ("cs", "es", "fs", "gs", "ss")),
    ]  # fmt: skip


def test_a_memory_operand_has_the_size_that_its_suffix_says(session: Session) -> None:
    found = [each for each in spelt(session, "NOT", Tried(memory=True)) if "(%rax)" in each and ":" not in each]
    assert found == ["notw (%rax)", "notl (%rax)", "notq (%rax)", "notb (%rax)"]


def test_a_name_of_several_mnemonics_is_all_of_them(session: Session) -> None:
    mnemonics = {each.split()[0] for each in spelt(session, "CMOVcc")}
    assert len(mnemonics) == 16
    assert {each.split()[0] for each in spelt(session, "CMOVZ")} == {"cmove"}


def test_why_there_is_none(session: Session) -> None:
    assert why_none(_subject(session, "JMP"), "64-bit", session.spec).startswith("JMP has no form with registers or")
    assert why_none(_subject(session, "SYSRET"), "protected", session.spec) == "not available in protected mode"
