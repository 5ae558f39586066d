"""Sphinx and the command come to the same report, byte for byte, on every document of the manual and of the tests."""

from __future__ import annotations

import difflib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CONF = 'extensions = ["sphinx_fsgs"]\nroot_doc = master_doc = {first!r}\n'


def copied(top: Path, folder: Path) -> list[Path]:
    """Copy the documents and all that they may include, without the settings of the project they come from."""
    shutil.copytree(top, folder, ignore=shutil.ignore_patterns("_build", "__pycache__", "conf.py", "*.py"))
    return sorted(folder.rglob("*.rst"))


@pytest.mark.slow
@pytest.mark.parametrize("top", ["docs", "tests"])
def test_the_same_report(top: str, repository: Path, tmp_path: Path) -> None:
    source, out = tmp_path / "source", tmp_path / "out"
    documents = copied(repository / top, source)
    assert len(documents) > 40
    (source / "pyproject.toml").touch()
    first = documents[0].relative_to(source).with_suffix("").as_posix()
    (source / "conf.py").write_text(CONF.format(first=first), encoding="utf-8")
    environ = {**os.environ, "PYTHONPATH": str(repository)}
    command = [sys.executable, "-m", "sphinx_fsgs", "check", "--format", "json", "."]
    told = subprocess.run(command, cwd=source, env=environ, capture_output=True, check=False)
    build = [sys.executable, "-m", "sphinx", "-q", "-b", "fsgs", "-d", str(tmp_path / "tree"), ".", str(out)]
    built = subprocess.run(build, cwd=source, env=environ, capture_output=True, check=False)
    assert told.returncode in (0, 1), told.stderr.decode()
    assert built.returncode == told.returncode, built.stderr.decode()
    report = (out / "fsgs-report.json").read_bytes()
    lines = difflib.unified_diff(told.stdout.decode().split("\n"), report.decode().split("\n"), "command", "Sphinx")
    assert report == told.stdout, "\n".join(lines)
