"""Files that are no text, too large, too deep or include what is not there: a diagnostic each, never a traceback."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from docutils.parsers.rst import directives, roles

from sphinx_fsgs.document.prefilter import mentions_us
from sphinx_fsgs.document.reader import read_file
from tests.document.dump import place

CLAIM = "\n.. fsgs: claim SWAPGS faults\n"


def nested(levels: int, line: str) -> str:
    return "".join(f"{'   ' * level}{line}\n\n" for level in range(levels))


# name: (bytes, findings as "CODE place", what the message says, whether the claim at the end is still read)
FILES: dict[str, tuple[bytes, list[str], str, bool]] = {
    "binary": (bytes(range(256)) + b"fsgs", ["FSGS602 3:115-3:115"], "byte 0x80 is not UTF-8", False),
    "utf16": (CLAIM.encode("utf-16"), ["FSGS602 1:1-1:1"], "UTF-16", False),
    "utf16 without mark": (CLAIM.encode("utf-16-le"), ["FSGS602 1:1-1:1"], "UTF-16", False),
    "latin1": (b"x\ncaf\xe9\n" + CLAIM.encode(), ["FSGS602 2:4-2:4"], "byte 0xe9", False),
    "lone surrogate": (b"x \xed\xa0\x80" + CLAIM.encode(), ["FSGS602 1:3-1:3"], "byte 0xed", False),
    "nul": (b"x\n\nab\0c" + CLAIM.encode(), ["FSGS602 3:3-3:3"], "NUL", False),
    "ten megabytes": (CLAIM.encode() * 400_000, ["FSGS606 1:1-1:1"], "larger than 4 MiB", False),
    "long line": (CLAIM.encode() + b"x" * 10_001, ["FSGS606 3:1-3:1"], "line 3 is longer than 10000", False),
    "deep list": (b"- " * 2000 + b"x\n" + CLAIM.encode(), ["FSGS607 1:1-1:1"], "nested too deep", False),
    "deep directives": (nested(300, ".. note::").encode(), ["FSGS607 1:1-1:1"], "nested too deep", False),
    "deep unknown": (nested(300, ".. who-knows::").encode(), ["FSGS607 1:1-1:1"], "nested too deep", False),
    "missing include": (
        b"- x\n\n  .. include:: none.txt\n" + CLAIM.encode(),
        ["FSGS603 3:1-3:1"],
        '"none.txt" cannot be read: No such file',
        True,
    ),
    "included folder": (b".. include:: sub\n" + CLAIM.encode(), ["FSGS603 1:1-1:1"], "Is a directory", True),
    "included binary": (b".. include:: bin.txt\n" + CLAIM.encode(), ["FSGS602 1:1-1:1"], "byte 0xff", True),
    "include of itself": (
        b".. include:: page.rst\n" + CLAIM.encode(),
        ["FSGS604 1:1-1:1"],
        "closes a circle: page.rst > page.rst",
        True,
    ),
    "include in a circle": (
        b".. include:: back.txt\n" + CLAIM.encode(),
        ["FSGS604 2:1-2:1"],
        "closes a circle: page.rst > back.txt > page.rst",
        True,
    ),
    "include from above": (b".. include:: ../up.txt\n" + CLAIM.encode(), ["FSGS608 1:1-1:1"], "outside of root", True),
    "include through a link": (b".. include:: link.txt\n" + CLAIM.encode(), ["FSGS608 1:1-1:1"], "outside", True),
    "data from elsewhere": (
        b".. csv-table::\n   :url: http://127.0.0.1:9/\n\n.. csv-table::\n   :file: ../up.txt\n\n"
        b".. raw:: html\n   :file: ../up.txt\n\n.. include:: back.txt\n   :parser: os\n" + CLAIM.encode(),
        [],
        "",
        True,
    ),
    "empty": (b"", [], "", False),
    "byte order mark": (b"\xef\xbb\xbf" + CLAIM.lstrip().encode(), [], "", True),
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "root"
    (folder / "sub").mkdir(parents=True)
    (tmp_path / "up.txt").write_text(".. fsgs: claim LKGS faults\n")
    (folder / "link.txt").symlink_to(tmp_path / "up.txt")
    (folder / "back.txt").write_text("\n.. include:: page.rst\n")
    (folder / "bin.txt").write_bytes(b"\xff\xff")
    return folder


@pytest.mark.parametrize("name", FILES)
def test_file(name: str, root: Path) -> None:
    data, expected, message, read = FILES[name]
    (root / "page.rst").write_bytes(data)
    document = read_file(root / "page.rst", shown_as="page.rst", root=root)
    assert [f"{d.code} {place(d.span)}" for d in document.diagnostics] == expected
    for diagnostic in document.diagnostics:
        assert message in diagnostic.message
        assert diagnostic.authority and diagnostic.help
    claims = [note.argument.text for note in document.annotations if note.argument]
    assert claims == (["SWAPGS faults"] if read else [])


@pytest.mark.parametrize("make", [lambda path: None, lambda path: path.mkdir()], ids=["missing", "folder"])
def test_no_file(make: Callable[[Path], None], tmp_path: Path) -> None:
    make(tmp_path / "page.rst")
    (diagnostic,) = read_file(tmp_path / "page.rst", shown_as="page.rst").diagnostics
    assert (diagnostic.code, place(diagnostic.span), diagnostic.span.path) == ("FSGS601", "1:1-1:1", "page.rst")


def test_included_diagnostics_name_the_included_file(root: Path) -> None:
    (root / "page.rst").write_text(".. include:: sub/part.txt\n")
    (root / "sub" / "part.txt").write_text("Text.\n\n.. include:: none.txt\n")
    (diagnostic,) = read_file(root / "page.rst", shown_as="docs/page.rst", root=root).diagnostics
    assert (diagnostic.code, diagnostic.span.path, diagnostic.span.line) == ("FSGS603", "docs/sub/part.txt", 3)


def test_below_a_project_of_sphinx_its_rules_hold(root: Path) -> None:
    """``/x`` is below the folder of ``conf.py``, and paths in included files are beside the document."""
    (root / "conf.py").write_text("")
    (root / "sub" / "page.rst").write_text(".. include:: /part.txt\n")
    (root / "part.txt").write_text(".. include:: more.txt\n")
    (root / "more.txt").write_text(".. fsgs: claim wrong\n")
    (root / "sub" / "more.txt").write_text(".. fsgs: claim right\n")
    document = read_file(root / "sub" / "page.rst", root=root)
    assert [note.text for note in document.annotations] == ["right"]


def test_the_root_is_the_project(root: Path) -> None:
    (root / "page.rst").write_text(".. include:: ../up.txt\n")
    (root.parent / "pyproject.toml").write_text("")
    assert [note.text for note in read_file(root / "page.rst").annotations] == ["LKGS faults"]


def test_options_that_sphinx_adds_are_taken(root: Path) -> None:
    text = (
        f".. note::\n   :collapsible:\n{CLAIM.replace(chr(10), chr(10) + '   ')}\n\n.. math::\n   :label: x\n\n   y\n"
    )
    (root / "page.rst").write_text(text)
    document = read_file(root / "page.rst")
    assert [note.text for note in document.annotations] == ["SWAPGS faults"]
    assert document.diagnostics == ()


def test_docutils_is_left_as_it_was(root: Path) -> None:
    before = directives.directive, roles.role, dict(vars(roles)["_roles"])
    text = ".. role:: mine\n\n.. default-role:: math\n\n" + "- " * 2000 + "x\n"
    (root / "page.rst").write_text(text)
    assert [d.code for d in read_file(root / "page.rst").diagnostics] == ["FSGS607"]
    assert (directives.directive, roles.role, dict(vars(roles)["_roles"])) == before


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"see :fsgs:claim:`x`", True),
        (CLAIM.encode("utf-16-le"), True),
        (CLAIM.encode("utf-16-be"), True),
        (b"FS and GS, FSGSBASE, swapgs", False),
        (b"", False),
    ],
)
def test_prefilter(data: bytes, expected: bool) -> None:
    assert mentions_us(data) is expected
