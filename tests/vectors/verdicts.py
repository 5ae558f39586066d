"""What becomes of each recorded vector: it agrees, is a known disagreement, is left out, or is unexplained."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sphinx_fsgs.machine.values import NeedsTerms
from sphinx_fsgs.spec.disagreements import load_disagreements
from tests.machine.support import Answers, spec
from tests.vectors import cpu
from tests.vectors.state import Vector

OUTCOMES = ("agree", "ledger", "left out", "unexplained")
CHOICES = 2
"""Where no source says what a processor does, each of two answers is tried."""


@dataclass(frozen=True)
class Table:
    """Which profile answers for which recorded processor, and why the others are not asked."""

    reference: str
    profiles: Mapping[str, str]
    left_out: Mapping[str, str]


@dataclass
class Tally:
    """What became of the vectors of a file."""

    counts: Counter[str] = field(default_factory=Counter)
    compared: Counter[tuple[str, str]] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    entries: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)


def table() -> Table:
    """Return the table of ``profiles.toml``."""
    data = tomllib.loads((Path(__file__).parent / "profiles.toml").read_text(encoding="utf-8"))
    return Table(data["reference"], data["profiles"], data["left_out"])


def judge_file(recorded: Mapping[str, Any], only: frozenset[str] = frozenset()) -> Tally:
    """Run the vectors of a file and count what becomes of them.

    :param only: the names of the vectors to run; all when empty.
    """
    tally, profiles = Tally(), table()
    known: dict[str, list[str]] = {}
    for entry in load_disagreements(spec().folder).values():
        for name in entry.vectors:
            known.setdefault(name, []).append(entry.name)
    for vector in recorded["vectors"]:
        if not only or vector["id"] in only:
            _judge(vector, recorded["meta"], profiles, known.get(vector["id"], ()), tally)
    return tally


def _judge(
    vector: Vector, meta: Mapping[str, Any], profiles: Table, entries: list[str] | tuple[()], tally: Tally
) -> None:
    reason = left_out(vector)
    program = "" if reason else cpu.assembled(vector)
    if reason or isinstance(program, str):
        tally.counts["left out"] += 1
        tally.reasons[reason or str(program)] += 1
        return
    problems = []
    for oracle, profile in profiles.profiles.items():
        wanted = cpu.expected(vector, oracle, profiles.reference)
        if wanted is not None:
            tally.compared[oracle, profile] += 1
            found = compare(vector, program, profile, wanted, meta)
            problems += [f"{oracle}: {each}" for each in found]
    if not problems:
        tally.counts["agree"] += 1
    elif entries:
        tally.counts["ledger"] += 1
        tally.entries.update(entries)
    else:
        tally.counts["unexplained"] += 1
        tally.problems.append(f"{vector['id']} ({'; '.join(vector['asm_att'])}): {'; '.join(problems)}")


def left_out(vector: Vector) -> str:
    """Return why a vector cannot be run here; nothing when it can."""
    if "asm_att" not in vector:
        return "steps of a program in user mode: held against the platforms in tests/spec/test_platforms.py"
    return "reads an undefined flag" if vector["undefined_flag_consumed"] else ""


def compare(
    vector: Vector, program: cpu.Program, profile: str, wanted: Mapping[str, Any], meta: Mapping[str, Any]
) -> list[str]:
    """Return the differences on a profile; none when it may answer so that there are none."""
    first: list[str] = []
    for choice in range(CHOICES):
        try:
            found = list(cpu.differences(vector, wanted, cpu.run(vector, program, Answers(profile, choice), meta)))
        except NeedsTerms:
            found = ["reads an undefined value"]
        if not found:
            return []
        first = first or found
    return first
