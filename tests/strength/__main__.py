"""``python -m tests.strength``: change each line of an Operation, and see which example or claim notices.

Prints a table of mutants and one of items. Exit status 1 when an item notices nothing, or a mutant
that is not proved to mean the same goes unnoticed.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.strength.campaign import Campaign, Fate, Tables
from tests.strength.cases import case_items
from tests.strength.items import Item, items_of
from tests.strength.mutated import Whole, facts, mutants

ROOT = Path(__file__).resolve().parents[2]
PAGES = (
    "gs-on-context-switches.rst",
    "gs-relative-addressing.rst",
    "fs-and-gs-in-user-space.rst",
    "reference/segment-loads.rst",
)
DOCUMENTS = tuple(ROOT / "docs" / page for page in PAGES)
OWN = Path(__file__).parent / "documents"
FATES: dict[Fate, str] = {
    "killed": "noticed",
    "equivalent": "proved to mean the same",
    "refused": "refused by the loader",
    "survived": "survived",
}


def default_documents() -> list[Path]:
    """Return the verified pages of the manual, and what stands beside this file."""
    return [path for path in (*DOCUMENTS, *sorted(OWN.glob("*.rst"))) if path.is_file()]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a campaign over documents and print both tables."""
    parser = argparse.ArgumentParser(prog="python -m tests.strength", description=__doc__)
    parser.add_argument("documents", nargs="*", type=Path, help="documents; by default those of the manual")
    parser.add_argument("--only", metavar="NAME", action="append", help="mutants of this Operation or definition only")
    parser.add_argument("--alone", action="store_true", help="without the cases of the instructions")
    parser.add_argument("--every", action="store_true", help="also mutants of what no document runs, only cases")
    parser.add_argument("--sample", metavar="N", type=int, help="so many mutants, chosen by --seed")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args(arguments)
    begun = time.monotonic()
    base = Whole()
    documents = items_of(options.documents or default_documents(), base)
    cases = () if options.alone else tuple(case_items(base))
    items: tuple[Item, ...] = (*documents, *cases)
    used = set().union(*(item.uses for item in (items if options.every else documents)))
    chosen = list(mutants(base, used & set(options.only) if options.only else used))
    if options.sample is not None:
        chosen = sorted(random.Random(options.seed).sample(chosen, options.sample), key=lambda each: each.number)
    campaign = Campaign(base, documents, cases, options.jobs)
    if options.only or options.sample is not None:
        tables = Tables(campaign.try_all(chosen), ())
        print("\n".join(_mutants(tables, items)))
    else:
        tables = campaign.run(chosen, facts(base))
        print("\n".join([*_mutants(tables, items), *_items(tables)]))
    print(f"{_counts(tables)}; {time.monotonic() - begun:.0f} s")
    return 0 if tables.passes else 1


def _mutants(tables: Tables, items: Sequence[Item]) -> Iterator[str]:
    yield "mutants"
    for each in tables.outcomes:
        by = f"{items[each.by].place} {items[each.by].name}" if each.fate == "killed" else FATES[each.fate]
        yield f"  {each.mutant.where:24} {_short(each.mutant.text, 52):52}  {_short(each.mutant.words, 48):48}  {by}"
    yield ""
    for each in tables.of("survived"):
        yield f"survived: {each.mutant.where} {each.mutant.text}: {each.mutant.words}"


def _items(tables: Tables) -> Iterator[str]:
    yield "examples and claims, with how many mutants they were the first to notice"
    for number, item in enumerate(tables.items):
        kills = tables.kills(number)
        said = str(kills) if kills else f"breaks on {tables.broken[number]}" if number in tables.broken else "NONE"
        yield f"  {item.place:34} {_short(item.name, 72):72} {said}"
    yield ""
    yield from (f"never broken: {item.place} {item.name}" for item in tables.idle)


def _counts(tables: Tables) -> str:
    said = ", ".join(f"{len(tables.of(fate))} {words}" for fate, words in FATES.items())
    items = (
        f"; {len(tables.items)} examples and claims, {len(tables.items) - len(tables.idle)} broken"
        if tables.items
        else ""
    )
    return f"{len(tables.outcomes)} mutants: {said}{items}"


def _short(text: str, room: int) -> str:
    return text if len(text) <= room else f"{text[: room - 1]}…"


if __name__ == "__main__":
    sys.exit(main())
