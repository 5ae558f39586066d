"""Machine code as iced-x86 reads and writes it: the one module that imports it, and only when bytes are met.

Text and trees of ours go in and come out; whoever asks needs to know nothing of iced-x86. What it knows of an
instruction beyond its encoding is not used: what bytes mean is said by the text that they stand for.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING, Any

from sphinx_fsgs.records import dataclass
from sphinx_fsgs.syntax.assembly import Address, Immediate, Operand, Register
from sphinx_fsgs.syntax.expression import Expr, Number

if TYPE_CHECKING:
    import iced_x86
    from iced_x86._iced_x86_py import Code
    from iced_x86._iced_x86_py import Register as Numbered

AUTHORITY = "machine code, as iced-x86 decodes it"
HOW_TO_INSTALL = "install it: pip install 'sphinx-fsgs[decode]'"
TARGET = "target"
"""The name that stands in a text for the place that a jump, or an address relative to RIP, leads to."""
LONGEST = 15
"""Bytes of the longest instruction."""

_LOCK = 0xF0
_REP = "F3 "
_SIZE_WORDS = frozenset("o16 o32 o64 a16 a32 a64 NP REX.W ib iw id io cb cw cd mo".split())
_PREFIXES = frozenset((0x26, 0x2E, 0x36, 0x3E, 0x64, 0x65, 0x66, 0x67, _LOCK, 0xF2, 0xF3))
_REX = range(0x40, 0x50)
_RELATIVE = re.compile(r"[^\s,:*]*\(%rip\)")


class NoCodec(Exception):
    """iced-x86 is not installed."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """One instruction among bytes: the ``length`` bytes from ``start`` on.

    ``texts`` are the ways in which AT&T syntax writes it, the one that says its size first. ``target`` is the offset
    of the place that TARGET in them stands for, which may lie outside of the bytes. ``immediate`` and ``displacement``
    are the offsets of the bytes that hold them, empty without one; ``idle`` those of prefixes that the texts do not
    say. It is ``locked`` if a LOCK prefix stands before an instruction that takes none: that one the texts say.
    """

    start: int
    length: int
    texts: tuple[str, ...]
    target: int | None
    immediate: range
    displacement: range
    idle: tuple[int, ...]
    locked: bool = False


@dataclass(frozen=True, slots=True)
class Undecodable:
    """The ``length`` bytes from ``start`` on are no instruction; with ``cut`` they are the beginning of one."""

    start: int
    length: int
    cut: bool


def installed() -> bool:
    """Return whether there is something that decodes."""
    try:
        _iced()
    except NoCodec:
        return False
    return True


@cache
def _iced() -> _Iced:
    """Return iced-x86 with what is made of it once.

    :raises NoCodec: when it is not installed.
    """
    try:
        return _Iced()
    except ImportError as error:
        raise NoCodec(HOW_TO_INSTALL) from error


# ---- decoding -----------------------------------------------------------------------------------


def decode(data: bytes, bits: int) -> Iterator[Decoded | Undecodable]:
    """Yield the instructions that bytes are, up to the first that is none; ``bits`` are those of the code segment.

    :raises NoCodec: when iced-x86 is not installed.
    """
    iced, start = _iced(), 0
    while start < len(data):
        found = iced.decode_one(data, start, bits)
        yield found
        if isinstance(found, Undecodable):
            return
        start += found.length


class _Iced:
    """What is asked of iced-x86, by names of its own."""

    def __init__(self) -> None:
        import iced_x86

        self.iced = iced_x86
        self._in_memory = {kind for kind, name in _named(iced_x86.OpKind).items() if name.startswith("MEMORY")}
        self._codes: dict[int, Mapping[str, tuple[Code, ...]]] = {}
        self._kinds = _named(iced_x86.OpCodeOperandKind)
        self.formatter = iced_x86.Formatter(iced_x86.FormatterSyntax.GAS)
        self.formatter.rip_relative_addresses = True
        self.formatter.space_after_operand_separator = True
        self.formatter.uppercase_hex = False
        self._registers: dict[str, Numbered] = {
            self.formatter.format_register(number).lstrip("%").upper(): number for number in _named(iced_x86.Register)
        }

    def decode_one(self, data: bytes, start: int, bits: int) -> Decoded | Undecodable:
        """Return the instruction that begins at an offset."""
        piece = data[start : start + LONGEST]
        if not self._read(piece, bits)[0].is_invalid:
            return self._decoded(piece, start, bits)
        if bits != 64 and self._is_of_64_bits(piece):
            return self._decoded(piece, start, 64)
        if self._is_locked(piece, bits):
            found, _ = self._read(piece, bits, start, lax=True)
            nothing = range(0)
            return Decoded(start, found.len, tuple(self._texts(found, bits)), None, nothing, nothing, (), True)
        hopeless = (length for length in range(1, len(piece) + 1) if not self._goes_on(piece[:length], bits))
        length = next(hopeless, None)
        return Undecodable(start, length or len(piece), length is None)

    def _decoded(self, piece: bytes, start: int, bits: int) -> Decoded:
        found, decoder = self._read(piece, bits, start)
        offsets = decoder.get_constant_offsets(found)
        said = self._said(found)
        texts = tuple(self._texts(said, bits))
        return Decoded(
            start,
            found.len,
            texts,
            self._target(found, bits),
            _bytes_at(start, offsets.immediate_offset, offsets.immediate_size),
            _bytes_at(start, offsets.displacement_offset, offsets.displacement_size),
            tuple(start + each for each in self._idle(piece[: found.len], said, bits, start)),
        )

    def _is_of_64_bits(self, data: bytes) -> bool:
        """Whether these bytes, which mean nothing elsewhere, are an instruction of 64-bit mode that needs no more.

        What it does elsewhere, where as a rule it is not defined, is for the spec to say.
        """
        found, _ = self._read(data, 64)
        kinds = [found.op_kind(number) for number in range(found.op_count)]
        whole = not found.is_invalid and all(kind == self.iced.OpKind.REGISTER for kind in kinds)
        return whole and not any(data[at] in _REX for at in _prefixes(data, 64))

    def _read(
        self, data: bytes, bits: int, at: int = 0, *, lax: bool = False, amd: bool = False
    ) -> tuple[iced_x86.Instruction, iced_x86.Decoder]:
        """Decode one instruction: also one that is refused, or as AMD's processors do."""
        options = self.iced.DecoderOptions
        chosen = options.NO_INVALID_CHECK if lax else options.AMD if amd else options.NONE
        decoder = self.iced.Decoder(bits, data, chosen, ip=at)
        return decoder.decode(), decoder

    def _is_locked(self, data: bytes, bits: int) -> bool:
        """Whether these bytes are no instruction for the sake of their LOCK prefix, to any vendor's decoder."""
        lock = next((at for at in _prefixes(data, bits) if data[at] == _LOCK), None)
        if lock is None:
            return False
        with_lock, _ = self._read(data, bits, lax=True)
        without, _ = self._read(data[:lock] + data[lock + 1 :], bits)
        same = not without.is_invalid and without.code == with_lock.code and without.len == with_lock.len - 1
        return same and self._read(data, bits, amd=True)[0].is_invalid

    def _goes_on(self, data: bytes, bits: int) -> bool:
        """Whether an instruction begins with these bytes, or is these."""
        if not self._read(data, bits)[0].is_invalid:
            return True
        behind = bytes(LONGEST)
        return any(not self._read(data + bytes((each,)) + behind, bits)[0].is_invalid for each in range(256))

    def _target(self, found: iced_x86.Instruction, bits: int) -> int | None:
        """Return the place, as an offset, that a jump or an address relative to RIP leads to."""
        if found.is_ip_rel_memory_operand:
            return _signed(found.ip_rel_memory_address, bits)
        return _signed(found.near_branch_target, bits) if self._is_branch(found) else None

    def _is_branch(self, found: iced_x86.Instruction) -> bool:
        kinds = self.iced.OpKind
        near = (kinds.NEAR_BRANCH16, kinds.NEAR_BRANCH32, kinds.NEAR_BRANCH64)
        return bool(found.op_count) and found.op_kind(0) in near

    def _texts(self, found: iced_x86.Instruction, bits: int) -> Iterator[str]:
        """Yield the ways to write an instruction: with the suffix of its size, and as the assembler needs it."""
        for suffix in (True, False):
            self.formatter.gas_show_mnemonic_size_suffix = suffix
            mnemonic = self.formatter.format_mnemonic(found)
            if self._is_branch(found):
                yield f"{mnemonic} {TARGET}"
            elif self._is_string(found, bits):
                yield mnemonic  # its operands are understood
            else:
                # So iced-x86 writes what has a scale and no index.
                text = self.formatter.format(found).replace(",)", ")").replace("()", "")
                yield _RELATIVE.sub(f"{TARGET}(%rip)", text)

    def _is_string(self, found: iced_x86.Instruction, bits: int) -> bool:
        """Whether its operands in memory are those that its name says, with nothing that changes them."""
        kinds = self.iced.OpKind
        whole = {
            64: (kinds.MEMORY_SEG_RSI, kinds.MEMORY_ESRDI),
            32: (kinds.MEMORY_SEG_ESI, kinds.MEMORY_ESEDI),
        }[bits]
        return not found.has_segment_prefix and any(found.op_kind(each) in whole for each in range(found.op_count))

    def _said(self, found: iced_x86.Instruction) -> iced_x86.Instruction:
        """Return an instruction without the prefixes that mean nothing to it, but for an override of its segment."""
        said = found.copy()
        self.formatter.show_useless_prefixes = False
        if " " not in self.formatter.format_mnemonic(found):
            said.has_lock_prefix = said.has_rep_prefix = said.has_repne_prefix = False
            kinds = [found.op_kind(number) for number in range(found.op_count)]
            if not any(kind in self._in_memory for kind in kinds):
                said.segment_prefix = self.iced.Register.NONE
        self.formatter.show_useless_prefixes = True
        return said

    def _idle(self, data: bytes, said: iced_x86.Instruction, bits: int, at: int) -> Iterator[int]:
        """Yield the offsets of prefixes that the same instruction does not need when it is encoded again."""
        near = said.copy()  # without those prefixes it may be too far away from where it leads to
        if self._is_branch(said):
            near.near_branch64 = at
        elif said.is_ip_rel_memory_operand:
            near.memory_displacement = at
        again = self.encoded(near, bits, at)
        needed = Counter(again[each] for each in _prefixes(again, bits))
        for each in _prefixes(data, bits):
            if needed[data[each]]:
                needed[data[each]] -= 1
            else:
                yield each

    def encoded(self, instruction: iced_x86.Instruction, bits: int, at: int) -> bytes:
        """Return the bytes of an instruction at an address.

        :raises ValueError: when there are none.
        """
        encoder = self.iced.Encoder(bits)
        encoder.encode(instruction, at)
        return encoder.take_buffer()

    # ---- encoding ----

    def codes_of(self, named: str, bits: int) -> Iterator[tuple[Code, bool]]:
        """Yield the codes of an opcode, each with whether it repeats: then the REP in front is none of iced-x86's."""
        known = self._of_bits(bits)
        of_any = re.sub(r"/\d$", "/r", named)  # 8E /r, of which 8E /2 is one
        yield from ((code, False) for name in dict.fromkeys((named, of_any)) for code in known.get(name, ()))
        if named.startswith(_REP):
            yield from ((code, True) for code in known.get(named.removeprefix(_REP), ()))

    def _of_bits(self, bits: int) -> Mapping[str, tuple[Code, ...]]:
        """Return the codes that code of so many bits can have, by opcode."""
        if bits not in self._codes:
            found: dict[str, list[Code]] = {}
            for code in _named(self.iced.Code):
                info = self.iced.OpCodeInfo(code)
                legacy = info.is_instruction and info.encoding == self.iced.EncodingKind.LEGACY
                if legacy and (info.mode64 if bits == 64 else info.mode32):
                    found.setdefault(opcode(info.op_code_string), []).append(code)
            self._codes[bits] = {name: tuple(codes) for name, codes in found.items()}
        return self._codes[bits]

    def made(self, code: Code, operands: tuple[Operand, ...], bits: int) -> Iterator[iced_x86.Instruction]:
        """Yield the instructions that a code makes of operands in Intel's order, right or wrong."""
        kinds = tuple(self._kinds[each] for each in self.iced.OpCodeInfo(code).op_kinds())
        for given in _assigned(kinds, operands):
            made = self.iced.Instruction()
            made.code = code
            for number, (kind, operand) in enumerate(zip(kinds, given, strict=True)):
                self._set(made, number, kind, operand, bits)
            yield made

    def _set(self, made: iced_x86.Instruction, number: int, kind: str, given: Operand | None, bits: int) -> None:
        """Set an operand to what is given, or to the one that needs not be said; the encoder refuses what is wrong."""
        kinds = self.iced.OpKind
        if kind in _STRING:
            made.set_op_kind(number, getattr(kinds, _STRING[kind][bits]))
        elif given is None and kind != "IMM8_CONST_1":
            made.set_op_register(number, getattr(self.iced.Register, kind))
        elif isinstance(given, Register):
            made.set_op_register(number, self._registers[given.name])
        elif given is None or isinstance(given, Immediate):
            made.set_op_kind(number, getattr(kinds, _IMMEDIATE.get(kind, "IMMEDIATE8")))
            made.set_immediate_i64(number, 1 if given is None else _signed(_value(given.value) & _ALL, 64))
        elif isinstance(given, Address) and kind.startswith("BR"):
            made.set_op_kind(number, kinds.NEAR_BRANCH64 if bits == 64 else kinds.NEAR_BRANCH32)
            made.near_branch64 = _value(given.displacement) & (1 << bits) - 1
        elif isinstance(given, Address):
            made.set_op_kind(number, kinds.MEMORY)
            self._set_memory(made, given, whole=kind == "MEM_OFFS", bits=bits)

    def _set_memory(self, made: iced_x86.Instruction, given: Address, *, whole: bool, bits: int) -> None:
        none = self.iced.Register.NONE
        base = none if given.base is None else self._registers[given.base]
        index = none if given.index is None else self._registers[given.index]
        made.segment_prefix = none if given.segment is None else self._registers[given.segment]
        made.memory_base, made.memory_index, made.memory_index_scale = base, index, given.scale
        displacement = 0 if given.displacement is None else _value(given.displacement)
        made.memory_displacement = displacement & _ALL
        if whole or not (given.base or given.index):
            made.memory_displ_size = bits // 8  # in fewer bytes it would be an address of fewer bits
        elif displacement:
            made.memory_displ_size = 1  # or more, where it takes more


_ALL = (1 << 64) - 1
_STRING: Mapping[str, Mapping[int, str]] = {
    "SEG_RSI": {64: "MEMORY_SEG_RSI", 32: "MEMORY_SEG_ESI"},
    "ES_RDI": {64: "MEMORY_ESRDI", 32: "MEMORY_ESEDI"},
}
"""What the operands of string instructions are to iced-x86, by the size of addresses."""
_IMMEDIATE: Mapping[str, str] = {
    "IMM8SEX16": "IMMEDIATE8TO16",
    "IMM8SEX32": "IMMEDIATE8TO32",
    "IMM8SEX64": "IMMEDIATE8TO64",
    "IMM16": "IMMEDIATE16",
    "IMM32": "IMMEDIATE32",
    "IMM32SEX64": "IMMEDIATE32TO64",
    "IMM64": "IMMEDIATE64",
}
_UNSAID = re.compile(r"SEG_RSI|ES_RDI|IMM8_CONST_1|[A-Z]{2,3}")
"""Kinds of operands of which there is only one, so that a text need not say it."""


def _assigned(kinds: Sequence[str], operands: Sequence[Operand]) -> Iterator[tuple[Operand | None, ...]]:
    """Yield the ways to give operands to kinds in order, none to some of those that are not said."""
    if not kinds:
        yield from () if operands else ((),)
        return
    if _UNSAID.fullmatch(kinds[0]) and kinds[0] != "MEM":
        yield from ((None, *rest) for rest in _assigned(kinds[1:], operands))
    if operands:
        yield from ((operands[0], *rest) for rest in _assigned(kinds[1:], operands[1:]))


def _value(number: Expr | None) -> int:
    """Return the number that an operand is.

    :raises TypeError: when it is none yet.
    """
    if not isinstance(number, Number):
        raise TypeError(f"{number} is no number")
    return number.value


def _named(module: ModuleType) -> Mapping[Any, str]:
    """Return the constants of one of iced-x86's modules with their names; their types are known to its stubs alone."""
    return {number: name for name, number in vars(module).items() if isinstance(number, int)}


def _prefixes(data: bytes, bits: int) -> Iterator[int]:
    """Yield the offsets of the prefixes that bytes begin with."""
    for at, byte in enumerate(data):
        if byte not in _PREFIXES and not (bits == 64 and byte in _REX):
            return
        yield at


def _bytes_at(start: int, offset: int, size: int) -> range:
    return range(start + offset, start + offset + size) if size else range(0)


def _signed(address: int, bits: int) -> int:
    return address - (1 << bits) if address >> bits - 1 else address


# ---- encoding -----------------------------------------------------------------------------------


def opcode(text: str) -> str:
    """Return what an encoding says of prefixes, opcode and extension, without sizes and numbers behind."""
    return " ".join(re.sub(r"\+r[bwdo]$", "+r", word) for word in text.split() if word not in _SIZE_WORDS)


def opcodes(encodings: Iterable[str]) -> frozenset[str]:
    """Return the encodings of an instruction of the spec in that form, conditions written out."""
    found: set[str] = set()
    for each in map(opcode, encodings):
        head, plus, tail = each.partition("+cc")
        *before, last = head.split()
        numbers = range(16) if plus else ()
        found.update(" ".join((*before, f"{int(last, 16) + number:02X}")) + tail for number in numbers)
        found.update(() if plus else (each,))
    return frozenset(found)


def encodings(named: Iterable[str], operands: Sequence[Operand], bits: int, at: int) -> tuple[bytes, ...]:
    """Return what operands can be encoded to with one of these opcodes, the shortest first.

    Operands are in AT&T's order, and all that is not a register is numbers. A place that a jump leads to is an
    :class:`~sphinx_fsgs.syntax.assembly.Address` that is only a displacement; one relative to RIP has as displacement
    the address that is meant. It is for the caller to see what the bytes mean: nothing is checked here.

    :param named: opcodes, as :func:`opcodes` returns them.
    :param at: the address of the first byte.
    :raises NoCodec: when iced-x86 is not installed.
    """
    iced = _iced()
    found: dict[bytes, int] = {}
    for code, repeats in sorted({each for name in named for each in iced.codes_of(name, bits)}):
        for made in iced.made(code, tuple(reversed(operands)), bits):
            made.has_rep_prefix = repeats
            try:
                found.setdefault(iced.encoded(made, bits, at), code)
            except ValueError:
                continue  # these operands are none of this code
    return tuple(sorted(found, key=lambda data: (len(data), found[data])))
