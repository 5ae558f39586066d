"""Intel syntax: the trees of AT&T, back and forth, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Container
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sphinx_fsgs.machine.bind import BindError, Bound, Surroundings, bind
from sphinx_fsgs.machine.forms import TARGET, form_samples
from sphinx_fsgs.machine.operands import Formula
from sphinx_fsgs.machine.program import assemble
from sphinx_fsgs.source import Span, fragment_of
from sphinx_fsgs.syntax.assembly import Address, AsmStatement, Immediate, Instruction, Operand, Register
from sphinx_fsgs.syntax.expression import Binary, Expr, Name, Number, Unary
from sphinx_fsgs.syntax.print_assembly import att_text, intel_text
from sphinx_fsgs.syntax.read_assembly import ATT, INTEL, read_assembly
from tests.machine.support import spec

S = Span("<text>", 1, 1, 1, 1)


def _read(text: str, syntax: str) -> tuple[AsmStatement, ...]:
    parsed = read_assembly(fragment_of(text), spec().lexicon, syntax=syntax)
    assert parsed.tree is not None and parsed.diagnostics == (), (text, parsed.diagnostics)
    return parsed.tree


def _line(text: str, syntax: str) -> Instruction:
    (found,) = _read(text, syntax)
    assert isinstance(found, Instruction)
    return found


PAIRS = [
    ("mov rax, rbx", "mov %rbx, %rax"),
    ("mov rax, qword ptr gs:[rax+8]", "movq %gs:8(%rax), %rax"),
    ("mov rax, QWORD PTR gs:0x10", "movq %gs:0x10, %rax"),
    ("mov gs:[0x10], eax", "mov %eax, %gs:0x10"),
    ("mov byte ptr [rbx+rcx*4-0x10], 5", "movb $5, -0x10(%rbx,%rcx,4)"),
    ("mov eax, [rcx*8]", "mov (,%rcx,8), %eax"),
    ("mov eax, [4*rcx+rbx]", "mov (%rbx,%rcx,4), %eax"),
    ("mov eax, [rbx+rcx]", "mov (%rbx,%rcx), %eax"),
    ("mov eax, [rcx+rsp]", "mov (%rsp,%rcx), %eax"),
    ("mov eax, 0FFh", "mov $0xff, %eax"),
    ("mov ecx, MSR_GS_BASE", "mov $MSR_GS_BASE, %ecx"),
    ("mov ecx, offset MSR_GS_BASE+1", "mov $MSR_GS_BASE+1, %ecx"),
    ("mov eax, -1", "mov $-1, %eax"),
    ("mov gs, ax", "mov %ax, %gs"),
    ("movzx eax, byte ptr [rbx]", "movzbl (%rbx), %eax"),
    ("movsxd rax, ecx", "movslq %ecx, %rax"),
    ("lea rax, [rip+1]", "lea 1(%rip), %rax"),
    ("shl qword ptr [rbx], cl", "shlq %cl, (%rbx)"),
    ("call qword ptr [rax+8]", "callq *8(%rax)"),
    ("jmp rax", "jmp *%rax"),
    ("1: jne 1b", "1: jne 1b"),
    ("here: jmp here", "here: jmp here"),
    ("lkgs word ptr [rsi]", "lkgsw (%rsi)"),
    ("swapgs", "swapgs"),
]


@pytest.mark.parametrize(("intel", "att"), PAIRS, ids=[intel for intel, _ in PAIRS])
def test_both_syntaxes_give_one_tree(intel: str, att: str) -> None:
    mine, other = _read(intel, INTEL), _read(att, ATT)
    for one, two in zip(mine, other, strict=True):
        if isinstance(one, Instruction) and isinstance(two, Instruction):
            assert (one.mnemonic, one.operands) == (two.mnemonic, two.operands)
        else:
            assert one == two


@pytest.mark.parametrize(
    ("text", "code", "says"),
    [
        ("mov eax, [rbx", "FSGS142", ""),
        ("mov eax, [rbx+rcx+rdx]", "FSGS142", "no sum of a base and an index"),
        ("mov eax, [rbx-rcx]", "FSGS142", "no sum of a base and an index"),
        ("mov eax, [rbx*3]", "FSGS142", "3 is no scale"),
        ("mov eax, foo:[rbx]", "FSGS142", "foo is no segment register"),
        ("movv eax, ebx", "FSGS140", 'unknown instruction "movv"'),
        ("mov eax ebx", "FSGS142", ""),
    ],
)
def test_what_is_no_statement_is_reported(text: str, code: str, says: str) -> None:
    found = read_assembly(fragment_of(text), spec().lexicon, syntax=INTEL).diagnostics
    assert [each.code for each in found] == [code] and says in found[0].message, found
    assert found[0].authority.startswith("Intel syntax") or code == "FSGS140"


def _bound(line: Instruction) -> Bound:
    return bind(line, Surroundings(spec(), "64-bit", {}, {}, {("1", True): TARGET}))


def test_a_size_that_no_mnemonic_says_is_held_against_the_instruction() -> None:
    assert _bound(_line("setne byte ptr [rbx]", INTEL)).key() == _bound(_line("setne (%rbx)", ATT)).key()
    with pytest.raises(BindError, match="does not take these operands: its memory has 8 bits, not 64"):
        _bound(_line("setne qword ptr [rbx]", INTEL))


# ---- laws ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("stem", spec().index.stems)
def test_every_form_is_printed_and_read_in_both(stem: str) -> None:
    for form in spec().instruction(stem).forms:
        for sample in form_samples(spec(), stem, form, "64-bit"):
            line = _line(sample.text, ATT)
            text = intel_text(line, spec().lexicon)
            again = _line(text, INTEL)
            assert _means(_bound(again)) == _means(sample), (sample.text, text)
            assert intel_text(again, spec().lexicon) == text
            printed = _line(att_text(again.mnemonic, again.operands), ATT)
            assert (printed.mnemonic, printed.operands) == (again.mnemonic, again.operands)


def _means(bound: Bound) -> object:
    """Return what a line does: its file and its operands, whichever form of the file takes them."""
    names = bound.binding.names
    values = (each for each in names.values() if not (isinstance(each, Formula) and _is_name(each.expression, names)))
    return bound.stem, sorted(map(repr, values))


def _is_name(expression: Expr, names: Container[str]) -> bool:
    return isinstance(expression, Name) and expression.name in names


_NUMBERS = st.builds(Number, st.integers(0, 0x7FFFFFFF), st.just(S))
_SUMS: st.SearchStrategy[Expr] = st.one_of(
    _NUMBERS,
    st.builds(Unary, st.just("-"), _NUMBERS, st.just(S)),
    st.builds(Name, st.sampled_from(["pcpu_hot", "MSR_GS_BASE"]), st.just(S)),
    st.builds(
        Binary, st.sampled_from(["+", "-"]), st.builds(Name, st.just("pcpu_hot"), st.just(S)), _NUMBERS, st.just(S)
    ),
)
_BASES = st.sampled_from(["RAX", "RBX", "RSP", "RBP", "R8", "R13"])
_INDEXES = st.sampled_from(["RAX", "RCX", "RBP", "R9"])
_SEGMENTS = st.sampled_from([None, "FS", "GS", "SS"])


@st.composite
def _addresses(draw: st.DrawFn) -> Address:
    base, index = draw(st.none() | _BASES), draw(st.none() | _INDEXES)
    scale = draw(st.sampled_from((1, 2, 4, 8))) if index else 1
    displacement = draw(_SUMS if base is None and index is None else st.none() | _SUMS)
    return Address(draw(_SEGMENTS), displacement, base, index, scale, S)


_OPERANDS: st.SearchStrategy[Operand] = st.one_of(
    st.builds(Register, st.sampled_from(["RAX", "RDX", "R15"]), st.just(S)), st.builds(Immediate, _SUMS, st.just(S))
)


@given(st.sampled_from(["movq", "addq", "cmpq"]), _addresses(), _OPERANDS)
def test_printed_in_one_and_read_in_the_other_a_tree_is_the_same(name: str, address: Address, other: Operand) -> None:
    line = Instruction(name, (other, address), "", S)
    for text, syntax in ((att_text(name, line.operands), ATT), (intel_text(line, spec().lexicon), INTEL)):
        again = _line(text, syntax)
        assert (again.mnemonic, again.operands) == (line.mnemonic, line.operands), text


def test_the_recorded_vectors_mean_the_same_in_both(shared: Path) -> None:
    recorded = json.loads((shared / "vectors" / "cpu.json").read_text(encoding="utf-8"))
    compared = 0
    for vector in recorded["vectors"]:
        found: list[Any] = []
        for syntax in (ATT, INTEL):
            parsed = read_assembly(fragment_of("\n".join(vector[f"asm_{syntax}"])), spec().lexicon, syntax=syntax)
            program = assemble(parsed.tree or (), spec(), "64-bit", {}).program
            found.append(None if parsed.diagnostics or program is None else [_means(e) for e in program.instructions])  # type: ignore[arg-type]
        assert found[0] == found[1], vector["id"]
        compared += found[0] is not None
    assert compared > 500
