"""Docutils alone and a real build of Sphinx find the same, at the same places."""

from __future__ import annotations

import importlib.util
import json
import os
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


TRANSLATED = """\
Page
====

The instruction :fsgs:claim:`SWAPGS swaps GS.base and GS_SHADOW` is short.

.. fsgs: claim SWAPGS does not change GS_SHADOW

* First. Then a comment inside of the item:

  .. fsgs: claim LKGS does not change GS.base

  More words with :fsgs:claim:`the register <MOV GS does not change GS_SHADOW>` and so on
  over two lines, with :fsgs:claim:`another one <SWAPGS does not change GS.selector>`.

Twice::

   swapgs
"""
CATALOGUE = {
    "The instruction :fsgs:claim:`SWAPGS swaps GS.base and GS_SHADOW` is short.": (
        "Kurz ist :fsgs:claim:`SWAPGS swaps GS.base and GS_SHADOW`."
    ),
    "First. Then a comment inside of the item:": "Erstens. Dann ein Kommentar darin:",
    "More words with :fsgs:claim:`the register <MOV GS does not change GS_SHADOW>` and so on over two lines, "
    "with :fsgs:claim:`another one <SWAPGS does not change GS.selector>`.": (
        "Mit :fsgs:claim:`einem anderen <SWAPGS does not change GS.selector>` und mit "
        ":fsgs:claim:`dem Register <MOV GS does not change GS_SHADOW>`."
    ),
    "Twice::": "Zweimal::",
}


def test_a_translated_page_has_each_claim_once_and_where_its_source_has_it(tmp_path: Path) -> None:
    (tmp_path / "index.rst").write_text(TRANSLATED, encoding="utf-8")
    folder = tmp_path / "locale" / "de" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    catalogue = {"": "Content-Type: text/plain; charset=UTF-8\n", **CATALOGUE}
    entries = [f"msgid {json.dumps(text)}\nmsgstr {json.dumps(other)}\n" for text, other in catalogue.items()]
    (folder / "index.po").write_text("\n".join(entries), encoding="utf-8")
    (tmp_path / "conf.py").write_text('extensions = ["sphinx_fsgs"]\nlanguage = "de"\nlocale_dirs = ["locale"]\n')
    for builder in ("text", "fsgs"):
        command = [sys.executable, "-m", "sphinx", "-q", "-b", builder, str(tmp_path), str(tmp_path / builder)]
        environ = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
        subprocess.run(command, env=environ, capture_output=True, check=False)
    shown = (tmp_path / "text" / "index.txt").read_text(encoding="utf-8")
    assert "Kurz ist" in shown and "dem Register" in shown and "Erstens." in shown  # it is a translated build
    (document,) = json.loads((tmp_path / "fsgs" / "fsgs-report.json").read_text(encoding="utf-8"))["documents"]
    lines = TRANSLATED.splitlines()
    found = {each["text"]: (each["line"], each["column"]) for each in document["results"]}
    assert len(document["results"]) == len(found) == 5, found
    for text, (line, column) in found.items():
        assert lines[line - 1][column - 1 :].startswith(text)
    assert [each["line"] for each in document["diagnostics"]] == [6]
