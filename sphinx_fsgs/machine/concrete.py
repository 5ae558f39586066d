"""The machine over integers: for runs in which every value is given, and to replay counterexamples."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import cast

from sphinx_fsgs.machine.values import UNSET

Bytes = Mapping[int, int]
Initial = Callable[[str, int], int]
"""What an unknown function of the spec gives for an argument; raises NeedsTerms when nothing is known."""


class ConcreteMachine:
    """What compiled concrete code calls, beside the list of cells that it works on directly.

    :param memory: bytes by linear address; what is not there is asked of ``initial("mem", address)``.
    :param undefined: what an undefined place gets, by the place of the spec; none means that it stays unset.
    """

    __slots__ = ("memory", "msrs", "events", "initial", "_undefined", "_undo", "restarted")

    def __init__(self, memory: Bytes, initial: Initial, undefined: Callable[[str], int] | None = None) -> None:
        self.memory: dict[int, int] = dict(memory)
        self.msrs: dict[int, int] = {}
        self.events: list[str] = []
        self.initial = initial
        self._undefined = undefined
        self._undo: list[tuple[dict[int, int], int, int | None]] = []
        self.restarted = False

    def begin(self) -> None:
        """Start a step: from here a fault undoes what memory and the registers that the spec does not know get."""
        self._undo.clear()
        self.events.clear()
        self.restarted = False

    def undo(self) -> None:
        """Take back what the step has written."""
        for written, key, old in reversed(self._undo):
            if old is None:
                written.pop(key, None)
            else:
                written[key] = old

    def load(self, linear: int, size: int) -> int:
        """Return ``size`` bytes at a linear address, little-endian."""
        value = 0
        for index in range(size):
            value |= self.byte(linear + index & 0xFFFFFFFFFFFFFFFF) << 8 * index
        return value

    def byte(self, address: int) -> int:
        """Return the byte at a linear address."""
        found = self.memory.get(address)
        return self.initial("mem", address) if found is None else found

    def store(self, linear: int, size: int, value: int) -> None:
        """Write ``size`` bytes at a linear address; of what is unset, each byte is."""
        known = cast(object, value) is not UNSET
        for index in range(size):
            address = linear + index & 0xFFFFFFFFFFFFFFFF
            self._undo.append((self.memory, address, self.memory.get(address)))
            self.memory[address] = value >> 8 * index & 0xFF if known else value

    def event(self, name: str) -> None:
        """Note an event."""
        self.events.append(name)

    def undefined(self, width: int, key: str) -> int:
        """Return a value that the architecture does not name; ``key`` tells the place of the spec that says so."""
        return cast(int, UNSET) if self._undefined is None else self._undefined(key) & (1 << width) - 1

    def unknown(self, name: str, argument: int) -> int:
        """Return the value of an unknown function of the spec."""
        return self.initial(name, argument)

    def read_msr(self, index: int) -> int:
        """Return a register that the spec does not know."""
        found = self.msrs.get(index)
        return self.initial("msr", index) if found is None else found

    def write_msr(self, index: int, value: int) -> None:
        """Write a register that the spec does not know."""
        self._undo.append((self.msrs, index, self.msrs.get(index)))
        self.msrs[index] = value

    def restart(self) -> None:
        """Note that the instruction begins again."""
        self.restarted = True
