"""Each grammar by itself: built strictly, without ambiguous terminals; and each wrong input of the table is wrong."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from sphinx_fsgs.diagnostic import Diagnostic
from sphinx_fsgs.source import fragment_of
from sphinx_fsgs.syntax.errors import Language, parse
from sphinx_fsgs.syntax.forms import forms

GRAMMARS = {
    "assembly_att": ("statement",),
    "c": ("simple", "condition"),
    "example": ("assumption", "claim", "environment"),
    "scope": ("scope",),
    "state": ("condition",),
    **{f"claims/{form.name}": ("sentence",) for form in forms()},
}


@pytest.mark.parametrize("name", GRAMMARS)
def test_grammars_build_strictly(name: str, repository: Path) -> None:
    pytest.importorskip("interegular")
    from lark import Lark

    folder = repository / "grammar"
    Lark(
        (folder / f"{name}.lark").read_text(encoding="utf-8"),
        parser="lalr",
        start=list(GRAMMARS[name]),
        strict=True,
        import_paths=[str(folder)],
        source_path=str(folder / f"{name}.lark"),
    )


def _wrong_inputs() -> list[tuple[str, str, str]]:
    from sphinx_fsgs.files import data_dir

    table = tomllib.loads((data_dir("grammar") / "syntax_errors.toml").read_text(encoding="utf-8"))
    table.pop("words")
    return [(where, message, text) for where, kinds in table.items() for message, all in kinds.items() for text in all]


@pytest.mark.parametrize(("where", "message", "text"), _wrong_inputs())
def test_each_wrong_input_is_explained_by_its_own_message(where: str, message: str, text: str) -> None:
    name, _, start = where.rpartition(".")
    found = parse(Language(name, start, "FSGS100", "a test", GRAMMARS[name]), fragment_of(text))
    assert isinstance(found, Diagnostic)
    words, _, way_out = message.partition(" | ")
    assert found.message == words
    assert found.help == way_out or not way_out
