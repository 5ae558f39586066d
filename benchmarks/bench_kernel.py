"""How long it takes to check a tree of documents as they are, beside two linters of rst, and to pass over a file.

    python benchmarks/bench_kernel.py FOLDER

FOLDER is a tree of rst files, such as ``Documentation`` of the kernel's sources. sphinx-lint and doc8 are run, once
each, where they are on the PATH. The files in which nothing speaks of FS or GS are then searched for the words of the
specification in the plainest way, and passed over by ``check_file``, which decodes them too: these two take turns, and
medians count. Exits with 1 when passing over takes longer than the search.
"""

from __future__ import annotations

import functools
import os
import re
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from sphinx_fsgs.check.session import Session
from sphinx_fsgs.document.prefilter import is_worth_reading
from sphinx_fsgs.present.pipeline import check_file

LIMIT = 1.0
ROUNDS = 3
ROOT = Path(__file__).resolve().parent.parent


def commands(folder: Path) -> dict[str, list[str]]:
    """Return the commands that are compared: ours, and the linters that are installed."""
    found = {"fsgs check": [sys.executable, "-m", "sphinx_fsgs", "check", str(folder)]}
    for name, options in (("sphinx-lint", []), ("doc8", ["-q"])):
        if path := shutil.which(name):
            found[name] = [path, *options, str(folder)]
    return found


def measure(folder: Path) -> dict[str, float]:
    """Return the seconds that each command takes."""
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return {name: _seconds(functools.partial(_run, command, environment)) for name, command in commands(folder).items()}


def passing_over(folder: Path, rounds: int = ROUNDS) -> tuple[int, float, float]:
    """Return how many files have nothing for us, and the seconds to pass over them and to search them."""
    session = Session.open()
    files = [path for path in folder.rglob("*.rst") if not is_worth_reading(path, path.read_bytes(), session.words)]
    lexicon = session.lexicon
    names = {*lexicon.mnemonics, *lexicon.msrs, *lexicon.intrinsics, *lexicon.spaces}
    about = [name for name in names if re.search("[fg]s", name, re.IGNORECASE)]
    plain = re.compile("|".join(map(re.escape, about)).encode(), re.IGNORECASE)
    passed, searched = [], []
    for _ in range(rounds):
        passed.append(_seconds(lambda: [check_file(session, path) for path in files]))
        searched.append(_seconds(lambda: [plain.search(path.read_bytes()) for path in files]))
    return len(files), statistics.median(passed), statistics.median(searched)


def _run(command: list[str], environment: dict[str, str]) -> None:
    done = subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    if done.returncode not in (0, 1):
        raise SystemExit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stderr}")


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def main(arguments: list[str]) -> int:
    """Print the figures; return 1 when the limit is passed."""
    if len(arguments) != 1 or not Path(arguments[0]).is_dir():
        print(__doc__)
        return 2
    folder = Path(arguments[0])
    files = list(folder.rglob("*.rst"))
    print(f"{len(files)} files, {sum(path.stat().st_size for path in files) / 1e6:.1f} MB")
    for name, seconds in measure(folder).items():
        print(f"{name}: {seconds:.2f} s")
    count, passed, searched = passing_over(folder)
    ratio = passed / searched
    print(f"{count} files with nothing: passed over in {passed:.3f} s, searched in {searched:.3f} s")
    print(f"passing over takes {ratio:.2f} times a text search (limit {LIMIT})")
    return int(ratio > LIMIT)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
