"""The pytest plugin, through pytester."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

PAGE = """\
Page
====

.. fsgs: claims
   SWAPGS swaps
   this is wrong
   the sources leave this open
   this is slow

.. fsgs: example named
   after
       no fault

Code::

   swapgs
"""


@pytest.fixture
def pages(pytester: pytest.Pytester, engine: None, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    pytester.makefile(".rst", page=PAGE)
    # Where the package is installed, its entry point has the plugin already, under another name.
    options = "-p no:fsgs", "-p sphinx_fsgs.present.pytest", f"--rootdir={pytester.path}"
    monkeypatch.setenv("PYTEST_ADDOPTS", " ".join((os.environ.get("PYTEST_ADDOPTS", ""), *options)))
    return pytester


def test_off_unless_asked_for(pages: pytest.Pytester) -> None:
    assert pages.runpytest("page.rst").ret in (pytest.ExitCode.NO_TESTS_COLLECTED, pytest.ExitCode.USAGE_ERROR)


def test_one_item_for_each_result_and_processor(pages: pytest.Pytester) -> None:
    done = pages.runpytest("--fsgs", "-v", "-rs")
    done.assert_outcomes(passed=6, failed=6, skipped=3)
    done.stdout.fnmatch_lines(
        [
            "page.rst::SWAPGS swaps?intel_skylake? PASSED*",
            "page.rst::this is wrong?amd_zen1? FAILED*",
            "page.rst::named?amd_zen4? PASSED*",
        ]
    )


def test_the_failure_is_the_diagnostic(pages: pytest.Pytester) -> None:
    done = pages.runpytest("--fsgs", "page.rst::this is wrong[amd_zen1]")
    done.assert_outcomes(failed=1)
    done.stdout.fnmatch_lines(
        [
            "fails on amd_zen1",
            "page.rst:6:4: error FSGS301: this is not so",
            "6 |    this is wrong",
            "*= help: change it",
        ]
    )
    assert "Traceback" not in done.stdout.str() and "pytest.py:" not in done.stdout.str()


def test_the_ini_option_turns_it_on_for_its_files(pages: pytest.Pytester) -> None:
    pages.makefile(".rst", other=PAGE)
    pages.makeini("[pytest]\nfsgs_files = pa*.rst\n")
    pages.runpytest().assert_outcomes(passed=6, failed=6, skipped=3)


def test_what_is_wrong_with_a_document_is_an_item(pages: pytest.Pytester) -> None:
    pages.path.joinpath("page.rst").write_text("Page\n====\n\n.. fsgs: exmaple x\n")
    done = pages.runpytest("--fsgs")
    done.assert_outcomes(failed=1)
    done.stdout.fnmatch_lines(["*FSGS610*"])


def test_a_bug_of_ours_is_no_traceback(pages: pytest.Pytester) -> None:
    pages.path.joinpath("page.rst").write_text("Page\n====\n\n.. fsgs: claim this does crash\n")
    done = pages.runpytest("--fsgs")
    done.assert_outcomes(failed=1)
    done.stdout.fnmatch_lines(["*FSGS901*ZeroDivisionError*"])


def test_settings_that_cannot_be_used(pages: pytest.Pytester) -> None:
    pages.makepyprojecttoml("[tool.fsgs]\nwhere = 3\n")
    done = pages.runpytest("--fsgs")
    assert done.ret != 0 and "where is no text" in done.stdout.str() + done.stderr.str()


def test_nothing_of_ours_is_imported_when_it_is_off(repository: Path) -> None:
    code = (
        "import sys, sphinx_fsgs.present.pytest;"
        "print(sorted(m for m in sys.modules if m.startswith('sphinx_fsgs.') or m in ('lark', 'docutils', 'sphinx')))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=repository, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['sphinx_fsgs.present', 'sphinx_fsgs.present.pytest']"
