"""Cases of instructions and services: a state, a few lines of assembly, and what must be so afterwards.

A case is a table of ``tests/spec/instructions/X.toml``, where X is the file of the instruction that it is about, or
of ``tests/spec/platforms/X.toml``, where X is that of a service:

    [[case]]
    name     what it shows, as a sentence without its end
    run      assembly
    before   places and their values; what is not named is as in DEFAULTS, and else zero
    after    places and their values; every place that is not named is as it was
    undefined  cells that hold no value that the architecture names
    fault    the exception that ends it, with error = its code if it has one
    events   what happens besides, in order; none unless said
    mode     64-bit unless said
    delivers  whether faults go to their handlers, and end it in "shutdown" only; as memory is taken to be good then
             unless the case is about pages, places that decide what happens are better known
    known    places that the run over terms is told of as well, because they say where execution goes on
    measured  whether a real processor was seen to do it (hw:intel-la57); nothing else is made of it than a count
    answers  what the hosts are taken to answer where no source tells, question by question: 0 for no, 1 for yes
    on       the hosts that it is about; all processors that have the instructions unless said, and for what is
             asked of a platform one processor on each

Places are cells and parts of cells, ``u8|u16|u32|u64[ADDRESS]``, ``GDT[n]`` and ``LDT[n]``, ``IDT[n]``, which has
sixteen bytes, ``MSR[n]``, and in ``before`` the unknown functions of the spec: ``mapped(ADDRESS)``,
``writable(ADDRESS)``, ``msr_exists(n)``, ``msr_write_serialises(n)``.
A case is run over integers, and over terms from all states, and the path that its state takes must end alike.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sphinx_fsgs.machine import terms
from sphinx_fsgs.machine.bind import Bound
from sphinx_fsgs.machine.concrete import ConcreteMachine
from sphinx_fsgs.machine.delivery import DELIVERED_IN, Delivery, Event
from sphinx_fsgs.machine.path import Path as Way
from sphinx_fsgs.machine.program import Element, Program
from sphinx_fsgs.machine.run import Runner
from sphinx_fsgs.machine.setup import begin
from sphinx_fsgs.machine.symbolic import PAGES, MemoryRules
from sphinx_fsgs.machine.values import UNSET, Fault
from sphinx_fsgs.spec.hosts import BARE
from sphinx_fsgs.spec.layout import View
from sphinx_fsgs.spec.model import FEATURE_PREFIX
from tests.machine.plain import Plain
from tests.machine.support import ANY_MEMORY, Answers, compiler, program, spec

FOLDER = Path(__file__).parent / "instructions"
SERVICES = Path(__file__).parent / "platforms"
GDT, LDT, STACK = 0x10000, 0x30000, 0x58000
IDT, TSS = 0x20000, 0x28000
WRITABLE = 0xC093  # data, writable, accessed, DPL 0, present, big, in pages [SDM 3.4.5]
DEFAULTS: Mapping[str, int] = {
    "GDTR.base": GDT,
    "GDTR.limit": 0xFFFF,
    "LDTR.base": LDT,
    "LDTR.limit": 0xFFFF,
    "IDTR.base": IDT,
    "IDTR.limit": 0xFFF,
    "TR.base": TSS,
    "TR.limit": 0x67,
    "RSP": STACK,
    **{f"{segment}.limit": 0xFFFFFFFF for segment in ("ES", "SS", "DS", "FS", "GS")},
    **{f"{segment}.attributes": WRITABLE for segment in ("ES", "SS", "DS", "FS", "GS")},
}
MAX_STEPS = 200
SHUTDOWN = "shutdown"

_MEMORY = re.compile(r"(u8|u16|u32|u64|GDT|LDT|IDT|MSR)\[(0x[0-9a-fA-F_]+|\d+)\]")
_FUNCTION = re.compile(r"(\w+)\((0x[0-9a-fA-F_]+|\d+)\)")


@dataclass(frozen=True)
class Case:
    """One case; ``where`` names it for people."""

    where: str
    run: str
    mode: str
    on: tuple[str, ...]
    before: Mapping[str, int]
    after: Mapping[str, int]
    undefined: frozenset[str]
    known: tuple[str, ...]
    fault: tuple[str, int | None] | None
    events: tuple[str, ...]
    measured: bool
    answers: Mapping[str, int] = field(default_factory=dict)
    delivers: bool = False

    @property
    def rules(self) -> MemoryRules:
        """What the run over terms takes for granted of memory."""
        missing = tuple(int(name[7:-1], 0) for name in self.before if name.startswith("mapped("))
        return MemoryRules(may_fault=bool(missing), unmapped=missing) if self.delivers else ANY_MEMORY

    @property
    def expects(self) -> bool:
        """Whether it says anything that could be wrong."""
        return bool(self.after or self.fault or self.events)


def cases(stem: str) -> tuple[Case, ...]:
    """Return the cases of one instruction or service."""
    folder = SERVICES if stem in spec().index.services else FOLDER
    data = tomllib.loads((folder / f"{stem}.toml").read_text(encoding="utf-8"))
    assert set(data) == {"case"}, f"{stem}.toml holds more than cases"
    return tuple(_case(stem, row) for row in data["case"])


def _case(stem: str, row: dict[str, Any]) -> Case:
    known = {
        "name",
        "run",
        "before",
        "after",
        "undefined",
        "known",
        "fault",
        "error",
        "events",
        "mode",
        "on",
        "measured",
        "answers",
        "delivers",
    }
    assert set(row) <= known, f"{stem}: unknown {set(row) - known} in {row['name']}"
    fault = (row["fault"], row.get("error")) if "fault" in row else None
    return Case(
        f"{stem}: {row['name']}",
        row["run"],
        row.get("mode", "64-bit"),
        tuple(row.get("on", ())),
        row.get("before", {}),
        row.get("after", {}),
        frozenset(row.get("undefined", ())),
        tuple(row.get("known", ())),
        fault,
        tuple(row.get("events", ())),
        row.get("measured", False),
        row.get("answers", {}),
        row.get("delivers", False),
    )


# ---- states -------------------------------------------------------------------------------------


@dataclass
class Facts:
    """What is given: cells, bytes, registers that the spec does not know, and unknown functions."""

    cells: list[Any]
    memory: dict[int, Any] = field(default_factory=dict)
    msrs: dict[int, int] = field(default_factory=dict)
    functions: dict[tuple[str, int], int] = field(default_factory=dict)

    def initially(self, name: str, argument: int) -> int:
        """Return the value of an unknown function: memory and registers are zero, and everything else is so."""
        if name == "mem":
            return self.memory.get(argument, 0)
        if name == "msr":
            return self.msrs.get(argument, 0)
        if name in PAGES:
            return self.functions.get((name, argument >> 12), 1)
        return self.functions.get((name, argument), 1)

    def unknown(self, name: str, arguments: tuple[int, ...]) -> int:
        """Return the same for terms, which ask for pages by their number."""
        (argument,) = arguments
        return self.initially(name, argument << 12 if name in PAGES else argument)


def facts(case: Case) -> Facts:
    """Return the state that a case begins in."""
    found = Facts([0] * len(spec().layout.cells))
    for name, value in (DEFAULTS | dict(case.before)).items():
        function, place = _FUNCTION.fullmatch(name), _MEMORY.fullmatch(name)
        if function:
            argument = int(function[2], 0)
            found.functions[function[1], argument >> 12 if function[1] in PAGES else argument] = value
        elif place and place[1] == "MSR":
            found.msrs[int(place[2], 0)] = value
        elif place:
            found.memory.update(_bytes(name, value, found.cells))
        else:
            put(found.cells, name, value)
    return found


def put(cells: list[Any], name: str, value: int) -> None:
    """Give a cell, or a part of one, a value; the rest of the cell stays."""
    view = spec().layout.view(name)
    assert view is not None, f"no cell {name}"
    assert 0 <= value < 1 << view.width, f"{value:#x} does not fit {name}"
    low = view.width
    for slot in view.slots:
        low -= slot.width
        if slot.cell >= 0:
            mask = (1 << slot.width) - 1 << slot.low
            cells[slot.cell] = cells[slot.cell] & ~mask | (value >> low << slot.low & mask)


def _bytes(name: str, value: int, cells: list[Any]) -> Iterator[tuple[int, int]]:
    place = _MEMORY.fullmatch(name)
    assert place is not None
    size, address = 8, int(place[2], 0)
    if place[1] in spec().layout.structures:
        base: View = spec().layout.views[f"{spec().layout.structures[place[1]]}.base"]
        size = 8 if place[1] in spec().layout.tables else 16
        address = cells[base.slots[0].cell] + size * address
    else:
        size = int(place[1][1:]) // 8
    assert 0 <= value < 1 << 8 * size, f"{value:#x} does not fit {name}"
    return ((address + index, value >> 8 * index & 0xFF) for index in range(size))


def expected(case: Case, given: Facts) -> Facts:
    """Return the state that a case must end in; undefined cells hold UNSET."""
    found = Facts(list(given.cells), dict(given.memory), dict(given.msrs))
    for name, value in case.after.items():
        place = _MEMORY.fullmatch(name)
        if place and place[1] == "MSR":
            found.msrs[int(place[2], 0)] = value
        elif place:
            found.memory.update(_bytes(name, value, given.cells))
        else:
            put(found.cells, name, value)
    for name in case.undefined:
        if _MEMORY.fullmatch(name):
            found.memory.update((address, UNSET) for address, _ in _bytes(name, 0, given.cells))
            continue
        view = spec().layout.view(name)
        assert view is not None and len(view.slots) == 1, f"{name} is no cell"
        found.cells[view.slots[0].cell] = UNSET
    return found


# ---- running ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class End:
    """How a run ended. ``raised_at`` is where the Operation raised: file and line, if it did."""

    fault: tuple[str, int | None] | None
    cells: tuple[Any, ...]
    memory: Mapping[int, Any]
    msrs: Mapping[int, int]
    events: tuple[str, ...]
    raised_at: tuple[str, int] | None = None


def profiles_of(case: Case, code: Program) -> tuple[str, ...]:
    """Return the profiles that a case is about."""
    if code.calls and not case.on:
        return tuple({each.platform: str(each) for each in spec().hosts if each.platform != BARE}.values())
    needed = [FEATURE_PREFIX + line.requires for line in code.instructions if line.requires]
    every = (name for name in spec().profiles if all(spec().answers(name, each) == (1,) for each in needed))
    return case.on or tuple(every)


def ways_to_answer(case: Case, code: Program) -> Iterator[Answers]:
    """Yield what each profile answers, and both where no source tells; who would answer like one before is left out."""
    seen: list[Answers] = []
    for name in profiles_of(case, code):
        for choice in range(2):
            if not any(_agrees(other, _answers(case, name, choice)) for other in seen):
                seen.append(_answers(case, name, choice))
                yield seen[-1]


def _answers(case: Case, name: str, choice: int) -> Answers:
    found = Answers(name, choice)
    for question, value in case.answers.items():
        possible = spec().answers(name, question)
        assert value in possible and len(possible) > 1, f"{case.where}: a source tells what {name} answers"
        found[question] = value
    return found


def _agrees(seen: Mapping[str, int], answers: Answers) -> bool:
    """Return whether a profile gives the answers that a run has asked for, so that it would end alike."""
    return all(answers[question] == value for question, value in seen.items())


def run_concrete(case: Case, code: Program, given: Facts, answers: Answers) -> End:
    """Run a case over integers."""
    layout = spec().layout
    cells, machine = list(given.cells), ConcreteMachine({}, given.initially)
    rip = layout.views["RIP"].slots[0].cell
    index: int | None = 0
    at = 0
    events: list[str] = []
    fault: Fault | None = None
    event: Event | None = None
    for _ in range(MAX_STEPS):
        if fault or (event is None and (index is None or index >= len(code.instructions))):
            break
        at = at if event or index is None else index
        before = list(cells)
        machine.begin()
        try:
            if event is not None:
                _deliver(event, case.mode, cells, machine, answers)
                here = DELIVERED_IN[case.mode] == case.mode
                event, index = None, code.index(cells[rip]) if here else None
            else:
                _begin(code, at, cells, answers)
                _execute(code.instructions[at], case.mode, cells, machine, answers, before)
                if machine.restarted:
                    cells[rip] = code.address(at)
                index = code.index(cells[rip])
            events += machine.events
        except Fault as raised:
            machine.undo()
            cells = before
            where = code.address(at), code.address(at + 1)
            fault, event = _behind(case, event, raised, at, where, answers)
    if index is None and not fault:
        fault = _fetched(cells, machine, case.mode, answers)
    memory = {
        address: byte
        for address, byte in machine.memory.items()
        if byte is UNSET or byte != given.initially("mem", address)
    }
    ended = None if fault is None else (fault.vector, fault.error)
    return End(ended, tuple(cells), memory, dict(machine.msrs), tuple(events), _raised_at(fault))


def _begin(code: Program, index: int, cells: list[Any], answers: Answers) -> None:
    """Prepare cells for an instruction, which the processor may not have."""
    line, layout = code.instructions[index], spec().layout
    for each in layout.cells:
        if each.transient:
            cells[each.index] = 0
    cells[layout.views["RIP"].slots[0].cell] = code.address(index + 1)
    if line.requires and not answers[FEATURE_PREFIX + line.requires]:
        raise Fault("#UD", None, 0)


def _deliver(event: Event, mode: str, cells: list[Any], machine: ConcreteMachine, answers: Answers) -> None:
    rules = Delivery(compiler(False))
    rip = rules.rip(event)
    if rip is not None:
        cells[spec().layout.views["RIP"].slots[0].cell] = rip
    rules.code(event, mode)(cells, machine, answers, event.error or 0)


def _behind(
    case: Case, event: Event | None, raised: Fault, at: int, where: tuple[int, int], answers: Answers
) -> tuple[Fault | None, Event | None]:
    """Return what a case ends in, or what is delivered next."""
    if not case.delivers:
        return raised, None
    rules = Delivery(compiler(False))
    if event is None:
        return None, Event(raised.vector, raised.error, at, where)
    place = begin(spec(), case.mode, answers, ANY_MEMORY).place()  # type: ignore[arg-type]
    follows = rules.behind(event, raised.vector, raised.error, place)
    return (
        Fault(SHUTDOWN, None, raised.line).with_traceback(raised.__traceback__) if follows is None else None
    ), follows


def _execute(
    line: Element, mode: str, cells: list[Any], machine: ConcreteMachine, answers: Answers, before: list[Any]
) -> None:
    if isinstance(line, Bound):
        compiler(False).operation(line.stem, line.binding)(cells, machine, answers)
        return
    start = begin(spec(), mode, answers, ANY_MEMORY)  # type: ignore[arg-type]
    start.state.cells = before
    compiler(False).service(line.service, mode)(cells, machine, answers, *line.values(start.place()))


def _fetched(cells: list[Any], machine: ConcreteMachine, mode: str, answers: Answers) -> Fault | None:
    """Return what the fetch raises where a case has left its code."""
    try:
        compiler(False).fetch(mode)(cells, machine, answers, cells[spec().layout.views["RIP"].slots[0].cell])
    except Fault as raised:
        return raised
    return None


def _raised_at(fault: Fault | None) -> tuple[str, int] | None:
    trace = fault.__traceback__ if fault is not None else None
    if trace is None:
        return None
    while trace.tb_next is not None:
        trace = trace.tb_next
    return trace.tb_frame.f_code.co_filename, trace.tb_lineno


class _Variables(dict[str, int]):
    """The cells of a state; undefined places hold the same value everywhere."""

    def __init__(self, given: Facts, undefined: int) -> None:
        super().__init__((cell.name, given.cells[cell.index]) for cell in spec().layout.cells)
        self.undefined = undefined

    def __missing__(self, name: str) -> int:
        assert name.startswith("undefined "), name
        return self.undefined


def run_symbolic(case: Case, code: Program, given: Facts, answers: Answers) -> End:
    """Run the code over terms from all states, and return what the path of the case's state says of it."""
    start = begin(spec(), case.mode, answers, case.rules)  # type: ignore[arg-type]
    start.delivers = case.delivers
    for name in case.known:
        if _MEMORY.fullmatch(name):
            for address, byte in _bytes(name, case.before[name], given.cells):
                start.state.memory.store(address, 1, byte, 1)
        else:
            index = spec().layout.views[name].slots[0].cell
            start.state.cells[index] = given.cells[index]
    paths, _ = Runner(compiler(True)).run(code, start)
    value = Plain(_Variables(given, 0), given.unknown)
    taken = [path for path in paths if all(value(each) for each in path.conditions)]
    assert len(taken) == 1, f"{case.where}: {len(taken)} of {len(paths)} paths are taken"
    return _end(taken[0], value, given)


def _end(path: Way, value: Plain, given: Facts) -> End:
    other = Plain(_Variables(given, terms.ones(64)), given.unknown)
    cells: list[Any] = []
    for each, content in zip(spec().layout.cells, path.final.cells, strict=True):
        if content is None:
            cells.append(given.cells[each.index])
        else:
            # What depends on what an undefined place holds is undefined.
            cells.append(value(content) if value(content) == other(content) else UNSET)
    memory: dict[int, Any] = {}
    for piece in path.final.memory.objects():
        origin = value(piece.origin)
        for offset, byte in piece.bytes.items():
            memory[origin + offset & terms.ones(64)] = value(byte) if value(byte) == other(byte) else UNSET
        for write in piece.log:
            if value(write.guard):
                content, at = value(write.value), origin + value(write.offset)
                known = content == other(write.value)
                for index in range(write.size):
                    memory[at + index & terms.ones(64)] = content >> 8 * index & 0xFF if known else UNSET
    memory = {
        address: byte for address, byte in memory.items() if byte is UNSET or byte != given.initially("mem", address)
    }
    msrs = {value(index): value(content) for index, content, guard in path.final.msrs if value(guard)}
    events = tuple(each.name for step in path.steps for each in step.events if value(each.guard))
    raised = path.raised
    fault = None if raised is None else (raised.vector, None if raised.error is None else value(raised.error))
    fault = (SHUTDOWN, None) if path.outcome == "shuts down" else fault
    return End(fault, tuple(cells), memory, msrs, events)


def problems(case: Case, end: End, given: Facts) -> list[str]:
    """Return how a run ended otherwise than the case says; RIP and what lasts one instruction never count."""
    wanted, found = expected(case, given), []
    if end.fault != case.fault:
        found.append(f"ends in {_fault(end.fault)}, not in {_fault(case.fault)}")
    if end.events != case.events:
        found.append(f"events {list(end.events)}, not {list(case.events)}")
    for cell in spec().layout.cells:
        value, want = end.cells[cell.index], wanted.cells[cell.index]
        named = cell.name in case.after or cell.counted
        if named and value is not want and (value is UNSET or want is UNSET or value != want):
            found.append(f"{cell.name} is {_shown(value)}, not {_shown(want)}")
    for address in sorted(set(wanted.memory) | set(end.memory)):
        held = given.initially("mem", address)
        value, want = end.memory.get(address, held), wanted.memory.get(address, held)
        if value is not want and (value is UNSET or want is UNSET or value != want):
            found.append(f"the byte at {address:#x} is {_shown(value)}, not {_shown(want)}")
    for index in set(end.msrs) | set(wanted.msrs):
        before = given.msrs.get(index, 0)
        if end.msrs.get(index, before) != wanted.msrs.get(index, before):
            found.append(f"MSR[{index:#x}] is {end.msrs.get(index, before):#x}")
    return found


def _fault(fault: tuple[str, int | None] | None) -> str:
    if fault is None:
        return "no fault"
    return fault[0] if fault[1] is None else f"{fault[0]}({fault[1]:#x})"


def _shown(value: Any) -> str:
    return hex(value) if isinstance(value, int) else "undefined"


def assembled(case: Case) -> Program:
    """Return the program of a case."""
    return program(case.run, case.mode)  # type: ignore[arg-type]
