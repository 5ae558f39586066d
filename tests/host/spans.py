"""Documents with the same mistakes in every construct of rst, and where each host says that they stand.

``python -m tests.host.spans --write`` writes ``spans/golden.txt`` as the command line sees them.
"""

from __future__ import annotations

import codecs
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "spans"
GOLDEN = FOLDER / "golden.txt"
SECONDS = 300

# The same text with other line ends or a mark in front; a checkout might change these in a file.
_DERIVED: Mapping[str, tuple[str, bytes, bytes]] = {
    "crlf.rst": ("top-level.rst", b"\r\n", b""),
    "cr.rst": ("nested-list.rst", b"\r", b""),
    "byte-order-mark.rst": ("top-level.rst", b"\n", codecs.BOM_UTF8),
}


def lay_out(folder: Path) -> None:
    """Write all documents below ``folder``, and a configuration of Sphinx."""
    shutil.copytree(FOLDER, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns(GOLDEN.name))
    for name, (source, end, mark) in _DERIVED.items():
        text = (FOLDER / source).read_bytes().replace(b"\r\n", b"\n")
        (folder / name).write_bytes(mark + text.replace(b"\n", end))
    (folder / "conf.py").write_text('extensions = ["sphinx_fsgs"]\nroot_doc = "top-level"\n', encoding="utf-8")


def from_command(folder: Path) -> list[str]:
    """Return the places that the command line reports."""
    done = _python(["-m", "sphinx_fsgs", "check", "--format", "json", "."], folder)
    return places(json.loads(done[: done.rindex("}") + 1]))


def from_sphinx(folder: Path, out: Path) -> list[str]:
    """Return the places that a build of Sphinx reports."""
    _python(["-m", "sphinx", "-q", "-b", "fsgs", str(folder), str(out)], folder)
    return places(json.loads((out / "fsgs-report.json").read_text(encoding="utf-8")))


def places(report: Mapping[str, Any]) -> list[str]:
    """Return one line for each finding and each result of a report, sorted."""
    lines = set()
    for document in report["documents"]:
        for each in document["diagnostics"]:
            path, end = each.get("path", document["path"]), f"{each['end_line']}:{each['end_column']}"
            lines.add(f"{path} {each['line']}:{each['column']} {end} {each['code']}")
        for each in document["results"]:
            path = each.get("path", document["path"])
            lines.add(f"{path} {each['line']}:{each['column']} {each['kind']} {each['name'] or each['text']}")
    return sorted(lines, key=_by_place)


def _by_place(line: str) -> tuple[str, list[int], str]:
    path, place, rest = line.split(" ", 2)
    return path, [int(number) for number in place.split(":")], rest


def golden() -> list[str]:
    """Return the places as they have been reviewed."""
    return GOLDEN.read_text(encoding="utf-8").splitlines()


def _python(arguments: list[str], folder: Path) -> str:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "PYTHONUTF8": "1"}
    command = [sys.executable, *arguments]
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=SECONDS, check=False
    ).stdout


def main() -> None:
    """Print the places, or write them where the tests compare with them."""
    with tempfile.TemporaryDirectory() as folder:
        lay_out(Path(folder))
        lines = from_command(Path(folder))
    if "--write" in sys.argv:
        GOLDEN.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
