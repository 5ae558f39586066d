"""AT&T assembly: what is read, where it stands, and what is refused in which words."""

from __future__ import annotations

import pytest

from sphinx_fsgs.source import Span, fragment_of
from sphinx_fsgs.syntax.assembly import (
    Address,
    Bytes,
    Immediate,
    Indirect,
    Instruction,
    Label,
    Register,
    Target,
    TheBlock,
)
from sphinx_fsgs.syntax.expression import Binary, Name, Number, Unary
from sphinx_fsgs.syntax.read_assembly import read_assembly
from tests.syntax.lexicon import LEXICON

S = Span("", 1, 1, 1, 1)


def _read(text: str) -> tuple[object, ...]:
    parsed = read_assembly(fragment_of(text), LEXICON)
    assert parsed.diagnostics == ()
    assert parsed.tree is not None
    return parsed.tree


def _operand(text: str) -> object:
    (instruction,) = _read(text)
    assert isinstance(instruction, Instruction)
    return instruction.operands[0]


def test_operands_stand_in_the_order_of_the_text() -> None:
    (mov,) = _read("\tmov   $0x2b,\t%eax   # a selector")
    assert mov == Instruction("mov", (Immediate(Number(0x2B, S), S), Register("EAX", S)), "mov $0x2b, %eax", S)
    assert mov.span == Span("<text>", 1, 2, 1, 19)
    assert mov.operands[1].span == Span("<text>", 1, 15, 1, 19)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("mov %gs:0x10(%rbx,%rcx,4), %rax", Address("GS", Number(16, S), "RBX", "RCX", 4, S)),
        ("mov (%edi), %rax", Address(None, None, "EDI", None, 1, S)),
        ("mov (,%rax,8), %rbx", Address(None, None, None, "RAX", 8, S)),
        ("mov (%rax,%rbx), %rbx", Address(None, None, "RAX", "RBX", 1, S)),
        ("mov -8(%rsp), %rbx", Address(None, Unary("-", Number(8, S), S), "RSP", None, 1, S)),
        ("mov %gs:0, %rbx", Address("GS", Number(0, S), None, None, 1, S)),
        ("mov %gs:(%rdi), %rbx", Address("GS", None, "RDI", None, 1, S)),
        (
            "mov %fs:x+8(%rip), %rbx",
            Address("FS", Binary("+", Name("x", S), Number(8, S), S), "RIP", None, 1, S),
        ),
        ("jmp .Lout", Address(None, Name(".Lout", S), None, None, 1, S)),
    ],
)
def test_addresses(text: str, address: Address) -> None:
    assert _operand(text) == address


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("mov $-1, %rax", Unary("-", Number(1, S), S)),
        ("mov $MSR_GS_BASE, %ecx", Name("MSR_GS_BASE", S)),
        ("mov $010, %ecx", Number(8, S)),
        ("mov $0b101, %ecx", Number(5, S)),
        ("mov $(1 << 32), %rax", Binary("<<", Number(1, S), Number(32, S), S)),
        # GNU as binds << tighter than |, and | tighter than +.
        (
            "mov $1+1<<4|2, %rax",
            Binary("+", Number(1, S), Binary("|", Binary("<<", Number(1, S), Number(4, S), S), Number(2, S), S), S),
        ),
        ("mov $~x, %rax", Binary("-", Unary("-", Name("x", S), S), Number(1, S), S)),
    ],
)
def test_constants(text: str, value: object) -> None:
    assert _operand(text) == Immediate(value, S)  # type: ignore[arg-type]


def test_jumps() -> None:
    assert _read("1: foo:\n jmp 1b; je 2f\n2: call *%rax\n jmp *%gs:8(%rax)") == (
        Label("1", S),
        Label("foo", S),
        Instruction("jmp", (Target("1", False, S),), "jmp 1b", S),
        Instruction("je", (Target("2", True, S),), "je 2f", S),
        Label("2", S),
        Instruction("call", (Indirect(Register("RAX", S), S),), "call *%rax", S),
        Instruction("jmp", (Indirect(Address("GS", Number(8, S), "RAX", None, 1, S), S),), "jmp *%gs:8(%rax)", S),
    )


def test_a_mnemonic_is_no_prefix_of_a_label() -> None:
    assert _read("entry_64:\nmov_it: swapgs") == (
        Label("entry_64", S),
        Label("mov_it", S),
        Instruction("swapgs", (), "swapgs", S),
    )


def test_a_prefix_that_the_spec_describes_is_part_of_the_mnemonic() -> None:
    (label, fill, move) = _read("1: rep  stosq\n REP MOVSB # all of it")
    assert label == Label("1", S)
    assert fill == Instruction("rep stosq", (), "rep stosq", S)
    assert move == Instruction("rep movsb", (), "REP MOVSB", S)
    assert fill.span == Span("<text>", 1, 4, 1, 14)  # type: ignore[attr-defined]


def test_comments_of_all_kinds_and_upper_case() -> None:
    text = "/* one\n two; swapgs */ SWAPGS // x ; y\nswapgs # z\n#ifdef X\nmov /* a\n b */ %eax, %ebx"
    first, second, third = _read(text)
    assert (first.span, second.span) == (Span("<text>", 2, 17, 2, 23), Span("<text>", 3, 1, 3, 7))  # type: ignore[attr-defined]
    assert third == Instruction("mov", (Register("EAX", S), Register("EBX", S)), "mov %eax, %ebx", S)
    assert third.operands[0].span == Span("<text>", 6, 7, 6, 11)  # type: ignore[attr-defined]


def test_directives_without_meaning_are_read_without_effect() -> None:
    text = '.globl f, g\n.type f, @function\n.section x, "a;#"; nop\nf: .p2align 4,,15\n.cfi_startproc\n.L: .size f, 1'
    assert _read(text) == (Instruction("nop", (), "nop", S), Label("f", S), Label(".L", S))


def test_bytes_are_joined_where_nothing_that_takes_room_stands_between() -> None:
    text = ".byte 0x0f, 1; x: .globl f; .byte 0370\n.p2align 4\n.byte -1; nop; .byte 0b11"
    first, label, second, third, nop, fourth = _read(text)
    assert first == Bytes((0x0F, 1), (), ".byte 0x0f, 1", S) and second == Bytes((0xF8,), (), ".byte 0370", S, True)
    assert (third, fourth) == (Bytes((0xFF,), (), ".byte -1", S), Bytes((3,), (), ".byte 0b11", S))
    assert first.spans == (Span("<text>", 1, 7, 1, 11), Span("<text>", 1, 13, 1, 14))  # type: ignore[union-attr]
    assert label == Label("x", S) and nop == Instruction("nop", (), "nop", S)


def test_the_block_is_a_line_of_a_run_section_only() -> None:
    parsed = read_assembly(fragment_of("swapgs\nthe block\n"), LEXICON, the_block=True)
    assert parsed.tree == (Instruction("swapgs", (), "swapgs", S), TheBlock(S))
    assert [each.code for each in read_assembly(fragment_of("the block"), LEXICON).diagnostics] == ["FSGS140"]


@pytest.mark.parametrize(
    ("text", "code", "columns", "message", "help"),
    [
        ("  swapg", "FSGS140", (3, 8), 'unknown instruction "swapg"', 'did you mean "swapgs"?'),
        ("swapgz everything here", "FSGS140", (1, 7), 'unknown instruction "swapgz"', 'did you mean "swapgs"?'),
        ("foo: mvo %rax, %rbx", "FSGS140", (6, 9), 'unknown instruction "mvo"', 'did you mean "mov"?'),
        ("mov %eaz, %ebx", "FSGS141", (5, 9), 'unknown register "%eaz"', 'did you mean "%eax"?'),
        ("mov (%rax,%rbx,3), %ecx", "FSGS142", (16, 17), "3 is no scale", "a scale is 1, 2, 4 or 8"),
        ("mov %rax:8, %ecx", "FSGS142", (5, 9), "%rax is no segment register", "write %gs:ADDRESS or the like"),
        ("mov $1, ", "FSGS142", (8, 8), "an operand is missing after the comma", "expected an operand"),
        ("mov %rax %rbx", "FSGS142", (10, 14), "two operands stand side by side", "put a comma between operands"),
        ("mov (%rax", "FSGS142", (10, 10), "a memory operand lacks its closing parenthesis", ""),
        ("mov $09, %rax", "FSGS142", (6, 8), "09 is no octal number", "a leading 0 means octal"),
        ("/* swapgs", "FSGS142", (1, 3), "this comment is not closed", 'close it with "*/"'),
        (".glbl f", "FSGS143", (1, 6), 'unknown directive ".glbl"', 'did you mean ".globl"?'),
        ("x: .long 0x0f", "FSGS144", (4, 9), ".long puts data into the code", "write the instruction, or its bytes"),
        ("lock add $1, (%rax)", "FSGS145", (1, 5), 'the prefix "lock" is not part of the language', ""),
        ("rep; nop", "FSGS145", (1, 4), 'the prefix "rep" is not part of the language', ""),
        ("x: rep swapgs", "FSGS145", (4, 7), 'the prefix "rep" is not part of the language', ""),
        ("mov <x>, %rax", "FSGS142", (5, 6), '"<" is not expected here', ""),
    ],
)
def test_what_is_refused(text: str, code: str, columns: tuple[int, int], message: str, help: str) -> None:
    parsed = read_assembly(fragment_of(text), LEXICON)
    (found,) = parsed.diagnostics
    assert (found.code, found.message) == (code, message)
    assert (found.span.column, found.span.end_column) == columns
    assert found.help.startswith(help) and found.help and found.authority


def test_one_bad_line_gives_one_finding_and_the_rest_is_read() -> None:
    parsed = read_assembly(fragment_of("swapgs\nswapgz %rax,,\nmov %rax %rbx\nnop"), LEXICON)
    assert [(each.code, each.span.line) for each in parsed.diagnostics] == [("FSGS140", 2), ("FSGS142", 3)]
    assert parsed.tree == (Instruction("swapgs", (), "swapgs", S), Instruction("nop", (), "nop", S))


def test_bounds_are_findings() -> None:
    deep, long = "mov $" + "(" * 300 + "1" + ")" * 300 + ", %rax", "mov $1" + "+1" * 3000 + ", %rax"
    chain = "mov $" + "-" * 1500 + "1, %rax"
    for text in (deep, long, chain):
        parsed = read_assembly(fragment_of(text), LEXICON)
        assert [each.code for each in parsed.diagnostics] == ["FSGS106"]


def test_the_labels_of_an_unreadable_statement_stay() -> None:
    assert read_assembly(fragment_of("out: swapgz <x>\n1: mov %rax %rbx"), LEXICON).tree == (
        Label("out", S),
        Label("1", S),
    )


def test_so_many_findings_and_no_more() -> None:
    parsed = read_assembly(fragment_of("what? no!\n" * 2000), LEXICON)
    assert [each.code for each in parsed.diagnostics] == ["FSGS140"] * 25 + ["FSGS114"]
    assert parsed.diagnostics[-1].span.line == 26
