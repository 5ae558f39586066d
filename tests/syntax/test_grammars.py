"""Each grammar by itself: built strictly, without ambiguous terminals."""

from __future__ import annotations

from pathlib import Path

import pytest

GRAMMARS = {
    "assembly_att": ["statement"],
    "example": ["assumption", "claim"],
    "scope": ["scope"],
    "state": ["condition"],
}


@pytest.mark.parametrize("name", GRAMMARS)
def test_grammars_build_strictly(name: str, repository: Path) -> None:
    pytest.importorskip("interegular")
    from lark import Lark

    folder = repository / "grammar"
    Lark(
        (folder / f"{name}.lark").read_text(encoding="utf-8"),
        parser="lalr",
        start=GRAMMARS[name],
        strict=True,
        import_paths=[str(folder)],
        source_path=str(folder / f"{name}.lark"),
    )
