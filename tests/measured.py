"""The cases of instructions that a real processor was seen to do: ``python -m tests.measured``.

Each is run over integers on the profile that stands for the processor (hw:intel-la57, spec/README.md). The last line
counts them; the exit status says whether all hold.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

from tests.machine.support import Answers, spec
from tests.spec.cases import Case, assembled, cases, facts, problems, run_concrete

PROFILE = "intel_sapphirerapids_x"
"""A processor of the class that was measured."""


def measured() -> Iterator[tuple[str, Case]]:
    """Yield the cases that were measured, each with the file of its instruction."""
    for stem in spec().index.stems:
        yield from ((stem, case) for case in cases(stem) if case.measured)


def missed(case: Case) -> list[str]:
    """Return how a case ends otherwise than it was seen to."""
    given = facts(case)
    return problems(case, run_concrete(case, assembled(case), given, Answers(PROFILE)), given)


def main() -> int:
    """Print each case, what does not hold of it, and how many there are."""
    found = [(case, missed(case)) for _, case in measured()]
    for case, wrong in found:
        print(f"{'no ' if wrong else 'yes'} {case.where} ({case.mode})", *wrong, sep="\n      ")
    holding = sum(not wrong for _, wrong in found)
    print(f"measured {len(found)}, hold {holding}, do not {len(found) - holding}")
    return int(holding != len(found))


if __name__ == "__main__":
    sys.exit(main())
