"""The lines of assembly that the name of an instruction stands for.

Registers are interchangeable but for those that the Operation itself or the sentence names. So as many are taken that
nobody names as a line has operands, and beside them each of the named ones: however the operands of a line are chosen
from all registers, it is one of these up to a change of names.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import product
from typing import Literal

from sphinx_fsgs.records import dataclass
from sphinx_fsgs.spec.layout import Layout
from sphinx_fsgs.spec.model import Spec
from sphinx_fsgs.syntax.assembly import Address, Operand, Register
from sphinx_fsgs.syntax.assembly import Instruction as Line
from sphinx_fsgs.syntax.claim import Subject
from sphinx_fsgs.syntax.example import Mode
from sphinx_fsgs.syntax.instruction import SIZES, Form, Instruction
from sphinx_fsgs.syntax.vocabulary import base_segments

WIDTHS = (16, 32, 64, 8)
"""Sizes of operands in bits, in the order in which they are tried."""


@dataclass(frozen=True, slots=True)
class Tried:
    """Which operands are tried.

    ``named`` are whole registers that a sentence tells from the others. Operands that can be in memory are there too
    with ``memory``, else only where the instruction has no form without: at an address in a register, through each
    segment that makes a difference. Without ``apart`` all operands of a line are one register.
    """

    named: frozenset[str] = frozenset()
    memory: bool = False
    apart: bool = True


ANY_REGISTERS = Tried()
"""What a sentence means that tells no register from another."""


@dataclass(frozen=True, slots=True)
class Spelt:
    """One line: for which operand size in bits, and which registers it takes, each once."""

    width: int
    registers: tuple[str, ...]
    line: Line


@dataclass(frozen=True, slots=True)
class _Slot:
    """An operand that a register fills: of ``width`` bits, or with an address, of which memory is read or none is.

    Memory of a size that hangs on nothing else has the width 0.
    """

    kind: Literal["register", "address", "memory"]
    width: int
    segment: str | None = None


def spelt(subject: Subject, entry: Instruction, tried: Tried, mode: Mode, spec: Spec) -> tuple[Spelt, ...]:
    """Return the lines that a name stands for, those without memory first; some may be none that can be assembled."""
    speller = _Speller(subject, entry, tried, mode, spec)
    alone = tuple(speller.lines(in_memory=0))
    return (*alone, *speller.lines(in_memory=1)) if tried.memory or not alone else alone


def named_by(entry: Instruction, layout: Layout) -> frozenset[str]:
    """Return the registers, whole, that an instruction's own text names, as ECX in RDMSR."""
    words = set(re.findall(r"\b[A-Z][A-Z0-9]+\b", entry.text.partition("Operation:")[2]))
    words.update(each for kinds in entry.kinds.values() for each in kinds)
    return whole_registers(words, layout)


def whole_registers(names: Iterable[str], layout: Layout) -> frozenset[str]:
    """Return the general registers of which these names are parts."""
    return frozenset(layout.cells[layout.views[name].slots[0].cell].name for name in names if name in layout.general)


@dataclass(frozen=True, slots=True)
class _Speller:
    subject: Subject
    entry: Instruction
    tried: Tried
    mode: Mode
    spec: Spec

    def lines(self, in_memory: int) -> Iterator[Spelt]:
        """Yield the lines with so many operands in memory."""
        for width, form in product(WIDTHS, self.forms()):
            kinds = [self.entry.kinds.get(name, ()) for name in form.operands]
            for slots in product(*(tuple(self.slots(each, width)) for each in kinds)):
                if sum(isinstance(each, _Slot) and each.kind == "memory" for each in slots) == in_memory:
                    yield from self.filled(form, width, slots)

    def forms(self) -> Iterator[Form]:
        """Yield the forms that the name speaks of: those of its mnemonic, or all where it is none."""
        word = self.subject.mnemonic or self.subject.text.split()[0].lower()
        named = any(word in form.mnemonics for form in self.entry.forms)
        return (form for form in self.entry.forms if word in form.mnemonics or not named)

    def slots(self, kinds: Sequence[str], width: int) -> Iterator[Register | _Slot]:
        """Yield the ways in which an operand of these kinds can be given, where the operand size is this one."""
        if self.subject.bits not in (0, width):
            return
        views, segment = self.spec.layout.views, self.subject.segment
        if segment in kinds:
            yield Register(str(segment), self.subject.span)
            return
        yield from (Register(each, self.subject.span) for each in kinds if each in views and views[each].width == width)
        if own := _own_width(kinds, width):
            yield _Slot("register", own)
        if "address" in kinds:
            yield _Slot("address", width)
        if any(re.fullmatch(r"mem|m[0-9]+", each) for each in kinds):
            for through in (None, *self.segments()):
                yield _Slot("memory", width if "mem" in kinds else 0, through)

    def segments(self) -> Iterable[str]:
        """Return the segments through which an address leads elsewhere: in 64-bit mode those that keep a base."""
        lexicon = self.spec.lexicon
        return base_segments(lexicon) if self.mode == "64-bit" else sorted(lexicon.segments)

    # ---- registers ----

    def filled(self, form: Form, width: int, slots: Sequence[Register | _Slot]) -> Iterator[Spelt]:
        """Yield the lines in which registers fill the slots."""
        count = sum(isinstance(each, _Slot) for each in slots)
        for registers in self.ways(count):
            left = iter(registers)
            operands = tuple(each if isinstance(each, Register) else self.operand(each, next(left)) for each in slots)
            mnemonic = self.mnemonic(form, width, slots)
            text = f"{mnemonic} {', '.join(map(_written, operands))}".rstrip()
            yield Spelt(width, tuple(dict.fromkeys(registers)), Line(mnemonic, operands, text, self.subject.span))

    def ways(self, count: int) -> Iterator[tuple[str, ...]]:
        """Yield the ways to take so many registers, each up to a change of those that nobody names."""
        layout = self.spec.layout
        named = sorted(self.tried.named | named_by(self.entry, layout))
        others = [name for name in _whole(layout) if name not in named][: max(count, 1)]
        if not self.tried.apart:
            yield from ((each,) * count for each in (others[0], *named))
            return
        for chosen in product((*others, *named), repeat=count):
            new = list(dict.fromkeys(each for each in chosen if each in others))
            if new == others[: len(new)]:
                yield chosen

    def operand(self, slot: _Slot, register: str) -> Operand:
        """Return what a register is in a slot."""
        span = self.subject.span
        if slot.kind == "register":
            return Register(_part(register, slot.width, self.spec.layout), span)
        base = _part(register, 64 if self.mode == "64-bit" else 32, self.spec.layout)
        return Address(slot.segment, None, base, None, 1, span)

    # ---- words ----

    def mnemonic(self, form: Form, width: int, slots: Sequence[Register | _Slot]) -> str:
        """Return the mnemonic, with the suffix of the size where no register says it."""
        silent = bool(slots) and all(isinstance(each, _Slot) and each.kind == "memory" and each.width for each in slots)
        suffix = next((each for each, size in SIZES.items() if size == width), "")
        needed = suffix in form.suffixes and (silent or "" not in form.suffixes)
        return form.mnemonics[0] + (suffix if needed else "")


def _own_width(kinds: Sequence[str], width: int) -> int:
    """Return how many bits a register has that stands for an operand, 0 where none can or none of this size."""
    sizes = {int(each[1:]) for each in kinds if re.fullmatch(r"r[0-9]+", each)}
    if "reg" in kinds or width in sizes:
        return width
    return sizes.pop() if len(sizes) == 1 else 0


def _whole(layout: Layout) -> Iterator[str]:
    """Yield the general registers that address no stack, whole."""
    for cell in layout.cells:
        if cell.name in layout.general and cell.name not in layout.default_segment:
            yield cell.name


def _part(register: str, width: int, layout: Layout) -> str:
    """Return what the low bits of a register are called."""
    return next(
        name
        for name, view in layout.views.items()
        if name in layout.general
        and view.width == width
        and view.slots[0].low == 0
        and layout.cells[view.slots[0].cell].name == register
    )


def _written(operand: Operand) -> str:
    if isinstance(operand, Register):
        return f"%{operand.name.lower()}"
    assert isinstance(operand, Address)
    segment = f"%{operand.segment.lower()}:" if operand.segment else ""
    return f"{segment}(%{str(operand.base).lower()})"
