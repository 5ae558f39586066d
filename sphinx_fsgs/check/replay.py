"""Counterexamples: a model becomes a state, the concrete machine runs from it, and the violation is seen or not."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace

from sphinx_fsgs.check.places import SpecLine, Watch
from sphinx_fsgs.diagnostic import Counterexample, Step
from sphinx_fsgs.machine import terms
from sphinx_fsgs.machine.compile import Compiler
from sphinx_fsgs.machine.concrete import ConcreteMachine
from sphinx_fsgs.machine.delivery import DELIVERED_IN, Delivery, Event
from sphinx_fsgs.machine.evaluate import Place, Typed
from sphinx_fsgs.machine.observe import Done, MemoryChange, Observed, RegisterChange, Snapshot, changes_of_bytes
from sphinx_fsgs.machine.path import OUTSIDE, Outcome, Path
from sphinx_fsgs.machine.program import Call, Print, Program
from sphinx_fsgs.machine.run import MAX_STEPS
from sphinx_fsgs.machine.setup import Start
from sphinx_fsgs.machine.symbolic import PAGES, undefined_name
from sphinx_fsgs.machine.terms import Evaluator, Term, Value
from sphinx_fsgs.machine.values import BoundReached, Fault
from sphinx_fsgs.records import dataclass
from sphinx_fsgs.spec.hosts import OPEN, PLATFORM_PREFIX
from sphinx_fsgs.spec.layout import Layout
from sphinx_fsgs.spec.model import FEATURE_PREFIX

ACCESSED = 1 << 40
"""The bit of a descriptor that a load sets and that no sentence about changes means."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A state of a concrete run: every cell, and the bytes of memory that are known."""

    index: int
    cells: tuple[int, ...]
    memory: Mapping[int, int]
    msrs: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Replay:
    """A concrete run from a model's state."""

    frames: tuple[Frame, ...]
    steps: tuple[Done, ...]
    outcome: Outcome
    fault: Fault | None
    fault_index: int
    seen: Observed
    lines: tuple[SpecLine, ...] = ()


class Replayer:
    """Replays models of one start on the concrete machine."""

    def __init__(self, compiler: Compiler, program: Program, start: Start) -> None:
        self.compiler = compiler
        self.program = program
        self.start = start
        self.layout = start.spec.layout
        self._delivery = Delivery(compiler)
        self._step_number = 0
        self._watch: Watch | None = None

    def replay(
        self, model: Mapping[Term, int], wanted: Iterable[int] | None = None, path: Path | None = None
    ) -> Replay:
        """Run from the state that the model describes, which takes one of the ways of a path.

        With ``wanted`` the lines of the spec that change these cells, cause an event or raise the fault are
        noted in the replay.
        """
        values = Evaluator(model)
        cells = [values(self.initial(cell.index)) for cell in self.layout.cells]
        initial = _Initial(values, self.start)
        self._step_number = 0
        tags = [] if path is None else [step.tag for step in path.steps if values(step.guard)]

        def undefined(key: str) -> int:
            number = self._step_number
            tag = tags[number] if number < len(tags) else str(number)
            return by_name.get(undefined_name(tag, key), 0)

        by_name = {str(term.args[0]): value for term, value in model.items() if term.op == "var"}
        machine = ConcreteMachine(self._memory(values), initial, undefined)
        for index, value, guard in self.start.state.msrs:
            if values(guard):
                machine.msrs[values(index)] = values(value)
        self._watch = None
        if wanted is not None:
            looked_at = tuple(wanted)
            self._watch = Watch(lambda: ([cells[index] for index in looked_at], len(machine.events)))
        return self._run(cells, machine, initial, values)

    def initial(self, index: int) -> Value:
        """Return what a cell holds at first, without asking the profile anything that the run did not ask."""
        value = self.start.state.cells[index]
        if value is not None:
            return value
        cell = self.layout.cells[index]
        held = self.start.answers.get(PLATFORM_PREFIX + cell.name, OPEN) if cell.by_platform else OPEN
        return held if held != OPEN else terms.variable(cell.name, cell.width)

    def _memory(self, values: Evaluator) -> dict[int, int]:
        found: dict[int, int] = {}
        for function, args, value in values.applications():
            if function == "mem":
                found[args[0]] = value
        for each in self.start.state.memory.objects():
            origin = values(each.origin)
            for offset, byte in each.bytes.items():
                found[origin + offset & terms.ones(64)] = values(byte)
            for write in each.log:
                if values(write.guard):
                    value = values(write.value)
                    for index in range(write.size):
                        place = origin + values(write.offset) + index & terms.ones(64)
                        found[place] = value >> 8 * index & 0xFF
        return found

    def _run(self, cells: list[int], machine: ConcreteMachine, initial: _Initial, values: Evaluator) -> Replay:
        frames: list[Frame] = []
        steps: list[Done] = []
        before = dict(machine.memory)
        index: int | None = 0
        event: Event | None = None
        fault: Fault | None = None
        outcome: Outcome = "completes"
        at = OUTSIDE
        while fault is None and (event is not None or (index is not None and index < len(self.program.instructions))):
            if len(steps) > MAX_STEPS:
                raise BoundReached("steps")
            frames.append(_frame(index, cells, machine))
            at = index if event is None and index is not None else at
            self._step_number, delivers = len(steps), "" if event is None else event.vector
            try:
                index = self._deliver(event, cells, machine) if event else self._step(at, cells, machine, initial)
            except Fault as raised:
                machine.undo()
                steps.append(Done(at, False, (), delivers))
                where = self.program.address(at), self.program.address(at + 1)
                event, outcome = self._behind(event, raised, at, where)
                fault = raised if event is None else None
                continue
            steps.append(Done(at, True, tuple((name, 1) for name in machine.events), delivers))
            event, missed = None, self._fetch(cells, machine, delivers) if index is None else None
            if missed is not None:
                event, outcome = self._behind(None, missed, at, None)
                if event is None:
                    fault, at = missed, OUTSIDE
                    frames.append(_frame(OUTSIDE, cells, machine))
        if fault is None:
            outcome = "leaves" if index is None else "completes"
            at = OUTSIDE if index is None else index
            frames.append(_frame(at, cells, machine))
        seen = self._observed(frames, steps, outcome, fault, at, initial, before, values)
        lines = tuple(self._watch.lines) if self._watch is not None else ()
        return Replay(tuple(frames), tuple(steps), outcome, fault, at if fault else OUTSIDE, seen, lines)

    def _behind(
        self, event: Event | None, raised: Fault, at: int, where: tuple[int, int] | None
    ) -> tuple[Event | None, Outcome]:
        """Return what is delivered when an instruction or a delivery has raised something; or how the run ends."""
        if not self.start.delivers:
            return None, "faults"
        if event is None:
            return Event(raised.vector, raised.error, at, where), "completes"
        return self._delivery.behind(event, raised.vector, raised.error, self.start.place()), "shuts down"

    def _deliver(self, event: Event, cells: list[int], machine: ConcreteMachine) -> int | None:
        """Deliver an event, and return the instruction of the code that is its handler, None for one elsewhere."""
        code = self._delivery.code(event, self.program.mode)
        machine.begin()
        saved = cells[:]
        rip, told = self.layout.views["RIP"].slots[0].cell, self._delivery.rip(event)
        if told is not None:
            cells[rip] = told
        try:
            with self._watch or nullcontext():
                code(cells, machine, self.start.answers, event.error or 0)
        except Fault:
            cells[:] = saved
            raise
        return self.program.index(cells[rip]) if DELIVERED_IN[self.program.mode] == self.program.mode else None

    def _fetch(self, cells: list[int], machine: ConcreteMachine, delivered: str) -> Fault | None:
        """Return the fault of the fetch where the run has gone, None where there is something to be fetched."""
        rip = self.layout.views["RIP"].slots[0].cell
        mode = DELIVERED_IN[self.program.mode] if delivered else self.program.mode
        try:
            with self._watch or nullcontext():
                self.compiler.fetch(mode)(cells, machine, self.start.answers, cells[rip])
        except Fault as raised:
            return raised
        return None

    def _step(self, index: int, cells: list[int], machine: ConcreteMachine, initial: _Initial) -> int | None:
        bound = self.program.instructions[index]
        if bound.requires and not self.start.answers[FEATURE_PREFIX + bound.requires]:
            machine.begin()
            raise Fault("#UD", None, 0)
        arguments: tuple[Value, ...] = ()
        code: Callable[..., object] = _nothing
        if isinstance(bound, Print):
            pass
        elif isinstance(bound, Call):
            code = self.compiler.service(bound.service, self.program.mode)
            frame = Frame(index, tuple(cells), machine.memory, machine.msrs)
            arguments = bound.values(self._place(frame, initial, self._names(initial.values)))
        else:
            code = self.compiler.operation(bound.stem, bound.binding)
        machine.begin()
        saved = cells[:]
        for cell in self.layout.cells:
            if cell.transient:
                cells[cell.index] = 0
        rip = self.layout.views["RIP"].slots[0].cell
        cells[rip] = self.program.address(index + 1)
        try:
            with self._watch or nullcontext():
                code(cells, machine, self.start.answers, *arguments)
        except Fault:
            cells[:] = saved
            raise
        if machine.restarted:
            cells[rip] = self.program.address(index)
        return self.program.index(cells[rip])

    def _observed(
        self,
        frames: Sequence[Frame],
        steps: Sequence[Done],
        outcome: Outcome,
        fault: Fault | None,
        at: int,
        initial: _Initial,
        before: Mapping[int, int],
        values: Evaluator,
    ) -> Observed:
        names = self._names(values)

        def snapshot(frame: Frame) -> Snapshot:
            place = self._place(frame, initial, names)
            return Snapshot(
                frame.index,
                place,
                lambda: self._changes(frame, before, initial),
                lambda: _msrs(frame, frames[0], initial),
            )

        boundaries = tuple(snapshot(frame) for frame in frames)
        steps = [_with_behind(step, boundaries[number + 1 :]) for number, step in enumerate(steps)]
        if fault is None:
            return Observed(boundaries, tuple(steps), outcome)
        return Observed(boundaries, tuple(steps), outcome, fault.vector, fault.error, at)

    def _names(self, values: Evaluator) -> dict[str, Typed]:
        return {name: Typed(values(each.value), each.width) for name, each in self.start.names.items()}

    def _place(self, frame: Frame, initial: _Initial, names: Mapping[str, Typed]) -> Place:
        machine = ConcreteMachine(frame.memory, initial)
        machine.msrs = dict(frame.msrs)
        known = {msr.index: self.layout.views[msr.cell].slots[0].cell for msr in self.layout.msrs}

        def read_msr(index: Value) -> Value:
            number = _int(index)
            return frame.cells[known[number]] if number in known else machine.read_msr(number)

        return Place(
            self.start.spec,
            self.start.mode,
            self.start.answers,
            lambda index: frame.cells[index],
            lambda address, size: machine.load(_int(address), size),
            read_msr,
            lambda name, argument: initial(name, _int(argument)),
            names,
            {},
            self.start.symbols,
        )

    def _changes(self, frame: Frame, before: Mapping[int, int], initial: _Initial) -> Iterator[MemoryChange]:
        def cell(name: str) -> int:
            return frame.cells[self.layout.views[name].slots[0].cell]

        tables = [(cell(f"{name}.base"), cell(f"{name}.limit")) for name in self.layout.tables.values()]

        def was(address: int) -> int:
            return before[address] if address in before else initial("mem", address)

        return changes_of_bytes(frame.memory, was, tables, cell("RSP"))


def _with_behind(step: Done, rest: Sequence[Snapshot]) -> Done:
    """Return a step with the state that it leaves: the next boundary, of which one that faulted has none."""
    return replace(step, behind=lambda: rest[0]) if step.completed and rest else step


class _Initial:
    """What nobody has written: as the model has it, and where it says nothing, zero and mapped to be written."""

    def __init__(self, values: Evaluator, start: Start) -> None:
        self.values = values
        self.rules = start.rules

    def __call__(self, name: str, argument: int) -> int:
        if name in PAGES:
            page = argument >> 12
            if any(self.values(each) >> 12 == page for each in self.rules.denied(name)):
                return 0
            known = self.values.lookup(name, page)
            return (
                known if self.rules.any_mapping and known is not None else int(not self.rules.any_mapping or known != 0)
            )
        return self.values.lookup(name, argument) or 0


def _frame(index: int | None, cells: list[int], machine: ConcreteMachine) -> Frame:
    return Frame(OUTSIDE if index is None else index, tuple(cells), dict(machine.memory), dict(machine.msrs))


def _nothing(*_: object) -> None:
    """What printing does to the machine."""


def _int(value: Value) -> int:
    assert isinstance(value, int)
    return value


def _msrs(frame: Frame, first: Frame, initial: _Initial) -> Iterator[RegisterChange]:
    for index, value in frame.msrs.items():
        was = first.msrs[index] if index in first.msrs else initial("msr", index)
        yield RegisterChange(index, int(value != was))


# ---- what is shown ------------------------------------------------------------------------------


def counterexample(
    replay: Replay,
    replayer: Replayer,
    model: Mapping[Term, int],
    profile: str,
    wanted: Iterable[int],
    conditions: Iterable[Value],
) -> Counterexample:
    """Return the replay with only the cells that matter: those that decide the conditions, and those wanted."""
    layout = replayer.layout
    last, first = replay.frames[-1], replay.frames[0]
    decisive = terms.witnesses(conditions, Evaluator(model))
    model = {term: value for term, value in model.items() if term in decisive}
    before = list(_initial_cells(replayer, model, first))
    before += list(_initial_memory(replayer, model, first))
    before += list(_names(replayer, model))
    steps = []
    for number, done in enumerate(replay.steps):
        bound = replayer.program.instructions[done.index]
        changes: tuple[tuple[str, str], ...] = ()
        if done.completed:
            changes = tuple(_changed(layout, replay.frames[number], replay.frames[number + 1]))
        text = f"(delivery of {done.delivers})" if done.delivers else bound.text
        fault = "" if done.completed else _raised_by(replay, number)
        steps.append(Step(text, bound.span.line, changes, fault, _events(replay, number, replayer.program)))
    if replay.fault and replay.fault_index == OUTSIDE and replay.steps:
        rip = last.cells[layout.views["RIP"].slots[0].cell]
        where = replayer.program.instructions[replay.steps[-1].index].span.line
        steps.append(Step(f"(fetch at {hexadecimal(rip, 64)})", where, (), _fault_text(replay.fault), ()))
    after = [shown(layout, index, last.cells[index]) for index in dict.fromkeys(wanted)]
    return Counterexample(profile, tuple(before), tuple(steps), tuple(after))


def _raised_by(replay: Replay, number: int) -> str:
    """Return what a step raised: what ended the run, or what the next step delivers."""
    if number == len(replay.steps) - 1:
        return "" if replay.fault is None else _fault_text(replay.fault)
    return replay.steps[number + 1].delivers


def _events(replay: Replay, number: int, program: Program) -> tuple[str, ...]:
    done = replay.steps[number]
    events = tuple(name for name, _ in done.events)
    if not isinstance(program.instructions[done.index], Print):
        return events
    from sphinx_fsgs.check.printed import shown_by

    return tuple(filter(None, (*events, shown_by(number, replay.seen, program))))


def _fault_text(fault: Fault) -> str:
    return (
        fault.vector
        if fault.error is None
        else f"{fault.vector}({fault.error:#x})"
        if fault.error
        else f"{fault.vector}(0)"
    )


def shown(layout: Layout, index: int, value: int) -> tuple[str, str]:
    """Return a cell and its value as a reader writes them; CPL stands for the selector that holds it."""
    name = layout.cells[index].name
    privilege = layout.views["CPL"].slots[0]
    if index == privilege.cell:
        return "CPL", str(value >> privilege.low & terms.ones(privilege.width))
    return name, hexadecimal(value, layout.cells[index].width)


def hexadecimal(value: int, width: int) -> str:
    """Return a value as documents write it: single digits plain, large ones in groups of four digits."""
    if value < 10:
        return str(value)
    text = f"{value:x}"
    if len(text) <= 8:
        return f"0x{text}"
    text = text.zfill(-(-len(text) // 4) * 4)
    return "0x" + "_".join(text[at : at + 4] for at in range(0, len(text), 4))


def _initial_cells(replayer: Replayer, model: Mapping[Term, int], first: Frame) -> Iterator[tuple[str, str]]:
    chosen = {term for term in model if term.op == "var"}
    for cell in replayer.layout.cells:
        value = replayer.initial(cell.index)
        given = cell.index in replayer.start.given
        if cell.counted and (given or not chosen.isdisjoint(terms.unknowns([value]))):
            yield shown(replayer.layout, cell.index, first.cells[cell.index])


def _names(replayer: Replayer, model: Mapping[Term, int]) -> Iterator[tuple[str, str]]:
    """Yield the ``?names`` that stand for no cell's initial value, and so are values of their own."""
    shown_already = {id(value) for value in replayer.start.state.cells if value is not None}
    for name, each in replayer.start.names.items():
        value = each.value
        if isinstance(value, Term) and value in model and id(value) not in shown_already:
            yield f"?{name}", hexadecimal(model[value], each.width or 64)


def _initial_memory(replayer: Replayer, model: Mapping[Term, int], first: Frame) -> Iterator[tuple[str, str]]:
    """Yield the bytes that the model chose: whole descriptors of a table, else quadwords."""
    values = Evaluator(model)
    addresses = sorted(args[0] for function, args, _ in values.applications() if function == "mem")
    for name, start in dict.fromkeys(_piece(replayer.layout, first, address) for address in addresses):
        yield name, f"0x{_quadword(first, start):016x}"


def _piece(layout: Layout, frame: Frame, address: int) -> tuple[str, int]:
    """Return what the eight bytes around an address are called, and where they begin."""
    for entry, register in layout.tables.items():
        base = frame.cells[layout.views[f"{register}.base"].slots[0].cell]
        offset = address - base
        if 0 <= offset < 1 << 16:
            return f"{entry}[{offset // 8}]", base + offset // 8 * 8
    return f"u64[{hexadecimal(address & ~7, 64)}]", address & ~7


def _quadword(frame: Frame, start: int) -> int:
    return sum(frame.memory.get(start + index, 0) << 8 * index for index in range(8))


def _changed(layout: Layout, one: Frame, other: Frame) -> Iterator[tuple[str, str]]:
    for cell in layout.cells:
        if cell.counted and one.cells[cell.index] != other.cells[cell.index]:
            yield shown(layout, cell.index, other.cells[cell.index])
    written = (address for address, byte in sorted(other.memory.items()) if one.memory.get(address, 0) != byte)
    for name, start in dict.fromkeys(_piece(layout, one, address) for address in written):
        before, after = _quadword(one, start), _quadword(other, start)
        if name.startswith("u64") or before | ACCESSED != after | ACCESSED:
            yield name, f"0x{after:016x}"


Violation = Callable[[Observed], Value]
"""When a path violates what is claimed: 1 over integers where it does."""


def confirmed(violation: Violation, replay: Replay) -> bool:
    """Return whether the concrete run shows the violation."""
    return bool(violation(replay.seen))
