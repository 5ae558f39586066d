"""What of a document is listed as speaking of FS or GS, and why it is not understood.

The documents in ``twins/`` have the constructs of the kernel's pages, in words of our own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from sphinx_fsgs.check.block import reasons_of_blocks
from sphinx_fsgs.check.result import DocumentResult
from sphinx_fsgs.check.session import Session
from sphinx_fsgs.document.coverage import REASONS
from sphinx_fsgs.present.cli import main
from sphinx_fsgs.present.pipeline import check_file
from sphinx_fsgs.syntax.shapes import shapes

TWINS = sorted((Path(__file__).parent / "twins").glob("*.rst"))


@cache
def session() -> Session:
    return Session.open()


def checked(path: Path) -> DocumentResult:
    return check_file(session(), path, path.name)


def listed(result: DocumentResult) -> Iterator[str]:
    for each in result.coverage:
        span = each.span
        yield f"{span.line}:{span.column}-{span.end_line}:{span.end_column} {each.kind} {each.reason or 'understood'}"


@pytest.mark.parametrize("path", TWINS, ids=lambda path: path.stem)
def test_each_thing_that_speaks_is_listed_at_its_place(path: Path) -> None:
    result = checked(path)
    assert "\n".join(listed(result)) + "\n" == path.with_suffix(".coverage").read_text(encoding="utf-8")
    assert result.all_diagnostics() == ()


@pytest.mark.parametrize("path", TWINS, ids=lambda path: path.stem)
def test_the_words_that_are_listed_stand_there(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").split("\n")
    for each in checked(path).coverage:
        first = re.split(r"\W", each.text.split()[0])[0]
        assert lines[each.span.line - 1][each.span.column - 1 :].startswith(first)


def test_the_list_of_reasons_is_closed(repository: Path) -> None:
    known = shapes()
    said = {*(name for name, _ in known.silent), *(name for name, _ in known.around), *reasons_of_blocks()}
    assert said <= set(REASONS)
    page = (repository / "docs" / "reference" / "coverage.rst").read_text(encoding="utf-8")
    assert set(re.findall(r"^``([a-z-]+)``$", page, re.MULTILINE)) == {"understood", *REASONS}


def write(folder: Path, text: str) -> Path:
    path = folder / "page.rst"
    path.write_text(text, encoding="utf-8")
    return path


def test_what_is_marked_counts_as_understood_and_what_is_skipped_says_so(tmp_path: Path) -> None:
    page = write(
        tmp_path,
        "It holds that :fsgs:claim:`SWAPGS changes GS.base` here.\n\n"
        ".. fsgs: skip it is a sketch\n\nSketch::\n\n   swapgs %xyz\n\n"
        ".. fsgs: example e\n\n   before\n       in kernel\n   after\n       no fault\n\nRun::\n\n   swapgs\n",
    )
    assert [(each.kind, each.reason) for each in checked(page).coverage] == [
        ("sentence", ""),
        ("block", "skipped"),
        ("block", ""),
    ]


def test_the_command_prints_the_list_and_counts_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = write(tmp_path, "Nobody knows GS. Does SWAPGS?\n\nRun::\n\n   swapgs\n")
    main(["check", "--coverage", str(page)])
    out = capsys.readouterr().out
    assert f"{page}:1:1: sentence: no-form: Nobody knows GS." in out
    assert f"{page}:1:18: sentence: question: Does SWAPGS?" in out
    assert f"{page}:5:4: block: understood: swapgs" in out
    assert "sentence: 2, understood: 0\nnot understood: no-form 1, question 1\n" in out
    assert "2 passages about FS or GS not understood" in out


def test_names_of_documents_are_no_sentence(tmp_path: Path) -> None:
    path = tmp_path / "page.rst"
    path.write_text("Page\n====\n\n.. toctree::\n   :hidden:\n\n   LKGS <lkgs>\n   SWAPGS\n", encoding="utf-8")
    assert check_file(Session.open(), path).coverage == ()


def test_json_has_the_list_only_when_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = write(tmp_path, "Nobody knows what GS is with SWAPGS.\n")
    main(["check", "--format", "json", str(page)])
    plain = json.loads(capsys.readouterr().out)
    main(["check", "--format", "json", "--coverage", str(page)])
    covered = json.loads(capsys.readouterr().out)
    assert [(each["line"], each["reason"]) for each in covered["documents"][-1].pop("coverage")] == [(1, "no-form")]
    assert covered["summary"].pop("not_understood") == 1
    assert covered["documents"][-1] == plain["documents"][-1]
    assert covered["summary"] == plain["summary"]
