"""A page on user space in C, and the kernel's own: what their blocks print on each Linux, and what compilers reject."""

from __future__ import annotations

from pathlib import Path

import pytest

from sphinx_fsgs.check.result import DocumentResult
from sphinx_fsgs.check.session import Session
from sphinx_fsgs.present.pipeline import check_file

PAGE = Path(__file__).parent / "c" / "user-space.rst"
TOLD = "[linux_fsgsbase or linux_fred]"

DETECTS = """
.. fsgs: example detection
   :where: linux

   after
       [linux_fsgsbase or linux_fred] prints "FSGSBASE enabled"
       [not (linux_fsgsbase or linux_fred)] prints nothing

"""
NAMED_SPACE = """
.. fsgs: example named address space
   :where: linux and FSGSBASE

   after
       [linux_fsgsbase or linux_fred] prints "data0 = 0"
       [linux_fsgsbase or linux_fred] prints "data1 = 1"
       [not (linux_fsgsbase or linux_fred)] SIGILL

"""


@pytest.fixture(scope="module")
def session() -> Session:
    return Session.open()


def _checked(session: Session, path: Path, text: str) -> DocumentResult:
    path.write_text(text, encoding="utf-8")
    return check_file(session, path, "page.rst")


def _codes(result: DocumentResult) -> list[str]:
    return [f"{each.code} {each.span.line}:{each.span.column}" for each in result.all_diagnostics()]


def test_a_page_in_c_holds_on_every_linux(session: Session) -> None:
    result = check_file(session, PAGE, "page.rst")
    assert _codes(result) == []
    assert len(result.results) == 5
    for each in result.results:
        assert {verdict.verdict for verdict in each.verdicts} == {"holds"}
    assert {verdict.profile.partition(" ")[2] for each in result.results for verdict in each.verdicts}


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (f"{TOLD} prints", "prints", "FSGS210"),
        ("(1 << 1)", "(1 << 2)", "FSGS642"),
        ("second = 1;", "second = 2;", "FSGS210"),
        ("(unsigned long)&second", "&second", "FSGS640"),
        ("       [not (linux_fsgsbase or linux_fred)] SIGILL at first _writegsbase_u64\n", "", "FSGS230"),
        ("SIGILL at first", "SIGSEGV at first", "FSGS211"),
        ("here = 0;", "here = (long __seg_gs *)8;", "FSGS210"),
    ],
)
def test_each_part_of_the_page_counts(session: Session, tmp_path: Path, old: str, new: str, code: str) -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert old in text
    assert code in {
        each.partition(" ")[0] for each in _codes(_checked(session, tmp_path / "page.rst", text.replace(old, new)))
    }


def test_the_page_of_the_kernel_has_two_pointers_without_a_cast(session: Session, shared: Path) -> None:
    found = _codes(check_file(session, shared / "sources" / "fsgs.rst", "fsgs.rst"))
    assert [each for each in found if each.startswith("FSGS64")] == ["FSGS640 168:20", "FSGS640 175:20"]


def test_the_blocks_of_the_kernel_print_what_they_say(session: Session, shared: Path, tmp_path: Path) -> None:
    text = (shared / "sources" / "fsgs.rst").read_text(encoding="utf-8")
    for place, comment in ((" The kernel provides reliable", DETECTS), ("The preprocessor symbols", NAMED_SPACE)):
        assert text.count(place) == 1
        indent = place[: len(place) - len(place.lstrip())]
        lines = (indent + line if line else "" for line in comment.split("\n"))
        text = text.replace(place, "\n".join(lines) + place)
    result = _checked(session, tmp_path / "fsgs.rst", text)
    ran = {
        each.name: {verdict.verdict for verdict in each.verdicts} for each in result.results if each.kind == "example"
    }
    assert ran == {"detection": {"holds"}, "named address space": {"holds"}}
