"""What the reader without Sphinx takes for a directive of ours is what Sphinx registers."""

from __future__ import annotations

from pathlib import Path

import pytest

from sphinx_fsgs.document.markup import DIRECTIVES, SHOWING
from sphinx_fsgs.document.reader import read_file
from sphinx_fsgs.present.domain import FsgsDomain


def test_both_hosts_know_the_same_directives() -> None:
    assert {*DIRECTIVES, *SHOWING} == set(FsgsDomain.directives)


@pytest.mark.parametrize("name", SHOWING)
def test_a_directive_that_shows_the_spec_says_nothing_to_check(name: str, tmp_path: Path) -> None:
    path = tmp_path / "page.rst"
    path.write_text(f"Title\n=====\n\n.. fsgs:{name}:: SWAPGS\n", encoding="utf-8")
    document = read_file(path)
    assert not document.diagnostics and not document.annotations


def test_a_misspelt_one_is_reported_with_the_word_that_was_meant(tmp_path: Path) -> None:
    path = tmp_path / "page.rst"
    path.write_text("Title\n=====\n\n.. fsgs:operatoin:: SWAPGS\n", encoding="utf-8")
    (found,) = read_file(path).diagnostics
    assert (found.code, found.help) == ("FSGS610", 'did you mean "operation"?')
