"""Mutants of all Operations, chosen by a seed: cases and vectors look first, then documents, then the prover."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from tests.strength.campaign import Campaign, Outcome
from tests.strength.items import Item, Sort
from tests.strength.mutate import KINDS, Kind
from tests.strength.mutated import Mutant, mutants, names_of
from tests.strength.shared import Shared

NAMED: tuple[Kind, ...] = KINDS[:3]
"""What is changed unless more is asked for: conditions dropped, widths, writes."""

SHARE = 0.95
"""So many of the mutants at least have to be noticed."""

SORTS: tuple[Sort, ...] = ("case", "vector", "document")


@dataclass(frozen=True)
class Measured:
    """What became of the mutants; ``by`` of an outcome is the number of one of the items."""

    outcomes: tuple[Outcome, ...]
    items: tuple[Item, ...]

    @property
    def loaded(self) -> tuple[Outcome, ...]:
        """Those that are a spec at all."""
        return tuple(each for each in self.outcomes if each.fate != "refused")

    @property
    def survivors(self) -> tuple[Outcome, ...]:
        """Those that nothing noticed and that are not proved to mean the same."""
        return tuple(each for each in self.outcomes if each.fate == "survived")

    def noticed(self, sort: Sort | None = None, kind: Kind | None = None) -> int:
        """Return how many are noticed, first by something of a sort, of one kind."""
        return sum(
            each.fate == "killed" and sort in (None, self.items[each.by].kind) and kind in (None, each.mutant.kind)
            for each in self.outcomes
        )

    @property
    def share(self) -> float:
        """The share that is noticed of all that are a spec; of none it is 0."""
        return self.noticed() / len(self.loaded) if self.loaded else 0.0

    @property
    def passes(self) -> bool:
        """Whether enough are noticed, and every other is proved to mean the same."""
        return self.share >= SHARE and not self.survivors


class Operations:
    """Mutants in an order that a seed decides, each kind as often as the others while there are any.

    :param documents: gives what looks at what the other items do not notice; called once, and only if need be.
    """

    def __init__(
        self,
        shared: Shared,
        items: Sequence[Item],
        documents: Callable[[], Sequence[Item]],
        kinds: Sequence[Kind] = NAMED,
        jobs: int = 1,
    ) -> None:
        self.shared = shared
        self.items = tuple(items)
        self.find_documents = documents
        self.kinds = tuple(kinds)
        self.jobs = jobs
        self.first = Campaign(shared, (), self.items, jobs)

    @cached_property
    def documents(self) -> Campaign:
        """The examples and claims of documents."""
        return Campaign(self.shared, (), self.find_documents(), self.jobs)

    def run(self, count: int | None, seed: int) -> Measured:
        """Try so many mutants that are a spec, or all; what the loader refuses is replaced by another."""
        waiting = list(self.shuffled(seed))
        outcomes: list[Outcome] = []
        while waiting and (count is None or self._missing(outcomes, count)):
            taken = len(waiting) if count is None else self._missing(outcomes, count)
            outcomes += self._noticed(waiting[:taken])
            del waiting[:taken]
        found = self.first.proved(outcomes)
        seen = self.documents.items if "documents" in self.__dict__ else ()
        return Measured(tuple(sorted(found, key=lambda each: each.mutant.number)), (*self.items, *seen))

    def _missing(self, outcomes: Sequence[Outcome], count: int) -> int:
        return count - sum(each.fate != "refused" for each in outcomes)

    def shuffled(self, seed: int) -> Iterator[Mutant]:
        """Yield every mutant of these kinds in the order of a seed."""
        chance = random.Random(seed)
        every = mutants(self.shared.spec, names_of(self.shared.spec))
        rows = [[each for each in every if each.kind == kind] for kind in self.kinds]
        for row in rows:
            chance.shuffle(row)
        for place in range(max(map(len, rows))):
            yield from (row[place] for row in rows if place < len(row))

    def _noticed(self, chosen: Sequence[Mutant]) -> Iterator[Outcome]:
        found = self.first.noticed(chosen)
        left = [each.mutant for each in found if each.fate == "survived"]
        again = iter(self.documents.noticed(left) if left else ())
        for each in found:
            other = next(again) if each.fate == "survived" else each
            yield replace(other, by=other.by + len(self.items)) if other is not each and other.by >= 0 else other
