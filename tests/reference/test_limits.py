"""The figures of the page on limits are the constants of the code."""

from __future__ import annotations

import re
from pathlib import Path

from sphinx_fsgs.document import text
from sphinx_fsgs.machine import memory, questions, reaching, run, solver, values
from sphinx_fsgs.syntax import parsed

BOUNDS = {
    "steps": run.MAX_STEPS,
    "paths": run.MAX_PATHS,
    "terms": run.MAX_TERMS,
    "memory": memory.MAX_BYTES,
    "indexed writes": memory.MAX_INDEXED_WRITES,
    "cases": memory.MAX_CASES,
    "lowering": memory.MAX_LOWERING,
    "solver": solver.MAX_WORK,
    "values": reaching.MAX_VALUES,
    "seconds": questions.MAX_SECONDS,
    "number": values.MAX_NUMBER,
    "statement": parsed.MAX_CHARACTERS,
    "parentheses": parsed.MAX_PARENTHESES,
    "depth": parsed.MAX_DEPTH,
    "unread statements": parsed.MAX_FINDINGS,
    "line": text.MAX_LINE,
    "file": text.MAX_BYTES,
}


def test_the_page_names_each_bound_with_its_figure(repository: Path) -> None:
    page = (repository / "docs" / "explanation" / "limits.rst").read_text(encoding="utf-8")
    rows = re.findall(r"^([a-z ]+?)  +([0-9,]+)  ", page, re.MULTILINE)
    assert {name: int(figure.replace(",", "")) for name, figure in rows} == BOUNDS


def test_no_bound_of_the_code_is_missing() -> None:
    modules = (text, memory, questions, reaching, run, solver, values, parsed)
    named = [value for module in modules for name, value in vars(module).items() if name.startswith("MAX_")]
    assert sorted(named) == sorted(BOUNDS.values())
