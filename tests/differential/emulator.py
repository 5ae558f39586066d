"""Unicorn as a machine that makes one step: set up as the vectors are, and read as a whole."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from unicorn import UC_ARCH_X86, UC_ERR_INSN_INVALID, UC_HOOK_INTR, UC_MODE_64, Uc, UcError, x86_const

from tests.differential.layout import (
    CODE,
    DATA,
    GDT,
    LDT,
    LOCAL,
    MAX_SLOTS,
    PAGE_TABLES,
    PHYSICAL,
    REGION,
    SLOT,
    tables,
)

GENERAL = "RAX RCX RDX RBX RSP RBP RSI RDI R8 R9 R10 R11 R12 R13 R14 R15".split()
SEGMENTS = "ES CS SS DS FS GS".split()
KERNEL_GS_BASE, EFER = 0xC000_0102, 0xC000_0080
INVALID_OPCODE = 6
FETCH_FAULTS = (13, 14)
NOTHING = -1

# The places that are compared, by our names, in the order in which Unicorn gives them.
PLACES = (*GENERAL, "RIP", "RFLAGS", *(f"{name}.selector" for name in SEGMENTS), "FS.base", "GS.base", "GS_SHADOW")


def _register(name: str) -> int:
    number = getattr(x86_const, f"UC_X86_REG_{name}")
    assert isinstance(number, int)
    return number


_REGISTERS = [_register(name) for name in (*GENERAL, "RIP", "EFLAGS", *SEGMENTS, "FS_BASE", "GS_BASE")]
_WRITTEN = [_register(name) for name in (*GENERAL, "EFLAGS", "FS_BASE", "GS_BASE")]
_RIP, _RSP, _MSR, _CR2 = (_register(name) for name in ("RIP", "RSP", "MSR", "CR2"))


@dataclass(frozen=True)
class Seen:
    """Unicorn's state behind a step, by :data:`PLACES`, and the vector of the exception or NOTHING.

    ``last`` says that the next instruction cannot be fetched, so that the program ends here, and ``address`` where the
    last page fault was.
    """

    values: tuple[int, ...]
    vector: int
    last: bool = False
    address: int = 0


class Emulator:
    """One engine that is used for all steps."""

    def __init__(self) -> None:
        self.engine = Uc(UC_ARCH_X86, UC_MODE_64)
        self.engine.ctl_set_cpu_model(x86_const.UC_CPU_X86_SKYLAKE_CLIENT)
        self._vector = NOTHING
        self.engine.mem_map(0, PHYSICAL)
        self._pages()
        self.engine.mem_write(GDT, tables())
        self._system()
        self.engine.hook_add(UC_HOOK_INTR, self._interrupt)
        kernel = self.engine.context_save()
        self._levels = {0: kernel, 3: self._user()}
        self._before = self.engine.context_save()

    def _pages(self) -> None:
        write, size = self.engine.mem_write, 0x1000
        for level in range(2):
            write(PAGE_TABLES + size * level, struct.pack("<Q", PAGE_TABLES + size * (level + 1) | 7))
        for number in range(PHYSICAL >> 21):
            write(PAGE_TABLES + size * 2 + 8 * number, struct.pack("<Q", PAGE_TABLES + size * (number + 3) | 7))
        for first, length in ((DATA, REGION), (CODE, SLOT * MAX_SLOTS)):
            for address in range(first, first + length, size):
                write(PAGE_TABLES + size * 3 + 8 * (address >> 12), struct.pack("<Q", address | 7))

    def _system(self) -> None:
        write = self.engine.reg_write
        write(_register("GDTR"), (0, GDT, LDT - GDT - 1, 0))
        write(_register("LDTR"), (0x40, LDT, 8 * len(LOCAL) - 1, 0x8200))
        write(_register("CR3"), PAGE_TABLES)
        write(_register("CR4"), 0x10020)  # PAE and FSGSBASE
        write(_MSR, (EFER, 0xD01))
        write(_register("CR0"), 0x8001_0011)
        for name, selector in (("CS", 0x08), ("SS", 0x10), ("DS", 0x10), ("ES", 0x10)):
            write(_register(name), selector)

    def _user(self) -> object:
        """Return the state at privilege level 3, which only a return leads to."""
        behind = CODE + SLOT * (MAX_SLOTS - 1)  # no slot of a program: translations of what was there are kept
        frame = struct.pack("<5Q", behind, 0x2B, 2, DATA + 0x1000, 0x23)
        self.engine.mem_write(DATA, frame)
        self.engine.reg_write(_RSP, DATA)
        self.engine.mem_write(behind, b"\x48\xcf")
        self.engine.emu_start(behind, 0, 0, 1)
        assert self.engine.reg_read(_register("CS")) == 0x2B
        return self.engine.context_save()

    def _interrupt(self, engine: Uc, vector: int, data: object) -> None:
        self._vector = vector
        engine.emu_stop()

    def load(self, code: Sequence[tuple[int, bytes]]) -> None:
        """Write code, each piece at its address."""
        for address, piece in code:
            self.engine.mem_write(address, piece)

    def begin(self, level: int, values: Mapping[str, int], region: bytes) -> None:
        """Start a program: a privilege level, the general registers, RFLAGS and bases, and the whole region."""
        self.engine.context_restore(self._levels[level])
        self.engine.mem_write(DATA, region)
        names = (*GENERAL, "RFLAGS", "FS.base", "GS.base")
        self.engine.reg_write_batch([(number, values[name]) for number, name in zip(_WRITTEN, names, strict=True)])
        self.engine.reg_write(_MSR, (KERNEL_GS_BASE, values["GS_SHADOW"]))

    def selectors(self) -> dict[str, int]:
        """Return the selectors, by our names."""
        return {f"{name}.selector": self.engine.reg_read(_register(name)) for name in SEGMENTS}

    def step(self, address: int) -> Seen:
        """Run one instruction. After an exception the state is as before, also where Unicorn left something behind."""
        engine = self.engine
        self._vector = NOTHING
        engine.context_update(self._before)
        try:
            engine.emu_start(address, 0, 0, 1)
        except UcError as error:
            if error.errno != UC_ERR_INSN_INVALID:
                raise
            self._vector = INVALID_OPCODE
        # Unicorn fetches what a branch leads to before it counts the branch.
        last = self._vector in FETCH_FAULTS and engine.reg_read(_RIP) != address
        address = engine.reg_read(_CR2)
        if self._vector != NOTHING and not last:
            engine.context_restore(self._before)
        values = (*engine.reg_read_batch(_REGISTERS), engine.reg_read(_MSR, KERNEL_GS_BASE))
        return Seen(values, NOTHING if last else self._vector, last, address)

    def region(self) -> bytes:
        """Return all memory that instructions may write."""
        return bytes(self.engine.mem_read(DATA, REGION))
