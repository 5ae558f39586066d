"""Console sessions of the manual are what the tool really prints.

A page is read from the top. A ``code-block`` with a ``:caption:`` is written to the file of that name; in a ``console``
block, each line ``$ fsgs …`` is run beside these files and what stands below it is compared with what comes out. A
command with nothing below it is shown only and not run; ``$ echo $?`` prints the last exit status.

``python docs/sessions.py`` compares, and leaves with 1 when a page is not true; ``--write`` corrects the pages.
"""

from __future__ import annotations

import argparse
import difflib
import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

DOCS = Path(__file__).resolve().parent
_HEAD = re.compile(r"^(?P<indent> *)\.\. code-block:: (?P<language>\S+)\n(?P<options>(?: +:\w+:.*\n)*)", re.MULTILINE)
_CAPTION = re.compile(r":caption: (\S+)")


@dataclass(frozen=True)
class Block:
    """A code block of a page: its language, the file that its caption names, its text, and where the text stands."""

    language: str
    caption: str
    text: str
    start: int
    end: int
    indent: str


def blocks(page: str) -> Iterator[Block]:
    """Yield the code blocks of a page."""
    for head in _HEAD.finditer(page):
        margin = head["indent"] + "   "
        start = end = head.end()
        for line in page[start:].splitlines(keepends=True):
            if line.strip() and not line.startswith(margin):
                break
            end += len(line)
        body = page[start:end]
        lead = len(body) - len(body.lstrip("\n"))
        text = body.strip("\n") + "\n"
        caption = _CAPTION.search(head["options"])
        plain = "".join(line.removeprefix(margin) for line in text.splitlines(keepends=True))
        yield Block(
            head["language"], caption[1] if caption else "", plain, start + lead, start + lead + len(text), margin
        )


def commands(text: str) -> Iterator[tuple[str, bool]]:
    """Yield each command of a console block, and whether output is shown for it."""
    lines = text.splitlines()
    for number, line in enumerate(lines):
        if line.startswith("$ "):
            below = lines[number + 1] if number + 1 < len(lines) else "$ "
            yield line.removeprefix("$ "), not below.startswith("$ ")


def run(command: str, folder: Path, last: int) -> tuple[str, int]:
    """Return what a command prints, and its exit status."""
    if command == "echo $?":
        return f"{last}\n", last
    words = shlex.split(command)
    if words[0] != "fsgs":
        raise SystemExit(f"only fsgs is run here, not: {command}")
    variables = os.environ | {"PYTHONPATH": str(DOCS.parent), "PYTHONUTF8": "1", "NO_COLOR": "1", "COLUMNS": "100"}
    line = [sys.executable, "-m", "sphinx_fsgs", *words[1:]]
    done = subprocess.run(line, cwd=folder, env=variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return done.stdout, done.returncode


def replay(text: str, folder: Path) -> str:
    """Return a console block as it should read."""
    last, found = 0, ""
    for command, shown in commands(text):
        found += f"$ {command}\n"
        if shown:
            output, last = run(command, folder, last)
            found += output.rstrip("\n") + "\n"
    return found


def true_page(page: str) -> str:
    """Return a page with every session as it really goes."""
    found, done = "", 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for block in blocks(page):
            if block.caption:
                (folder / block.caption).write_text(block.text, encoding="utf-8")
            elif block.language == "console" and any(shown for _, shown in commands(block.text)):
                lines = replay(block.text, folder).splitlines(keepends=True)
                text = "".join(block.indent + line if line.strip() else line for line in lines)
                found += page[done : block.start] + text
                done = block.end
    return found + page[done:]


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare or correct; return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--write", action="store_true", help="correct the pages")
    parser.add_argument("pages", nargs="*", type=Path, help="all pages of the manual, when none is named")
    options = parser.parse_args(arguments)
    status = 0
    for path in options.pages or sorted(DOCS.rglob("*.rst")):
        page = path.read_text(encoding="utf-8")
        if "code-block:: console" not in page:
            continue
        correct = true_page(page)
        if correct == page:
            continue
        if options.write:
            path.write_text(correct, encoding="utf-8")
        else:
            status = 1
            sys.stdout.writelines(
                difflib.unified_diff(page.splitlines(True), correct.splitlines(True), str(path), "is")
            )
    return status


if __name__ == "__main__":
    sys.exit(main())
