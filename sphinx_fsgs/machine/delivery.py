"""Exceptions on their way to a handler: what is delivered, by which code, and what follows from two of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from sphinx_fsgs.machine import terms
from sphinx_fsgs.machine.compile import Compiler
from sphinx_fsgs.machine.compile.runtime import Compiled
from sphinx_fsgs.machine.evaluate import Place, value_at
from sphinx_fsgs.machine.symbolic import PossibleFault
from sphinx_fsgs.machine.terms import Value
from sphinx_fsgs.records import dataclass
from sphinx_fsgs.source import Span
from sphinx_fsgs.spec.model import FaultKind, Spec
from sphinx_fsgs.syntax.expression import Call, Number

DELIVERED_IN: Mapping[str, str] = {"64-bit": "64-bit", "compatibility": "64-bit"}
"""The mode of a handler, by that of the code which is interrupted; where there is none, nothing is delivered."""

_NOWHERE = Span("", 1, 1, 1, 1)


@dataclass(frozen=True, slots=True)
class Event:
    """An exception that is to be delivered.

    ``error`` is None where it has no code; ``index`` is the instruction that raised it, and ``where`` are the addresses
    of that and of the next one, None where the fetch behind it did. A ``nested`` one was raised by the delivery of
    another, as if the instruction had.
    """

    vector: str
    error: Value | None
    index: int
    where: tuple[int, int] | None
    nested: bool = False


def joined(faults: Iterable[PossibleFault]) -> Iterator[PossibleFault]:
    """Yield the faults of a step, those of one vector as one: each way onward is then gone once."""
    found: dict[str, PossibleFault] = {}
    for each in faults:
        known = found.get(each.vector)
        if each.guard == 0:
            continue
        if known is None:
            found[each.vector] = each
            continue
        error = known.error
        if each.error is not None and error is not None:
            error = terms.ite(each.guard, each.error, error, 32)
        found[each.vector] = replace(known, guard=terms.or_(known.guard, each.guard), error=error)
    yield from found.values()


class Delivery:
    """The delivery of exceptions as the spec has it."""

    def __init__(self, compiler: Compiler) -> None:
        self.compiler = compiler
        self.spec: Spec = compiler.spec

    def rip(self, event: Event) -> int | None:
        """Return what the frame of an event says of RIP, None for what RIP holds."""
        return None if event.where is None else event.where[self.spec.faults[event.vector].trap]

    def code(self, event: Event, mode: str) -> Compiled:
        """Return the code that delivers an event to code of a mode; behind what Operations take stands the error code.

        :raises CompileError: when it is not well formed.
        """
        return self.compiler.delivery(self.spec.faults[event.vector], mode, DELIVERED_IN[mode], event.nested)

    def behind(self, first: Event, vector: str, error: Value | None, place: Place) -> Event | None:
        """Return the event that follows when the delivery of a first one raises another exception.

        None is shutdown.
        """
        numbers = tuple(Number(self.spec.faults[each].vector, _NOWHERE) for each in (first.vector, vector))
        if value_at(Call("shuts_down", numbers, _NOWHERE), place, 1):
            return None
        number = value_at(Call("event_behind", numbers, _NOWHERE), place, 8)
        second = self.spec.faults[vector]
        if number == second.vector:
            return replace(first, vector=vector, error=error, nested=True)
        return replace(first, vector=self._named(number).name, error=0, nested=True)

    def _named(self, number: Value) -> FaultKind:
        return next(each for each in self.spec.faults.values() if each.vector == number)


__all__ = ["DELIVERED_IN", "Delivery", "Event", "joined"]
