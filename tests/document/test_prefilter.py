"""Which files are read: those that name this tool, or that hold a name which speaks of FS or GS."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from sphinx_fsgs.check.session import Session
from sphinx_fsgs.diagnostic import Diagnostic
from sphinx_fsgs.document.prefilter import is_worth_reading
from sphinx_fsgs.document.reader import read_file
from sphinx_fsgs.present.pipeline import check_file
from sphinx_fsgs.spec.model import Spec
from sphinx_fsgs.syntax.vocabulary import base_segments, vocabulary

LEXICON = Spec().lexicon
WORDS = vocabulary(LEXICON)


@cache
def session() -> Session:
    return Session.open()


@pytest.mark.parametrize(
    "text",
    [
        "with swapgs, and", "SWAPGS", "LKGS", "_readgsbase_u64()", "WRFSBASE %rax", "KernelGSBase",
        "mov %gs:0, %rax", "mov rax, gs:[0x28]", "the FS segment", "GS base", "__seg_gs", "address_space(257)",
        "MSR 0xC0000102", "the bit FSGSBASE", "pop fs", "GS_SHADOW",
    ],
)  # fmt: skip
def test_strong_words_are_found(text: str) -> None:
    assert WORDS.is_strong(text.encode())
    assert WORDS.speaks(text)


@pytest.mark.parametrize(
    "text",
    [
        "", "things", "the sysfs attributes", "a debugfs segment", "PFs based on", "the root FS",
        "fs/ext4", "the flags register", "rflags", "strings: two", "FS", "gs", "5 gs of dust", "0xC0000080",
    ],
)  # fmt: skip
def test_words_that_may_mean_another_thing_are_not_strong(text: str) -> None:
    assert not WORDS.is_strong(text.encode())


@pytest.mark.parametrize("text", ["the user GS.", "FS/GS", "read FS and GS", "gs is loaded", "(FS)", "GS-related"])
def test_weak_words_speak_in_a_file_that_is_read(text: str) -> None:
    assert WORDS.speaks(text)


@pytest.mark.parametrize("text", ["fs/ext4", "/sys/fs", "the sysfs", "a.fs", "flags", "XFS"])
def test_parts_of_other_words_do_not_speak(text: str) -> None:
    assert not WORDS.speaks(text)


def test_every_name_of_an_instruction_register_or_feature_with_a_segment_in_it_is_strong() -> None:
    segments = [segment.lower() for segment in base_segments(LEXICON)]
    assert segments == ["fs", "gs"]
    names = [*LEXICON.mnemonics, *LEXICON.msrs, *LEXICON.features, *LEXICON.subjects, *LEXICON.intrinsics]
    about = [name for name in names if any(segment in name.lower() for segment in segments)]
    assert len(about) > 20
    assert [name for name in about if not WORDS.is_strong(f"some {name} here".encode())] == []


def test_an_included_file_makes_the_file_worth_reading(tmp_path: Path) -> None:
    (tmp_path / "plain.txt").write_text("Nothing here.\n")
    (tmp_path / "inner.txt").write_text("Then swapgs runs.\n")
    (tmp_path / "outer.txt").write_text(".. include:: inner.txt\n.. include:: outer.txt\n")
    page = tmp_path / "page.rst"
    for target, worth in (("plain.txt", False), ("outer.txt", True), ("<isonum.txt>", False), ("gone.txt", True)):
        assert is_worth_reading(page, f"* .. include:: {target}\n".encode(), WORDS) is worth


def test_what_the_search_cannot_follow_is_read_so_that_it_is_said(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("")
    (tmp_path / "there.txt").write_text(".. include:: back.txt\n")
    (tmp_path / "back.txt").write_text(".. include:: there.txt\n")
    (tmp_path / "plain.txt").write_text("Nothing here.\n")
    (tmp_path / "twice.txt").write_text(".. include:: plain.txt\n\n.. include:: plain.txt\n")
    page = tmp_path / "page.rst"
    said = {
        target: [each.code for each in _check(page, f".. include:: {target}\n")]
        for target in ("page.rst", "there.txt", "gone.txt", "/../outside.txt", "../outside.txt", "twice.txt")
    }
    assert said == {
        "page.rst": ["FSGS604"],
        "there.txt": ["FSGS604"],
        "gone.txt": ["FSGS603"],
        "/../outside.txt": ["FSGS608"],
        "../outside.txt": ["FSGS608"],
        "twice.txt": [],
    }


def test_text_that_docutils_drops_is_said_only_where_something_of_ours_may_be_in_it(tmp_path: Path) -> None:
    page = tmp_path / "page.rst"
    table = "====  ====\n one\n====  ====\n{}\n"
    assert [each.code for each in _check(page, table.format("of swapgs"))] == ["FSGS605"]
    assert _check(page, table.format("of cabbages")) == ()


def _check(page: Path, text: str) -> tuple[Diagnostic, ...]:
    page.write_text(text)
    return check_file(session(), page).diagnostics


def test_what_is_not_worth_reading_gives_no_passages_to_any_host(tmp_path: Path) -> None:
    page = tmp_path / "page.rst"
    page.write_text("The root FS is mounted.\n")
    assert read_file(page).passages
    assert read_file(page, words=WORDS).passages == ()
    assert check_file(session(), page).results == ()


def test_a_file_that_is_no_text_is_refused_though_nothing_speaks_in_it(tmp_path: Path) -> None:
    page = tmp_path / "page.rst"
    page.write_bytes(b"caf\xe9\n")
    assert [each.code for each in check_file(session(), page).diagnostics] == ["FSGS602"]
