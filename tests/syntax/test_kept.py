"""Parsers that are kept between runs read what freshly built ones read, and a damaged file does no harm."""

from __future__ import annotations

from pathlib import Path

import pytest

from sphinx_fsgs.syntax import kept, reader

NAME, STARTS = "operation", ("operation", "definitions", "expression")
TEXT = "IF NOT in_64_bit_mode THEN #UD; FI [sdm:SWAPGS]\nGS.base := EDX:EAX;\n"


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(kept.VARIABLE, str(tmp_path))
    kept.folder.cache_clear()
    yield tmp_path
    kept.folder.cache_clear()


def test_a_kept_parser_reads_the_same(cache: Path) -> None:
    built = reader._built(NAME, STARTS)
    assert kept.load(NAME, STARTS) is None
    kept.keep(NAME, STARTS, built)
    loaded = kept.load(NAME, STARTS)
    assert loaded is not None
    assert loaded.parse(TEXT, start="operation") == built.parse(TEXT, start="operation")
    assert loaded.parse("a + 1", start="expression") == built.parse("a + 1", start="expression")


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"data": {}, "memo": {}}', '{"data": 1, "memo": {"x": 2}}', "null"])
def test_a_damaged_file_is_built_anew(cache: Path, damage: str) -> None:
    kept.keep(NAME, STARTS, reader._built(NAME, STARTS))
    (path,) = cache.rglob("*.json")
    path.write_text(damage, encoding="utf-8")
    assert kept.load(NAME, STARTS) is None


def test_nothing_is_kept_where_nothing_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(kept.VARIABLE, "")
    kept.folder.cache_clear()
    try:
        kept.keep(NAME, STARTS, reader._built(NAME, STARTS))
        assert kept.folder() is None
        assert kept.load(NAME, STARTS) is None
    finally:
        kept.folder.cache_clear()


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder", encoding="utf-8")
    monkeypatch.setenv(kept.VARIABLE, str(blocked))
    kept.folder.cache_clear()
    try:
        kept.keep(NAME, STARTS, reader._built(NAME, STARTS))
        assert kept.load(NAME, STARTS) is None
    finally:
        kept.folder.cache_clear()


def test_the_name_changes_with_the_grammars(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = kept._path(NAME, STARTS)
    monkeypatch.setattr(kept, "_digest", lambda: "other")
    assert before is not None and kept._path(NAME, STARTS) != before
