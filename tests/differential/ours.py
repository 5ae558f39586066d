"""The machine of this project, one step at a time, over the same memory as Unicorn."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sphinx_fsgs.machine.concrete import ConcreteMachine
from sphinx_fsgs.machine.values import UNSET, Fault
from sphinx_fsgs.spec.layout import View
from sphinx_fsgs.spec.model import FEATURE_PREFIX
from tests.differential.emulator import PLACES, SEGMENTS
from tests.differential.instructions import Slot
from tests.differential.layout import CODE, DATA, GDT, LDT, LOCAL, MAX_SLOTS, REGION, SLOT
from tests.machine.support import Answers, compiler, spec
from tests.vectors.state import ALWAYS, read, segment, write

PROFILE = "intel_skylake"
"""It has FSGSBASE, and neither LA57 nor LKGS, WRMSRNS and FRED, none of which Unicorn knows."""

_CODE_END = CODE + SLOT * MAX_SLOTS


class TouchesCode(Exception):
    """A step writes code, or what no comparison would see; it is not made."""


class Region(ConcreteMachine):
    """Memory that is one piece; there is nothing else but code, which reads as what it is."""

    def __init__(self, code: bytes) -> None:
        super().__init__({}, self._first)
        self.code = code
        self.data = bytearray(REGION)

    def _first(self, name: str, argument: int) -> int:
        if name == "mapped":
            return int(DATA <= argument < DATA + REGION or CODE <= argument < _CODE_END)
        if name == "writable":
            return 1
        if name == "mem" and CODE <= argument < CODE + len(self.code):
            return self.code[argument - CODE]
        return 0

    def begin(self) -> None:
        super().begin()
        self.memory.clear()

    def byte(self, address: int) -> int:
        if DATA <= address < DATA + REGION and address not in self.memory:
            return self.data[address - DATA]
        return super().byte(address)

    def commit(self) -> None:
        """Take over what the step has written.

        :raises TouchesCode: when some of it lies elsewhere.
        """
        if any(not DATA <= address < DATA + REGION for address in self.memory):
            raise TouchesCode
        for address, value in self.memory.items():
            self.data[address - DATA] = value


@dataclass
class Ours:
    """Cells and memory, with what the profile answers."""

    machine: Region
    cells: list[int]
    answers: Answers

    @classmethod
    def over(cls, code: bytes) -> Ours:
        """Return the machine with this code and no state yet."""
        return cls(Region(code), [], Answers(PROFILE))

    def begin(self, values: Mapping[str, int], region: bytes) -> None:
        """Start a program from values by our names; hidden parts follow from the selectors."""
        layout = spec().layout
        self.machine.data[:] = region
        words = _Bytes(region)
        self.cells = [0] * len(layout.cells)
        given = {**ALWAYS, "GDTR.base": GDT, "GDTR.limit": LDT - GDT - 1, "LDTR.base": LDT}
        given |= {"LDTR.limit": 8 * len(LOCAL) - 1, "CR4.FSGSBASE": 1}
        for name, selector in values.items():
            if name.endswith(".selector"):
                given |= segment(name.partition(".")[0], selector, words, GDT, LDT)
        for name, value in {**given, **values}.items():
            view = layout.view(name)
            assert view is not None, name
            write(self.cells, view, value)

    def step(self, slot: Slot) -> str:
        """Run one instruction; return the exception that it raises or an empty text.

        :raises TouchesCode: when it would write where nothing is compared; nothing has changed then.
        """
        before = list(self.cells)
        machine, bound = self.machine, slot.bound
        for index in _transient():
            self.cells[index] = 0
        self.cells[_place("RIP").slots[0].cell] = slot.behind
        machine.begin()
        try:
            if bound.requires and not self.answers[FEATURE_PREFIX + bound.requires]:
                raise Fault("#UD", None, 0)
            compiler(False).operation(bound.stem, bound.binding)(self.cells, machine, self.answers)
            if machine.restarted:
                self.cells[_place("RIP").slots[0].cell] = slot.address
            machine.commit()
        except (Fault, TouchesCode) as raised:
            self.cells = before
            self.cells[_place("RIP").slots[0].cell] = slot.address
            if isinstance(raised, TouchesCode):
                raise
            return raised.vector
        return ""

    def adopt(self, values: Sequence[int]) -> None:
        """Let undefined places hold what the other machine has there, by PLACES."""
        if not any(each is UNSET for each in self.cells):
            return
        for place, value in zip(PLACES, values, strict=True):
            low = _place(place).width
            for slot in _place(place).slots:
                low -= slot.width
                if slot.cell >= 0 and self.cells[slot.cell] is UNSET:  # type: ignore[comparison-overlap]
                    self.cells[slot.cell] = value >> low & (1 << slot.width) - 1

    def holds(self, place: str) -> bool:
        """Return whether a bit is set."""
        return read(self.cells, _place(place)) == 1

    def bases(self) -> frozenset[str]:
        """Return the segments whose base is not zero."""
        return frozenset(name for name in SEGMENTS if self.cells[_place(f"{name}.base").slots[0].cell])

    def can_fetch(self) -> bool:
        """Return whether there is memory where execution goes on."""
        return bool(self.machine.initial("mapped", self.cells[_place("RIP").slots[0].cell]))

    def has_left(self) -> bool:
        """Return whether what is compared ends here: where the code is no longer of 64 bits, which its text is."""
        return not self.holds("CS.L")

    def values(self) -> tuple[int, ...]:
        """Return what is compared, by PLACES; nothing of it is undefined."""
        return tuple(read(self.cells, view) if whole is None else self.cells[whole] for view, whole in _places())


@functools.cache
def _transient() -> tuple[int, ...]:
    return tuple(each.index for each in spec().layout.cells if each.transient)


class _Bytes(dict[int, int]):
    """The bytes of the region by address."""

    def __init__(self, region: bytes) -> None:
        super().__init__()
        self.region = region

    def __missing__(self, address: int) -> int:
        return self.region[address - DATA]


@functools.cache
def _places() -> tuple[tuple[View, int | None], ...]:
    """Return the views of PLACES, and the cell of each that is the whole of one."""
    cells = spec().layout.cells
    found: list[tuple[View, int | None]] = []
    for name in PLACES:
        view = _place(name)
        first = view.slots[0]
        whole = len(view.slots) == 1 and first.cell >= 0 and first.width == cells[first.cell].width
        found.append((view, first.cell if whole else None))
    return tuple(found)


@functools.cache
def _place(name: str) -> View:
    view = spec().layout.view(name)
    assert view is not None, name
    return view
