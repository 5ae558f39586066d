"""The bytes of instructions: what iced-x86 encodes a bound line to with an opcode of its file.

Only bytes count that are decoded to the very same again. Where code lies nobody says, so what hangs on it is left open.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace

from sphinx_fsgs.machine.bind import BindError, Bound, Surroundings, bind
from sphinx_fsgs.machine.operands import Binding, Constant, Effective, Formula, InCells, InMemory, Meaning, RecordRef
from sphinx_fsgs.machine.program import Program
from sphinx_fsgs.records import dataclass
from sphinx_fsgs.source import Span, fragment_of
from sphinx_fsgs.spec.layout import View
from sphinx_fsgs.spec.model import Spec
from sphinx_fsgs.syntax import codec
from sphinx_fsgs.syntax.assembly import (
    Address,
    AsmStatement,
    Environment,
    Immediate,
    Indirect,
    Instruction,
    Label,
    Operand,
    Output,
    Register,
)
from sphinx_fsgs.syntax.codec import TARGET, Decoded
from sphinx_fsgs.syntax.example import Mode
from sphinx_fsgs.syntax.expression import Name, Number, names_in
from sphinx_fsgs.syntax.read_assembly import read_assembly
from sphinx_fsgs.syntax.read_bytes import BITS

_FAR = 1 << 20
"""How far away something is of which nobody says where it is: out of the reach of a byte."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """The bytes of one instruction; those at the offsets ``left_open`` hang on where the code lies."""

    data: bytes
    left_open: frozenset[int] = frozenset()

    def __str__(self) -> str:
        return " ".join(".." if at in self.left_open else f"{byte:02x}" for at, byte in enumerate(self.data))


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a listing: what it says, and its bytes; None for what is no instruction, or has none."""

    text: str
    span: Span
    encoded: Encoded | None


class Encoder:
    """Encodes bound lines; what it takes raises NoCodec when iced-x86 is not installed."""

    def __init__(self, spec: Spec) -> None:
        self.spec = spec

    def encode(self, line: Instruction, bound: Bound) -> Encoded | None:
        """Return the shortest bytes of a line that stands alone, None when there are none.

        :raises NoCodec: as the class says.
        """
        return self._placed(line, bound, _Place(0, None), frozenset())

    def listing(self, program: Program, run: Sequence[AsmStatement]) -> tuple[Row, ...]:
        """Return the lines of a program with their bytes, jumps as short as they can be; nothing is aligned.

        :raises NoCodec: as the class says.
        """
        lines = [each for each in run if isinstance(each, (Instruction, Environment, Output))]
        labels = frozenset(each.name for each in run if isinstance(each, Label))
        sizes = [0] * len(lines)
        while True:
            found = list(self._laid_out(program, lines, sizes, labels))
            longer = [max(size, len(each.data)) if each else size for size, each in zip(sizes, found, strict=True)]
            if longer == sizes:
                return tuple(Row(line.text, line.span, each) for line, each in zip(lines, found, strict=True))
            sizes = longer

    def _laid_out(
        self,
        program: Program,
        lines: Sequence[Instruction | Environment | Output],
        sizes: Sequence[int],
        labels: frozenset[str],
    ) -> Iterator[Encoded | None]:
        """Yield the bytes of each line, none shorter than its size, where the lines before have these sizes."""
        offsets = [0, *itertools.accumulate(sizes)]
        for number, (line, bound) in enumerate(zip(lines, program.instructions, strict=True)):
            if not isinstance(line, Instruction) or not isinstance(bound, Bound):
                yield None
                continue
            address = self._leads_to(line, bound)
            there = None if address is None else program.index(address)
            target = None if there is None else offsets[there]
            yield self._placed(line, bound, _Place(offsets[number], target, sizes[number]), labels)

    # ---- one instruction ----

    def _placed(self, line: Instruction, bound: Bound, place: _Place, labels: frozenset[str]) -> Encoded | None:
        if line.code:
            return Encoded(line.code)
        address = self._leads_to(line, bound)
        where = place if address is None or place.target is not None else replace(place, target=place.at + _FAR)
        data = self._shortest(line, bound, where, address)
        if data is None:
            return None
        return Encoded(data, _left_open(line, data, bound, address is not None and place.target is None, labels))

    def _shortest(self, line: Instruction, bound: Bound, place: _Place, address: int | None) -> bytes | None:
        """Return the shortest bytes that are this, or else those that are it but for the size of an operand."""
        named = codec.opcodes(self.spec.instruction(bound.stem).encodings)
        bits = BITS[bound.binding.mode]
        target = place.target if address is not None else None
        found = {
            data: None
            for size in dict.fromkeys((bits, 64))  # an instruction of 64-bit mode has the same bytes elsewhere
            for operands in self._operands(line, bound, target)
            for data in codec.encodings(named, operands, size, place.at)
            if len(data) >= place.least
        }
        similar: bytes | None = None
        for data in sorted(found, key=len):
            for other in self._read(data, bound.binding.mode, None if target is None else target - place.at, address):
                if other.key() == bound.key():
                    return data
                if similar is None and other.stem == bound.stem and _are_alike(other.binding, bound.binding):
                    similar = data
        return similar

    def _read(self, data: bytes, mode: Mode, distance: int | None, address: int | None) -> Iterator[Bound]:
        """Yield what bytes are, in each way of writing it, if they lead as far as they should."""
        decoded, *more = codec.decode(data, BITS[mode])
        if more or not isinstance(decoded, Decoded) or decoded.idle or decoded.locked or decoded.target != distance:
            return
        symbols = {} if address is None else {TARGET: address}
        for text in dict.fromkeys(decoded.texts):
            parsed = read_assembly(fragment_of(text), self.spec.lexicon)
            for line in parsed.tree or ():
                if isinstance(line, Instruction) and not parsed.diagnostics:
                    with suppress(BindError):
                        yield bind(line, Surroundings(self.spec, mode, symbols, {}, {}))

    def _leads_to(self, line: Instruction, bound: Bound) -> int | None:
        """Return the address that is encoded as a distance: where a jump goes to, or what is relative to RIP."""
        for operand, (name, meaning) in zip(line.operands, bound.binding.names.items(), strict=False):
            inner = operand.operand if isinstance(operand, Indirect) else operand
            if isinstance(inner, Address) and inner.base == "RIP" and isinstance(meaning, InMemory):
                return meaning.address.displacement
            of_jump = "rel" in self.spec.instruction(bound.stem).kinds.get(name, ())
            if of_jump and isinstance(meaning, Constant):
                return meaning.value
        return None

    def _operands(self, line: Instruction, bound: Bound, target: int | None) -> Iterator[tuple[Operand, ...]]:
        """Yield the operands as numbers and registers; where the size of one does not matter, in each size."""
        kinds = self.spec.instruction(bound.stem).kinds
        choices = [
            self._choices(operand, meaning, kinds.get(name, ()), target)
            for operand, (name, meaning) in zip(line.operands, bound.binding.names.items(), strict=False)
        ]
        for operands in itertools.product(*choices):
            yield operands
            if len(operands) > 1:
                yield operands[::-1]  # as text may write the two that an exchange has
                yield (*operands, operands[-1])  # what is read and written may be encoded as two

    def _choices(
        self, operand: Operand, meaning: Meaning, kinds: tuple[str, ...], target: int | None
    ) -> tuple[Operand, ...]:
        span = operand.span
        match meaning:
            case InCells(view):
                # What is also memory of 16 bits takes no more than these of a wider register.
                views = self._alike(view) if {"r32", "m16"} <= set(kinds) else (view,)
                return tuple(Register(each.name, span) for each in views)
            case RecordRef(name):
                return (Register(name, span),)
            case Constant(value):
                if "rel" in kinds and target is not None:
                    return (Address(None, Number(target, span), None, None, 1, span),)
                return (Immediate(Number(value, span), span),)
            case InMemory(segment, effective):
                return (self._address(operand, segment, effective, target),)
        return ()

    def _alike(self, view: View) -> tuple[View, ...]:
        """Return a general register at each of its sizes, the given one first, then the smaller before the wider."""
        layout = self.spec.layout
        views = (layout.views[name] for name in layout.general)
        alike = (each for each in views if each != view and _same_register(each, view))
        return (view, *sorted(alike, key=lambda each: each.width))

    def _address(self, operand: Operand, segment: str, effective: Effective, target: int | None) -> Address:
        inner = operand.operand if isinstance(operand, Indirect) else operand
        relative = isinstance(inner, Address) and inner.base == "RIP"
        base, index = (None if view is None else view.name for view in (effective.base, effective.index))
        displacement = target if relative and target is not None else effective.displacement
        defaults = self.spec.layout.default_segment
        override = None if segment == defaults.get(base or "", defaults["otherwise"]) else segment
        number = Number(displacement, operand.span)
        return Address(override, number, "RIP" if relative else base, index, effective.scale, operand.span)


@dataclass(frozen=True, slots=True)
class _Place:
    """The offset of an instruction, that of the place it leads to if it is known, and its least size in bytes."""

    at: int
    target: int | None
    least: int = 0


def _left_open(line: Instruction, data: bytes, bound: Bound, is_open: bool, labels: frozenset[str]) -> frozenset[int]:
    """Return the offsets of the bytes that hang on where the code lies."""
    decoded = next(codec.decode(data, BITS[bound.binding.mode]))
    assert isinstance(decoded, Decoded)
    found: set[int] = set(decoded.displacement or decoded.immediate) if is_open else set()
    for operand in line.operands:
        inner = operand.operand if isinstance(operand, Indirect) else operand
        value = inner.value if isinstance(inner, Immediate) else None
        if isinstance(inner, Address) and inner.base != "RIP":
            value = inner.displacement
        if value is not None and decoded.target is None and labels & {name.name for name in names_in(value)}:
            found.update(decoded.immediate if isinstance(inner, Immediate) else decoded.displacement)
    return frozenset(found)


def _are_alike(one: Binding, other: Binding) -> bool:
    """Whether two bindings differ in nothing but the sizes of registers and numbers, and how these are written."""
    (here, only_here), (there, only_there) = _plain(one), _plain(other)
    names = (here.keys() - only_here) | (there.keys() - only_there)
    return names <= here.keys() & there.keys() and all(_is_like(here[name], there[name]) for name in names)


def _plain(binding: Binding) -> tuple[Mapping[str, Meaning], frozenset[str]]:
    """Return what the names of a binding mean, and which of them serve to say what others mean."""
    names = binding.names
    serving = {
        name: meaning.expression.name
        for name, meaning in names.items()
        if isinstance(meaning, Formula) and isinstance(meaning.expression, Name) and meaning.expression.name in names
    }
    return {name: names[serving.get(name, name)] for name in names}, frozenset(serving.values())


def _is_like(one: Meaning, other: Meaning) -> bool:
    if isinstance(one, InCells) and isinstance(other, InCells):
        return one == other or _same_register(one.view, other.view)
    if isinstance(one, Constant) and isinstance(other, Constant):
        return one.value == other.value
    if isinstance(one, InMemory) and isinstance(other, InMemory):
        return (one.segment, one.width, _wrapped(one.address)) == (other.segment, other.width, _wrapped(other.address))
    return one == other


def _wrapped(address: Effective) -> Effective:
    return replace(address, displacement=address.displacement & (1 << address.size) - 1)


def _same_register(one: View, other: View) -> bool:
    (here, *_), (there, *_) = one.slots, other.slots
    return here.cell == there.cell and here.low == there.low == 0
