"""Settings, the selection of codes, and what a report comes to."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from sphinx_fsgs.check.result import DocumentResult, HostVerdict, Report, Verdict
from sphinx_fsgs.diagnostic import Diagnostic
from sphinx_fsgs.present.selection import select, status
from sphinx_fsgs.present.settings import (
    FileIgnore,
    Settings,
    SettingsError,
    SymbolSetting,
    find_settings,
    parse_settings,
)
from sphinx_fsgs.source import Span
from tests.present.samples import FAILS, FAILURE, HOLDS, REPORT


def test_all_that_can_be_set() -> None:
    text = """
[tool.fsgs]
where = "LKGS"
select = ["FSGS3", "FSGS201"]
ignore = ["FSGS301"]
strict = true

[tool.fsgs.symbols]
pcpu_hot = 0x1000

[tool.fsgs.per-file-ignores]
"old/*.rst" = { FSGS3 = "what was believed then" }
"""
    settings = parse_settings(text, "p/pyproject.toml")
    assert settings is not None and settings.root == Path("p")
    assert settings == Settings(
        "LKGS",
        ("FSGS3", "FSGS201"),
        ("FSGS301",),
        True,
        (SymbolSetting("pcpu_hot", 0x1000, Span("p/pyproject.toml", 9, 1, 9, 9)),),
        (FileIgnore("old/*.rst", "FSGS3", "what was believed then", Span("p/pyproject.toml", 12, 17, 12, 22)),),
    )
    assert [each.span.line for each in settings.symbols] == [9]
    assert [(each.span.line, each.span.column) for each in settings.file_ignores] == [(12, 17)]


def test_the_nearest_file_that_speaks_of_us_counts(tmp_path: Path) -> None:
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    (tmp_path / "pyproject.toml").write_text("[tool.fsgs]\nstrict = true\n")
    (tmp_path / "a" / "pyproject.toml").write_text("[tool.other]\nx = 1\n")
    (inner / "pyproject.toml").write_text("[ broken, and nobody's concern here")
    assert find_settings(inner).strict
    assert not find_settings(Path(tmp_path.anchor)).strict


@pytest.mark.parametrize(
    ("text", "line", "code", "words"),
    [
        ("[tool.fsgs]\n\nignroe = []\n", 3, "FSGS791", 'did you mean "ignore"?'),
        ("[tool.fsgs]\nwhere = 3\n", 2, "FSGS791", "where is no text"),
        ('[tool.fsgs]\nselect = ["E501"]\n', 2, "FSGS791", 'no code is, or begins with, "E501"'),
        ("[tool.fsgs]\nstrict = 1\n", 2, "FSGS791", "neither true nor false"),
        ('[tool.fsgs]\nselect = ["FSGS3O1"]\n', 2, "FSGS791", 'did you mean "FSGS301"?'),
        ("[tool.fsgs]\nsymbols = 3\n", 2, "FSGS791", "symbols is no table"),
        ("[tool.fsgs.symbols]\n# X\nX = true\n", 3, "FSGS791", "the symbol X is no number"),
        ("[tool.fsgs.symbols]\nX = -1\n", 2, "FSGS791", "from 0 on"),
        (f"[tool.fsgs.symbols]\nX = {1 << 64}\n", 2, "FSGS791", "up to 64 bits"),
        ('[tool.fsgs.symbols]\n"no name" = 1\n', 2, "FSGS791", '"no name" is no name of a symbol'),
        ('[tool.fsgs.per-file-ignores]\n"a.rst" = ["FSGS3"]\n', 2, "FSGS791", "a.rst is no table"),
        ('[tool.fsgs.per-file-ignores]\n"a.rst" = { FSGS3 = " " }\n', 2, "FSGS791", "without a reason"),
        ('[tool.fsgs.per-file-ignores]\n"a.rst" = { FSGS3 = 3 }\n', 2, "FSGS791", "without a reason"),
        ('[tool.fsgs.per-file-ignores]\n"a.rst" = { FSGS3O1 = "x" }\n', 2, "FSGS791", 'did you mean "FSGS301"?'),
        ('[tool.fsgs.per-file-ignores]\n"a.rst" = { FSGS901 = "x" }\n', 2, "FSGS791", "cannot be ignored"),
        ("[tool]\nfsgs = 3\n", 2, "FSGS791", "no table"),
        ("[tool.fsgs]\nwhere = \n", 2, "FSGS790", "cannot be read"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(text: str, line: int, code: str, words: str) -> None:
    with pytest.raises(SettingsError) as raised:
        parse_settings(text, "pyproject.toml")
    found = raised.value.diagnostics[0]
    assert (found.code, found.span.line) == (code, line)
    assert words in f"{found.message} {found.help}"
    assert found.help and found.authority


def test_the_longest_beginning_decides() -> None:
    settings = Settings(select=("FSGS3", "FSGS21"), ignore=("FSGS301", "FSGS2"))
    reported = [
        code for code in ("FSGS101", "FSGS201", "FSGS210", "FSGS301", "FSGS302", "FSGS901") if settings.reports(code)
    ]
    assert reported == ["FSGS210", "FSGS302", "FSGS901"]
    assert Settings().reports("FSGS101")
    assert not Settings(ignore=("FSGS",)).reports("FSGS101")


def verdict(kind: Verdict, reason: str = "", said: tuple[Diagnostic, ...] = ()) -> Report:
    result = replace(HOLDS, verdicts=(HostVerdict("amd_k8", kind, reason=reason),), diagnostics=said)
    return Report("0", "0", (DocumentResult("p", (result,), ()),))


@pytest.mark.parametrize(
    ("report", "usual", "strict"),
    [
        (verdict("holds"), 0, 0),
        (verdict("undecided", "sources"), 0, 1),
        # Nothing was said of these, and still they are no success.
        (verdict("fails"), 1, 1),
        (verdict("vacuous"), 1, 1),
        (verdict("undecided", "bound steps"), 1, 1),
        (verdict("undecided", "no solver"), 1, 1),
        (verdict("holds", said=(replace(FAILURE, severity="warning"),)), 0, 1),
        (verdict("holds", said=(replace(FAILURE, code="FSGS906"),)), 1, 1),
        (verdict("holds", said=(replace(FAILURE, code="FSGS901"),)), 2, 2),
        (REPORT, 1, 1),
    ],
)
def test_exit_status(report: Report, usual: int, strict: int) -> None:
    assert status(report, Settings()) == usual
    assert status(report, Settings(strict=True)) == strict


def test_an_expected_failure_is_none() -> None:
    result = replace(FAILS, expected="fails", diagnostics=())
    assert status(Report("0", "0", (DocumentResult("p", (result,), ()),)), Settings()) == 0


def test_what_is_not_selected_is_gone_from_the_report_but_the_verdicts_stay() -> None:
    shown = select(REPORT, Settings(ignore=("FSGS",)))
    assert shown.summary().errors == 0
    assert shown.summary().verdicts == REPORT.summary().verdicts
    found = Diagnostic("FSGS301", "error", Span("p", 1, 1, 1, 1), "m")
    assert select(replace(REPORT, diagnostics=(found,)), Settings(ignore=("FSGS301",))).diagnostics == ()
