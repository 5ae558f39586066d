"""``python -m tests.strength``: change the Operations, and see which example, claim, case or vector notices.

Without ``--count`` it measures documents: each line that they run is changed, and it prints a table of mutants and one
of items. Exit status 1 when an item notices nothing, or a mutant that is not proved to mean the same goes unnoticed.

With ``--count N --seed S`` it measures all Operations, procedures and functions of the spec: N mutants, of which one
condition is dropped, one width changed, or one write removed or redirected. Cases look first, then vectors (when the
shared folder is there), then documents. Exit status 1 when less than 95 % are noticed, or one of the others is not
proved to mean the same.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.strength.campaign import Campaign, Fate, Outcome, Tables
from tests.strength.cases import case_items
from tests.strength.facts import facts
from tests.strength.items import Item, items_of
from tests.strength.mutate import KINDS
from tests.strength.mutated import Whole, mutants
from tests.strength.operations import NAMED, SORTS, Measured, Operations
from tests.strength.shared import Shared
from tests.strength.vectors import vector_items

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


def recorded() -> Path | None:
    """Return the file of recorded vectors, None where the shared folder is not there."""
    folder = Path(os.environ.get("FSGS_SHARED") or ROOT.parent / "shared")
    path = folder / "vectors" / "cpu.json"
    return path if path.is_file() else None


def quick_items(shared: Shared) -> tuple[Item, ...]:
    """Return the cases, and the vectors where they are at hand."""
    path = recorded()
    return (*case_items(shared), *(vector_items(path, shared) if path else ()))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a campaign and print what it shows."""
    parser = argparse.ArgumentParser(prog="python -m tests.strength", description=__doc__)
    parser.add_argument("documents", nargs="*", type=Path, help="documents; by default those of the manual")
    parser.add_argument("--only", metavar="NAME", action="append", help="mutants of this Operation or definition only")
    parser.add_argument("--alone", action="store_true", help="without the cases of the instructions")
    parser.add_argument("--every", action="store_true", help="also mutants of what no document runs, only cases")
    parser.add_argument("--sample", metavar="N", type=int, help="so many mutants, chosen by --seed")
    parser.add_argument("--count", metavar="N", help="measure all Operations with so many mutants, or with all")
    parser.add_argument("--kind", choices=KINDS, action="append", help="with --count: what is changed")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args(arguments)
    return _measure_operations(options) if options.count else _measure_documents(options)


def _measure_operations(options: argparse.Namespace) -> int:
    begun = time.monotonic()
    shared = Shared(Whole())
    items = quick_items(shared)
    sorts = {sort: sum(each.kind == sort for each in items) for sort in SORTS[:2]}
    print(f"seed {options.seed}; {sorts['case']} cases, {sorts['vector']} vectors", flush=True)
    kinds = options.kind or NAMED
    campaign = Operations(
        shared, items, lambda: items_of(options.documents or default_documents(), shared), kinds, options.jobs
    )
    measured = campaign.run(None if options.count == "all" else int(options.count), options.seed)
    print("\n".join([*_mutants(measured.outcomes, measured.items), *_noticed(measured)]))
    print(f"{_summary(measured)}; {time.monotonic() - begun:.0f} s")
    return 0 if measured.passes else 1


def _measure_documents(options: argparse.Namespace) -> int:
    begun = time.monotonic()
    shared = Shared(Whole())
    documents = items_of(options.documents or default_documents(), shared)
    cases = () if options.alone else tuple(case_items(shared))
    items: tuple[Item, ...] = (*documents, *cases)
    used = set().union(*(item.uses for item in (items if options.every else documents)))
    chosen = list(mutants(shared.spec, used & set(options.only) if options.only else used))
    if options.sample is not None:
        chosen = sorted(random.Random(options.seed).sample(chosen, options.sample), key=lambda each: each.number)
    campaign = Campaign(shared, documents, cases, options.jobs)
    if options.only or options.sample is not None:
        tables = Tables(campaign.try_all(chosen), ())
        print("\n".join(_mutants(tables.outcomes, items)))
    else:
        tables = campaign.run(chosen, facts(shared.spec))
        print("\n".join([*_mutants(tables.outcomes, items), *_items(tables)]))
    print(f"{_counts(tables)}; {time.monotonic() - begun:.0f} s")
    return 0 if tables.passes else 1


def _noticed(measured: Measured) -> Iterator[str]:
    yield "noticed first by"
    for sort in SORTS:
        by_kind = ", ".join(f"{kind} {measured.noticed(sort, kind)}" for kind in KINDS if measured.noticed(None, kind))
        yield f"  {sort:8} {measured.noticed(sort):5}  ({by_kind})"


def _summary(measured: Measured) -> str:
    said = ", ".join(f"{sum(each.fate == fate for each in measured.outcomes)} {words}" for fate, words in FATES.items())
    return f"{len(measured.loaded)} mutants and what is refused: {said}; share noticed {100 * measured.share:.1f} %"


def _mutants(outcomes: Sequence[Outcome], items: Sequence[Item]) -> Iterator[str]:
    yield "mutants"
    for each in outcomes:
        by = f"{items[each.by].place} {items[each.by].name}" if each.fate == "killed" else FATES[each.fate]
        yield f"  {each.mutant.where:24} {_short(each.mutant.text, 52):52}  {_short(each.mutant.words, 48):48}  {by}"
    yield ""
    for each in (each for each in outcomes if each.fate == "survived"):
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
