"""Which item notices which mutant: each mutant until the first does, then each item until it has noticed one."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeVar

from sphinx_fsgs.check.session import Session
from sphinx_fsgs.machine.compile import CompileError
from sphinx_fsgs.machine.evaluate import EvaluationError
from sphinx_fsgs.machine.values import BoundReached
from tests.strength.equal import Prover
from tests.strength.items import Item, Refused, quick_session
from tests.strength.mutated import Mutant
from tests.strength.shared import Shared

Fate = Literal["killed", "equivalent", "refused", "survived"]
T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True)
class Outcome:
    """What became of a mutant; ``by`` is the number of the item that noticed it."""

    mutant: Mutant
    fate: Fate
    by: int = -1


@dataclass(frozen=True)
class Tables:
    """The outcome of a campaign: mutants with their fates, and items with a mutant that each notices."""

    outcomes: tuple[Outcome, ...]
    items: tuple[Item, ...]
    broken: dict[int, str] = field(default_factory=dict)

    def of(self, fate: Fate) -> tuple[Outcome, ...]:
        """Return the mutants of that fate."""
        return tuple(each for each in self.outcomes if each.fate == fate)

    def kills(self, item: int) -> int:
        """Return how many mutants an item was the first to notice."""
        return sum(each.by == item for each in self.outcomes)

    @property
    def idle(self) -> tuple[Item, ...]:
        """The items that no mutant breaks."""
        return tuple(
            item for number, item in enumerate(self.items) if not self.kills(number) and number not in self.broken
        )

    @property
    def passes(self) -> bool:
        """Whether every mutant breaks something, and something breaks every item."""
        return not self.of("survived") and not self.idle


class Campaign:
    """Items, the verdicts that they have, and the means to compare."""

    def __init__(self, shared: Shared, documents: Sequence[Item], cases: Sequence[Item] = (), jobs: int = 1) -> None:
        self.shared = shared
        self.items = (*documents, *cases)
        self.documents = len(documents)
        self.jobs = jobs
        self.prover = Prover(shared)

    def run(self, mutants: Sequence[Mutant], facts: Sequence[Mutant]) -> Tables:
        """Try every mutant, then what is left on items that were not the first to notice any.

        Facts are tried only on items that run no Operation.
        """
        outcomes = self.try_all(mutants)
        idle = [number for number in range(self.documents) if not any(each.by == number for each in outcomes)]
        tried = [each.mutant for each in outcomes if each.fate == "killed"]
        found = self._each(lambda number: self._breaks(number, tried, facts), idle)
        broken = {number: words for number, words in zip(idle, found, strict=True) if words}
        return Tables(outcomes, self.items[: self.documents], broken)

    def try_all(self, mutants: Sequence[Mutant]) -> tuple[Outcome, ...]:
        """Return what becomes of each mutant."""
        return self.proved(self.noticed(mutants))

    def noticed(self, mutants: Sequence[Mutant]) -> tuple[Outcome, ...]:
        """Return which item notices each mutant; what is noticed by none survives, whatever it means."""
        return tuple(self._each(self._try, mutants))

    def proved(self, outcomes: Sequence[Outcome]) -> tuple[Outcome, ...]:
        """Return the outcomes with those survivors told apart that are proved to mean the same."""
        left = [each.mutant for each in outcomes if each.fate == "survived"]
        found = iter(tuple(self._each(self._prove, left)))
        return tuple(next(found) if each.fate == "survived" else each for each in outcomes)

    def _each(self, work: Callable[[T], R], todo: Sequence[T]) -> Iterator[R]:
        global _work, _todo
        if self.jobs == 1 or "fork" not in multiprocessing.get_all_start_methods():
            yield from map(work, todo)
            return
        _work, _todo = work, todo  # type: ignore[assignment]
        with multiprocessing.get_context("fork").Pool(self.jobs) as pool:
            # Mutants hold functions, which cannot be sent; their numbers can.
            for packed in pool.imap(_at, range(len(todo)), chunksize=4):
                yield _unpacked(packed, todo)  # type: ignore[misc]

    # ---- mutants ----

    def _try(self, mutant: Mutant) -> Outcome:
        try:
            session = quick_session(mutant.make(), self.shared, mutant.name)
            for number in self._users(mutant):
                if self._notices(number, session):
                    return Outcome(mutant, "killed", number)
            return Outcome(mutant, "survived")
        except (Refused, CompileError, EvaluationError):
            return Outcome(mutant, "refused")

    def _prove(self, mutant: Mutant) -> Outcome:
        try:
            return Outcome(mutant, "equivalent" if self.prover.equal(mutant.name, mutant.make()) else "survived")
        except BoundReached:  # nothing is proved then
            return Outcome(mutant, "survived")
        except (CompileError, EvaluationError):
            return Outcome(mutant, "refused")

    def _users(self, mutant: Mutant) -> Iterator[int]:
        """Yield the items that run what is changed: those of documents, then the cases.

        Each mutant begins with another document item, so that many get to be the first.
        """
        users = [number for number, item in enumerate(self.items) if mutant.name in item.uses]
        documents = [number for number in users if number < self.documents]
        turn = mutant.number % max(len(documents), 1)
        yield from documents[turn:] + documents[:turn]
        yield from users[len(documents) :]

    def _notices(self, number: int, session: Session) -> bool:
        try:
            return self.items[number].signature(session) != self.items[number].normal
        except (Refused, CompileError):
            raise
        except Exception:  # whatever else goes wrong has been noticed
            return True

    # ---- items ----

    def _breaks(self, number: int, mutants: Sequence[Mutant], facts: Sequence[Mutant]) -> str:
        item = self.items[number]
        for mutant in [each for each in mutants if each.name in item.uses] or facts:
            try:
                if self._notices(number, quick_session(mutant.make())):
                    return f"{mutant.where} {mutant.words}"
            except (Refused, CompileError):
                continue
        return ""


_work: Callable[[object], object]
_todo: Sequence[object]


def _at(index: int) -> tuple[int, object]:
    found = _work(_todo[index])
    return index, (found.fate, found.by) if isinstance(found, Outcome) else found


def _unpacked(packed: tuple[int, object], todo: Sequence[object]) -> object:
    index, found = packed
    mutant = todo[index]
    return Outcome(mutant, *found) if isinstance(mutant, Mutant) else found  # type: ignore[misc]
