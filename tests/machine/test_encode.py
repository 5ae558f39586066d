"""Bytes of instructions: encoded, decoded and bound again they are the same, with an opcode that the file names."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from functools import cache

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from sphinx_fsgs.machine.bind import Bound
from sphinx_fsgs.machine.encode import Encoded, Encoder
from sphinx_fsgs.machine.forms import samples
from sphinx_fsgs.machine.operands import InMemory
from sphinx_fsgs.machine.program import Program, assemble
from sphinx_fsgs.source import Span, fragment_of
from sphinx_fsgs.syntax import codec
from sphinx_fsgs.syntax.assembly import (
    Address,
    AsmStatement,
    Immediate,
    Indirect,
    Instruction,
    Label,
    Operand,
    Register,
    Target,
)
from sphinx_fsgs.syntax.example import Mode
from sphinx_fsgs.syntax.expression import Name, Number
from sphinx_fsgs.syntax.print_assembly import att_text
from sphinx_fsgs.syntax.read_assembly import decoded, read_assembly
from sphinx_fsgs.syntax.read_bytes import BITS
from tests.machine.support import MODES, spec
from tests.strength.equal import can_complete, same_effect

iced_x86 = pytest.importorskip("iced_x86")

S = Span("<text>", 1, 1, 1, 1)
NO_BYTES = {
    ("NOP", "UNUSED", 8): "a NOP has 16, 32 or 64 bits",
    ("MOVSX", "HALF", 16): "nothing is widened, and GNU as calls it movsww, which the spec has not",
    ("MOVZX", "HALF", 16): "nothing is widened, and GNU as calls it movzww, which the spec has not",
}
"""Forms of the spec that no code is decoded to: file, name of an operand, operand size."""

NO_OPERAND = "have operands that only 64-bit mode has"
_NEW = re.compile(r"%(?:r(?:\d+[bwd]?|[abcds][xip])|[sb]pl|[sd]il)\b")
_REX = re.compile(r"%(?:r\d+[bwd]?|r[abcds][xip]|[sb]pl|[sd]il)\b")
_HIGH = re.compile(r"%[a-d]h\b")
_STACK_INDEX = re.compile(r",%[er]sp,")


def run_of(text: str) -> tuple[AsmStatement, ...]:
    parsed = read_assembly(fragment_of(text), spec().lexicon)
    assert parsed.diagnostics == (), text
    return parsed.tree or ()


def program_of(run: tuple[AsmStatement, ...], mode: Mode) -> Program:
    found = assemble(run, spec(), mode, {})
    assert found.program is not None, found.diagnostics[0].message
    return found.program


def of_bytes(code: bytes, mode: Mode) -> tuple[AsmStatement, ...]:
    found = decoded(run_of(f".byte {', '.join(map(hex, code))}"), spec().lexicon, mode)
    assert found.diagnostics == () and found.tree is not None, [each.message for each in found.diagnostics]
    return found.tree


def opcode_of(code: bytes, mode: Mode) -> str:
    """Return the opcode of bytes as iced-x86 itself tells it."""
    bits = 64 if iced_x86.Decoder(BITS[mode], code).decode().is_invalid else BITS[mode]
    found = iced_x86.Decoder(bits, code).decode()
    repeated = "F3 " if found.has_rep_prefix and not found.op_code().op_code_string.startswith("F3") else ""
    return codec.opcode(repeated + found.op_code().op_code_string)


@cache
def _of_64_bits_alone(stem: str) -> bool:
    codes = [iced_x86.OpCodeInfo(each) for each in vars(iced_x86.Code).values() if isinstance(each, int)]
    elsewhere, all_ = ({codec.opcode(each.op_code_string) for each in codes if each.mode32 or any_} for any_ in (0, 1))
    named = codec.opcodes(spec().instruction(stem).encodings)
    named |= {re.sub(r"/\d$", "/r", each) for each in named}
    return bool(named & all_) and not named & elsewhere


@cache
def _of_other_modes_alone(stem: str) -> bool:
    codes = [iced_x86.OpCodeInfo(each) for each in vars(iced_x86.Code).values() if isinstance(each, int)]
    here, elsewhere = ({codec.opcode(each.op_code_string) for each in codes if each.mode64 == mode} for mode in (1, 0))
    named = codec.opcodes(spec().instruction(stem).encodings)
    return bool(named & elsewhere) and not named & here


def why_none(stem: str, bound: Bound, mode: Mode) -> str:
    """Return why nothing can be encoded, empty when something should be."""
    text, size = bound.text, bound.binding.sizes.get("OperandSize")
    known = next((NO_BYTES[stem, name, size] for name in bound.binding.names if (stem, name, size) in NO_BYTES), "")
    if known:
        return known
    if mode == "64-bit" and _of_other_modes_alone(stem):
        return "are of the other modes alone, and no instruction in 64-bit mode"
    if mode != "64-bit" and (_NEW.search(text) or size == 64):
        return NO_OPERAND
    in_memory = any(isinstance(each, InMemory) for each in bound.binding.names.values())
    if mode != "64-bit" and in_memory and _of_64_bits_alone(stem):
        return "are of 64-bit mode alone, elsewhere read with registers only"
    if _HIGH.search(text) and (_REX.search(text) or size == 64):
        return "AH to DH cannot be encoded beside what only a REX prefix can say"
    return "the stack pointer is no index" if _STACK_INDEX.search(text) else ""


def round_trip(line: Instruction, mode: Mode) -> tuple[Bound, Encoded, Bound] | None:
    """Return a line as it is bound, its bytes, and what they are bound to, with a label 1 behind it."""
    run = (line, Label("1", S), Label("x", S), *run_of("nop"))
    program = program_of(run, mode)
    rows = Encoder(spec()).listing(program, run)
    if rows[0].encoded is None:
        return None
    code = b"".join(row.encoded.data for row in rows if row.encoded is not None)
    again = program_of(of_bytes(code, mode), mode)
    assert len(again.instructions) == 2
    first, other = program.instructions[0], again.instructions[0]
    assert isinstance(first, Bound) and isinstance(other, Bound)
    return first, rows[0].encoded, other


@pytest.mark.parametrize("mode", MODES)
def test_each_form_of_each_instruction_has_bytes_with_an_opcode_of_its_file(
    mode: Mode, capsys: pytest.CaptureFixture[str]
) -> None:
    """And they are decoded to the same: equal, or proved to do the same where a size is left out or plays no part."""
    counts: Counter[str] = Counter()
    for stem in spec().index.stems:
        named = codec.opcodes(spec().instruction(stem).encodings)
        for sample in samples(spec(), stem, mode):
            (line,) = run_of(sample.text)
            assert isinstance(line, Instruction)
            reason = why_none(stem, sample, mode)
            if reason == NO_OPERAND:
                counts[reason] += 1
                continue
            done = round_trip(line, mode)
            if done is None:
                assert reason, f"{stem}: {sample.text} has no bytes in {mode} mode"
                counts[reason] += 1
                continue
            assert not reason, f"{stem}: {sample.text} is {done[1]}, though {reason}"
            first, encoded, other = done
            opcode = opcode_of(encoded.data, mode)
            of_any = re.sub(r"/\d$", "/r", opcode)
            assert {opcode, of_any} & {*named, *(re.sub(r"/\d$", "/r", each) for each in named)}, (stem, opcode)
            if first.key() != other.key():
                assert first.stem == other.stem and same_effect(first, other, spec()), (first.text, other.text)
                counts["are written with another size, or the other way round, and proved to do the same"] += 1
            counts["forms have bytes"] += 1
    with capsys.disabled():
        print(f"\n{mode} mode: " + "; ".join(f"{count} {reason}" for reason, count in counts.most_common()))
    assert counts["forms have bytes"] > (300 if mode == "64-bit" else 100)


def test_what_no_code_is_decoded_to_is_in_the_spec() -> None:
    for stem, name, size in NO_BYTES:
        found = (each.binding for each in samples(spec(), stem, "64-bit"))
        assert any(name in each.names and each.sizes.get("OperandSize") == size for each in found), stem


def test_bytes_of_64_bit_mode_that_are_read_elsewhere_never_complete_there() -> None:
    """What is no instruction elsewhere is read as it is in 64-bit mode, since the spec says that it then raises #UD."""
    read = set()
    for stem in spec().index.stems:
        if _of_64_bits_alone(stem):
            for mode in ("compatibility", "protected"):
                for sample in samples(spec(), stem, mode):  # type: ignore[arg-type]
                    read.add(stem)
                    assert not can_complete(sample, spec()), (stem, sample.text, mode)
    assert read >= {"LKGS", "SWAPGS", "RDFSBASE_RDGSBASE", "WRFSBASE_WRGSBASE"}
    assert can_complete(samples(spec(), "SWAPGS", "64-bit")[0], spec())


# ---- any operands -------------------------------------------------------------------------------

_STEMS = sorted(spec().index.stems)
_GENERAL = {name: spec().layout.views[name].width for name in spec().layout.general}
_POINTERS = {64: [name for name, width in _GENERAL.items() if width == 64]}
_POINTERS[32] = [name for name, width in _GENERAL.items() if width == 32]
_NUMBERS = st.one_of(
    st.integers(-0x81, 0x81), st.integers(-(1 << 31), (1 << 32) - 1), st.integers(-(1 << 63), (1 << 64) - 1)
)


@st.composite
def addresses(draw: Callable[..., object], mode: Mode) -> Address:
    size = draw(st.sampled_from((64, 32))) if mode == "64-bit" else 32
    pointers = st.sampled_from(_POINTERS[size])  # type: ignore[index]
    segment = draw(st.sampled_from((None, None, "FS", "GS", "SS", "DS", "ES", "CS")))
    if draw(st.integers(0, 9)) == 0 and mode == "64-bit":
        return Address(segment, Name("x", S), "RIP", None, 1, S)  # type: ignore[arg-type]
    base = draw(st.one_of(st.none(), pointers))
    index = draw(st.one_of(st.none(), pointers))
    wide = draw(st.one_of(st.none(), st.integers(-0x100, 0x100), st.integers(-(1 << 31), (1 << 31) - 1)))
    number = 0 if wide is None and base is None and index is None else wide
    scale = draw(st.sampled_from((1, 2, 4, 8))) if index else 1
    displacement = None if number is None else Number(number, S)  # type: ignore[arg-type]
    return Address(segment, displacement, base, index, scale, S)  # type: ignore[arg-type]


def operands(kinds: tuple[str, ...], mode: Mode) -> st.SearchStrategy[Operand]:
    choices: list[st.SearchStrategy[Operand]] = []
    for kind in kinds:
        if kind in spec().layout.segments or kind in spec().layout.views:
            choices.append(st.just(Register(kind, S)))
        elif kind == "reg" or kind.startswith("r") and kind[1:].isdigit():
            names = [name for name, width in _GENERAL.items() if kind == "reg" or width == int(kind[1:])]
            choices.append(st.sampled_from(names).map(lambda name: Register(name, S)))
        elif kind.startswith("imm"):
            choices.append(_NUMBERS.map(lambda value: Immediate(Number(value, S), S)))
        elif kind == "rel":
            choices.append(st.just(Target("1", True, S)))
        elif kind == "indirect":
            choices.append(addresses(mode).map(lambda where: Indirect(where, S)))
            choices.append(st.sampled_from(_POINTERS[64]).map(lambda name: Indirect(Register(name, S), S)))
        elif kind == "moffs":
            numbers = st.integers(0, (1 << 64) - 1)
            choices.append(numbers.map(lambda value: Address(None, Number(value, S), None, None, 1, S)))
        else:
            choices.append(addresses(mode))
    return st.one_of(choices)


@st.composite
def lines(draw: Callable[..., object]) -> tuple[Instruction, Mode]:
    mode: Mode = draw(st.sampled_from(MODES))  # type: ignore[assignment]
    entry = spec().instruction(draw(st.sampled_from(_STEMS)))  # type: ignore[arg-type]
    form = draw(st.sampled_from(entry.forms))
    mnemonic, _ = draw(st.sampled_from(tuple(form.spellings())))  # type: ignore[attr-defined, misc]
    given = tuple(draw(operands(entry.kinds.get(name, ()), mode)) for name in form.operands)  # type: ignore[attr-defined]
    return Instruction(mnemonic, given, att_text(mnemonic, given), S), mode  # type: ignore[arg-type]


@given(lines())
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
@example((run_of("mov %gs:(%rbp,%r12,8), %r13d")[0], "64-bit"))
@example((run_of("movb $-1, %fs:-0x80(,%eax,2)")[0], "64-bit"))
@example((run_of("lea x(%rip), %rax")[0], "64-bit"))
@example((run_of("mov %gs:8, %eax")[0], "compatibility"))
@example((run_of("imul $5, %bx, %bx")[0], "64-bit"))
@example((run_of("imulq $-0x81, %r9")[0], "64-bit"))
def test_what_is_encoded_is_decoded_to_the_same(made: tuple[Instruction, Mode]) -> None:
    line, mode = made
    bound = assemble((line, Label("1", S), Label("x", S)), spec(), mode, {}).program
    assume(bound is not None)
    assert bound is not None
    first = bound.instructions[0]
    assert isinstance(first, Bound)
    reason = why_none(first.stem, first, mode)
    assume(reason != NO_OPERAND)
    done = round_trip(line, mode)
    if done is None:
        assert reason, line.text
        return
    one, _, other = done
    assert one.key() == other.key() or same_effect(one, other, spec()), (one.text, other.text)
