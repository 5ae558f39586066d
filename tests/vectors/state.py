"""From the words of a vector to cells and memory, and back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sphinx_fsgs.machine.concrete import ConcreteMachine
from sphinx_fsgs.spec.layout import View
from tests.machine.support import spec

Vector = dict[str, Any]

CODE = 0x200000
GDT, LDT = 0x500000, 0x503000
GDT_LIMIT, LDT_LIMIT, LDT_SELECTOR = 0x9F, 0xF, 0x40
PHYSICAL = (1 << 24) - 1
ALIAS = 0xFFFF_8880_0000_0000
MAX_ACCESS = 64
"""More bytes than any access has."""
STAR, LSTAR, SFMASK = 0xC000_0081, 0xC000_0082, 0xC000_0084
NULL = 0x10000
"""The attributes of a segment register that a null selector was loaded into."""

# What is set up for every vector: 64-bit mode with paging.
ALWAYS = {
    "CR0.PE": 1,
    "CR0.WP": 1,
    "CR0.PG": 1,
    "EFER.SCE": 1,
    "EFER.LME": 1,
    "EFER.LMA": 1,
    "EFER.NXE": 1,
    "GDTR.base": GDT,
    "GDTR.limit": GDT_LIMIT,
    "LDTR.base": LDT,
    "LDTR.limit": LDT_LIMIT,
    "LDTR.selector": LDT_SELECTOR,
    "LDTR.attributes": 0x82,
}


class Aliased(ConcreteMachine):
    """Memory as the vectors have it: the first 16 MiB, mapped twice."""

    def load(self, linear: int, size: int) -> int:
        return super().load(linear & PHYSICAL, size)

    def store(self, linear: int, size: int, value: int) -> None:
        super().store(linear & PHYSICAL, size, value)


class World:
    """What memory and the unknown functions hold where a vector says nothing; MSRs that the spec has no cell for."""

    def __init__(self, msrs: Mapping[int, int]) -> None:
        self.msrs = msrs
        self.asked: list[int] = []

    def __call__(self, name: str, argument: int) -> int:
        """Return the value of an unknown function."""
        if name == "mapped":
            self.asked.append(argument)
            return int(argument <= PHYSICAL or ALIAS <= argument <= ALIAS + PHYSICAL)
        if name == "writable":
            return 1
        if name == "msr_exists":
            return int(argument in self.msrs)
        return self.msrs.get(argument, 0) if name == "msr" else 0

    def missed(self) -> int:
        """Return the address of the page fault that ended a run: the first byte of the access that is not mapped.

        An Operation asks for the first byte of an access and then for the last one.
        """
        *before, last = self.asked
        second = before and 0 <= last - before[-1] < MAX_ACCESS
        return last & ~0xFFF if second else last


def number(text: str | int) -> int:
    """Return a number as JSON holds it: in hexadecimal with its prefix, or plain."""
    return text if isinstance(text, int) else int(text, 0)


def bytes_of(words: Mapping[str, Any], base: int = 0) -> dict[int, int]:
    """Return the bytes of 64-bit words, given one by one or as lists, by address."""
    found: dict[int, int] = {}
    for address, value in words.items():
        for place, word in enumerate(value if isinstance(value, list) else [value]):
            for index in range(8):
                found[base + int(address, 16) + 8 * place + index] = number(word) >> 8 * index & 0xFF
    return found


def start(vector: Vector, meta: Mapping[str, Any]) -> tuple[list[Any], Aliased, World]:
    """Return the cells, the memory and the surroundings that a vector begins with."""
    layout, init = spec().layout, vector["init"]
    cells: list[Any] = [0] * len(layout.cells)
    memory = bytes_of(init["mem"]) | bytes_of(meta["gdt_fixed"], GDT) | bytes_of(init["gdt"], GDT)
    memory |= bytes_of(meta["ldt"], LDT)
    values = dict(ALWAYS)
    for name, text in init["selectors"].items():
        values |= segment(name.upper(), number(text), memory, GDT, LDT)
    values |= {name.upper(): number(text) for name, text in init["regs"].items()}
    values |= {"FS.base": number(init["msrs"]["fs_base"]), "GS.base": number(init["msrs"]["gs_base"])}
    values |= {"IA32_KERNEL_GS_BASE": number(init["msrs"]["kernel_gs_base"]), "RFLAGS": number(init["rflags"])}
    values |= {"CR4.FSGSBASE": int(init["cr4_fsgsbase"]), "CR4.FRED": int(init["cr4_fred"])}
    known = {msr.index: msr.cell for msr in layout.msrs}
    others: dict[int, int] = {}
    for index, name in ((STAR, "star"), (LSTAR, "lstar"), (SFMASK, "sfmask")):
        if index in known:
            values[known[index]] = number(init[name])
        else:
            others[index] = number(init[name])
    for name, value in values.items():
        view = layout.view(name)
        assert view is not None, name
        write(cells, view, value)
    world = World(others)
    return cells, Aliased(memory, world), world


def segment(name: str, selector: int, memory: Mapping[int, int], gdt: int, ldt: int) -> dict[str, int]:
    """Return what a segment register holds after a load of a selector from tables at two addresses."""
    if selector & ~3 == 0:
        return {f"{name}.selector": selector, f"{name}.attributes": NULL}
    table = ldt if selector & 4 else gdt
    words = sum(memory[table + (selector & ~7) + index] << 8 * index for index in range(8))
    limit = words & 0xFFFF | words >> 32 & 0xF0000
    scaled = limit << 12 | 0xFFF if words >> 55 & 1 else limit
    return {
        f"{name}.selector": selector,
        f"{name}.base": words >> 16 & 0xFFFFFF | words >> 32 & 0xFF000000,
        f"{name}.limit": scaled,
        f"{name}.attributes": words >> 40 & 0xF0FF,
    }


def write(cells: list[Any], view: View, value: int) -> None:
    """Write a view over several cells; bits that are constants keep what they are."""
    low = view.width
    for slot in view.slots:
        low -= slot.width
        if slot.cell >= 0:
            mask = (1 << slot.width) - 1 << slot.low
            cells[slot.cell] = cells[slot.cell] & ~mask | (value >> low << slot.low & mask)


def read(cells: list[Any], view: View, ignored: int = 0) -> int:
    """Return what a view holds; ignored bits are zero and may be undefined.

    :raises NeedsTerms: when a bit that is not ignored is undefined.
    """
    value = 0
    position = view.width
    for slot in view.slots:
        position -= slot.width
        if ignored >> position & 1:
            value <<= slot.width
            continue
        part = slot.constant if slot.cell < 0 else cells[slot.cell] >> slot.low & (1 << slot.width) - 1
        value = value << slot.width | part
    return value


def flattened(data: Mapping[str, Any], inside: Iterable[str] = ()) -> dict[str, Any]:
    """Return nested tables as one, its keys joined with dots; lists stay as they are."""
    found: dict[str, Any] = {}
    for name, value in data.items():
        if isinstance(value, dict):
            found |= flattened(value, (*inside, name))
        else:
            found[".".join((*inside, name))] = value
    return found
