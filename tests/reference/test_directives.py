"""What the reader without Sphinx takes for a directive of ours is what Sphinx registers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from sphinx_fsgs.check.session import Session
from sphinx_fsgs.document.markup import DIRECTIVES, NAMING, ROLES, SHOWING
from sphinx_fsgs.document.reader import read_file
from sphinx_fsgs.present.domain import FsgsDomain
from sphinx_fsgs.present.pipeline import check_file


def test_both_hosts_know_the_same_directives_and_roles() -> None:
    assert {*DIRECTIVES, *SHOWING} == set(FsgsDomain.directives)
    assert {*ROLES, *NAMING} == set(FsgsDomain.roles)
    assert set(NAMING) <= set(FsgsDomain.object_types)


@pytest.mark.parametrize("name", SHOWING)
def test_a_directive_that_shows_the_spec_says_nothing_to_check(name: str, tmp_path: Path) -> None:
    path = tmp_path / "page.rst"
    path.write_text(f"Title\n=====\n\n.. fsgs:{name}:: SWAPGS\n", encoding="utf-8")
    document = read_file(path)
    assert not document.diagnostics and not document.annotations
    assert [(each.head, each.name.text) for each in document.shown] == [(name, "SWAPGS")]


WRONGLY_SHOWN = """\
Page
====

.. fsgs:operation:: SWAPSG

* .. fsgs:answers::
     null_selector_clears_bas

.. fsgs:operation:: SWAPGS
   :wide:

.. fsgs:operation:: mov to gs

.. fsgs:answers:: null_selector_clears_base

   More text.

.. fsgs:operation::

.. fsgs:profile:: amd_zen33

.. fsgs:index:: instruction

As :fsgs:behaviour:`its answers <mfence_serialise>` say, :fsgs:instruction:`WRMSSR` does, and
:fsgs:instruction:`LKGS` too; :fsgs:profil:`amd_zen3` has none.
"""
SAID = [
    ("FSGS794", 4, 21, 'did you mean "SWAPGS"?'),
    ("FSGS794", 7, 6, 'did you mean "null_selector_clears_base"?'),
    ("FSGS617", 10, 4, "operation takes no options"),
    (
        "FSGS614",
        16,
        4,
        "indent the directive like the text around it, or indent this line like the rest of the directive",
    ),
    ("FSGS619", 18, 1, "give the instruction to show, or remove it"),
    ("FSGS794", 20, 19, 'did you mean "amd_zen3"?'),
    ("FSGS794", 22, 17, 'did you mean "instructions"?'),
    ("FSGS794", 24, 34, 'did you mean "mfence_serialises"?'),
    ("FSGS794", 24, 77, 'did you mean "WRMSR"?'),
    ("FSGS610", 25, 37, 'did you mean "profile"?'),
]


def test_what_cannot_be_shown_is_the_same_finding_in_both_hosts(tmp_path: Path, repository: Path) -> None:
    path = tmp_path / "index.rst"
    path.write_text(WRONGLY_SHOWN, encoding="utf-8")
    here = check_file(Session.open(), path, "index.rst").all_diagnostics()
    assert [(each.code, each.span.line, each.span.column, each.help) for each in here] == SAID
    (tmp_path / "conf.py").write_text('extensions = ["sphinx_fsgs"]\n')
    command = [sys.executable, "-m", "sphinx", "-q", "-b", "fsgs", str(tmp_path), str(tmp_path / "out")]
    subprocess.run(command, check=False, capture_output=True, env=os.environ | {"PYTHONPATH": str(repository)})
    report = json.loads((tmp_path / "out" / "fsgs-report.json").read_text())
    found = report["documents"][0]["diagnostics"]
    there = [(each["code"], each["line"], each["column"], each["message"]) for each in found]
    assert there == [(each.code, each.span.line, each.span.column, each.message) for each in here]


def test_a_misspelt_one_is_reported_with_the_word_that_was_meant(tmp_path: Path) -> None:
    path = tmp_path / "page.rst"
    path.write_text("Title\n=====\n\n.. fsgs:operatoin:: SWAPGS\n", encoding="utf-8")
    (found,) = read_file(path).diagnostics
    assert (found.code, found.help) == ("FSGS610", 'did you mean "operation"?')
