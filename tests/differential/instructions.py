"""Random instructions that the spec has, each with its bytes: made by iced-x86, and decoded by us as ``.byte`` is.

Nothing here knows an instruction by name. Every code of iced-x86 whose mnemonic the spec knows is tried with
random operands of its kinds; what the binder takes is in the pool.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass

from iced_x86 import (
    Code,
    Decoder,
    Encoder,
    EncodingKind,
    Instruction,
    OpCodeInfo,
    OpCodeOperandKind,
    OpKind,
    Register,
)

from sphinx_fsgs.machine.bind import BindError, Bound, Surroundings, bind
from sphinx_fsgs.source import fragment_of
from sphinx_fsgs.spec.model import Spec
from sphinx_fsgs.syntax import codec
from sphinx_fsgs.syntax.assembly import Instruction as Line
from sphinx_fsgs.syntax.read_assembly import read_assembly
from tests.differential.layout import CODE, DATA, POINTERS, REGION, SLOT

TRIES = 12
"""So often a code is tried with random operands before it counts as one that the spec does not have."""
_SIZES = {"8": 0, "16": 1, "32": 2, "64": 3}


def _registers(names: str) -> tuple[int, ...]:
    return tuple(getattr(Register, name) for name in names.split())


GENERAL: tuple[tuple[int, ...], ...] = (
    _registers("AL CL DL BL SPL BPL SIL DIL R8L R9L R10L R11L R12L R13L R14L R15L AH CH DH BH"),
    _registers("AX CX DX BX SP BP SI DI R8W R9W R10W R11W R12W R13W R14W R15W"),
    _registers("EAX ECX EDX EBX ESP EBP ESI EDI R8D R9D R10D R11D R12D R13D R14D R15D"),
    _registers("RAX RCX RDX RBX RSP RBP RSI RDI R8 R9 R10 R11 R12 R13 R14 R15"),
)
SEGMENTS = _registers("ES CS SS DS FS GS")
_POINTERS = _registers(POINTERS)
_INDEXES = _registers("RCX R8 R9 RAX")
_DESTINATIONS = tuple(number for number in range(16) if GENERAL[3][number] not in (*_POINTERS, Register.RSP))

_NUMBERS = (0, 1, 2, 3, 4, 7, 8, 0x10, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
_NUMBERS += (0x1B, 0x20, 0x23, 0x2B, 0x33, 0x3F, 0x40, 0x50, 0x53, 0xC0000100, 0xC0000101, 0xC0000102)

# The names of the kinds of operands of iced-x86, by number.
_KINDS = {value: name for name, value in vars(OpCodeOperandKind).items() if isinstance(value, int)}
_CODES = {name: value for name, value in vars(Code).items() if isinstance(value, int)}
_OP_KINDS = {
    "IMM8": OpKind.IMMEDIATE8,
    "IMM8SEX16": OpKind.IMMEDIATE8TO16,
    "IMM8SEX32": OpKind.IMMEDIATE8TO32,
    "IMM8SEX64": OpKind.IMMEDIATE8TO64,
    "IMM16": OpKind.IMMEDIATE16,
    "IMM32": OpKind.IMMEDIATE32,
    "IMM32SEX64": OpKind.IMMEDIATE32TO64,
    "IMM64": OpKind.IMMEDIATE64,
    "IMM8_CONST_1": OpKind.IMMEDIATE8,
}


_IMPLIED_MEMORY = {"SEG_RSI": OpKind.MEMORY_SEG_RSI, "ES_RDI": OpKind.MEMORY_ESRDI}


@dataclass(frozen=True)
class Slot:
    """One instruction at its address: its bytes, its text as AT&T, and what it is bound to."""

    address: int
    code: bytes
    text: str
    bound: Bound
    opcode: str

    @property
    def behind(self) -> int:
        """The address of what follows."""
        return self.address + len(self.code)


class _CannotMake(Exception):
    """An operand of a kind that is not made here."""


def pool(spec: Spec, size: int, chance: random.Random, left_out: frozenset[str]) -> tuple[Slot, ...]:
    """Return so many random instructions, one after the other in memory, each instruction of the spec as often.

    :param left_out: names of instruction files, and mnemonics, that are not wanted.
    """
    maker = _Maker(spec, chance, size)
    by_stem: dict[str, list[int]] = {}
    for code, slot in maker.known():
        if slot.bound.stem not in left_out and slot.bound.mnemonic not in left_out:
            by_stem.setdefault(slot.bound.stem, []).append(code)
    found: list[Slot] = []
    while len(found) < size:
        stem = chance.choice(sorted(by_stem))
        made = maker.slot(chance.choice(by_stem[stem]), len(found))
        if made is not None and made.bound.stem == stem and maker.is_documented(made):
            if made.bound.mnemonic not in left_out:
                found.append(made)
    return tuple(found)


def made_opcodes(spec: Spec) -> dict[str, frozenset[str]]:
    """Return for each instruction of the spec the opcodes of iced-x86 that are read as it."""
    found: dict[str, set[str]] = {}
    for _, slot in _Maker(spec, random.Random(0), TRIES).known(documented=False):
        found.setdefault(slot.bound.stem, set()).add(slot.opcode)
    return {stem: frozenset(opcodes) for stem, opcodes in found.items()}


def _is_case(named: str, made: str) -> bool:
    """Whether an opcode with a digit is one with any register: 8E /2 of 8E /r."""
    return re.sub(r"/\d$", "/r", named) == made


class _Maker:
    def __init__(self, spec: Spec, chance: random.Random, size: int) -> None:
        self.spec, self.chance, self.size = spec, chance, size
        self.encoder = Encoder(64)
        self.known_words = {each.split()[0] for each in spec.lexicon.mnemonics}

    def known(self, documented: bool = True) -> Iterator[tuple[int, Slot]]:
        """Yield the codes of 64-bit mode that the spec has, each with an instruction made of it.

        :param documented: only those whose opcode stands in an ``Encoding:`` of the spec.
        """
        for code in _CODES.values():
            info = OpCodeInfo(code)
            if not info.is_instruction or not info.mode64 or info.encoding != EncodingKind.LEGACY:
                continue
            made = filter(None, (self.slot(code, number) for number in range(TRIES)))
            for slot in {each.bound.stem: each for each in made}.values():
                if not documented or self.is_documented(slot):
                    yield code, slot

    def is_documented(self, slot: Slot) -> bool:
        """Whether the opcode stands in the spec; others that processors take mean the same, but Unicorn lacks some."""
        named = codec.opcodes(self.spec.instruction(slot.bound.stem).encodings)
        return slot.opcode in named or any(_is_case(each, slot.opcode) for each in named)

    def slot(self, code: int, number: int) -> Slot | None:
        """Return a random instruction of a code in a slot of memory, None when the spec does not have this form."""
        address = CODE + SLOT * number
        info = OpCodeInfo(code)
        try:
            made = self._instruction(info, address)
            self.encoder.encode(made, address)
        except (_CannotMake, ValueError):
            self.encoder.take_buffer()
            return None
        code_bytes = self.encoder.take_buffer()
        if Decoder(64, code_bytes, ip=address).decode().code != code:
            return None  # these bytes are another instruction, as 90 is NOP and no exchange of EAX with itself
        (found,) = codec.decode(code_bytes, 64)
        if not isinstance(found, codec.Decoded):
            return None
        symbols = {} if found.target is None else {codec.TARGET: address + found.target}
        for text in dict.fromkeys(found.texts):
            bound = self._bound(text, symbols) if text.split()[0] in self.known_words else None
            if bound is not None:
                return Slot(address, code_bytes, text, bound, codec.opcode(info.op_code_string))
        return None

    def _bound(self, text: str, symbols: dict[str, int]) -> Bound | None:
        parsed = read_assembly(fragment_of(text), self.spec.lexicon)
        if parsed.diagnostics or not parsed.tree or not isinstance(parsed.tree[0], Line):
            return None
        try:
            return bind(parsed.tree[0], Surroundings(self.spec, "64-bit", symbols, {}, {}))
        except BindError:
            return None

    def _instruction(self, info: OpCodeInfo, address: int) -> Instruction:
        """Return an instruction with random operands.

        :raises _CannotMake: when it has an operand of a kind that is not made here.
        """
        made = Instruction()
        made.code = info.code
        for number, kind in enumerate(info.op_kinds()):
            self._operand(made, number, _kind(kind), address)
        return made

    def _operand(self, made: Instruction, number: int, kind: str, address: int) -> None:
        words = kind.split("_")
        if kind in _OP_KINDS:
            made.set_op_kind(number, _OP_KINDS[kind])
            made.set_immediate_u64(number, self._number(kind))
        elif words[0] in ("BR16", "BR32", "BR64"):
            made.set_op_kind(number, OpKind.NEAR_BRANCH64)
            made.near_branch64 = self._target(words[-1], address)
        elif kind in _IMPLIED_MEMORY:
            made.set_op_kind(number, _IMPLIED_MEMORY[kind])
        elif kind == "SEG_REG":
            made.set_op_register(number, self.chance.choice(SEGMENTS))
        elif kind.startswith("SEG_"):
            raise _CannotMake
        elif kind == "MEM" or kind.endswith("_OR_MEM") and self.chance.random() < 0.5:
            self._memory(made, number, address)
        elif kind == "MEM_OFFS":
            self._memory(made, number, address)
            made.memory_base = made.memory_index = Register.NONE
            made.memory_displacement = DATA + self.chance.randrange(0x3000)
            made.memory_displ_size = 8
        elif words[0][:1] == "R" and words[0][1:] in _SIZES:
            made.set_op_register(number, self._register(_SIZES[words[0][1:]]))
        elif len(words) == 1 and hasattr(Register, kind):
            made.set_op_register(number, getattr(Register, kind))
        else:
            raise _CannotMake

    def _register(self, size: int) -> int:
        group = GENERAL[size]
        if self.chance.random() < 0.9:
            return group[self.chance.choice(_DESTINATIONS)]
        return self.chance.choice(group)

    def _number(self, kind: str) -> int:
        if kind == "IMM8_CONST_1":
            return 1
        if kind == "IMM64":
            return self.chance.choice((self.chance.getrandbits(64), *_NUMBERS))
        value = self.chance.choice((self.chance.getrandbits(32), self.chance.choice(_NUMBERS)))
        if kind.startswith("IMM8"):
            value &= 0xFF
            low = value - 0x100 if value >= 0x80 and kind != "IMM8" else value
        elif kind == "IMM16":
            low = value & 0xFFFF
        else:
            low = value - (1 << 32) if value >= 1 << 31 and kind == "IMM32SEX64" else value
        return low & (1 << 64) - 1

    def _target(self, size: str, address: int) -> int:
        # A byte of displacement reaches the neighbours only.
        here = (address - CODE) // SLOT
        near = [each for each in (here - 2, here - 1, here, here + 1, here + 2) if 0 <= each < self.size]
        number = self.chance.choice(near) if size == "1" else self.chance.randrange(self.size)
        return CODE + SLOT * number

    def _memory(self, made: Instruction, number: int, address: int) -> None:
        chance = self.chance
        made.set_op_kind(number, OpKind.MEMORY)
        if chance.random() < 0.25:
            made.segment_prefix = chance.choice((Register.FS, Register.GS, Register.GS, Register.SS, Register.DS))
        shape = chance.random()
        if shape < 0.1:
            # Relative to RIP, and nothing but data: code must not change.
            made.memory_base = Register.RIP
            made.memory_displacement = DATA + chance.randrange(REGION - 0x1000)
            made.memory_displ_size = 8
        elif shape < 0.2:
            made.memory_displacement = DATA + chance.randrange(0x3000)
            made.memory_displ_size = 8  # of 4 it would be an address of 32 bits, which no text says
        elif shape < 0.28:
            made.memory_base = GENERAL[2][GENERAL[3].index(chance.choice(_POINTERS))]
            made.memory_displacement = chance.choice((0, chance.randrange(0x80)))
            made.memory_displ_size = 4 if made.memory_displacement else 0
        else:
            made.memory_base = chance.choice(_POINTERS) if chance.random() < 0.9 else chance.choice(GENERAL[3])
            if chance.random() < 0.3:
                made.memory_index = chance.choice(_INDEXES)
                made.memory_index_scale = chance.choice((1, 2, 4, 8))
            displacement = chance.choice((0, chance.randrange(0x80), chance.randrange(0x400) - 0x200))
            made.memory_displacement = displacement & (1 << 64) - 1
            made.memory_displ_size = 8 if displacement else 0


def _kind(number: int) -> str:
    return _KINDS[number]
