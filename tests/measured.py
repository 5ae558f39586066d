"""What a real processor was seen to do: ``python -m tests.measured``.

``tests/spec/measured.toml`` lists it. A case is run over integers on the profile that stands for the processor
(hw:intel-la57, spec/README.md), and bytes are decoded. The last line counts both; the exit status says whether all
hold.
"""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from sphinx_fsgs.syntax import codec
from tests.machine.support import Answers, spec
from tests.spec.cases import Case, assembled, cases, facts, problems, run_concrete

PROFILE = "intel_sapphirerapids_x"
"""A processor of the class that was measured."""
LIST = Path(__file__).parent / "spec" / "measured.toml"


@dataclass(frozen=True)
class Seen:
    """Something that was seen, and what shows it here; ``unwritten`` says why nothing does."""

    what: str
    cases: tuple[str, ...] = ()
    no_instruction: tuple[str, ...] = ()
    idle: Mapping[str, str] | None = None
    unwritten: str = ""


def seen() -> tuple[Seen, ...]:
    """Return the list of what was seen."""
    rows = tomllib.loads(LIST.read_text("utf-8"))["seen"]
    return tuple(
        Seen(
            row["what"],
            tuple(row.get("cases", ())),
            tuple(row.get("no_instruction", ())),
            row.get("idle"),
            row.get("unwritten", ""),
        )
        for row in rows
    )


def measured() -> Iterator[tuple[str, Case]]:
    """Yield the cases that were measured, each with the file of its instruction."""
    for stem in spec().index.stems:
        yield from ((stem, case) for case in cases(stem) if case.measured)


def missed(case: Case) -> list[str]:
    """Return how a case ends otherwise than it was seen to."""
    given = facts(case)
    return problems(case, run_concrete(case, assembled(case), given, Answers(PROFILE)), given)


def read_as_instruction(data: str) -> list[str]:
    """Return what bytes of 64-bit mode are taken for that raised #UD."""
    found = next(codec.decode(bytes.fromhex(data), 64))
    return [] if isinstance(found, codec.Undecodable) else list(found.texts)


def misread(data: str, meant: str) -> list[str]:
    """Return how bytes whose first prefix changes nothing are read otherwise."""
    found = next(codec.decode(bytes.fromhex(data), 64))
    if isinstance(found, codec.Undecodable):
        return ["no instruction"]
    return [] if meant in found.texts and found.idle == (0,) else list(found.texts)


def results() -> Iterator[tuple[str, list[str]]]:
    """Yield each thing that is run or decoded, with what is wrong with it."""
    for _, case in measured():
        yield f"{case.where} ({case.mode})", missed(case)
    for each in seen():
        yield from ((f"{data} is no instruction", read_as_instruction(data)) for data in each.no_instruction)
        yield from ((f"{data} is {text}", misread(data, text)) for data, text in (each.idle or {}).items())


def main() -> int:
    """Print each case, what does not hold of it, what has no case, and how many there are."""
    found = list(results())
    for name, wrong in found:
        print("no " if wrong else "yes", name, *(f"\n      {each}" for each in wrong))
    for each in seen():
        if each.unwritten:
            print(f"--  {each.what}: {each.unwritten}")
    holding = sum(not wrong for _, wrong in found)
    print(f"measured {len(found)}, hold {holding}, do not {len(found) - holding}; seen {len(seen())}")
    return int(holding != len(found))


if __name__ == "__main__":
    sys.exit(main())
