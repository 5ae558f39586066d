"""Markup that docutils would print, swallow or drop in silence is reported, once, and at its place."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from sphinx_fsgs.diagnostic import Diagnostic, Fix
from sphinx_fsgs.document.model import Document
from sphinx_fsgs.document.reader import read_file
from tests.document.dump import place

CASES: list[dict[str, Any]] = tomllib.loads((Path(__file__).parent / "misplaced.toml").read_text(encoding="utf-8"))[
    "case"
]


def read(text: str, folder: Path) -> Document:
    path = folder / "page.rst"
    path.write_text(text, encoding="utf-8")
    return read_file(path)


def apply(text: str, fixes: Iterable[Fix]) -> str:
    lines = text.split("\n")
    for fix in sorted(fixes, key=lambda fix: fix.span, reverse=True):
        span = fix.span
        assert span.line == span.end_line
        line = lines[span.line - 1]
        lines[span.line - 1] = line[: span.column - 1] + fix.replacement + line[span.end_column - 1 :]
    return "\n".join(lines)


def found(diagnostics: Iterable[Diagnostic]) -> list[str]:
    return [f"{diagnostic.code} {place(diagnostic.span)}" for diagnostic in diagnostics]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_finding(case: dict[str, Any], tmp_path: Path) -> None:
    document = read(case["text"], tmp_path)
    assert found(document.diagnostics) == case["found"]
    for diagnostic in document.diagnostics:
        assert diagnostic.message and diagnostic.authority and diagnostic.help
        assert diagnostic.span.path == str(tmp_path / "page.rst")
    if "claims" in case:
        assert [note.argument and note.argument.text for note in document.annotations] == case["claims"]


@pytest.mark.parametrize("case", [case for case in CASES if "fixed" in case], ids=lambda case: case["name"])
def test_fixes(case: dict[str, Any], tmp_path: Path) -> None:
    """The fixes give the text that the case says, and in it nothing is found."""
    document = read(case["text"], tmp_path)
    more = case.get("fixed_adds", "")
    text = apply(case["text"], [diagnostic.fix for diagnostic in document.diagnostics if diagnostic.fix]) + more
    assert text == case["fixed"]
    assert found(read(text, tmp_path).diagnostics) == []


def test_every_code_has_a_case() -> None:
    codes = {line.split()[0] for case in CASES for line in case["found"]}
    assert codes == {f"FSGS{number}" for number in (605, *range(610, 620))}
