"""Claims over every processor, with the sets that the facts foretell."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from sphinx_fsgs.check.session import Session
from tests.check.support import example, expected, verdicts

DATA: dict[str, list[dict[str, Any]]] = tomllib.loads(Path(__file__).with_name("acceptance.toml").read_text("utf-8"))


@pytest.mark.parametrize("row", DATA["claim"], ids=[row["claim"] for row in DATA["claim"]])
def test_a_claim_holds_exactly_there(row: dict[str, Any], session: Session) -> None:
    assert verdicts(session.prove(row["claim"])) == expected(row["verdicts"]), row["why"]


@pytest.mark.parametrize("row", DATA["example"], ids=[row["code"] for row in DATA["example"]])
def test_an_example_holds_exactly_there(row: dict[str, Any], session: Session, tmp_path: Path) -> None:
    result = example(session, tmp_path, row["code"], before=row["before"], after=row["after"])
    assert verdicts(result) == expected(row["verdicts"]), row["why"]


def test_the_bit_is_not_where_the_base_is_cleared(session: Session) -> None:
    """NSCB is enumerated exactly where a null selector clears the base: false, and this is where."""
    cleared = {*session.prove("MOV GS sets GS.base to 0 when the selector is null").on("holds")}
    told = {*session.prove("NSCB is enumerated").on("holds")}
    assert told < cleared
    assert cleared - told == expected({"": ["intel", "amd_zen2", "amd_zen3"]})[""]


def test_what_is_inferred_is_told_with_the_verdict(session: Session) -> None:
    result = session.prove("WRMSR to MSR_GS_BASE serialises")
    told = {each.profiles: each.says for each in result.inferred}
    assert told == {
        ("amd_zen6",): "wrmsr_base_serialises = no",
        ("hygon_dhyana",): "wrmsr_base_serialises = yes",
    }
    (finding,) = result.diagnostics
    assert [note for note in finding.notes if note.startswith("inferred (AMD Zen 6)")]


def test_a_bit_that_is_inferred_is_told_where_it_decides(session: Session) -> None:
    assert [each.says for each in session.prove("LKGS is enumerated on FRED").inferred] == ["LKGS = 1"]
    assert not session.prove("LKGS is enumerated on intel").inferred
