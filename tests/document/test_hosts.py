"""Docutils alone and a real build of Sphinx find the same, at the same places."""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from sphinx_fsgs.document.reader import read_file
from tests.document.dump import dump

HERE = Path(__file__).parent
NAMES = sorted(path.stem for path in (HERE / "places").glob("*.rst"))
# Sphinx itself speaks of text that docutils loses, and drops directives that it does not know.
CASES = {
    f"case{number}": case["text"]
    for number, case in enumerate(tomllib.loads((HERE / "misplaced.toml").read_text(encoding="utf-8"))["case"])
    if "FSGS605" not in str(case["found"]) and "unknown-one" not in case["text"]
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The folder of the documents, and the one with the dump that Sphinx made of each."""
    if importlib.util.find_spec("sphinx") is None:
        pytest.skip("Sphinx is not installed")
    source, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("out")
    shutil.copytree(HERE / "places", source, dirs_exist_ok=True)
    for name, text in CASES.items():
        (source / f"{name}.rst").write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "sphinx", "-q", "-b", "text", "-c", str(HERE / "project"), str(source), str(out)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=source.parent, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return source, out


@pytest.mark.parametrize("name", [*NAMES, *CASES])
def test_sphinx_finds_what_docutils_finds(name: str, project: tuple[Path, Path]) -> None:
    source, out = project
    alone = json.loads(json.dumps(dump(read_file(source / f"{name}.rst", shown_as=f"{name}.rst"))))
    assert json.loads((out / f"{name}.json").read_text(encoding="utf-8")) == alone


@pytest.mark.parametrize("builder", ["html", "latex", "man", "texinfo", "epub", "xml", "pseudoxml", "gettext"])
def test_every_builder_gets_past_the_nodes(builder: str, project: tuple[Path, Path], tmp_path: Path) -> None:
    """Our nodes need no visitors: a builder that is not prepared for them writes a comment and inline text."""
    shutil.copy(HERE / "places" / "directives.rst", tmp_path / "nested.rst")
    command = [sys.executable, "-m", "sphinx", "-q", "-b", builder, "-c", str(HERE / "project")]
    done = subprocess.run(
        [*command, str(tmp_path), str(tmp_path / "out")], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
