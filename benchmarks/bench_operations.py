"""Compiled Operations against Python written by hand for the same thing, on the same list of cells.

    python benchmarks/bench_operations.py

Prints steps a second for both, and exits with 1 when the compiled code takes more than 1.3 times as long.
"""

from __future__ import annotations

import sys
import time
import timeit
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from sphinx_fsgs.machine.compile import Compiler
from sphinx_fsgs.machine.concrete import ConcreteMachine
from sphinx_fsgs.machine.operands import Binding
from sphinx_fsgs.machine.values import Fault
from sphinx_fsgs.spec.model import Spec

LIMIT = 1.3
ROUNDS = 15
STEPS = 40_000
PROFILE = "intel_skylake"

Step = Callable[[list[int], ConcreteMachine, Mapping[str, int]], object]


class Answers(dict[str, int]):
    """What the profile answers, each question looked up once."""

    def __init__(self, spec: Spec) -> None:
        super().__init__()
        self.spec = spec

    def __missing__(self, question: str) -> int:
        value = self[question] = self.spec.answers(PROFILE, question)[0]
        return value


@dataclass(frozen=True)
class Contest:
    """One instruction, compiled and by hand, from a state in which it completes."""

    name: str
    compiled: Step
    by_hand: Step
    cells: list[int]
    machine: ConcreteMachine
    answers: Answers


@dataclass(frozen=True)
class Figure:
    """Nanoseconds a step for both, and how many times as long the compiled code takes."""

    name: str
    compiled: float
    by_hand: float
    ratio: float


def contests(spec: Spec) -> tuple[Contest, ...]:
    """Return SWAPGS and WRMSR to KERNEL_GS_BASE."""
    compiler = Compiler(spec, symbolic=False)
    index = {cell.name: cell.index for cell in spec.layout.cells}
    found = []
    for name, by_hand in (("SWAPGS", _swapgs(index)), ("WRMSR", _wrmsr(index, spec))):
        cells = [0] * len(spec.layout.cells)
        cells[index["RCX"]], cells[index["RAX"]], cells[index["RDX"]] = 0xC0000102, 0x1000, 0xFFFF8880
        compiled = compiler.operation(name, Binding("64-bit", {}, {}))
        found.append(Contest(name, compiled, by_hand, cells, ConcreteMachine({}, lambda *_: 0), Answers(spec)))
    return tuple(found)


def _swapgs(index: Mapping[str, int]) -> Step:
    cs, fred, base, shadow = (index[name] for name in ("CS.selector", "CR4.FRED", "GS.base", "GS_SHADOW"))

    def swapgs(
        s: list[int],
        m: ConcreteMachine,
        A: Mapping[str, int],
        cs: int = cs,
        fred: int = fred,
        base: int = base,
        shadow: int = shadow,
    ) -> None:
        if s[fred] == 1:
            raise Fault("#UD", None, 0)
        if s[cs] & 3 != 0:
            raise Fault("#GP", 0, 0)
        s[base], s[shadow] = s[shadow], s[base]

    return swapgs


def _wrmsr(index: Mapping[str, int], spec: Spec) -> Step:
    names = ("CS.selector", "RAX", "RCX", "RDX", "CR4.LA57")
    cs, rax, rcx, rdx, la57 = (index[name] for name in names)
    known = {msr.index: index[msr.cell] for msr in spec.layout.msrs}

    def wrmsr(
        s: list[int],
        m: ConcreteMachine,
        A: Mapping[str, int],
        cs: int = cs,
        rax: int = rax,
        rcx: int = rcx,
        rdx: int = rdx,
        la57: int = la57,
        known: Mapping[int, int] = known,
    ) -> None:
        value = (s[rdx] & 0xFFFFFFFF) << 32 | s[rax] & 0xFFFFFFFF
        number = s[rcx] & 0xFFFFFFFF
        if s[cs] & 3 != 0:
            raise Fault("#GP", 0, 0)
        is_base = 0xC0000100 <= number <= 0xC0000102
        if is_base:
            if not A["CPUID.LA57"]:
                width = 48
            elif A["wrmsr_base_checks_processor_width"]:
                width = 57
            else:
                width = 57 if s[la57] == 1 else 48
            top = value >> width - 1
            if top != 0 and top != (1 << 65 - width) - 1:
                raise Fault("#GP", 0, 0)
        elif not m.unknown("msr_exists", number):
            raise Fault("#GP", 0, 0)
        cell = known.get(number)
        if cell is None:
            m.write_msr(number, value)
        else:
            s[cell] = value
        if is_base:
            if A["wrmsr_base_serialises"]:
                m.event("serialise")
        elif m.unknown("msr_write_serialises", number):
            m.event("serialise")

    return wrmsr


def same(contest: Contest) -> bool:
    """Return whether both leave the same cells and the same events behind."""
    ends = []
    for step in (contest.compiled, contest.by_hand):
        cells = list(contest.cells)
        contest.machine.begin()
        step(cells, contest.machine, contest.answers)
        ends.append((cells, tuple(contest.machine.events)))
    return ends[0] == ends[1]


def measure(contest: Contest, rounds: int = ROUNDS, steps: int = STEPS) -> Figure:
    """Return how long both take; they take turns, and the best round of each counts, which no other work disturbed."""
    times: dict[str, list[float]] = {"compiled": [], "by hand": []}
    for _ in range(rounds):
        for name, step in (("compiled", contest.compiled), ("by hand", contest.by_hand)):
            run = timeit.Timer(
                "step(s, m, A)",
                timer=time.process_time,
                globals={"step": step, "s": contest.cells, "m": contest.machine, "A": contest.answers},
            )
            times[name].append(run.timeit(steps) / steps * 1e9)
            contest.machine.begin()
    compiled, by_hand = (min(each) for each in times.values())
    return Figure(contest.name, compiled, by_hand, compiled / by_hand)


def main() -> int:
    """Print the figures; return 1 when one of them is above the limit."""
    both = contests(Spec())
    assert all(map(same, both)), "what is compared must do the same"
    figures = [measure(contest) for contest in both]
    for each in figures:
        print(
            f"{each.name:8} compiled {1e3 / each.compiled:6.2f} M/s   by hand {1e3 / each.by_hand:6.2f} M/s   "
            f"ratio {each.ratio:.2f} (at most {LIMIT})"
        )
    return int(any(each.ratio > LIMIT for each in figures))


if __name__ == "__main__":
    raise SystemExit(main())
