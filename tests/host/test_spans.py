"""In every construct of rst, each finding stands at its line and column, whichever host reads the document.

The golden table stands for all hosts: the command line, and the Sphinx that is installed where the tests run. Both are
run again in an environment with the oldest versions that are promised.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.host.spans import from_command, from_sphinx, golden, lay_out

CONSTRUCTS = {
    "top-level", "nested-list", "block-quote", "definition-list", "simple-table", "grid-table", "admonition",
    "included", "tabs", "crlf", "cr", "byte-order-mark",
}  # fmt: skip

# What each code is reported at: a misspelt cell, a false sentence, a false condition.
_MARKED = {
    "FSGS101": re.compile(r"GS\.(?:bse|bas|selectr)\b"),
    "FSGS301": re.compile(r"SWAPGS\s+leaves\s+GS\.base\s+(?:alone|unchanged|untouched)"),
    "FSGS210": re.compile(r"GS\.base = 0"),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("spans")
    lay_out(folder)
    return folder


def findings(lines: list[str]) -> Iterator[tuple[str, tuple[int, int], tuple[int, int], str]]:
    """Yield path, start, end and code of each finding of the table."""
    for line in lines:
        match = re.fullmatch(r"(\S+) (\d+):(\d+) (\d+):(\d+) (FSGS\d{3})", line)
        if match:
            first, column, last, stop = (int(match[number]) for number in (2, 3, 4, 5))
            yield match[1], (first, column), (last, stop), match[6]


def test_the_command_line_reports_these_places(folder: Path) -> None:
    assert from_command(folder) == golden()


def test_sphinx_reports_these_places(folder: Path, tmp_path: Path) -> None:
    pytest.importorskip("sphinx")
    assert from_sphinx(folder, tmp_path / "out") == golden()


def test_at_each_place_stands_what_is_reported(folder: Path) -> None:
    """So that the table is not merely what the tool happens to say."""
    for path, start, end, code in findings(golden()):
        assert _MARKED[code].fullmatch(_without_frame(_text(folder / path, start, end))), (path, start, code)


def test_every_construct_has_each_kind(folder: Path) -> None:
    found = list(findings(golden()))
    assert {path.stem for path in folder.glob("*.rst")} == CONSTRUCTS
    for construct in CONSTRUCTS:
        paths = {f"{construct}.rst"} | ({"parts/included.txt"} if construct == "included" else set())
        codes = {code for path, _, _, code in found if path in paths}
        assert codes >= {"FSGS101", "FSGS301"}, construct
        assert "FSGS210" in codes or construct == "simple-table", construct


def test_nothing_that_is_wrong_goes_unreported(folder: Path) -> None:
    """Each misspelt cell and each false sentence in the texts has its place in the table."""
    found = list(findings(golden()))
    for path in [*folder.glob("*.rst"), *folder.glob("parts/*.txt")]:
        text = path.read_bytes().decode("utf-8-sig")
        shown = path.relative_to(folder).as_posix()
        for code in ("FSGS101", "FSGS210"):
            reported = sum(each[0] == shown and each[3] == code for each in found)
            assert reported == len(_MARKED[code].findall(text)), (shown, code)
        sentences = len(re.findall(r"SWAPGS leaves(?!\s+GS\.(?:bse|bas|selectr)\b)", text))
        assert sum(each[0] == shown and each[3] == "FSGS301" for each in found) == sentences, shown


def _text(path: Path, start: tuple[int, int], end: tuple[int, int]) -> str:
    lines = re.split(r"\r\n|\n|\r", path.read_bytes().decode("utf-8-sig"))[start[0] - 1 : end[0]]
    lines[-1] = lines[-1][: end[1] - 1]
    return "\n".join([lines[0][start[1] - 1 :], *lines[1:]])


def _without_frame(text: str) -> str:
    """Return text that goes over two lines of a table's cell without what stands beside it in the other cells."""
    first, *rest = text.split("\n")
    return "\n".join([first.rstrip(" |"), *(line.rpartition("|")[2] for line in rest)])
