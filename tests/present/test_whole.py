"""The hosts on the real engine: one document, the same verdicts from each."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from sphinx_fsgs.check.result import Result
from sphinx_fsgs.check.session import Session
from sphinx_fsgs.files import data_dir
from sphinx_fsgs.present.pipeline import check_file
from sphinx_fsgs.spec.profiles import profile_names
from sphinx_fsgs.syntax.claim import ClaimTree

DOCUMENT = """\
Page
====

.. fsgs: claims
   SWAPGS swaps GS.base and GS_SHADOW
   SWAPGS does not change GS_SHADOW

.. fsgs: example twice
   before
       in kernel
       CR4.FRED = 0
   after
       nothing else changes

Twice::

   swapgs
   swapgs
"""


EVERY = len(profile_names(data_dir("spec")))
"""How many processors there are."""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "page.rst").write_text(DOCUMENT)
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    return tmp_path


def run(folder: Path, repository: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "PYTHONPATH": str(repository)}
    return subprocess.run(
        [sys.executable, *arguments], cwd=folder, capture_output=True, text=True, check=False, env=environ
    )


def test_the_command(folder: Path, repository: Path) -> None:
    done = run(folder, repository, "-m", "sphinx_fsgs", "check", "--format", "json", "page.rst")
    assert done.returncode == 1
    results = json.loads(done.stdout)["documents"][0]["results"]
    told = [{verdict: len(hosts) for verdict, hosts in each["verdicts"].items() if hosts} for each in results]
    assert told == [{"holds": EVERY}, {"fails": EVERY}, {"holds": EVERY}]
    found = json.loads(done.stdout)["documents"][0]["diagnostics"]
    assert [(each["code"], each["line"]) for each in found] == [("FSGS301", 6)]
    run_shown = found[0]["counterexample"]
    assert run_shown["before"] and run_shown["steps"][-1]["text"] == "swapgs" and "GS_SHADOW" in run_shown["after"]


def test_the_report_is_the_same_twice_and_from_sphinx(folder: Path, repository: Path) -> None:
    texts = [
        run(folder, repository, "-m", "sphinx_fsgs", "check", "--format", "json", "page.rst").stdout for _ in range(2)
    ]
    assert texts[0] == texts[1]
    (folder / "conf.py").write_text('extensions = ["sphinx_fsgs"]\nroot_doc = master_doc = "page"\n')
    built = run(folder, repository, "-m", "sphinx", "-q", "-b", "fsgs", ".", "out")
    assert built.returncode == 1
    assert json.loads((folder / "out" / "fsgs-report.json").read_text()) == json.loads(texts[0])


def test_pytest(folder: Path, repository: Path) -> None:
    done = run(
        folder, repository, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:fsgs",
        "-p", "sphinx_fsgs.present.pytest", "--fsgs", "page.rst",
    )  # fmt: skip
    assert f"{EVERY} failed, {2 * EVERY} passed" in done.stdout
    assert "page.rst:6:4: error FSGS301" in done.stdout


def test_a_document_without_a_question_needs_neither_sphinx_nor_a_solver(folder: Path, repository: Path) -> None:
    (folder / "page.rst").write_text("P\n=\n\n.. fsgs: claim MSR_GS_BASE is MSR 0xC0000101\n")
    code = (
        "import sys; from sphinx_fsgs.present.cli import main; status = main(['check', 'page.rst']);"
        "print(status, [name for name in ('sphinx', 'bitwuzla', 'z3') if name in sys.modules])"
    )
    done = run(folder, repository, "-c", code)
    assert done.stdout.splitlines()[-1] == "0 []", done.stderr


def test_prove(folder: Path, repository: Path) -> None:
    done = run(folder, repository, "-m", "sphinx_fsgs", "prove", "WRMSR to MSR_KERNEL_GS_BASE is non-serialising")
    assert done.returncode == 1
    first, second = done.stdout.splitlines()[:2]
    assert first.startswith("✗ fails on ") and second.startswith("✓ holds on ")


def test_a_wrong_scope_is_status_2(folder: Path, repository: Path) -> None:
    for scope, words in (("amd_zen33", 'did you mean "amd_zen3"?'), ("intel and amd", "selects no processor")):
        done = run(folder, repository, "-m", "sphinx_fsgs", "check", "--where", scope, "page.rst")
        assert done.returncode == 2 and words in done.stderr and not done.stdout


def test_unknown_code(folder: Path, repository: Path) -> None:
    done = run(folder, repository, "-m", "sphinx_fsgs", "explain", "FSGS000")
    assert done.returncode == 2 and "Traceback" not in done.stderr


def test_a_bug_of_ours_costs_no_other_item_of_its_document_the_verdict(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Marked or not, what the tool fails on is FSGS901 where it stands, and the rest is judged."""
    judged = Session.claim

    def failing(session: Session, tree: ClaimTree, *rest: str) -> Result:
        if "LKGS" in tree.text:
            raise ZeroDivisionError("a bug")
        return judged(session, tree, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(Session, "claim", failing)
    monkeypatch.delenv("FSGS_DEBUG", raising=False)
    lines = (
        ".. fsgs: claim LKGS changes GS_SHADOW",
        ".. fsgs: claim SWAPGS does not change GS_SHADOW",
        "LKGS changes GS_SHADOW.",
    )
    path = tmp_path / "page.rst"
    path.write_text("Page\n====\n\n" + "\n\n".join(lines) + "\n", encoding="utf-8")
    found = check_file(Session.open(), path).all_diagnostics()
    assert [(each.code, each.span.line, each.span.column) for each in found] == [
        ("FSGS901", 4, 16),
        ("FSGS301", 6, 16),
        ("FSGS901", 8, 1),
    ]
