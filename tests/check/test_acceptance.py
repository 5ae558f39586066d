"""Claims over every processor, with the sets that the facts foretell."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from sphinx_fsgs.check.conditions import SERIALISE
from sphinx_fsgs.check.entries.happenings import happenings
from sphinx_fsgs.check.session import Session
from sphinx_fsgs.spec.reach import reach_of
from tests.check.support import ALL, example, expected, verdicts

DATA: dict[str, list[dict[str, Any]]] = tomllib.loads(Path(__file__).with_name("acceptance.toml").read_text("utf-8"))


@pytest.mark.parametrize("row", DATA["claim"], ids=[row["claim"] for row in DATA["claim"]])
def test_a_claim_holds_exactly_there(row: dict[str, Any], session: Session) -> None:
    assert verdicts(session.prove(row["claim"])) == expected(row["verdicts"]), row["why"]


@pytest.mark.parametrize("row", DATA["example"], ids=[row["code"] for row in DATA["example"]])
def test_an_example_holds_exactly_there(row: dict[str, Any], session: Session, tmp_path: Path) -> None:
    result = example(session, tmp_path, row["code"], before=row["before"], after=row["after"])
    assert verdicts(result) == expected(row["verdicts"]), row["why"]


MATRIX = [
    (instruction, word == "always", row["without"])
    for row in DATA["serialisation"]
    for word in ("always", "never")
    for instruction in row.get(word, ())
]


@pytest.mark.parametrize(("instruction", "does", "without"), MATRIX, ids=[row[0] for row in MATRIX])
def test_the_matrix_of_what_serialises(instruction: str, does: bool, without: list[str], session: Session) -> None:
    wanted = expected({"n/a": without, "holds": ["all", *(f"-{name}" for name in expected({"": without})[""])]})
    said = session.prove(f"{instruction} {'serialises' if does else 'does not serialise'}")
    assert verdicts(said) == {verdict: names for verdict, names in wanted.items() if names}


@pytest.mark.parametrize("stem", ["MOV_TO_CR0", "MOV_TO_CR3", "MOV_TO_CR4"])
def test_a_write_of_a_control_register_serialises_everywhere(stem: str, session: Session) -> None:
    spec = session.spec
    (told,) = (each for each in happenings(spec, stem, reach_of(spec, stem)) if each.event == SERIALISE)
    assert {extent: {*names} for extent, names in told.processors.items()} == {"yes": {*ALL}}


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
