"""The command: what it prints where, and its exit status."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from sphinx_fsgs.present.cli import main

pytestmark = pytest.mark.usefixtures("engine")

GOOD = "Good\n====\n\n.. fsgs: claim SWAPGS swaps\n"
BAD = "Bad\n===\n\n.. fsgs: claim this is wrong\n"
OPEN = "Open\n====\n\n.. fsgs: claim this is open\n"
SLOW = "Slow\n====\n\n.. fsgs: claim this is slow\n"
CRASH = "Crash\n=====\n\n.. fsgs: claim this does crash\n"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for variable in ("NO_COLOR", "FORCE_COLOR", "FSGS_DEBUG"):
        monkeypatch.delenv(variable, raising=False)
    return tmp_path


def write(name: str, text: str) -> str:
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).write_text(text, encoding="utf-8")
    return name


def last_line(capsys: pytest.CaptureFixture[str]) -> str:
    return capsys.readouterr().out.splitlines()[-1]


def test_a_clean_run_says_what_it_looked_at(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", write("a.rst", GOOD)]) == 0
    assert (
        capsys.readouterr().out == "checked 1 document, 0 examples and 1 claim: 3 holds (per processor); no findings\n"
    )


def test_a_failing_claim_is_status_1_at_its_place(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--format", "concise", write("a.rst", BAD)]) == 1
    assert capsys.readouterr().out.splitlines()[0] == "a.rst:4:16: error FSGS301: this is not so"


def test_text_quotes_the_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", write("a.rst", BAD)]) == 1
    out = capsys.readouterr().out
    assert "4 | .. fsgs: claim this is wrong\n  |                ^^^^^^^^^^^^^\n" in out


def test_a_bound_is_status_1_and_open_sources_only_under_strict(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", write("slow.rst", SLOW)]) == 1
    assert main(["check", write("open.rst", OPEN)]) == 0
    assert main(["check", "--strict", "open.rst"]) == 1


@pytest.mark.parametrize("name", ["nothere.rst", "binary.rst"])
def test_a_named_file_that_cannot_be_read_is_status_2_after_the_rest(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("binary.rst").write_bytes(b"\x00\x01fsgs")
    assert main(["check", "--format", "concise", name, write("a.rst", BAD)]) == 2
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith(f"{name}:1:1: error FSGS60")
    assert lines[1].startswith("a.rst:4:16: error FSGS301")


def test_a_folder_is_walked_and_what_is_unreadable_in_it_is_status_1(capsys: pytest.CaptureFixture[str]) -> None:
    write("docs/b/good.rst", GOOD), write("docs/a.rst", GOOD), write("docs/no.txt", BAD), write("docs/.git/x.rst", BAD)
    assert main(["check", "docs", "docs/a.rst"]) == 0
    assert last_line(capsys).startswith("checked 2 documents, 0 examples and 2 claims")
    Path("docs/binary.rst").write_bytes(b"fsgs\x00")
    assert main(["check", "docs"]) == 1


def test_a_pipe_in_a_folder_is_not_waited_for(capsys: pytest.CaptureFixture[str]) -> None:
    write("docs/a.rst", GOOD)
    os.mkfifo("docs/pipe.rst")
    assert main(["check", "docs"]) == 0


def test_a_bug_of_ours_is_status_2_and_the_other_documents_are_checked(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--format=concise", write("a.rst", CRASH), write("b.rst", BAD)]) == 2
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("a.rst:1:1: error FSGS901: internal error: ZeroDivisionError: a bug (")
    assert lines[1].startswith("b.rst:4:16: error FSGS301")


def test_the_traceback_of_a_bug_is_there_for_who_wants_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FSGS_DEBUG", "1")
    with pytest.raises(ZeroDivisionError):
        main(["check", write("a.rst", CRASH)])


def test_nothing_checked_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--format=concise", write("a.rst", "A\n=\n")]) == 0
    assert "FSGS792" in capsys.readouterr().out
    assert main(["check", "--strict", "a.rst"]) == 1
    os.mkdir("empty")
    assert main(["check", "--strict", "empty"]) == 1


def test_select_and_ignore(capsys: pytest.CaptureFixture[str]) -> None:
    path = write("a.rst", BAD)
    assert main(["check", "--ignore", "FSGS3", path]) == 0
    assert "FSGS301" not in capsys.readouterr().out
    assert main(["check", "--select", "FSGS2", path]) == 0
    assert main(["check", "--select", "FSGS3", "--ignore", "FSGS302", path]) == 1
    assert main(["check", "--select", "FSGS301", "--ignore", "FSGS3", path]) == 1


@pytest.mark.parametrize("option", ["--select", "--ignore"])
def test_a_code_that_no_finding_has_is_a_usage_error(option: str, capsys: pytest.CaptureFixture[str]) -> None:
    for code, words in (("FSGS39", 'did you mean "FSGS3"?'), ("fsgs301", 'did you mean "FSGS301"?'), ("", "write")):
        with pytest.raises(SystemExit) as left:
            main(["check", option, code, write("a.rst", GOOD)])
        assert left.value.code == 2 and words in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        ["check"],
        ["check", "--where", "nowhere", "a.rst"],
        ["run"],
        ["run", "-e", "nop", "a.rst"],
        ["run", "nothere.s"],
        ["explain", "coffee"],
    ],
)
def test_usage_is_status_2_and_goes_to_standard_error(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    write("a.rst", GOOD)
    assert main(arguments) == 2
    said = capsys.readouterr()
    assert not said.out and said.err


@pytest.mark.parametrize(
    "arguments", [[], ["chekc"], ["check", "--select", "E501", "x"], ["check", "--format", "xml", "x"]]
)
def test_argparse_leaves_with_status_2(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(arguments)
    assert left.value.code == 2


def test_json_is_all_of_standard_output_and_deterministic(capsys: pytest.CaptureFixture[str]) -> None:
    path = write("a.rst", BAD)
    texts = []
    for _ in range(2):
        assert main(["check", "--format", "json", "--stats", path]) == 1
        said = capsys.readouterr()
        texts.append(said.out)
        assert "distinct runs" in said.err and "checked 1 document" in said.err
    assert texts[0] == texts[1]
    assert json.loads(texts[0])["documents"][0]["diagnostics"][0]["code"] == "FSGS301"


def test_settings_are_read_and_the_command_line_wins(capsys: pytest.CaptureFixture[str]) -> None:
    path = write("sub/a.rst", BAD)
    write("pyproject.toml", '[tool.fsgs]\nignore = ["FSGS301"]\n')
    assert main(["check", path]) == 0
    assert main(["check", "--ignore", "FSGS2", path]) == 1
    write("pyproject.toml", '[tool.other]\n\n[tool.fsgs]\nignroe = ["FSGS301"]\n')
    capsys.readouterr()
    assert main(["check", path]) == 2
    assert 'pyproject.toml:4:1: error FSGS791: unknown setting "ignroe"' in capsys.readouterr().err


def test_the_spec_alone(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--spec"]) == 0
    assert "checked the spec" in capsys.readouterr().err


def test_prove(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["prove", "SWAPGS swaps"]) == 0
    assert capsys.readouterr().out.startswith("✓ holds on all 3 processors (proved)\n")
    assert main(["prove", "this is wrong"]) == 1
    assert "FSGS301" in capsys.readouterr().out
    assert main(["prove", "--format=json", "this is wrong"]) == 1
    assert json.loads(capsys.readouterr().out)["summary"]["claims"] == 1


def test_run_shows_what_changes(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert main(["run", "-e", "mov %rbx, %rax"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("on all 3 processors\n") and "mov %rbx, %rax   RAX = 0x0\n" in out and "RBX =" not in out
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"swapgs\n")))
    assert main(["run", "-", "--before", "CPL = 0"]) == 0
    assert "swapgs" in capsys.readouterr().out


def test_explain(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "LKGS"]) == 0
    assert "IA32_KERNEL_GS_BASE" in capsys.readouterr().out


def test_colour_is_for_people(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    path = write("a.rst", BAD)
    for arguments, environ, coloured in (
        ([], {}, False),
        ([], {"FORCE_COLOR": "1"}, True),
        ([], {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
        (["--color", "always"], {"NO_COLOR": "1"}, True),
        (["--color", "never"], {"FORCE_COLOR": "1"}, False),
    ):
        with monkeypatch.context() as patch:
            for name, value in environ.items():
                patch.setenv(name, value)
            main(["check", *arguments, path])
        assert ("\x1b[" in capsys.readouterr().out) is coloured


def test_nothing_heavy_is_imported_for_nothing(repository: Path) -> None:
    heavy = "sphinx", "bitwuzla", "z3", "lark", "docutils", "sphinx_fsgs.machine"
    code = f"import sys, sphinx_fsgs.present.cli as c; c.parser(); print([m for m in {heavy!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=repository, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_reader_that_goes_away_is_no_traceback(repository: Path) -> None:
    command = f'"{sys.executable}" -m sphinx_fsgs --help | head -c 1'
    done = subprocess.run(["sh", "-c", command], cwd=repository, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr
