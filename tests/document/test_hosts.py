"""Docutils alone and a real build of Sphinx find the same, at the same places."""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sphinx_fsgs.document.reader import read_file
from tests.document.dump import dump

HERE = Path(__file__).parent
NAMES = sorted(path.stem for path in (HERE / "places").glob("*.rst"))


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the dump that Sphinx made of each document."""
    if importlib.util.find_spec("sphinx") is None:
        pytest.skip("Sphinx is not installed")
    source, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("out")
    shutil.copytree(HERE / "places", source, dirs_exist_ok=True)
    command = [sys.executable, "-m", "sphinx", "-q", "-b", "text", "-c", str(HERE / "project"), str(source), str(out)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=source.parent, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return out


@pytest.mark.parametrize("name", NAMES)
def test_sphinx_finds_what_docutils_finds(name: str, built: Path) -> None:
    path = HERE / "places" / f"{name}.rst"
    alone = json.loads(json.dumps(dump(read_file(path, shown_as=path.name))))
    assert json.loads((built / f"{name}.json").read_text(encoding="utf-8")) == alone
