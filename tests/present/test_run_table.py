"""``fsgs run --table``: every way once, whose it is, and what it leaves; and answers that no source tells."""

from __future__ import annotations

from pathlib import Path

import pytest

from sphinx_fsgs.present.cli import main
from sphinx_fsgs.present.formats.run_table import WIDTH

Captured = pytest.CaptureFixture[str]
NULL = ["run", "-e", "mov %ax, %gs", "--before", "RAX = 0", "--before", "CPL = 0"]


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def table(capsys: Captured, *arguments: str) -> tuple[list[list[str]], list[str]]:
    assert main([*arguments, "--table"]) == 0
    rows, _, legend = capsys.readouterr().out.partition("\n\n")
    assert max(map(len, legend.splitlines())) <= WIDTH
    return [line.split() for line in rows.splitlines()], " ".join(legend.split()).split(" (")


def test_processors_that_run_alike_share_a_column(capsys: Captured) -> None:
    rows, legend = table(capsys, *NULL, "--where", "intel or amd")
    assert rows == [
        ["(1)", "(2)"],
        ["GS.selector", "0", "0"],
        ["GS.base", "0", "same"],
        ["GS.limit", "0", "same"],
        ["GS.attributes", "0x10000", "0x10000"],
        ["ends", "completes", "completes"],
    ]
    assert legend == ["(1) Intel, and AMD since Zen 2", "2) AMD before Zen 2"]


def test_a_fault_is_how_it_ends(capsys: Captured) -> None:
    rows, legend = table(capsys, "run", "-e", "lkgs %ax", "--before", "CPL = 0", "--before", "RAX = 0")
    assert rows[-1] == ["ends", "#UD", "completes"] and ["GS_SHADOW", "same", "0"] in rows
    assert legend == ["(1) processors without LKGS", "2) processors with LKGS"]


def test_what_no_source_tells_is_run_both_ways_and_said(capsys: Captured) -> None:
    rows, legend = table(capsys, *NULL, "--where", "hygon")
    (base,) = (row[1:] for row in rows if row[0] == "GS.base")
    assert len(base) == 4 and {*base} == {"0", "same"}
    for held, who in zip(base, legend, strict=True):
        assert f"null_selector_clears_base is {'yes' if held == '0' else 'no'}" in who


def test_an_open_answer_that_changes_nothing_is_not_told(capsys: Captured) -> None:
    assert main(["run", "-e", "swapgs", "--where", "amd_zen4", "--before", "CPL = 0"]) == 0
    assert "LA57" not in capsys.readouterr().out


def test_what_cannot_be_run_has_no_table(capsys: Captured) -> None:
    assert main(["run", "-e", "swapg", "--table"]) == 1
    assert "(1)" not in capsys.readouterr().out
