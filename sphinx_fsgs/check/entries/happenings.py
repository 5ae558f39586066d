"""What an instruction does that is not state, such as to serialise: on which processors, by the runs that judge claims.

An execution here is one that completes. Every form is run from every state, in each mode that has it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Literal

from sphinx_fsgs.check.asking import Asked, Oracle, Shared, share
from sphinx_fsgs.check.conditions import SERIALISE, happened
from sphinx_fsgs.check.judge import Finished, Judge
from sphinx_fsgs.machine import terms
from sphinx_fsgs.machine.bind import Bound
from sphinx_fsgs.machine.evaluate import truth
from sphinx_fsgs.machine.forms import samples
from sphinx_fsgs.machine.program import START, Program
from sphinx_fsgs.machine.run import MAX_TERMS
from sphinx_fsgs.machine.setup import assign, begin
from sphinx_fsgs.machine.solver import NoSolver
from sphinx_fsgs.machine.symbolic import MemoryRules
from sphinx_fsgs.machine.values import BoundReached
from sphinx_fsgs.records import dataclass
from sphinx_fsgs.spec.layout import MsrName
from sphinx_fsgs.spec.model import FEATURE_PREFIX, Spec
from sphinx_fsgs.spec.reach import Reach
from sphinx_fsgs.syntax.example import Mode
from sphinx_fsgs.syntax.expression import Binary, Expr, Name, Number

Extent = Literal["yes", "no", "some", "open", "undecided", "n/a"]
"""Each execution does it, or none is defined to; only some do, and what the spec knows does not tell which; no source
settles on which processors; a solver or a bound was missing; or the processor has no such instruction."""

EXTENTS: tuple[Extent, ...] = ("yes", "no", "some", "open", "undecided", "n/a")

_MODES: tuple[Mode, ...] = ("64-bit", "compatibility", "protected")


@dataclass(frozen=True, slots=True)
class Case:
    """Executions that are told apart: those that aim at a register of this name, or with ``name`` empty all others."""

    name: str
    number: int
    others: tuple[int, ...] = ()


EVERY = Case("", -1)
"""All executions of an instruction that aims at no register."""


@dataclass(frozen=True, slots=True)
class Happening:
    """How far executions do something: for each extent the processors of which it is so, in the order of the spec.

    ``case`` are the executions meant; ``asks`` names the questions that with another answer would make it otherwise;
    ``cites`` are those of the lines that do it, none where no line does.
    """

    event: str
    case: Case
    processors: Mapping[Extent, tuple[str, ...]]
    asks: tuple[str, ...]
    cites: tuple[str, ...]


def happenings(spec: Spec, stem: str, reach: Reach) -> tuple[Happening, ...]:
    """Return how far an instruction serialises, and does each of the other events that its Operation holds."""
    work = _Runs(spec, stem, reach)
    names = dict.fromkeys((SERIALISE, *reach.events))
    return tuple(each for event in names for each in _by_register(spec, stem, list(work.cases(event))))


def _by_register(spec: Spec, stem: str, found: Sequence[Happening]) -> tuple[Happening, ...]:
    """Return the cases that differ from the last, which is about all other registers, and that one."""
    *named, rest = found
    return (*(each for each in named if each.processors != rest.processors), rest)


class _Runs:
    """The runs of one instruction."""

    def __init__(self, spec: Spec, stem: str, reach: Reach) -> None:
        self.spec = spec
        self.reach = reach
        self.entry = spec.instruction(stem)
        self.judge = Judge(spec)
        self.oracle = Oracle(spec)
        self._bound: tuple[tuple[Mode, Bound], ...] | None = None
        self.stem = stem

    @property
    def bound(self) -> tuple[tuple[Mode, Bound], ...]:
        """Every form, in each mode that has it."""
        if self._bound is None:
            self._bound = tuple((mode, each) for mode in _MODES for each in samples(self.spec, self.stem, mode))
        return self._bound

    def cases(self, event: str) -> Iterator[Happening]:
        """Yield what is so of each register that the instruction can aim at, and of all others together."""
        cites = self.reach.events.get(event)
        if cites is None:
            yield Happening(event, EVERY, self.never(), (), ())
            return
        registers = self.spec.layout.msrs if self.entry.target else ()
        for case in self.split(event, registers):
            shared = share(self.oracle, self.spec.profiles, partial(self.extent, event, case))
            yield Happening(event, case, _grouped(shared), self.asks(event, case, shared), cites)

    def split(self, event: str, registers: Iterable[MsrName]) -> Iterator[Case]:
        """Yield the cases: the registers that the spec knows, and those that it does not."""
        known = tuple(registers)
        yield from (Case(each.names[0], each.index) for each in known)
        yield Case("", -1, tuple(each.index for each in known)) if known else EVERY

    def never(self) -> dict[Extent, tuple[str, ...]]:
        """Return that no execution does what no line of the Operation does."""
        has = tuple(name for name in self.spec.profiles if self.may_have(name))
        lacks = tuple(name for name in self.spec.profiles if name not in has)
        return {extent: names for extent, names in (("no", has), ("n/a", lacks)) if names}  # type: ignore[misc]

    def may_have(self, profile: str) -> bool:
        required = self.entry.requires
        return not required or any(self.spec.answers(profile, FEATURE_PREFIX + required))

    # ---- runs ----

    def extent(self, event: str, case: Case, answers: Asked) -> Extent:
        """Return how far the executions of a case do something on processors that answer so."""
        try:
            with terms.limited(MAX_TERMS):
                found = {each for mode, bound in self.bound for each in self.of_form(event, case, mode, bound, answers)}
        except (BoundReached, terms.TermLimit, NoSolver):
            return "undecided"
        return "n/a" if not found else "some" if len(found) > 1 else "yes" if True in found else "no"

    def of_form(self, event: str, case: Case, mode: Mode, bound: Bound, answers: Asked) -> Iterator[bool]:
        """Yield whether it can happen, and whether it can be left out, in executions of one form that complete."""
        if bound.requires and not answers[FEATURE_PREFIX + bound.requires]:
            return
        program = Program((bound,), {}, mode, START if mode == _MODES[0] else START & 0xFFFFFFFF)
        start = begin(self.spec, mode, answers, MemoryRules())
        if self.entry.target:
            target = Name(self.entry.target, bound.span)
            if case.name:
                assign(start, target, Number(case.number, bound.span))
            start.conditions += [truth(_other(target, number), start.place()) for number in case.others]
        run = self.judge.finish(program, start, answers)
        yield from _possible(run, event)

    def asks(self, event: str, case: Case, shared: Shared[Extent]) -> tuple[str, ...]:
        """Return the behaviours on which it hangs: with the other answer the extent is another on some processor."""
        asked = [each for each in shared.asked if each in self.spec.behaviour_names]
        tried: dict[tuple[tuple[str, int], ...], Extent] = {}
        return tuple(each for each in asked if self.decides(each, event, case, shared, tried))

    def decides(
        self,
        question: str,
        event: str,
        case: Case,
        shared: Shared[Extent],
        tried: dict[tuple[tuple[str, int], ...], Extent],
    ) -> bool:
        for profile, outcomes in shared.outcomes.items():
            extent, fixed = outcomes[0]
            known = {each: fixed.get(each, self.oracle.answers(profile, each)[0]) for each in shared.asked}
            known[question] = 1 - known[question]
            key = tuple(known.items())
            if key not in tried:
                tried[key] = self.extent(event, case, Asked(self.oracle, profile, known))
            if tried[key] != extent:
                return True
        return False


def _possible(run: Finished, event: str) -> set[bool]:
    """Return whether it can happen on a path that completes, and whether it can be left out; each is asked for once."""
    found: set[bool] = set()
    for number, seen in enumerate(run.seen):
        if seen.outcome != "faults":
            does = happened(seen, run.program, event)
            for it, when in ((True, does), (False, terms.not_(does))):
                if it not in found and when != 0 and run.can(number, when):
                    found.add(it)
    return found


def _other(target: Name, number: int) -> Expr:
    return Binary("≠", target, Number(number, target.span), target.span)


def _grouped(shared: Shared[Extent]) -> dict[Extent, tuple[str, ...]]:
    """Return the processors by extent; one whose open answers lead to several is itself open."""
    found: dict[Extent, list[str]] = {}
    for profile, outcomes in shared.outcomes.items():
        kinds = {extent for extent, _ in outcomes}
        kinds = kinds - {"n/a"} if len(kinds) > 1 else kinds
        found.setdefault(kinds.pop() if len(kinds) == 1 else "open", []).append(profile)
    return {extent: tuple(found[extent]) for extent in EXTENTS if extent in found}
