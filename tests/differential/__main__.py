"""Random programs on the machine and on Unicorn: ``python -m tests.differential --steps N --seed S``.

Exit status 1 when a step ends otherwise on Unicorn and no entry of ``spec/disagreements.toml`` explains it.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
import tomllib
from collections.abc import Sequence
from pathlib import Path

from tests.differential.compare import Campaign
from tests.differential.instructions import pool
from tests.machine.support import spec

SHOWN = 20


def left_out() -> dict[str, str]:
    """Return the instructions that are not compared, with the reason."""
    return tomllib.loads((Path(__file__).parent / "left_out.toml").read_text(encoding="utf-8"))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a campaign and print what it found."""
    parser = argparse.ArgumentParser(prog="python -m tests.differential", description=__doc__)
    parser.add_argument("--steps", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--pool", type=int, default=2000, metavar="N", help="so many different instructions")
    options = parser.parse_args(arguments)
    begun = time.monotonic()
    slots = pool(spec(), options.pool, random.Random(options.seed), frozenset(left_out()))
    outcome = Campaign(slots, options.seed).run(options.steps)
    print("steps: " + ", ".join(f"{name} {count}" for name, count in sorted(outcome.instructions.items())))
    print("raised: " + ", ".join(f"{name} {count}" for name, count in outcome.raised.most_common()))
    for name, count in outcome.ledger.most_common():
        print(f"  ledger, {name}: {count}")
    for problem in outcome.problems[:SHOWN]:
        print(f"  unexplained: {problem}")
    print(
        f"seed {options.seed}: {outcome.steps} steps in {outcome.programs} programs of {len(slots)} instructions, "
        f"{outcome.skipped} not made, {time.monotonic() - begun:.0f} s"
    )
    known, unexplained = outcome.ledger.total(), len(outcome.problems)
    agree = outcome.steps - known - unexplained
    print(f"agree {agree}, ledger {known}, left out {len(left_out())}, unexplained {unexplained}")
    return int(unexplained > 0)


if __name__ == "__main__":
    sys.exit(main())
