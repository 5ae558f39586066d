"""Settings, the selection of codes, and what a report comes to."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from sphinx_fsgs.check.result import DocumentResult, HostVerdict, Report, Verdict
from sphinx_fsgs.diagnostic import Diagnostic
from sphinx_fsgs.present.selection import select, status
from sphinx_fsgs.present.settings import Settings, SettingsError, find_settings, parse_settings
from sphinx_fsgs.source import Span
from tests.present.samples import FAILS, FAILURE, HOLDS, REPORT


def test_all_that_can_be_set() -> None:
    text = """
[tool.fsgs]
where = "LKGS"
select = ["FSGS3", "FSGS201"]
ignore = ["FSGS301"]
strict = true
"""
    assert parse_settings(text, "p") == Settings("LKGS", ("FSGS3", "FSGS201"), ("FSGS301",), True)


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
        ('[tool.fsgs]\nselect = ["E501"]\n', 2, "FSGS791", "select is no list of codes"),
        ("[tool.fsgs]\nstrict = 1\n", 2, "FSGS791", "neither true nor false"),
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
