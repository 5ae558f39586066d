"""``python -m tests.strength [--sample N] [DOCUMENT…]``: both tables, and a status of 1 when something is weak."""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sphinx_fsgs.spec.model import Spec
from tests.strength.alike import alike
from tests.strength.items import Item, items_of
from tests.strength.mutants import Mutant, MutatedSpec, mutants

DOCUMENTS = ("docs/gs-on-context-switches.rst", "docs/reference/segment-loads.rst")
SEED = 20261121


@dataclass
class Outcome:
    """What came of the mutants: by whom each was noticed, which were proved to be none, which survived."""

    items: tuple[Item, ...]
    noticed: dict[Mutant, str] = field(default_factory=dict)
    proved: list[Mutant] = field(default_factory=list)
    survived: list[Mutant] = field(default_factory=list)
    kills: dict[str, int] = field(default_factory=dict)

    @property
    def idle(self) -> list[str]:
        """The items that no mutant broke."""
        return [item.name for item in self.items if not self.kills.get(item.name)]


def try_all(spec: Spec, items: Sequence[Item], sample: int | None = None) -> Outcome:
    """Try every mutant, or a sample of them, on the items that run what it changes."""
    outcome = Outcome(tuple(items))
    owners = sorted({owner for item in items for owner in item.uses})
    chosen = [mutant for owner in owners for mutant in mutants(spec, owner)]
    if sample is not None:
        chosen = random.Random(SEED).sample(chosen, min(sample, len(chosen)))
    for mutant in chosen:
        _try(spec, mutant, items, outcome)
    if sample is None:
        _wake(spec, chosen, items, outcome)
    return outcome


def _try(spec: Spec, mutant: Mutant, items: Sequence[Item], outcome: Outcome) -> None:
    mutated = MutatedSpec(spec, mutant)
    users = [item for item in items if mutant.owner in item.uses]
    # Items that have broken nothing yet come first, so that each gets its chance.
    for item in sorted(users, key=lambda each: (outcome.kills.get(each.name, 0) > 0, len(each.uses))):
        if item.notices(mutated):
            outcome.noticed[mutant] = item.name
            outcome.kills[item.name] = outcome.kills.get(item.name, 0) + 1
            return
    stems = tuple(sorted({use for item in users for use in item.uses if use in spec.index.stems}))
    (outcome.proved if alike(spec, mutated, stems) else outcome.survived).append(mutant)


def _wake(spec: Spec, chosen: Sequence[Mutant], items: Sequence[Item], outcome: Outcome) -> None:
    """Look for a mutant that breaks each item that has broken none so far."""
    for item in items:
        for mutant in chosen:
            if outcome.kills.get(item.name):
                break
            if mutant.owner in item.uses and item.notices(MutatedSpec(spec, mutant)):
                outcome.kills[item.name] = 1


def report(outcome: Outcome) -> list[str]:
    """Return both tables and the closing line."""
    lines = ["item                                                                        mutants that it notices first"]
    lines += [f"  {item.name[:72]:72}  {outcome.kills.get(item.name, 0):4}" for item in outcome.items]
    lines += ["", "mutant  noticed by"]
    lines += [f"  {mutant}  {by[:60]}" for mutant, by in outcome.noticed.items()]
    lines += [f"  {mutant}  proved to change nothing" for mutant in outcome.proved]
    lines += [f"  {mutant}  SURVIVED" for mutant in outcome.survived]
    lines += ["", *(f"  {name}: broken by no mutant" for name in outcome.idle)]
    counts = f"{len(outcome.noticed)} noticed, {len(outcome.proved)} proved to change nothing"
    lines.append(f"{len(outcome.items)} items: {counts}, {len(outcome.survived)} survived, {len(outcome.idle)} items idle")
    return lines


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="python -m tests.strength", description=__doc__)
    parser.add_argument("--sample", type=int, help="try so many mutants only, chosen by a fixed seed")
    parser.add_argument("documents", nargs="*", default=list(DOCUMENTS))
    options = parser.parse_args(arguments)
    started = time.perf_counter()
    spec = Spec()
    items = [item for path in options.documents for item in items_of(Path(path), spec)]
    outcome = try_all(spec, items, options.sample)
    print("\n".join(report(outcome)))
    print(f"{time.perf_counter() - started:.1f} s")
    return 1 if outcome.survived or (options.sample is None and outcome.idle) or not items else 0


if __name__ == "__main__":
    sys.exit(main())
