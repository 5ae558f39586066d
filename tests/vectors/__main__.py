"""Run recorded results of processors and emulators: ``python -m tests.vectors FILE…``.

Each vector is run on the profile of each processor that it was recorded on (``profiles.toml`` beside this
file), and the two ends are compared. It agrees when it does so on all of them. A difference that
``spec/disagreements.toml`` knows by the name of the vector is in the ledger; any other is unexplained,
and then the exit status is 1. What cannot be run is left out, and the reasons are counted.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tests.vectors.verdicts import OUTCOMES, Tally, judge_file


def main(arguments: Sequence[str] | None = None) -> int:
    """Print what became of each file's vectors, and the sum; return 1 when something is unexplained."""
    parser = argparse.ArgumentParser(prog="python -m tests.vectors", description=__doc__)
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="recordings, as JSON")
    parser.add_argument("--only", metavar="NAME", action="append", help="the vectors of this name only")
    options = parser.parse_args(arguments)
    total: Counter[str] = Counter()
    for path in options.files:
        try:
            recorded = json.loads(path.read_text(encoding="utf-8"))
            tally = judge_file(recorded, frozenset(options.only or ()))
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            print(f"{path}: not a file of vectors: {type(error).__name__} {error}", file=sys.stderr)
            return 2
        print("\n".join(_lines(str(path), tally)))
        total += Counter(tally.counts)
    print(", ".join(f"{outcome} {total[outcome]}" for outcome in OUTCOMES))
    return 1 if total["unexplained"] else 0


def _lines(name: str, tally: Tally) -> list[str]:
    compared = ", ".join(f"{oracle} as {profile} {count}" for (oracle, profile), count in tally.compared.items())
    lines = [f"{name}: {sum(tally.counts.values())} vectors; compared with {compared or 'nothing'}"]
    lines += [f"  left out: {reason} ({count})" for reason, count in tally.reasons.most_common()]
    lines += [f"  ledger, {entry}: {count}" for entry, count in tally.entries.items()]
    lines += [f"  unexplained: {problem}" for problem in tally.problems]
    return lines


if __name__ == "__main__":
    sys.exit(main())
