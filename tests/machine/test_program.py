"""From lines of assembly to a program: labels, symbols, and a finding for each line that cannot be bound."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from sphinx_fsgs.diagnostic import Diagnostic
from sphinx_fsgs.machine.operands import Constant, Effective, InCells, InMemory, RecordRef
from sphinx_fsgs.machine.program import START, STRIDE, Assembled, assemble
from sphinx_fsgs.source import fragment_of
from sphinx_fsgs.syntax.example import Mode
from sphinx_fsgs.syntax.read_assembly import read_assembly
from tests.machine.support import program, spec


def assembled(text: str, mode: Mode = "64-bit", **symbols: int) -> Assembled:
    parsed = read_assembly(fragment_of(text, "page.rst", 7), spec().lexicon)
    assert parsed.diagnostics == () and parsed.tree is not None
    return assemble(parsed.tree, spec(), mode, symbols)


def the_finding(text: str, mode: Mode = "64-bit", **symbols: int) -> Diagnostic:
    found = assembled(text, mode, **symbols)
    assert found.program is None
    (diagnostic,) = found.diagnostics
    return diagnostic


@pytest.mark.parametrize(
    ("text", "code", "message", "way_out"),
    [
        ("movl %rax, %ebx", "FSGS150", "mov", "write one of its forms"),
        ("lkgs %eax, %ebx", "FSGS150", "it takes 1 operand, not 2", ""),
        ("add %eax, %rbx", "FSGS150", "its registers have 32 and 64 bits", ""),
        ("mov (%rax), (%rbx)", "FSGS150", "only one operand can be in memory", ""),
        ("swapgs %rax", "FSGS150", "it takes 0 operands, not 1", ""),
        ("wrgsbase %ax", "FSGS150", "", ""),
        ("wrgsbase (%rax)", "FSGS150", "memory cannot stand here", ""),
        ("pop $5", "FSGS150", "", ""),
        ("mov $5, (%rax)", "FSGS151", "how many bits mov moves is not said", "write movb, movw, movl, movq"),
        ("movl $MSR_KERNL_GS_BASE, %ecx", "FSGS152", "has no value", 'did you mean "MSR_KERNEL_GS_BASE"?'),
        ("movl $nowhere, %ecx", "FSGS152", "the symbol nowhere has no value", "give it a value in `before`"),
        ("movl $0x1ffffffff, %ecx", "FSGS154", "0x1ffffffff has more than 32 bits", "use a wider operand size"),
        ("movb $-129, %al", "FSGS154", "more than 8 bits", ""),
        ("add $0x80000000, %rax", "FSGS154", "0x80000000 is no number of 32 bits with its sign", "with movabs"),
        ("mov 0x80000000(%rax), %rbx", "FSGS154", "the displacement 0x80000000 is no number of 32 bits", "with movabs"),
        ("movabs 8(%rbx), %rax", "FSGS150", "memory cannot stand here", ""),
        ("jmp there", "FSGS155", "there is no label there", "define the label"),
        ("there_is: jmp there_iss", "FSGS155", "there is no label", 'did you mean "there_is"?'),
        ("1: nop\njmp 1f", "FSGS155", "1f", ""),
        ("jmp 1b\n1: nop", "FSGS155", "1b", ""),
        ("here: nop\nhere: nop", "FSGS156", "the label here is defined twice", "give it another name"),
        ("mov (%ax), %rbx", "FSGS150", "%ax addresses no memory in this mode", ""),
    ],
)
def test_what_cannot_be_bound_is_a_finding(text: str, code: str, message: str, way_out: str) -> None:
    found = the_finding(text)
    assert found.code == code
    assert message in found.message
    assert way_out in found.help
    assert found.severity == "error" and found.authority
    assert found.span.path == "page.rst" and found.span.line >= 7


def test_a_finding_says_which_forms_there_are() -> None:
    assert "the spec has: lkgs r16|r32|r64|m16" in the_finding("lkgs %al").notes


def test_a_mode_that_is_not_described_is_said() -> None:
    found = the_finding("sysretl", "compatibility")
    assert found.code == "FSGS153"
    assert found.message == "sysretl is described in 64-bit mode only, not in compatibility mode"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("movq $1, (%eax)", "movq of 64 bits exists in 64-bit mode only, not in compatibility mode"),
        ("mov %rax, %rbx", "%rax exists in 64-bit mode only, not in compatibility mode"),
        ("mov %r8d, %ebx", "%r8d exists in 64-bit mode only, not in compatibility mode"),
        ("movb %sil, %bl", "%sil exists in 64-bit mode only, not in compatibility mode"),
    ],
)
def test_what_64_bit_mode_alone_has_is_refused_elsewhere(text: str, message: str) -> None:
    found = the_finding(text, "compatibility")
    assert (found.code, found.message) == ("FSGS153", message)
    assert found.help == "use 32 bits, or leave the mode out"


def test_each_bad_line_gives_one_finding_and_they_have_their_lines() -> None:
    found = assembled("nop\nmov $5, (%rax)\nswapgs\nmovl %rax, %ebx\n")
    assert [(each.code, each.span.line) for each in found.diagnostics] == [("FSGS151", 8), ("FSGS150", 10)]


def test_labels_lead_to_what_follows_them() -> None:
    bound = program("start: nop\nmiddle:\nnop\nend:")
    assert bound.labels == {"start": 0, "middle": 1, "end": 2}
    assert bound.address(2) == START + 2 * STRIDE
    assert [bound.index(bound.address(number)) for number in range(3)] == [0, 1, 2]
    assert [bound.index(START + offset) for offset in (-STRIDE, 1, 3 * STRIDE)] == [None, None, None]


def test_numeric_labels_are_found_near() -> None:
    bound = program("1: jmp 1f\n1: jmp 1b\njmp 1f\n1: nop")
    targets = [line.binding.names["TARGET"] for line in bound.instructions[:3]]
    assert targets == [Constant(START + STRIDE * index, 64) for index in (1, 1, 3)]


def test_a_local_label_may_stand_behind_the_last_line() -> None:
    bound = program("jz 9f\nnop\n9:")
    assert bound.instructions[0].binding.names["TARGET"] == Constant(START + 2 * STRIDE, 64)


def test_symbols_are_constants_of_the_document_and_of_the_kernel() -> None:
    layout = spec().layout
    bound = program("movl $MSR_GS_BASE + 1, %ecx\nmov %gs:offset(%rax), %rbx", symbols={"offset": 0x40})
    assert bound.instructions[0].binding.names["SRC"] == Constant(0xC0000102, 32)
    address = Effective(layout.views["RAX"], None, 1, 0x40, 64)
    assert bound.instructions[1].binding.names["SRC"] == InMemory("GS", address, 64)


def test_operands_are_what_they_look_like() -> None:
    layout = spec().layout
    load, store, wide = program("mov %ax, %gs\nmovw %fs, 8(%rbp,%rcx,4)\naddl $-1, -8(%rsp)").instructions
    assert load.stem != store.stem
    assert load.binding.names == {"SRC": InCells(layout.views["AX"]), "SEG": RecordRef("GS")}
    through_stack = Effective(layout.views["RBP"], layout.views["RCX"], 4, 8, 64)
    assert store.binding.names["DST"] == InMemory("SS", through_stack, 16)
    assert wide.binding.names["SRC"] == Constant(0xFFFFFFFF, 32)
    assert wide.binding.sizes == {"AddressSize": 64, "OperandSize": 32}
    assert store.uses_segment == {"SS"} and load.uses_segment == frozenset()


def test_other_modes_have_narrow_addresses_and_begin_lower() -> None:
    bound = program("mov %eax, (%ebx)", "protected")
    assert bound.start == START & 0xFFFFFFFF
    assert the_finding("mov (%rax), %eax", "compatibility").code == "FSGS150"


TAKEN = """
mov $0xffffffff, %rax
mov $0xffff888000001000, %rax
add $0xffffffff80000000, %rax
add $-0x80000000, %rax
add $0x7fffffff, %rax
add $0xffffffff, %eax
push $0x7fffffff
pushq $0xffffffff80000000
push $-5
shl $-1, %eax
movabs $5, %rax
movabsq $-1, %rax
movabs 0x123456789, %rax
movabs 0x123456789, %al
movabsl 0x1234, %eax
movabs %gs:0x123456789, %rax
movabs %al, %gs:0x123456789
mov 0xffff888000001000, %rax
mov -0x80000000(%rax), %rbx
mov 0xffffffff80000000(%rax), %rbx
mov %gs:0x7fffffff, %rbx
mov 0xffffffff(%eax), %rbx
"""
REFUSED = """
movq $0x123456789, (%rax)
add $0xffffffff, %rax
add $-0x80000001, %rax
addq $0x80000000, (%rax)
test $0x123456789, %rax
cmpq $0x80000000, (%rbx)
push $0xffffffff
push $0xfffffffff
shl $256, %eax
movabs $5, %eax
movabsl $5, %eax
movabs $0x123456789, (%rax)
movabs 0x123456789, %rbx
movabs %rax, %rax
movabs 8(%rbx), %rax
mov 0xffff888000001000, %rbx
mov 0x80000000(%rax), %rbx
mov %gs:0x80000000, %rbx
mov %gs:-0x80000001, %rbx
lea 0x123456789, %rbx
jmp *0x123456789(%rax)
"""
"""What GNU as takes and what it refuses, at the edges of numbers and displacements."""


@pytest.mark.parametrize("line", [each for each in (TAKEN + REFUSED).splitlines() if each])
def test_lines_are_taken_and_refused_as_the_assembler_does(line: str) -> None:
    taken = line in TAKEN.splitlines()
    assert (assembled(line).program is not None) is taken
    tool = shutil.which("as")
    if tool is None:
        pytest.skip("there is no GNU as to compare with")
    run = subprocess.run([tool, "--64", "-o", "/dev/null", "-"], input=f"{line}\n", text=True, capture_output=True)
    assert (run.returncode == 0) is taken, run.stderr


def test_a_number_of_64_bits_goes_into_a_register_as_it_is() -> None:
    (line,) = program("mov $0x80000000, %rax").instructions
    assert line.binding.names["SRC"] == Constant(0x80000000, 64)
    (line,) = program("movabs %gs:0x123456789, %ax").instructions
    assert line.binding.names["SRC"] == InMemory("GS", Effective(None, None, 1, 0x123456789, 64), 16)
