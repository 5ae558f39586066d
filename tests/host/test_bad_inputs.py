"""One run over a folder of bad inputs reports each of them, shows nothing of our innards, and checks the good one."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sphinx_fsgs.check.session import Session
from sphinx_fsgs.files import data_dir
from sphinx_fsgs.spec.errors import SpecError
from tests.host.bad_inputs import GOOD, UNREADABLE, answers, golden, lay_out, may_forbid, run

EXPECTED = {line.split(": ", 1)[0]: line for line in golden() if may_forbid() or not line.startswith(UNREADABLE)}
SECONDS = 120
"""For one run over the folder, on a slow machine. What hangs takes longer."""

# Sphinx itself, with no extension at all, aborts on these or reads them as something else.
NOT_FOR_SPHINX = (
    "binary deep deep-list huge latin-1 long-line nul utf-16 utf-16-without-mark dangling folder unreadable "
    "include-pipe pipe chain include-circle"
).split()

SAID_BY_SPHINX = ("FSGS603", "FSGS605", "FSGS608")
"""Text that docutils drops, and files that it cannot include: the host's own complaints, in a build."""


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("inputs") / "bad"
    lay_out(folder)
    return folder


@pytest.fixture
def here(inputs: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(inputs)
    return inputs


def first_line(answer: str) -> str:
    """Return the finding of an answer, or nothing where the input is in order or holds nothing."""
    text = answer.split(": ", 1)[1].split(" ", 1)[1]
    return "" if text.startswith("checked ") or " FSGS792: " in text else text


def test_there_are_enough_of_them_and_they_are_all_known(here: Path) -> None:
    assert sum(bool(first_line(line)) for line in EXPECTED.values()) >= 40
    assert EXPECTED.keys() == {each.name for each in here.glob("*.rst") if not each.is_fifo()}


def test_each_alone_gets_its_first_line_and_exit_status(here: Path) -> None:
    assert dict(EXPECTED) == {line.split(": ", 1)[0]: line for line in answers(here)}


@pytest.fixture(scope="module")
def one_run(inputs: Path) -> tuple[int, str, float]:
    """The exit status of one run over the folder, what it printed, and the seconds it took."""
    before, start = Path.cwd(), time.monotonic()
    os.chdir(inputs)
    try:
        status, printed = run("check", "--format", "json", ".")
    finally:
        os.chdir(before)
    return status, printed, time.monotonic() - start


def said(printed: str) -> set[str]:
    """Return the findings of a report in JSON as lines of the concise format."""
    report = json.loads(printed[: printed.rindex("}") + 1])
    return {
        f"{each['path']}:{each['line']}:{each['column']}: {each['severity']} {each['code']}: "
        + " ".join(each["message"].split())
        for document in report["documents"]
        for each in ({"path": document["path"]} | found for found in document["diagnostics"])
    }


def test_one_run_reports_each(one_run: tuple[int, str, float]) -> None:
    status, printed, seconds = one_run
    assert {line for line in map(first_line, EXPECTED.values()) if line} - said(printed) == set()
    assert "Traceback" not in printed and "FSGS901" not in printed
    assert status == 1  # no input was named
    assert seconds < SECONDS


def test_one_run_checks_the_good_one(one_run: tuple[int, str, float]) -> None:
    _, printed, _ = one_run
    report = json.loads(printed[: printed.rindex("}") + 1])
    (good,) = (each for each in report["documents"] if each["path"] == GOOD)
    assert [result["kind"] for result in good["results"]] == ["example", "claim"]
    assert all(result["verdicts"]["holds"] and not result["verdicts"]["fails"] for result in good["results"])
    assert good["diagnostics"] == []


def test_a_named_input_that_cannot_be_read_makes_the_status_2_and_the_rest_is_reported(here: Path) -> None:
    status, printed = run("check", "--format", "concise", "nul.rst", "cell.rst", GOOD)
    assert status == 2
    assert "FSGS602" in printed and "FSGS101" in printed and "105 holds" in printed


def test_a_named_file_in_another_format_is_refused_and_one_without_a_suffix_is_read(here: Path) -> None:
    text = (here / GOOD).read_text(encoding="utf-8")
    for name in ("page.md", "page.MD", "page", "page.txt"):
        (here / name).write_text(text, encoding="utf-8")
    answers = {name: run("check", "--format", "concise", name) for name in ("page.md", "page.MD", "page", "page.txt")}
    assert {name: status for name, (status, _) in answers.items()} == {
        "page.md": 2, "page.MD": 2, "page": 0, "page.txt": 0,
    }  # fmt: skip
    assert all("FSGS609" in answers[name][1] for name in ("page.md", "page.MD"))
    status, printed = run("check", "--format", "concise", "gone.md")
    assert status == 2 and "FSGS601" in printed


def test_sphinx_reports_the_same(here: Path, tmp_path: Path) -> None:
    names = sorted(name for name in EXPECTED if name.removesuffix(".rst") not in NOT_FOR_SPHINX)
    source = tmp_path / "bad"
    shutil.copytree(here, source, ignore=lambda folder, found: {each for each in found if _left_out(each, names)})
    (source / "conf.py").write_text('extensions = ["sphinx_fsgs"]\nroot_doc = "good"\n', encoding="utf-8")
    command = [sys.executable, "-m", "sphinx", "-q", "-b", "fsgs", str(source), str(tmp_path / "out")]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        command, cwd=source, env=environment, capture_output=True, text=True, timeout=SECONDS, check=False
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr and "FSGS901" not in done.stderr
    found = said((tmp_path / "out" / "fsgs-report.json").read_text(encoding="utf-8"))
    wanted = {first_line(EXPECTED[name]) for name in names} - {""}
    assert {line for line in wanted if not any(f" {code}: " in line for code in SAID_BY_SPHINX)} - found == set()


def _left_out(name: str, names: list[str]) -> bool:
    return name.endswith((".rst", ".txt")) and name not in names or name in ("circle", "chain", "pyproject.toml")


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("behaviours/wrmsr_base_serialises.toml", 'question = "Does', "FSGS911"),
        ("instructions/SWAPGS.insn", "SWAPGS\n", "FSGS930"),
        ("state/registers.toml", "[cells]\nRAX = 64\n", "FSGS924"),
        ("profiles/amd_k8.toml", "", "FSGS913"),
    ],
)
def test_a_broken_spec_is_a_finding_on_the_spec(name: str, text: str, said: str, tmp_path: Path) -> None:
    spec = tmp_path / "spec"
    shutil.copytree(data_dir("spec"), spec)
    (spec / name).write_text(text, encoding="utf-8")
    try:
        found = Session.open(spec_folder=spec).check_spec()
    except SpecError as error:
        found = error.diagnostics
    assert said in {each.code for each in found}
    assert {Path(each.span.path).name for each in found} == {Path(name).name}
