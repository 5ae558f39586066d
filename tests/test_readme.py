"""The README's first screen is what the tool really says.

``python tests/test_readme.py`` runs the examples and writes their output into the README.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

README = Path(__file__).resolve().parent.parent / "README.md"
COMMAND = "$ fsgs check gs.rst\n"
# The exit status that each example has.
COLOURS = {"red": 1, "green": 0}


def block(text: str, marker: str) -> re.Match[str]:
    """Return the fenced block that follows ``<!-- marker -->``; its group 1 is the content."""
    found = re.search(rf"<!-- {marker} -->\n```\w+\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert found is not None, f"README.md has no fenced block behind <!-- {marker} -->"
    return found


def check(document: str, folder: Path) -> tuple[int, str]:
    """Run ``fsgs check`` on the document as ``gs.rst``; return the exit status and all that it prints."""
    (folder / "gs.rst").write_text(document, encoding="utf-8")
    variables = os.environ | {"PYTHONPATH": str(README.parent), "PYTHONUTF8": "1", "NO_COLOR": "1", "COLUMNS": "100"}
    command = [sys.executable, "-m", "sphinx_fsgs", "check", "gs.rst"]
    done = subprocess.run(
        command, cwd=folder, env=variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    return done.returncode, done.stdout


@pytest.mark.parametrize("colour", COLOURS)
def test_the_output_is_the_tools_own(colour: str, tmp_path: Path) -> None:
    text = README.read_text(encoding="utf-8")
    status, output = check(block(text, f"example:{colour}")[1], tmp_path)
    assert status == COLOURS[colour], output
    assert COMMAND + output == block(text, f"output:{colour}")[1]


@pytest.mark.parametrize("colour", COLOURS)
def test_the_example_has_twelve_lines(colour: str) -> None:
    assert len(block(README.read_text(encoding="utf-8"), f"example:{colour}")[1].splitlines()) == 12


def test_the_two_commands_are_there() -> None:
    assert re.search(
        r"^```console\npython3 check docs\npython3 check tests\n```$", README.read_text("utf-8"), re.MULTILINE
    )


@pytest.mark.parametrize("target", re.findall(r"\]\(([^)]+)\)", README.read_text(encoding="utf-8")))
def test_every_link_leads_somewhere(target: str) -> None:
    assert (README.parent / target).exists()


def main() -> None:
    """Write what the tool says about the two examples into the README."""
    text = README.read_text(encoding="utf-8")
    for colour, expected in COLOURS.items():
        with tempfile.TemporaryDirectory() as folder:
            status, output = check(block(text, f"example:{colour}")[1], Path(folder))
        if status != expected or "Traceback" in output:
            sys.exit(f"the {colour} example gives status {status}, not {expected}; README.md stays as it is\n{output}")
        start, end = block(text, f"output:{colour}").span(1)
        text = text[:start] + COMMAND + output + text[end:]
    README.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
