"""Random programs on both machines: each step compared, each difference explained by the ledger or reported."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from sphinx_fsgs.spec.disagreements import Deviation, load_disagreements
from tests.differential.emulator import GENERAL as NAMES
from tests.differential.emulator import NOTHING, PLACES, Emulator, Seen
from tests.differential.instructions import Slot
from tests.differential.layout import CODE, DATA, GDT, POINTERS, REGION, SLOT, STACK, tables
from tests.differential.ours import Ours, TouchesCode
from tests.machine.support import spec

LENGTH = 25
"""Steps of a program; then both machines start from a new state."""
REGIONS = 32
"""So many random contents of memory; a program begins with one of them."""
TRAP = 1
EXCEPTION, MEMORY, NONE, FETCH = "exception", "memory", "none", "fetch"

_EDGES = (0, 1, 2, 3, 7, 0x1F, 0x20, 0x3F, 0x40, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000)
_EDGES += (0xFFFFFFFF, 0x7FFF_FFFF_FFFF, 0x8000_0000_0000, 0xFFFF_8000_0000_0000, 1 << 63, (1 << 63) - 1, (1 << 64) - 1)
_BASES = (0, DATA, DATA + 0x800, 0x1000, 0x7FFF_0000_1000, 0xFFFF_8880_0000_1000, (1 << 64) - 0x1000)
_MSRS = (0xC000_0100, 0xC000_0101, 0xC000_0102)
_FLAGS = 0xED5
PREFIXES = {0x26: "ES", 0x2E: "CS", 0x36: "SS", 0x3E: "DS", 0x64: "FS", 0x65: "GS"}
_LEGACY = frozenset((*PREFIXES, 0x66, 0x67, 0xF0, 0xF2, 0xF3))
_RFLAGS, _TF = PLACES.index("RFLAGS"), 0x100  # behind an instruction that sets TF a trap comes, which is not modelled
_SELECTORS = (*range(0, 0x80, 8), 1, 2, 3, 4, 7, 0xC, 0xF, 0x17, 0x2B, 0x53, 0x6B, 0xFFFF, 0x13, 0x23)


@dataclass(frozen=True)
class Difference:
    """How a place ended otherwise: in words, and in which bits; of an exception the address of a page fault there."""

    text: str
    bits: int = 0
    address: int = 0


@dataclass
class Outcome:
    """What a campaign found. ``ledger`` counts known differences by entry; ``problems`` are the unexplained ones."""

    steps: int = 0
    programs: int = 0
    skipped: int = 0
    raised: Counter[str] = field(default_factory=Counter)
    instructions: Counter[str] = field(default_factory=Counter)
    ledger: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)


class Campaign:
    """Two machines with the same code."""

    def __init__(self, slots: tuple[Slot, ...], seed: int) -> None:
        self.slots = slots
        self.chance = random.Random(seed)
        code = bytearray(SLOT * len(slots))
        for slot in slots:
            code[slot.address - CODE : slot.behind - CODE] = slot.code
        self.ours = Ours.over(bytes(code))
        self.emulator = Emulator()
        self.emulator.load([(CODE, bytes(code))])
        self.faults = {kind.vector: name for name, kind in spec().faults.items()} | {NOTHING: NONE}
        self.regions = [self._region() for _ in range(REGIONS)]
        self.known = [
            (each, entry.name) for entry in load_disagreements(spec().folder).values() for each in entry.unicorn
        ]

    def run(self, steps: int) -> Outcome:
        """Make so many steps."""
        outcome = Outcome()
        while outcome.steps < steps:
            self._program(min(LENGTH, steps - outcome.steps), outcome)
        return outcome

    def _program(self, length: int, outcome: Outcome) -> None:
        level = self.chance.choice((0, 0, 3))
        values, region = self._state()
        self.emulator.begin(level, values, region)
        self.ours.begin(values | self.emulator.selectors(), region)
        outcome.programs += 1
        for _ in range(length):
            slot = self.chance.choice(self.slots)
            bases = self.ours.bases()
            try:
                raised = self.ours.step(slot)
            except TouchesCode:
                outcome.skipped += 1
                continue
            outcome.steps += 1
            outcome.instructions[slot.bound.stem] += 1
            outcome.raised[raised or "none"] += 1
            seen = self.emulator.step(slot.address)
            if seen.vector == TRAP and self.ours.holds("RFLAGS.TF"):
                return  # the instruction has set TF, and the trap behind it is not modelled
            if not raised and not seen.last and not self.ours.can_fetch():
                return  # Unicorn should have refused to fetch what the branch leads to
            differences = self._differences(seen, raised)
            if differences:
                self._report(slot, differences, bases, outcome)
            if differences or seen.last or seen.values[_RFLAGS] & _TF or self.ours.has_left():
                return

    def _differences(self, seen: Seen, raised: str) -> dict[str, Difference]:
        """Return the places where a step ended otherwise on Unicorn, with what is there."""
        there = self.faults.get(seen.vector, str(seen.vector))
        if raised and seen.last:
            there = FETCH  # it completed there, and what it led to cannot be fetched
        if (raised or NONE) != there:
            return {EXCEPTION: Difference(f"{raised or NONE}, there {there}", address=seen.address)}
        if raised:
            return {}
        self.ours.adopt(seen.values)
        mine = self.ours.values()
        found = {
            name: Difference(f"{one:#x}, there {other:#x}", one ^ other)
            for name, one, other in zip(PLACES, mine, seen.values, strict=True)
            if one != other
        }
        theirs = self.emulator.region()
        if theirs != self.ours.machine.data:
            place = next(index for index in range(REGION) if theirs[index] != self.ours.machine.data[index])
            one, other = self.ours.machine.data[place], theirs[place]
            found[MEMORY] = Difference(f"byte {DATA + place:#x} is {one:#x}, there {other:#x}")
        return found

    def _report(
        self, slot: Slot, differences: Mapping[str, Difference], bases: frozenset[str], outcome: Outcome
    ) -> None:
        for deviation, entry in self.known:
            if explains(deviation, slot, differences, bases):
                outcome.ledger[entry] += 1
                return
        shown = "; ".join(f"{name}: {each.text}" for name, each in differences.items())
        outcome.problems.append(f"{slot.text} [{slot.code.hex()}] ({slot.bound.stem}): {shown}")

    def _state(self) -> tuple[dict[str, int], bytes]:
        """Return a random state: registers by name, and memory."""
        chance = self.chance
        values = {name: self._number() for name in NAMES}
        for name in POINTERS.split():
            values[name] = DATA + 8 * chance.randrange(0x80, 0x300)
        values["RSP"] = STACK + 8 * chance.randrange(0x20, 0x40)
        values |= {name: chance.randrange(0x40) for name in ("R8", "R9")}
        if chance.random() < 0.5:
            values |= {"RCX": chance.choice(_MSRS), "RDX": chance.choice((0, 0, 0x7FFF, 0xFFFF8880, 0x8000))}
        if chance.random() < 0.3:
            values["RAX"] = chance.choice(_SELECTORS)
        values["RFLAGS"] = 2 | chance.getrandbits(12) & _FLAGS
        values |= {name: chance.choice(_BASES) for name in ("FS.base", "GS.base", "GS_SHADOW")}
        return values, chance.choice(self.regions)

    def _region(self) -> bytes:
        """Return random memory, half of it numbers and selectors that matter, and the tables behind it."""
        chance = self.chance
        region = bytearray(chance.randbytes(GDT - DATA))
        for place in range(0, GDT - DATA, 8):
            kind = chance.random()
            if kind < 0.5:
                value = chance.choice(_SELECTORS) if kind < 0.2 else self._number()
                region[place : place + 8] = value.to_bytes(8, "little")
        return bytes(region + tables()).ljust(REGION, b"\0")

    def _number(self) -> int:
        chance = self.chance
        return chance.choice((chance.getrandbits(64), chance.choice(_EDGES), chance.getrandbits(8)))


def explains(deviation: Deviation, slot: Slot, differences: Mapping[str, Difference], bases: frozenset[str]) -> bool:
    """Whether a deviation is about a step; ``bases`` are the segments whose base was not zero before it."""
    if deviation.instructions and slot.bound.stem not in deviation.instructions:
        return False
    if deviation.size and deviation.size != slot.bound.binding.sizes.get("OperandSize"):
        return False
    if deviation.segments and not deviation.segments & bases & _prefixed(slot.code):
        return False
    if deviation.raised:
        exception = differences.get(EXCEPTION)
        if exception is None or exception.text != f"{deviation.raised}, there {deviation.there}":
            return False
        first, last = deviation.addresses
        return first <= exception.address <= last
    if deviation.places and not differences.keys() <= deviation.places:
        return False
    return not deviation.bits or all(each.bits and not each.bits & ~deviation.bits for each in differences.values())


def _prefixed(code: bytes) -> frozenset[str]:
    """Return the segments that the prefixes of an instruction name."""
    found = set()
    for byte in code:
        if byte not in _LEGACY:
            break
        if byte in PREFIXES:
            found.add(PREFIXES[byte])
    return frozenset(found)
