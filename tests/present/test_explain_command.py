"""``fsgs explain`` with the documents whose examples it lists, and as data."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sphinx_fsgs.present.cli import main
from sphinx_fsgs.spec.model import Spec

PAGE = """\
Page
====

.. fsgs: claim LKGS leaves GS.base unchanged

.. fsgs: example null
   :where: LKGS
   before
       in kernel
       RAX = 0
   after
       GS_SHADOW = 0

Of a block::

   lkgs %ax

.. fsgs: claim MFENCE serialises on intel
"""

Captured = pytest.CaptureFixture[str]


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "page.rst").write_text(PAGE, encoding="utf-8")
    return "page.rst"


def examples(text: str) -> list[str]:
    return text[text.index("Examples that use it\n") : text.index("\nSources\n")].splitlines()[1:]


def test_examples_are_those_of_the_documents_that_are_named(page: str, capsys: Captured) -> None:
    assert main(["explain", "LKGS", "--in", page]) == 0
    said = capsys.readouterr()
    assert examples(said.out) == [
        "    page.rst",
        "      4  claim LKGS leaves GS.base unchanged",
        "      6  example null",
    ]
    assert said.err == "read 1 document for examples\n"
    assert main(["explain", "SWAPGS", "--in", "."]) == 0
    assert examples(capsys.readouterr().out) == ["    No example or claim runs it."]


def test_what_does_not_hold_is_listed_as_such_and_is_no_failure_here(page: str, capsys: Captured) -> None:
    assert main(["explain", "MFENCE", "--in", page]) == 0
    assert examples(capsys.readouterr().out)[1:] == ["      18  claim MFENCE serialises on intel (fails)"]


def test_a_file_that_cannot_be_read_is_said_and_the_rest_is_printed(page: str, capsys: Captured) -> None:
    assert main(["explain", "LKGS", "--in", page, "--in", "nowhere.rst"]) == 2
    said = capsys.readouterr()
    assert "example null" in said.out and "FSGS601" in said.err


@pytest.mark.parametrize("word", ["amd_zen3", "coffee", "profiles"])
def test_only_instructions_have_examples(page: str, capsys: Captured, word: str) -> None:
    assert main(["explain", word, "--in", page]) == 2
    said = capsys.readouterr()
    assert not said.out and f'"{word}" is none' in said.err


def test_as_json_an_instruction_is_the_data_that_its_page_is_made_of(page: str, capsys: Captured) -> None:
    assert main(["explain", "WRMSR", "--format", "json"]) == 0
    held = json.loads(capsys.readouterr().out)
    (entry,) = held["entries"]
    assert (held["version"], held["word"], entry["kind"], entry["stem"]) == (1, "WRMSR", "instruction", "WRMSR")
    assert [each["number"] for each in entry["checks"]] == [1, 2, 3]
    cases = {each["case"]["name"]: each["processors"] for each in entry["happenings"]}
    assert set(cases["IA32_GS_BASE"]) == {"yes", "no"} and list(cases[""]) == ["some"]
    assert "examples" not in entry
    assert main(["explain", "LKGS", "--format", "json", "--in", page]) == 0
    (entry,) = json.loads(capsys.readouterr().out)["entries"]
    assert entry["examples"][1] == {"path": "page.rst", "line": 6, "kind": "example", "label": "null"}


def test_as_json_everything_that_has_a_page_is_data(page: str, capsys: Captured) -> None:
    spec = Spec()
    for word in ("btsq", "mfence_serialises", "amd_zen3", "load_null"):
        assert main(["explain", word, "--format", "json"]) == 0
        entries = json.loads(capsys.readouterr().out)["entries"]
        assert len(entries) == (2 if word == "btsq" else 1)
    assert main(["explain", "behaviours", "--format", "json"]) == 0
    text = json.loads(capsys.readouterr().out)["text"]
    assert all(name in text for name in spec.behaviour_names)
