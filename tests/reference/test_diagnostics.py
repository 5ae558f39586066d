"""Every diagnostic has a page that tells the truth: its wrong text produces exactly it, its right one nothing."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sphinx_fsgs.check.session import Session
from sphinx_fsgs.files import data_dir
from sphinx_fsgs.present.cli import main
from sphinx_fsgs.present.formats.concise import findings
from sphinx_fsgs.present.pipeline import check_file
from sphinx_fsgs.present.runner import check_all, inputs
from sphinx_fsgs.spec.consistency import check_tables
from sphinx_fsgs.spec.errors import SpecError
from tests.reference.pages import Page, Text, read_page, read_pages

FOLDER = data_dir("diagnostics")
PAGES = read_pages(FOLDER)
SHOWN = [page for page in PAGES if not page.excuse]
EXCUSED = [page for page in PAGES if page.excuse]

_CODE = re.compile(r"FSGS\d{3}")
_PRINTED = re.compile(r"(?:error|warning|note|ERROR|WARNING)[: ].*?(FSGS\d{3}|fsgs\.\d{3})")


def codes_in_the_source(repository: Path) -> set[str]:
    """Return the codes that the code and the grammars can raise; words of help such as "FSGS3" are none."""
    files = [*(repository / "sphinx_fsgs").rglob("*.py"), *(repository / "grammar").rglob("*.*")]
    texts = [path.read_text(encoding="utf-8") for path in files if path.is_file()]
    return {code for text in texts for code in _CODE.findall(text)}


@pytest.fixture(scope="module")
def session() -> Session:
    return Session.open()


def produced(texts: tuple[Text, ...], folder: Path, session: Session, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """Return the codes of all findings on these files, each as often as it is found."""
    if any(text.path.startswith("spec/") for text in texts):
        return _of_spec(texts, folder)
    for text in texts:
        text.write(folder)
    if (folder / "conf.py").exists():
        return _of_sphinx(folder)
    if (folder / "pyproject.toml").exists():
        return _of_command(folder, capsys)
    report = check_all(tuple(inputs(["page.rst"])), lambda path, shown: check_file(session, path, shown), "", "")
    return [each.code for each in findings(report)]


def _of_spec(texts: tuple[Text, ...], folder: Path) -> list[str]:
    shutil.copytree(data_dir("spec"), folder / "spec")
    for text in texts:
        text.write(folder)
    if all(text.path.endswith(".toml") for text in texts):  # what tables say is no matter of Operations
        return [each.code for each in check_tables(folder / "spec")]
    try:
        return [each.code for each in Session.open(spec_folder=folder / "spec").check_spec()]
    except SpecError as error:
        return [each.code for each in error.diagnostics]


def _of_command(folder: Path, capsys: pytest.CaptureFixture[str]) -> list[str]:
    main(["check", "--format", "concise", "page.rst"])
    printed = capsys.readouterr()
    return _PRINTED.findall(printed.out + printed.err)


def _of_sphinx(folder: Path) -> list[str]:
    command = [sys.executable, "-m", "sphinx", "-q", "-b", "fsgs", ".", "out"]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120)
    return _CODE.findall(done.stdout + done.stderr)


@pytest.mark.parametrize("page", SHOWN, ids=[page.code for page in SHOWN])
def test_the_wrong_text_produces_the_diagnostic_and_no_other(
    page: Page, session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert page.wrong, f"{page.code} has no text below the heading Wrong"
    assert set(produced(page.wrong, tmp_path, session, capsys)) == {page.code}


@pytest.mark.parametrize("page", SHOWN, ids=[page.code for page in SHOWN])
def test_the_right_text_produces_nothing(
    page: Page, session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert page.right, f"{page.code} has no text below the heading Right"
    assert produced(page.right, tmp_path, session, capsys) == []


def test_what_cannot_be_shown_says_why(capsys: pytest.CaptureFixture[str]) -> None:
    for page in EXCUSED:
        assert not page.wrong and not page.right, f"{page.code} shows what it says cannot be shown"
        assert len(page.excuse.split()) >= 5, f"{page.code}: {page.excuse!r} is no reason"
    with capsys.disabled():
        print(f"\n{len(SHOWN)} diagnostics are shown; {len(EXCUSED)} cannot be:")
        print("\n".join(f"  {page.code}: {page.excuse}" for page in EXCUSED))


def test_every_code_has_a_page_and_every_page_a_code(repository: Path) -> None:
    assert {page.code for page in PAGES} == codes_in_the_source(repository)


@pytest.mark.parametrize("page", PAGES, ids=[page.code for page in PAGES])
def test_a_page_is_called_after_its_code(page: Page) -> None:
    assert re.fullmatch(rf"{page.code}: \S.*", page.title)


def test_a_page_is_read_as_it_is_printed(tmp_path: Path) -> None:
    path = tmp_path / "FSGS999.rst"
    path.write_text(
        "FSGS999: none\n=============\n\n"
        "Wrong\n-----\n\n.. code-block:: rst\n   :caption: a.rst\n\n   one\n\n     two\n\n"
        ".. code-block:: diff\n   :caption: b\n\n    k\n   -x\n   +y\n\n"
        "Right\n-----\n\n.. code-block:: rst\n\n   three\n",
        encoding="utf-8",
    )
    page = read_page(path)
    assert page.wrong == (Text("a.rst", "rst", "one\n\n  two\n"), Text("b", "diff", " k\n-x\n+y\n"))
    assert page.right == (Text("page.rst", "rst", "three\n"),)
    (tmp_path / "b").write_text("x\nk\nx\nz", encoding="utf-8")
    page.wrong[1].write(tmp_path)
    assert (tmp_path / "b").read_text(encoding="utf-8") == "x\nk\ny\nz"
