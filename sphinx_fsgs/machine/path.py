"""What a run has found: its ways through a program, from boundary to boundary."""

from __future__ import annotations

from typing import Literal

from sphinx_fsgs.machine.symbolic import Deferred, Occurred, State
from sphinx_fsgs.machine.terms import Value
from sphinx_fsgs.records import dataclass

OUTSIDE = -1
"""The index of what is no instruction of the program."""

Outcome = Literal["completes", "leaves", "faults", "shuts down"]


@dataclass(frozen=True, slots=True)
class Raised:
    """The exception that ended a path; ``line`` is that of the spec, 0 where the processor lacks the instruction.

    Of a path that shuts down it is the one that was met in the delivery of a double fault. ``index`` is OUTSIDE where
    the fetch behind the last step raised it.
    """

    vector: str
    error: Value | None
    index: int
    line: int


@dataclass(frozen=True, slots=True)
class Boundary:
    """The state before the instruction of that index, or behind the last; the path comes here where ``guard`` holds."""

    index: int
    state: State
    guard: Value = 1


@dataclass(frozen=True, slots=True)
class Step:
    """An instruction that was begun, where ``guard`` holds; ``completed`` is false for the one that faulted.

    ``tag`` tells its undefined values from those of other steps, and ``behind`` is the state that it leaves. With
    ``delivers`` it is the delivery of that exception instead, which the instruction raised.
    """

    index: int
    completed: bool
    events: tuple[Occurred, ...]
    tag: str
    delivers: str = ""
    behind: State | None = None
    guard: Value = 1


@dataclass(frozen=True, slots=True)
class Path:
    """Ways through the program that end alike: under which conditions, from boundary to boundary, and how.

    Ways that meet are one path from there on; what only some of them pass has a guard. Boundary and step of one number
    belong together. ``assumed`` are good memory and distinct objects, as far as they have been worked out, and ``ways``
    is how many there are.
    """

    conditions: tuple[Value, ...]
    assumed: tuple[Value, ...]
    deferred: tuple[Deferred, ...]
    boundaries: tuple[Boundary, ...]
    steps: tuple[Step, ...]
    outcome: Outcome
    raised: Raised | None
    ways: int = 1

    @property
    def final(self) -> State:
        """The state at the end of the path."""
        return self.boundaries[-1].state

    @property
    def used_memory(self) -> bool:
        """Whether good memory was assumed."""
        return bool(self.assumed or self.deferred)
