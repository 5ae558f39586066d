"""``check`` on machines that lack something: it says what, in a sentence, and never with a traceback."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.fixture
def script(repository: Path, tmp_path: Path) -> Path:
    """A copy of the script in a folder where nothing is installed."""
    copy = tmp_path / "check"
    copy.write_bytes((repository / "check").read_bytes())
    (tmp_path / "pyproject.toml").write_bytes((repository / "pyproject.toml").read_bytes())
    return copy


def run(script: Path, *arguments: str, preload: str = "") -> subprocess.CompletedProcess[str]:
    """Run the script in a bare environment; ``preload`` is Python that changes the interpreter first."""
    start = f"import runpy, sys; sys.argv = {[str(script), *arguments]!r}"
    code = "\n".join([start, preload, f"runpy.run_path({str(script)!r}, None, '__main__')"])
    variables = {"PATH": os.environ["PATH"], "HOME": str(script.parent)}
    return subprocess.run([sys.executable, "-c", code], env=variables, capture_output=True, text=True)


def test_it_parses_on_old_interpreters(repository: Path) -> None:
    ast.parse((repository / "check").read_text(encoding="utf-8"), feature_version=(3, 6))


def test_an_old_interpreter_gets_a_sentence(script: Path) -> None:
    done = run(script, "docs", preload="sys.version_info = (3, 9, 2); sys.version = '3.9.2 (main)'")
    assert done.returncode == 2
    assert done.stderr.startswith("check: needs Python 3.11 or newer, this is 3.9.2; ")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("module", ["venv", "ensurepip"])
def test_a_bare_debian_is_told_the_package(script: Path, module: str) -> None:
    done = run(script, "docs", preload=f"sys.modules[{module!r}] = None")
    assert done.returncode == 2
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    assert f"apt-get install {version}-venv" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (script.parent / ".venv").exists()


def test_a_task_that_does_not_exist(script: Path) -> None:
    done = run(script, "dosc")
    assert done.returncode == 2
    assert "'dosc'" in done.stderr
    assert "docs" in done.stderr


def test_a_finished_environment_is_used_as_it_is(script: Path) -> None:
    # An environment whose interpreter only reports what it is asked: no installation may happen.
    preload = """
import runpy
check = runpy.run_path(sys.argv[0], run_name="check")
check["PYTHON"].parent.mkdir(parents=True)
check["PYTHON"].write_text("#!/bin/sh\\necho ran: $*\\n")
check["PYTHON"].chmod(0o755)
check["_stamp"]("python", check["_interpreter"]())
check["_stamp"]("test", check["_wanted"]())
"""
    done = run(script, "tests", "--", "-k", "word", preload=preload)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "check: tests",
        "ran: -m pytest -n auto --dist worksteal -k word",
        "check: tests    passed",
    ]
