"""Every piece of text stands in the file where its lines say, in every construct of rst."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from sphinx_fsgs.document.model import Document
from sphinx_fsgs.document.reader import read_file
from sphinx_fsgs.source import Fragment
from tests.document.dump import place

PLACES = Path(__file__).parent / "places"
NAMES = sorted(path.stem for path in PLACES.glob("*.rst"))
INCLUDED = ("parts/first.txt", "parts/second.txt")


def outline(document: Document) -> list[str]:
    """One line for each annotation and block: its place, what it is, what it says, the lines of its blocks."""
    lines = []
    for note in document.annotations:
        argument = f" {place(note.argument.span())} {json.dumps(note.argument.text)}" if note.argument else ""
        options = "".join(f" :{option.name}: {place(option.span)}" for option in note.options)
        body = f" body {place(note.body.span())}" if note.body else ""
        blocks = "".join(f" runs {block.span.line}" for block in note.blocks)
        where = f"{note.span.path}:{place(note.span)}"
        lines.append(f"{where} [{note.section}] {note.origin} {note.head}{argument}{options}{body}{blocks}")
    for block in document.blocks:
        language = f" ({block.language})" if block.language else ""
        lines.append(f"{block.span.path}:{place(block.span)} [{block.section}] block{language}")
    return lines + [f"{d.code} {place(d.span)}" for d in document.diagnostics]


def fragments(document: Document) -> Iterator[Fragment]:
    for note in document.annotations:
        yield from (fragment for fragment in (note.argument, note.body) if fragment)
        yield from (option.value for option in note.options if option.value)
    yield from (block.fragment for block in document.blocks)


@pytest.mark.parametrize("name", NAMES)
def test_outline(name: str) -> None:
    found = outline(read_file(PLACES / f"{name}.rst", shown_as=f"{name}.rst"))
    assert found == (PLACES / f"{name}.places").read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("name", NAMES)
def test_each_line_is_a_piece_of_its_file(name: str) -> None:
    document = read_file(PLACES / f"{name}.rst", shown_as=f"{name}.rst")
    pieces = [line for fragment in fragments(document) for line in fragment.lines]
    assert pieces
    for piece in pieces:
        raw = (PLACES / piece.path).read_bytes().decode().split("\n")[piece.line - 1]
        assert raw[piece.column - 1 :].startswith(piece.text)
        assert not piece.text or raw[piece.column - 1] not in " \t"


@pytest.mark.parametrize("name", NAMES)
def test_claims_that_stand_once_are_found_where_they_stand(name: str) -> None:
    """The numbered claims of the fixtures are looked up in the file by their own words."""
    document = read_file(PLACES / f"{name}.rst", shown_as=f"{name}.rst")
    for note in document.annotations:
        if note.argument is None:
            continue
        first = note.argument.lines[0]
        lines = (PLACES / first.path).read_bytes().decode().split("\n")
        whole = [number for number, raw in enumerate(lines, 1) if first.text in raw]
        if len(whole) == 1 and lines[whole[0] - 1].count(first.text) == 1:
            assert (first.line, first.column) == (whole[0], lines[whole[0] - 1].index(first.text) + 1)


TWINS = {
    "crlf": lambda text: text.replace("\n", "\r\n").encode(),
    "cr": lambda text: text.replace("\n", "\r").encode(),
    "bom": lambda text: b"\xef\xbb\xbf" + text.encode(),
    "blanks at line ends": lambda text: text.replace("\n", " \t \n").encode(),
    "no last newline": lambda text: text.rstrip("\n").encode(),
}


@pytest.mark.parametrize("twin", TWINS)
@pytest.mark.parametrize("name", NAMES)
def test_how_lines_end_moves_nothing(name: str, twin: str, tmp_path: Path) -> None:
    (tmp_path / "parts").mkdir()
    for file in (f"{name}.rst", *INCLUDED):
        (tmp_path / file).write_bytes(TWINS[twin]((PLACES / file).read_bytes().decode()))
    found = outline(read_file(tmp_path / f"{name}.rst", shown_as=f"{name}.rst"))
    assert found == (PLACES / f"{name}.places").read_text(encoding="utf-8").splitlines()


def test_blocks_keep_their_tabs() -> None:
    document = read_file(PLACES / "tabs.rst")
    (block,) = document.blocks
    assert [(line.text, line.column, line.indent) for line in block.fragment.lines] == [
        ("1:\tswapgs", 2, 8),
        ("mov\t%eax,\t%gs", 6, 8),
        ("nop", 3, 16),
    ]


def test_included_files_are_named_beside_the_document(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "docs" / "parts"
    folder.mkdir(parents=True)
    (tmp_path / "docs" / "a.rst").write_text(".. include:: parts/../parts/b.txt\n")
    (folder / "b.txt").write_text(".. fsgs: claim X\n")
    monkeypatch.chdir(tmp_path)
    for shown in ("docs/a.rst", "./docs/a.rst"):
        document = read_file(Path(shown), shown_as=shown)
        assert [note.span.path for note in document.annotations] == ["docs/parts/b.txt"]
        assert document.path == shown
        assert document.dependencies == ((folder / "b.txt").resolve(),)
    document = read_file(tmp_path / "docs" / "a.rst")
    assert [note.span.path for note in document.annotations] == [str(folder / "b.txt")]


@pytest.mark.parametrize("name", ["language", "writers"])
def test_the_samples(name: str, shared: Path) -> None:
    """Each finding that this layer owes for the sample documents comes once, on a line that was expected."""
    expected = json.loads((shared / "samples" / f"{name}.json").read_text(encoding="utf-8"))
    document = read_file(shared / "samples" / f"{name}.rst")
    ours = [entry for entry in expected["expect"] if entry["kind"] == "comment" or entry["name"] == "no-block"]
    allowed = [{entry["line"], *entry["accept_lines"]} for entry in ours]
    found = [diagnostic.span.line for diagnostic in document.diagnostics]
    assert len(found) == len(allowed)
    assert all(line in lines for line, lines in zip(found, allowed, strict=True))
    starts = {note.span.line for note in document.annotations}
    starts |= {
        line.line for note in document.annotations if note.head == "claims" and note.body for line in note.body.lines
    }
    starts |= {block.span.line for note in document.annotations for block in note.blocks}
    spanned = {line for note in document.annotations for line in range(note.span.line, note.span.end_line + 1)} | starts
    for entry in expected["expect"]:
        assert entry in ours or entry["line"] in spanned, entry["name"]
