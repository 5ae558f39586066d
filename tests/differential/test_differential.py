"""A sample of random steps beside Unicorn, and that a machine that is wrong is noticed."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

pytest.importorskip("unicorn")
pytest.importorskip("iced_x86")

from sphinx_fsgs.spec.disagreements import load_disagreements
from sphinx_fsgs.syntax import codec
from tests.differential.__main__ import left_out, main
from tests.differential.compare import EXCEPTION, Campaign, Difference, explains
from tests.differential.instructions import Slot, made_opcodes
from tests.machine.support import program, spec

# Processors take these for others that the SDM lists: /1 for /0, /6 for /4, and any last digit of a fence.
UNDOCUMENTED = frozenset(("F6 /1", "F7 /1", *(f"{each} /6" for each in ("C0", "C1", "D0", "D1", "D2", "D3"))))
UNDOCUMENTED |= {f"0F AE {each:02X}" for first in (0xE8, 0xF0, 0xF8) for each in range(first + 1, first + 8)}
STEPS = 2000
SEED = 20


def test_a_sample_agrees(capsys: pytest.CaptureFixture[str]) -> None:
    status = main(["--steps", str(STEPS), "--seed", str(SEED), "--pool", "400"])
    printed = capsys.readouterr().out
    with capsys.disabled():
        print("\n" + printed.splitlines()[-1])
    assert status == 0, printed
    assert f" {STEPS} steps in " in printed


def _one(line: str, code: str) -> Slot:
    (bound,) = program(line).instructions
    return Slot(0x400000, bytes.fromhex(code), line, bound, "")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("line", "code", "place"),
    [
        ("addq %rcx, %rdx", "4829ca", "RDX"),  # subtracts
        ("cmpb %cl, %dl", "84ca", "RFLAGS"),  # tests
        ("movl %ecx, %edx", "89c8", "RAX"),  # to another register
        ("movl %ecx, (%rbx)", "894b04", "memory"),  # to another address
        ("movl %ecx, (%rbx)", "66890b", "memory"),  # of another size
        ("cli", "90", "RFLAGS"),
        ("swapgs", "90", "exception"),
        ("rdgsbase %rax", "f3480faec0", "RAX"),  # of FS
        ("wrgsbase %rax", "f3480faedb", "GS.base"),  # from another register
        ("nop", "0f0b", "exception"),
        ("jmp 1f; 1: nop", "eb00", ""),
    ],
)
def test_each_kind_of_difference_is_noticed(line: str, code: str, place: str) -> None:
    slot = _one(line, code) if place else replace(_one("nop", "90"), code=bytes.fromhex(code))
    outcome = Campaign((slot,), SEED).run(200)
    assert bool(outcome.problems) == bool(place), outcome
    assert not place or any(place in each for each in outcome.problems), outcome


@pytest.mark.parametrize(
    ("entry", "line", "code", "place", "difference", "bases", "explained"),
    [
        ("segment_prefix", "mov (%rbx), %rax", "3e488b03", "RAX", Difference("", 1), {"DS"}, True),
        ("segment_prefix", "mov (%rbx), %rax", "3e488b03", "RAX", Difference("", 1), {"ES"}, False),
        ("segment_prefix", "mov (%rbx), %rax", "488b03", "RAX", Difference("", 1), {"DS"}, False),
        ("segment_prefix", "mov %fs:(%rbx), %rax", "64488b03", "RAX", Difference("", 1), {"FS"}, False),
        ("iret_virtual_flags", "iretq", "48cf", "RFLAGS", Difference("", 0x180000), set(), True),
        ("iret_virtual_flags", "iretq", "48cf", "RFLAGS", Difference("", 0x180200), set(), False),
        ("iret_virtual_flags", "iretq", "48cf", "RSP", Difference("", 0x180000), set(), False),
        ("iret_virtual_flags", "popfq", "9d", "RFLAGS", Difference("", 0x180000), set(), False),
        ("end_of_addresses", "ret", "c3", EXCEPTION, Difference("#SS, there #PF", 0, 0x7FFFFFFFFFFD), set(), True),
        ("end_of_addresses", "ret", "c3", EXCEPTION, Difference("#SS, there #PF", 0, 0x7FFFFFFFF000), set(), False),
    ],
)
def test_an_entry_explains_what_it_says_and_no_more(
    entry: str, line: str, code: str, place: str, difference: Difference, bases: set[str], explained: bool
) -> None:
    deviations = load_disagreements(spec().folder)[entry].unicorn
    found = [explains(each, _one(line, code), {place: difference}, frozenset(bases)) for each in deviations]
    assert any(found) == explained


def test_what_is_left_out_is_in_the_spec() -> None:
    assert set(left_out()) <= {*spec().index.stems, *spec().index.mnemonics}


def test_encodings_of_the_spec_are_those_of_the_decoder() -> None:
    """What is read as an instruction has an opcode that its file names, and each of those is read as it."""
    made = made_opcodes(spec())
    for stem in set(spec().index.stems) - (set(left_out()) - set(made)):
        if "64-bit" not in (spec().instruction(stem).modes or ("64-bit",)):
            continue
        named, found = codec.opcodes(spec().instruction(stem).encodings), made.get(stem, frozenset())
        cases = {each for each in named if re.sub(r"/\d$", "/r", each) in found}  # 8E /2 of 8E /r
        found -= {each.removesuffix("+r") for each in named if each.endswith("+r")}  # 66 90 exchanges AX with itself
        assert named - found <= cases, f"{stem}: nothing is decoded from these"
        assert found - named - {re.sub(r"/\d$", "/r", each) for each in cases} <= UNDOCUMENTED, stem


def test_an_opcode_is_told_from_what_stands_around_it() -> None:
    assert codec.opcode("o64 81 /0 id") == "81 /0"
    assert codec.opcodes(["REX.W B8+r", "70+cc"]) >= {"B8+r", "70", "7F"}
