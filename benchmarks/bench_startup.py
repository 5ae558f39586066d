"""How long it takes to check one small page, as a multiple of what importing Lark and docutils takes.

    python benchmarks/bench_startup.py

The two take turns, so that what else the machine does meets both; medians count. Exits with 1 above 5.0. The
first check of all is left out: it may write caches.
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

LIMIT = 5.0
ROUNDS = 11
ROOT = Path(__file__).resolve().parent.parent
PAGE = """\
One page
========

The kernel swaps the bases when it is entered:

.. fsgs: example entry

   before
       in kernel
       CR4.FRED = 0
       GS.base = ?base
       GS_SHADOW = ?shadow
   after
       GS.base = ?shadow
       GS_SHADOW = ?base

::

    swapgs

.. fsgs: claim WRMSR to MSR_KERNEL_GS_BASE raises #GP(0) when CPL = 3
"""


@dataclass(frozen=True)
class Figure:
    """Seconds for both, and the ratio of the medians."""

    check: float
    imports: float
    ratio: float


def measure(rounds: int = ROUNDS, page: str = PAGE) -> Figure:
    """Return how long both take."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "one.rst")
        path.write_text(page, encoding="utf-8")
        check = [sys.executable, "-m", "sphinx_fsgs", "check", str(path)]
        imports = [sys.executable, "-c", "import lark, docutils.core"]
        _seconds(check)
        pairs = [(_seconds(check), _seconds(imports)) for _ in range(rounds)]
    one, other = (statistics.median(times) for times in zip(*pairs, strict=True))
    return Figure(one, other, one / other)


def _seconds(command: list[str]) -> float:
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    began = time.perf_counter()
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    took = time.perf_counter() - began
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return took


def main() -> int:
    """Print the figures; return 1 when the ratio is above the limit."""
    found = measure()
    print(
        f"fsgs check one.rst {1e3 * found.check:.0f} ms   import lark, docutils.core {1e3 * found.imports:.0f} ms   "
        f"ratio {found.ratio:.2f} (at most {LIMIT})"
    )
    return int(found.ratio > LIMIT)


if __name__ == "__main__":
    raise SystemExit(main())
