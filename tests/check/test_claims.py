"""Each claim form by its fixtures: what holds, what fails and where, and what is refused."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from sphinx_fsgs.check.session import Session
from tests.check.support import expected, verdicts

FIXTURES = Path(__file__).parent / "claims"
KINDS = ("holds", "fails", "malformed")
TABLES = ("address", "enumerated", "introduced", "numbered")  # forms that are a look into a table


def _rows(*kinds: str) -> list[object]:
    return list(_each(*kinds))


def _each(*kinds: str) -> Iterator[object]:
    for path in sorted(FIXTURES.glob("*.toml")):
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        for kind in kinds:
            for row in data[kind]:
                yield pytest.param(path.stem, kind, row, id=f"{path.stem}: {row['claim']}")


def test_each_form_has_a_grammar_a_module_and_three_kinds_of_fixtures(repository: Path) -> None:
    grammars = {path.stem for path in (repository / "grammar" / "claims").glob("*.lark")}
    modules = {path.stem for path in (repository / "sphinx_fsgs" / "check" / "claims").glob("*.py")}
    assert modules - {"__init__", "form"} == grammars == {path.stem for path in FIXTURES.glob("*.toml")}
    for path in FIXTURES.glob("*.toml"):
        assert set(tomllib.loads(path.read_text(encoding="utf-8"))) == set(KINDS), path.name


@pytest.mark.parametrize(("form", "kind", "row"), _rows("holds", "fails"))
def test_verdicts(form: str, kind: str, row: dict[str, object], session: Session) -> None:
    result = session.prove(str(row["claim"]))
    assert verdicts(result) == expected(row["verdicts"])  # type: ignore[arg-type]
    failures = [each for each in result.diagnostics if each.code == "FSGS301"]
    assert bool(failures) == (kind == "fails")
    assert result.as_expected == (kind == "holds")
    if "says" in row:
        assert all(each.message.endswith(f": {row['says']}") for each in failures)


@pytest.mark.parametrize(("form", "kind", "row"), _rows("fails"))
def test_a_failure_shows_a_state_or_cites_a_table(
    form: str, kind: str, row: dict[str, object], session: Session
) -> None:
    for each in session.prove(str(row["claim"])).diagnostics:
        if each.code == "FSGS303":
            continue
        shown = each.counterexample
        if form in TABLES or "no state in which" in each.message:
            assert shown is None and each.citations
            continue
        assert shown is not None and shown.profile in each.fails_on
        assert shown.steps and all(step.text for step in shown.steps)


@pytest.mark.parametrize(
    ("claim", "changed", "evidence"),
    [
        ("POP GS can change GS.limit", "GS.limit", "exhibited"),
        ("SWAPGS changes GS.base", "GS.base", "exhibited"),
        ("WRMSR can set GS_SHADOW to an arbitrary 64-bit value", "GS_SHADOW", "proved"),
    ],
)
def test_what_can_happen_is_shown(claim: str, changed: str, evidence: str, session: Session) -> None:
    result = session.prove(claim)
    assert result.evidence == evidence
    shown = result.witness
    assert shown is not None and shown.profile in result.on("holds")
    assert dict(shown.before)[changed] != dict(shown.after)[changed]
    assert changed in [cell for step in shown.steps for cell, _ in step.changes]
    assert all(each.counterexample is not None for each in result.verdicts if each.verdict == "holds")


@pytest.mark.parametrize("claim", ["MOV GS cannot change GS_SHADOW", "MOV GS cannot set GS.base to any value"])
def test_what_never_happens_is_proved(claim: str, session: Session) -> None:
    result = session.prove(claim)
    assert (result.evidence, result.witness) == ("proved", None)


def test_the_parts_of_a_value_that_is_set_stand_in_registers(session: Session) -> None:
    """What is shown is one value, easy to tell from others: the register holds it, or two its halves."""
    shown = session.prove("WRMSR can set GS_SHADOW to an arbitrary 64-bit value").witness
    assert shown is not None
    before = dict(shown.before)
    assert (before["RDX"], before["RAX"]) == ("0x1234", "0x56789abc")
    assert dict(shown.after) == {"GS_SHADOW": "0x1234_5678_9abc"}


@pytest.mark.parametrize(("form", "kind", "row"), _rows("malformed"))
def test_what_is_malformed_is_refused_where_it_stands(
    form: str, kind: str, row: dict[str, object], session: Session
) -> None:
    result = session.prove(str(row["claim"]))
    assert result.verdicts == ()
    assert [(each.code, each.span.column) for each in result.diagnostics] == [(row["code"], row["column"])]
    assert all(each.help and each.authority for each in result.diagnostics)


@pytest.mark.parametrize(("form", "kind", "row"), _rows("holds", "fails"))
def test_the_form_is_the_one_that_the_fixture_is_for(
    form: str, kind: str, row: dict[str, object], session: Session
) -> None:
    from sphinx_fsgs.source import fragment_of
    from sphinx_fsgs.syntax.read_claim import read_claim

    tree = read_claim(fragment_of(str(row["claim"])), session.lexicon).tree
    assert tree is not None and tree.form == form
