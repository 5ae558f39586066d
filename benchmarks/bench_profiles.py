"""How much more it takes to judge a page for every processor than for one: equal answers share their work.

    python benchmarks/bench_profiles.py

Exits with 1 when all processors take more than 2.0 times as long as one. Start-up counts in both.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

LIMIT = 2.0
ROUNDS = 7
ONE = "intel_skylake"
ROOT = Path(__file__).resolve().parent.parent
CLAIMS = (
    "MOV GS does not change GS_SHADOW",
    "SWAPGS swaps GS.base and MSR_KERNEL_GS_BASE",
    "RDMSR raises #GP(0) when CPL = 3",
    "WRMSR raises #GP(0) when CPL = 3",
    "PUSH GS changes only RSP and memory",
    "SWAPGS is non-serialising",
)


@dataclass(frozen=True)
class Figure:
    """Seconds for all processors and for one, their ratio, and what the tool says of its own work."""

    everyone: float
    one: float
    ratio: float
    stats: str


def measure(rounds: int = ROUNDS) -> Figure:
    """Return how long both take; they take turns, and medians count."""
    page = "Claims\n======\n\n" + "\n".join(f".. fsgs: claim {claim}\n" for claim in CLAIMS)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "claims.rst")
        path.write_text(page, encoding="utf-8")
        _, said = _seconds(path, "--stats")
        pairs = [(_seconds(path)[0], _seconds(path, "--where", ONE)[0]) for _ in range(rounds)]
    everyone, one = (statistics.median(times) for times in zip(*pairs, strict=True))
    stats = next((line for line in said.splitlines() if "distinct runs" in line), "")
    return Figure(everyone, one, everyone / one, stats)


def _seconds(path: Path, *options: str) -> tuple[float, str]:
    command = [sys.executable, "-m", "sphinx_fsgs", "check", *options, str(path)]
    began = time.perf_counter()
    done = subprocess.run(command, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True)
    took = time.perf_counter() - began
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return took, done.stdout + done.stderr


def main() -> int:
    """Print the figures; return 1 when the ratio is above the limit."""
    found = measure()
    print(
        f"all processors {1e3 * found.everyone:.0f} ms   {ONE} alone {1e3 * found.one:.0f} ms   "
        f"ratio {found.ratio:.2f} (at most {LIMIT})\n{found.stats}"
    )
    return int(found.ratio > LIMIT)


if __name__ == "__main__":
    raise SystemExit(main())
