"""``ignore CODE REASON``: what is silenced, what is said instead, and that nothing is lost."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sphinx_fsgs.check.result import DocumentResult
from sphinx_fsgs.check.session import Session
from sphinx_fsgs.document.ignores import is_never_ignored
from sphinx_fsgs.files import diagnostic_codes
from sphinx_fsgs.present.cli import main
from sphinx_fsgs.present.pipeline import check_file

WRONG = ".. fsgs: claim SWAPGS does not change GS_SHADOW\n"
RIGHT = ".. fsgs: claim SWAPGS swaps GS.base and GS_SHADOW\n"
IGNORE = ".. fsgs: ignore FSGS301 a quoted error\n"
EXAMPLE = """\
.. fsgs: ignore FSGS210 a quoted error

.. fsgs: example e
   before
       in kernel
       CR4.FRED = 0
   after
       RAX = 1

Text::

   swapgs
"""


@pytest.fixture(scope="module")
def session() -> Session:
    return Session.open()


def check(text: str, folder: Path, session: Session) -> DocumentResult:
    path = folder / "page.rst"
    path.write_text(text, encoding="utf-8")
    return check_file(session, path, "page.rst")


def told(judged: DocumentResult) -> list[tuple[str, int]]:
    return [(each.code, each.span.line) for each in judged.all_diagnostics()]


def aside(judged: DocumentResult) -> list[tuple[str, int, str, int]]:
    return [
        (each.diagnostic.code, each.diagnostic.span.line, each.reason, each.by.line) for each in judged.all_suppressed()
    ]


@pytest.mark.parametrize(
    ("text", "reported", "suppressed"),
    [
        (IGNORE + "\n" + WRONG, [], [("FSGS301", 3, "a quoted error", 1)]),
        (IGNORE + "\n" + WRONG + "\n" + WRONG, [("FSGS301", 5)], [("FSGS301", 3, "a quoted error", 1)]),
        (IGNORE + "\n" + RIGHT + "\n" + WRONG, [("FSGS703", 1), ("FSGS301", 5)], []),
        (WRONG + "\n" + IGNORE, [("FSGS301", 1), ("FSGS703", 3)], []),
        (IGNORE.replace("301", "210") + "\n" + WRONG, [("FSGS703", 1), ("FSGS301", 3)], []),
        (IGNORE.replace("FSGS301", "FSGS3") + "\n" + WRONG, [("FSGS702", 1), ("FSGS301", 3)], []),
        (IGNORE.replace("FSGS301", "fsgs301") + "\n" + WRONG, [("FSGS702", 1), ("FSGS301", 3)], []),
        (".. fsgs: ignore FSGS301 ...\n\n" + WRONG, [("FSGS701", 1), ("FSGS301", 3)], []),
        (EXAMPLE, [], [("FSGS210", 8, "a quoted error", 1)]),
    ],
)
def test_what_is_silenced(
    text: str,
    reported: list[tuple[str, int]],
    suppressed: list[tuple[str, int, str, int]],
    tmp_path: Path,
    session: Session,
) -> None:
    judged = check(text, tmp_path, session)
    assert (told(judged), aside(judged)) == (reported, suppressed)


def test_the_verdict_stays(tmp_path: Path, session: Session) -> None:
    with_it, without = (check(text, tmp_path, session) for text in (IGNORE + "\n" + WRONG, "..\n\n" + WRONG))
    assert with_it.results[0].verdicts == without.results[0].verdicts
    assert with_it.results[0].suppressed[0].diagnostic == without.results[0].diagnostics[0]


@pytest.mark.parametrize("code", [code for code in diagnostic_codes() if is_never_ignored(code)])
def test_what_can_never_be_ignored(code: str, tmp_path: Path, session: Session) -> None:
    judged = check(f".. fsgs: ignore {code} for a reason\n\nWords.\n", tmp_path, session)
    assert told(judged) == [("FSGS702", 1)]


def test_a_scope_of_the_run_makes_no_ignore_unused(tmp_path: Path) -> None:
    text = IGNORE + "\n.. fsgs: claim LA57 is available on intel_pantherlake\n"
    narrow = Session.open(where="intel_core2")
    assert "FSGS703" not in {each.code for each in check(text, tmp_path, narrow).all_diagnostics()}


def test_the_command_counts_and_lists_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("page.rst").write_text(IGNORE + "\n" + WRONG, encoding="utf-8")
    assert main(["check", "page.rst"]) == 0
    quiet = capsys.readouterr().out
    assert quiet.endswith("; no findings, 1 suppressed\n") and "FSGS301" not in quiet
    assert main(["check", "--show-suppressed", "page.rst"]) == 0
    line = capsys.readouterr().out.splitlines()[0]
    assert line.startswith("page.rst:3:16: suppressed FSGS301: ") and line.endswith(": a quoted error (page.rst:1)")
    assert main(["check", "--format", "json", "page.rst"]) == 0
    report = json.loads(capsys.readouterr().out)
    found = report["documents"][0]["suppressed"][0]
    assert (found["code"], found["reason"], found["by"]["line"]) == ("FSGS301", "a quoted error", 1)
    assert report["documents"][0]["diagnostics"] == [] and report["summary"]["suppressed"] == 1


FILES = """\
[tool.fsgs.per-file-ignores]
"old/*.rst" = { FSGS3 = "what was believed then" }
"page.rst" = { FSGS301 = "a page of quoted errors", FSGS2 = "left over" }
"absent.rst" = { FSGS301 = "not looked at in this run" }
"""


def test_settings_ignore_in_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "old" / "more").mkdir(parents=True)
    (tmp_path / "pyproject.toml").write_text(FILES, encoding="utf-8")
    for name in ("page.rst", "other.rst", "old/a.rst", "old/more/b.rst"):
        (tmp_path / name).write_text(WRONG, encoding="utf-8")
    monkeypatch.chdir(tmp_path / "old")
    assert main(["check", "--format", "concise", "--show-suppressed", ".."]) == 1
    lines = [line.replace("\\", "/") for line in capsys.readouterr().out.splitlines()]
    told = [line.split(": ")[0:2] for line in lines[:-1]]
    assert told == [
        [f"{tmp_path}/pyproject.toml:3:{FILES.splitlines()[2].index('FSGS2') + 1}", "error FSGS703"],
        ["../other.rst:1:16", "error FSGS301"],
        ["../page.rst:1:16", "suppressed FSGS301"],
        ["../old/a.rst:1:16", "suppressed FSGS301"],
        ["../old/more/b.rst:1:16", "suppressed FSGS301"],
    ]
    assert main(["check", "--where", "intel", "../page.rst"]) == 0, "a narrowed run finds nothing unused"


SYMBOLS = """\
.. fsgs: example symbols
   before
       in kernel
       let NEAR = 7
   after
       RAX = pcpu_hot
       RBX = NEAR

Text::

   mov $pcpu_hot, %rax
   mov $NEAR, %rbx
"""


@pytest.mark.parametrize(
    ("symbols", "status", "words"),
    [
        ("pcpu_hot = 0x1000", 0, "no findings"),
        ("pcpu_hot = 0x1000\nNEAR = 9", 0, "no findings"),  # the document's own is nearer
        ("pcpu_hto = 0x1000", 1, 'did you mean "pcpu_hto"?'),
        ("RAX = 1", 2, "RAX is a name of the language already"),
        ("__USER_DS = 3", 2, "__USER_DS is 0x2b in the spec, not 0x3"),
        ("__USER_DS = 0x2b\npcpu_hot = 1", 0, "no findings"),
    ],
)
def test_symbols_of_the_settings(
    symbols: str,
    status: int,
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("pyproject.toml").write_text(f"[tool.fsgs.symbols]\n{symbols}\n", encoding="utf-8")
    Path("page.rst").write_text(SYMBOLS, encoding="utf-8")
    assert main(["check", "page.rst"]) == status
    said = capsys.readouterr()
    assert words in said.out + said.err


def test_a_scope_of_the_settings_is_wrong_at_its_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("pyproject.toml").write_text('[tool.fsgs]\nstrict = true\nwhere = "amd_zen33"\n', encoding="utf-8")
    Path("page.rst").write_text(RIGHT, encoding="utf-8")
    assert main(["check", "page.rst"]) == 2
    assert "pyproject.toml:3:1: error FSGS" in capsys.readouterr().err
