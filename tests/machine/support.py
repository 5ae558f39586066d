"""One instruction, run over integers and over terms from the same state, with outcomes that can be compared."""

from __future__ import annotations

import functools
import hashlib
import random
from collections.abc import Mapping
from dataclasses import dataclass

from sphinx_fsgs.machine import terms
from sphinx_fsgs.machine.bind import Bound
from sphinx_fsgs.machine.compile import Compiler
from sphinx_fsgs.machine.concrete import ConcreteMachine
from sphinx_fsgs.machine.program import START, STRIDE, Program, assemble
from sphinx_fsgs.machine.setup import begin
from sphinx_fsgs.machine.symbolic import PAGES, Machine, MemoryRules, undefined_name
from sphinx_fsgs.machine.values import Fault
from sphinx_fsgs.source import fragment_of
from sphinx_fsgs.spec.layout import Layout
from sphinx_fsgs.spec.model import FEATURE_PREFIX, Spec
from sphinx_fsgs.syntax.example import Mode
from sphinx_fsgs.syntax.read_assembly import decoded, read_assembly
from tests.machine.plain import Plain

MASK = terms.ones(64)
MODES: tuple[Mode, ...] = ("64-bit", "compatibility", "protected")
ANY_MEMORY = MemoryRules(may_fault=True, any_mapping=True)


@functools.cache
def spec() -> Spec:
    """Return the spec of the repository, read once."""
    return Spec()


@functools.cache
def compiler(symbolic: bool) -> Compiler:
    """Return a compiler that keeps what it has compiled."""
    return Compiler(spec(), symbolic)


class Answers(dict[str, int]):
    """What a profile answers; of several possible answers the one of that number. Notes what was asked."""

    def __init__(self, profile: str, choice: int = 0) -> None:
        super().__init__()
        self.profile = profile
        self.choice = choice

    def __missing__(self, question: str) -> int:
        possible = spec().answers(self.profile, question)
        value = self[question] = possible[self.choice % len(possible)]
        return value


class World:
    """What memory and the unknown functions hold at first: arbitrary, but the same whenever one looks."""

    def __init__(self, seed: str, memory: Mapping[int, int] | None = None, tame: bool = False) -> None:
        self.seed = seed
        self.memory = dict(memory or {})
        self.tame = tame

    def __call__(self, name: str, argument: int) -> int:
        """Return the value of an unknown function as concrete code asks for it: pages by any address in them."""
        return self.function(name, (argument >> 12,) if name in PAGES else (argument,))

    def function(self, name: str, arguments: tuple[int, ...]) -> int:
        """Return the value of an unknown function as terms write it."""
        (argument,) = arguments
        if name == "mem" and argument in self.memory:
            return self.memory[argument]
        if name in PAGES:
            return int(self.tame or self._number(name, argument) % 16 != 0)
        value = self._number(name, argument)
        if name == "mem":
            # Often what makes a selector null, or a descriptor one that can be loaded.
            return (value & 0xFF, 0, 0xF3, value & 0xFF)[value >> 8 & 3]
        return value if name == "msr" else value & 1

    def undefined(self, key: str) -> int:
        """Return what an undefined place gets."""
        return self._number("undefined", key)

    def _number(self, *what: object) -> int:
        return int.from_bytes(hashlib.blake2b(f"{self.seed}{what}".encode(), digest_size=8).digest(), "little")


@dataclass(frozen=True)
class Outcome:
    """How one step ended. After a fault, cells, memory and registers are as they were."""

    fault: tuple[str, int | None] | None
    cells: tuple[int, ...]
    memory: Mapping[int, int]
    msrs: Mapping[int, int]
    events: tuple[str, ...]


def prepared(cells: list[int], layout: Layout, mode: Mode) -> list[int]:
    """Return cells as a step finds them: RIP behind the instruction, and what lasts one instruction gone."""
    found = list(cells)
    for cell in layout.cells:
        if cell.transient:
            found[cell.index] = 0
    found[layout.views["RIP"].slots[0].cell] = behind(mode)
    return found


def behind(mode: Mode) -> int:
    """Return the address behind the first instruction of a program."""
    return (START if mode == "64-bit" else START & 0xFFFFFFFF) + STRIDE


def run_concrete(bound: Bound, cells: list[int], world: World, answers: Mapping[str, int]) -> Outcome:
    """Run one bound line over integers."""
    state = prepared(cells, spec().layout, bound.binding.mode)
    before = list(state)
    machine = ConcreteMachine({}, world, world.undefined)
    machine.begin()
    fault = None
    try:
        if bound.requires and not answers[FEATURE_PREFIX + bound.requires]:
            raise Fault("#UD", None, 0)
        compiler(False).operation(bound.stem, bound.binding)(state, machine, answers)
    except Fault as raised:
        machine.undo()
        fault = (raised.vector, raised.error)
        assert state == before, f"{bound.text}: {raised.vector} changed a cell"
        assert machine.memory == {}, f"{bound.text}: {raised.vector} changed memory"
    assert all(type(value) is int for value in state)
    stored = {address: byte for address, byte in machine.memory.items() if byte != world("mem", address)}
    events = () if fault else tuple(machine.events)
    return Outcome(fault, tuple(state), stored, dict(machine.msrs), events)


class Step:
    """One bound line run over terms, from all states; ``at`` tells what that means for one of them."""

    def __init__(self, bound: Bound, answers: Mapping[str, int], rules: MemoryRules = ANY_MEMORY) -> None:
        self.bound = bound
        self.layout = spec().layout
        start = begin(spec(), bound.binding.mode, answers, rules)
        state = start.state.copy()
        for cell in self.layout.cells:
            if cell.transient:
                state.cells[cell.index] = 0
        state.cells[self.layout.views["RIP"].slots[0].cell] = behind(bound.binding.mode)
        self.machine = Machine(state, start.origin, {}, rules, "0")
        self.lacking = bool(bound.requires and not answers[FEATURE_PREFIX + bound.requires])
        code = compiler(True).operation(bound.stem, bound.binding)
        self.completed = 0 if self.lacking else code(self.machine, 1, 1, answers)
        self.undefined: set[str] = set()

    def at(self, cells: list[int], world: World) -> Outcome:
        """Return how the step ends from one state."""
        before = tuple(prepared(cells, self.layout, self.bound.binding.mode))
        if self.lacking:
            return Outcome(("#UD", None), before, {}, {}, ())
        value = Plain(_Variables(self.layout, cells, world), world.function)
        completed = value(self.completed)  # type: ignore[arg-type]
        raised = [fault for fault in self.machine.faults if value(fault.guard)]
        assert len(raised) == 1 - completed, f"{self.bound.text}: {len(raised)} faults, completed is {completed}"
        if raised:
            error = raised[0].error
            return Outcome((raised[0].vector, None if error is None else value(error)), before, {}, {}, ())
        state = self.machine.state
        after = tuple(before[index] if each is None else value(each) for index, each in enumerate(state.cells))
        memory: dict[int, int] = {}
        for piece in state.memory.objects():
            origin = value(piece.origin)
            for offset, byte in piece.bytes.items():
                memory[origin + offset & MASK] = value(byte)
            for write in piece.log:
                if value(write.guard):
                    content = value(write.value)
                    for index in range(write.size):
                        memory[origin + value(write.offset) + index & MASK] = content >> 8 * index & 0xFF
        stored = {address: byte for address, byte in memory.items() if byte != world("mem", address)}
        msrs = {value(index): value(content) for index, content, guard in state.msrs if value(guard)}
        events = tuple(each.name for each in self.machine.events if value(each.guard))
        return Outcome(None, after, stored, msrs, events)


class _Variables(dict[str, int]):
    def __init__(self, layout: Layout, cells: list[int], world: World) -> None:
        super().__init__((cell.name, cells[cell.index]) for cell in layout.cells)
        self.world = world

    def __missing__(self, name: str) -> int:
        prefix = undefined_name("0", "")
        assert name.startswith(prefix), name
        return self.world.undefined(name.removeprefix(prefix))


# ---- states -------------------------------------------------------------------------------------

GDT_BASE, LDT_BASE = 0xFFFF_8880_0123_0000, 0xFFFF_8880_0456_0000
IDT_BASE, TSS_BASE = 0xFFFF_8880_0789_0000, 0xFFFF_8880_0ABC_0000
"""Where random states have their tables; nothing else lies there."""

_ADDRESSES = (
    0x1000,
    0x7FFF_0000_1000,
    0x7FFF_FFFF_FFFC,
    0xFFFF_8000_0000_0000,
    0xFFFF_8888_0000_2000,
    0xFFFF_FFFF_8100_0000,
)
_WILD = (
    0,
    1,
    2,
    3,
    4,
    5,
    7,
    0x2B,
    0x33,
    0xC000_0100,
    0xC000_0101,
    0xC000_0102,
    0x8000_0000_0000,
    0x00FF_FFFF_FFFF_FFFF,
)
_WILD += (
    0x8000_0000_0000_0000,
    0xFF00_0000_0000_0000,
    0x7FFF_FFFF_FFFF_FFFF,
    0xFFFF_FFFF,
    0x8000_0000,
    MASK,
    0x80,
    0x10,
)


def random_cells(chance: random.Random, answers: Mapping[str, int]) -> list[int]:
    """Return a state that obeys the invariants, often near an edge."""
    layout = spec().layout
    bases = {msr.cell for msr in layout.msrs}
    cells = []
    for cell in layout.cells:
        value = chance.choice(
            (chance.getrandbits(64), chance.choice(_WILD), chance.choice(_ADDRESSES), chance.getrandbits(5))
        )
        if cell.name in bases or cell.name.endswith(".base"):
            value = chance.choice(_ADDRESSES) + 8 * chance.getrandbits(4)
        if cell.name.endswith(".attributes"):
            value &= ~0xF00
            value &= ~0x10000 if chance.random() < 0.7 else MASK
        if cell.name.endswith(".limit"):
            value = chance.choice((0, 7, 0xFF, 0xFFFF, chance.getrandbits(32), 0xFFFF_FFFF))
        cells.append(
            0 if cell.requires and not answers[FEATURE_PREFIX + cell.requires] else value & terms.ones(cell.width)
        )
    for name, base in zip(layout.structures.values(), (GDT_BASE, LDT_BASE, IDT_BASE, TSS_BASE), strict=True):
        cells[layout.views[f"{name}.base"].slots[0].cell] = base
    if chance.random() < 0.6:
        cells[layout.views["CPL"].slots[0].cell] &= ~3
    return cells


# ---- text ---------------------------------------------------------------------------------------


def program(text: str, mode: Mode = "64-bit", symbols: Mapping[str, int] | None = None) -> Program:
    """Return the program of correct lines of assembly."""
    parsed = read_assembly(fragment_of(text), spec().lexicon)
    assert parsed.diagnostics == () and parsed.tree is not None
    run = decoded(parsed.tree, spec().lexicon, mode)
    assert run.diagnostics == () and run.tree is not None
    assembled = assemble(run.tree, spec(), mode, symbols or {})
    assert assembled.program is not None, assembled.diagnostics
    return assembled.program


def cell(name: str) -> int:
    """Return the index of the cell of that name."""
    view = spec().layout.view(name)
    assert view is not None and len(view.slots) == 1, name
    return view.slots[0].cell
