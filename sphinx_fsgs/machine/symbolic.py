"""The machine over terms: what a compiled Operation works on, one step at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sphinx_fsgs.machine import terms
from sphinx_fsgs.machine.memory import Memory
from sphinx_fsgs.machine.terms import Term, Value
from sphinx_fsgs.records import dataclass
from sphinx_fsgs.spec.hosts import OPEN, PLATFORM_PREFIX
from sphinx_fsgs.spec.layout import Layout
from sphinx_fsgs.spec.model import FEATURE_PREFIX, Unknown

Answers = Mapping[str, Value]
"""What a profile answers: 1 or 0, or a variable where the question is left open on purpose."""
Check = Callable[..., Value]

MSR = "msr"
"""The unknown function from numbers to what the registers that the spec does not know hold at first."""


@dataclass(frozen=True, slots=True)
class PossibleFault:
    """An exception that a step raises where ``guard`` holds; ``line`` is that of the spec."""

    guard: Value
    vector: str
    error: Value | None
    line: int


@dataclass(frozen=True, slots=True)
class Occurred:
    """An event of a step, where ``guard`` holds."""

    name: str
    guard: Value


@dataclass(frozen=True, slots=True)
class Deferred:
    """An access that is assumed to be good; what that says is worked out only if a solver is asked."""

    check: Check
    guard: Value
    values: tuple[Value, ...]
    cells: tuple[Value | None, ...]


MAPPED, WRITABLE = "mapped", "writable"
PAGES = (MAPPED, WRITABLE)
"""The unknown functions of the spec that ask for the page of an address."""


@dataclass(frozen=True, slots=True)
class MemoryRules:
    """What an example says of memory: whether accesses may fault, and any page be missing or read-only; which are."""

    may_fault: bool = False
    any_mapping: bool = False
    unmapped: tuple[Value, ...] = ()
    read_only: tuple[Value, ...] = ()

    @property
    def pages_differ(self) -> bool:
        """Whether there may be a page that does not permit everything."""
        return self.any_mapping or bool(self.unmapped or self.read_only)

    def denied(self, function: str) -> tuple[Value, ...]:
        """Return the addresses of whose pages a function of :data:`PAGES` is not true."""
        return self.unmapped if function == MAPPED else self.read_only


class State:
    """Cells, memory and the registers that the spec does not know; a cell is None until it is read."""

    __slots__ = ("cells", "memory", "msrs")

    def __init__(self, cells: list[Value | None], memory: Memory, msrs: tuple[tuple[Value, Value, Value], ...]) -> None:
        self.cells = cells
        self.memory = memory
        self.msrs = msrs

    def copy(self) -> State:
        """Return a state to go on from."""
        return State(self.cells[:], self.memory.copy(), self.msrs)


class Origin:
    """Where initial values come from: one variable a cell, made when it is first read, the same for a whole run."""

    def __init__(self, layout: Layout, answers: Answers, unknowns: Mapping[str, Unknown]) -> None:
        self.layout = layout
        self.answers = answers
        self.unknowns = unknowns

    def cell(self, index: int) -> Value:
        """Return what a cell holds at first when nothing is said of it."""
        cell = self.layout.cells[index]
        if cell.requires and not self.answers[FEATURE_PREFIX + cell.requires]:
            return 0
        held = self.held(index)
        return terms.variable(cell.name, cell.width) if held is None else held

    def held(self, index: int) -> int | None:
        """Return the value at which the platform holds a cell, None where it leaves it alone."""
        cell = self.layout.cells[index]
        if not cell.by_platform:
            return None
        answer = self.answers[PLATFORM_PREFIX + cell.name]
        return answer if isinstance(answer, int) and answer != OPEN else None


def undefined_name(step: str, key: str) -> str:
    """Return the name of the value that an undefined place gets in a step."""
    return f"undefined in step {step} by {key}"


def settled(condition: Value, known: Mapping[Term, int]) -> Value:
    """Return a condition with what is known of its parts put in."""
    if isinstance(condition, int) or not known:
        return condition
    if condition in known:
        return known[condition]
    if condition.op == "not":
        return terms.not_(settled(terms.operands(condition)[0], known))
    if condition.op in ("and", "or"):
        left, right = (settled(each, known) for each in terms.operands(condition))
        return (terms.and_ if condition.op == "and" else terms.or_)(left, right)
    return condition


class Machine:
    """One step of one path: the compiled code reads and writes through it.

    After the step ``faults``, ``events``, ``assumed`` and ``deferred`` say what else happened, and ``restarted``
    when the same instruction is to run again. ``known``
    holds the truth of conditions that the path has already decided; ``tag`` tells this step's undefined
    values from those of others.
    """

    def __init__(self, state: State, origin: Origin, known: Mapping[Term, int], memory: MemoryRules, tag: str) -> None:
        self.state = state
        self.origin = origin
        self.known = known
        self.memory = memory
        self.tag = tag
        self.faults: list[PossibleFault] = []
        self.events: list[Occurred] = []
        self.deferred: list[Deferred] = []
        self.assumed: list[Value] = []
        self.reads: set[int] = set()
        self.restarted: Value = 0

    # ---- cells ----

    def read(self, index: int) -> Value:
        """Return what a cell holds."""
        self.reads.add(index)
        value = self.state.cells[index]
        if value is None:
            value = self.state.cells[index] = self.origin.cell(index)
        return value

    def write(self, index: int, value: Value, guard: Value) -> None:
        """Write a whole cell where the guard holds."""
        if isinstance(guard, int):
            if guard:
                self.state.cells[index] = value
            return
        width = self.origin.layout.cells[index].width
        self.state.cells[index] = terms.ite(guard, value, self.read(index), width)

    def write_part(self, index: int, value: Value, guard: Value, high: int, low: int) -> None:
        """Write bits ``high`` to ``low`` of a cell where the guard holds."""
        old = self.read(index)
        width = self.origin.layout.cells[index].width
        parts = [(value, high - low + 1)]
        if high < width - 1:
            parts.insert(0, (terms.extract(old, width - 1, high + 1), width - 1 - high))
        if low:
            parts.append((terms.extract(old, low - 1, 0), low))
        self.write(index, terms.join(parts), guard)

    def undefined(self, width: int, key: str) -> Value:
        """Return a value that the architecture does not name; ``key`` tells the place of the spec that says so."""
        return terms.variable(undefined_name(self.tag, key), width)

    # ---- control ----

    def test(self, condition: Value) -> Value:
        """Return a condition, settled if the path has decided it."""
        return settled(condition, self.known)

    def fault(self, guard: Value, vector: str, error: Value | None, line: int) -> Value:
        """Note an exception and return the guard of what goes on behind it: nothing."""
        self.faults.append(PossibleFault(guard, vector, error, line))
        return 0

    def restart(self, guard: Value) -> None:
        """Note that the instruction begins again where the guard holds: the next boundary lies before it."""
        self.restarted = terms.or_(self.restarted, guard)

    def merge(self, before: Value, yes: Value, yes_after: Value, no: Value, no_after: Value) -> Value:
        """Return the guard behind an IF from those of its branches."""
        if yes_after is yes and no_after is no:
            return before
        return terms.or_(yes_after, no_after)

    def event(self, name: str, guard: Value) -> None:
        """Note an event."""
        self.events.append(Occurred(name, guard))

    # ---- memory ----

    def completes(self, check: Check, guard: Value, answers: Answers, *values: Value) -> Value:
        """Return whether a procedure that only checks completes; as of an access, it is assumed unless it may fault."""
        if not self.memory.may_fault:
            self.deferred.append(Deferred(check, guard, values, tuple(self.state.cells)))
            return 1
        before = len(self.faults)
        completed = check(self, 1, 1, answers, *values)
        del self.faults[before:]
        return completed

    def access(self, check: Check, guard: Value, writes: Value, answers: Answers, *values: Value) -> Value:
        """Check an access, or note that it is assumed to be good; return the guard of completion."""
        if self.memory.may_fault or all(isinstance(value, int) for value in values):
            before = len(self.faults)
            after = check(self, guard, writes, answers, *values)
            if not self.memory.may_fault:
                self._assume_good(before)
                return guard
            return after
        self.deferred.append(Deferred(check, guard, values, tuple(self.state.cells)))
        return guard

    def branch(self, check: Check, guard: Value, writes: Value, answers: Answers, *values: Value) -> Value:
        """Check where execution goes on, or note that it is assumed to be good; return the guard of completion.

        What is wrong with an address for sure is no matter of assumptions.
        """
        if not self.memory.may_fault and not all(isinstance(value, int) for value in values):
            self.deferred.append(Deferred(check, guard, values, tuple(self.state.cells)))
            return guard
        before = len(self.faults)
        after = check(self, guard, writes, answers, *values)
        if self.memory.may_fault or any(fault.guard is guard for fault in self.faults[before:]):
            return after
        self.assumed.extend(terms.not_(fault.guard) for fault in self.faults[before:])
        del self.faults[before:]
        return guard

    def reach(self, check: Check, guard: Value, writes: Value, answers: Answers, *values: Value) -> Value:
        """Check what the processor reaches in a table, as far as an example says that pages may not permit it."""
        return check(self, guard, writes, answers, *values) if self.memory.pages_differ else guard

    def _assume_good(self, before: int) -> None:
        # Even where nothing is left to assume but that the page is mapped, the run has used it.
        self.assumed.extend([terms.not_(fault.guard) for fault in self.faults[before:]] or [1])
        del self.faults[before:]

    def load(self, linear: Value, size: int) -> Value:
        """Return ``size`` bytes at a linear address."""
        return self.state.memory.load(linear, size)

    def store(self, linear: Value, size: int, value: Value, guard: Value) -> None:
        """Write ``size`` bytes at a linear address."""
        self.state.memory.store(linear, size, value, guard)

    def unknown(self, name: str, argument: Value) -> Value:
        """Return the value of an unknown function of the spec."""
        if name in PAGES:
            return self._of_page(name, argument)
        return terms.apply(name, self.origin.unknowns[name].width, argument)

    def _of_page(self, function: str, linear: Value) -> Value:
        page = terms.extract(linear, 63, 12)
        denied = self.memory.denied(function)
        hits = terms.any_of(terms.eq(page, terms.extract(each, 63, 12), 52) for each in denied)
        rest = terms.apply(function, 1, page) if self.memory.any_mapping else 1
        return terms.and_(terms.not_(hits), rest)

    # ---- model-specific registers ----

    def read_msr(self, index: Value) -> Value:
        """Return the register of that number."""
        cells = {msr.index: msr.cell for msr in self.origin.layout.msrs}
        if isinstance(index, int) and index in cells:
            return self.read(self._cell(cells[index]))
        value = terms.apply(MSR, 64, index)
        for number, written, guard in self.state.msrs:
            value_here = terms.and_(guard, terms.eq(index, number, 32))
            value = terms.ite(value_here, written, value, 64)  # type: ignore[assignment]
        for number_, cell in cells.items():
            value = terms.ite(terms.eq(index, number_, 32), self.read(self._cell(cell)), value, 64)  # type: ignore[assignment]
        return value

    def write_msr(self, index: Value, value: Value, guard: Value) -> None:
        """Write the register of that number where the guard holds."""
        others = guard
        for msr in self.origin.layout.msrs:
            hit = terms.eq(index, msr.index, 32)
            if hit != 0:
                self.write(self._cell(msr.cell), value, terms.and_(guard, hit))
                others = terms.and_(others, terms.not_(hit))
        if others != 0:
            self.state.msrs = (*self.state.msrs, (index, value, others))

    def _cell(self, name: str) -> int:
        return self.origin.layout.views[name].slots[0].cell
