"""The table of acceptance: each row a claim in a document, each verdict on exactly these processors.

``pytest -rP tests/check/test_table.py`` prints the counterexamples.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from sphinx_fsgs.check.result import Result
from sphinx_fsgs.check.session import Session
from sphinx_fsgs.diagnostic import Counterexample
from tests.check.support import AMD, HYGON, KEEPS_BASE, expected, judge, verdicts

WITH_FRED = ("FRED",)
OTHERS = ("all", "-FRED")


@dataclass(frozen=True)
class Row:
    """A claim, its verdicts, and what its counterexample shows: values before, the last step, values after."""

    claim: str
    verdicts: Mapping[str, Sequence[str]]
    before: Mapping[str, str] | None = None
    step: str = ""
    after: Mapping[str, str] | None = None


TABLE = [
    Row(
        "WRMSR to MSR_KERNEL_GS_BASE is non-serialising",
        {
            "fails": ("all", "-FS_GS_NS"),
            "holds": ("FS_GS_NS",),
        },
        {"RCX": "0xc0000102", "CPL": "0"},
        "wrmsr",
    ),
    Row(
        "SWAPGS does not change GS_SHADOW",
        {"fails": ("all",)},
        {"CPL": "0", "GS.base": "0", "GS_SHADOW": "1"},
        "swapgs",
        {"GS_SHADOW": "0"},
    ),
    Row("LKGS copies a 64-bit base into GS_SHADOW", {"fails": WITH_FRED, "n/a": OTHERS}, {"CPL": "0"}, "lkgs %ax"),
    Row("MOV GS does not change GS.base", {"fails": ("all",)}, {}, "mov %ax, %gs"),
    Row(
        "MOV GS clears GS.base when the selector is null",
        {"fails": ("keeps base",), "holds": ("intel", "amd", "-keeps base"), "undecided": ("hygon",)},
        {"RAX": "0", "GS.base": "1"},
        "mov %ax, %gs",
        {"GS.base": "1"},
    ),
    Row(
        "WRGSBASE raises no fault when CR4.FSGSBASE is clear",
        {"fails": ("FSGSBASE",), "n/a": ("not FSGSBASE",)},
        {"CR4.FSGSBASE": "0"},
        "#UD",
    ),
    Row(
        "SWAPGS raises no fault when CR4.FRED = 1",
        {"fails": WITH_FRED, "n/a": OTHERS},
        {"CR4.FRED": "1"},
        "#UD",
    ),
    Row(
        "SWAPGS; MOV GS; SWAPGS is equivalent to LKGS",
        {"fails": WITH_FRED, "n/a": OTHERS},
        {},
        "#",
    ),
    Row(
        "SWAPGS; MOV GS; SWAPGS is equivalent to LKGS when CR4.FRED = 1",
        {"fails": WITH_FRED, "n/a": OTHERS},
        {"CR4.FRED": "1"},
        "#UD",
    ),
    Row(
        "SWAPGS; MOV GS; SWAPGS is equivalent to LKGS when CR4.FRED = 0",
        {"fails": WITH_FRED, "n/a": OTHERS},
        {"CR4.FRED": "0"},
        "#",
    ),
    Row(
        "SWAPGS; MOV GS; SWAPGS is equivalent to LKGS when CR4.FRED = 0 whenever both complete",
        {"holds": WITH_FRED, "n/a": OTHERS},
    ),
]


def _judged(claim: str, session: Session, folder: Path) -> Result:
    document = judge(session, folder, f"Page\n====\n\n.. fsgs: claim {claim}\n")
    assert document.diagnostics == ()
    (result,) = document.results
    return result


def _printed(shown: Counterexample) -> str:
    lines = [f"on {shown.profile}", f"  before: {_state(shown.before)}"]
    lines += [f"  {each.text}: {each.fault or _state(each.changes)} {' '.join(each.events)}" for each in shown.steps]
    return "\n".join([*lines, f"  after: {_state(shown.after)}"])


def _state(cells: Sequence[tuple[str, str]]) -> str:
    return ", ".join(f"{name} = {value}" for name, value in cells)


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.claim)
def test_row(row: Row, session: Session, tmp_path: Path) -> None:
    result = _judged(row.claim, session, tmp_path)
    print(row.claim)
    assert verdicts(result) == expected(row.verdicts)
    wanted = {"fails": "FSGS301", "undecided": "FSGS303"}
    assert [each.code for each in result.diagnostics] == [code for word, code in wanted.items() if word in row.verdicts]
    for diagnostic in (each for each in result.diagnostics if each.code == "FSGS301"):
        shown = diagnostic.counterexample
        assert shown is not None
        print(_printed(shown))
        assert shown.profile in diagnostic.fails_on
        assert (row.before or {}).items() <= dict(shown.before).items()
        last = shown.steps[-1]
        assert row.step in (last.text, last.fault) or (row.step == "#" and last.fault)
        assert (row.after or {}).items() <= dict(shown.after).items()
        assert (diagnostic.span.line, diagnostic.span.column) == (4, 16)
        assert diagnostic.citations


def test_the_dispute_about_serialisation_is_printed(session: Session, tmp_path: Path) -> None:
    result = _judged(TABLE[0].claim, session, tmp_path)
    (diagnostic,) = result.diagnostics
    disputed = {profile for dispute in result.disputes for profile in dispute.profiles}
    assert disputed == {*AMD, *HYGON}
    printed = [note for note in diagnostic.notes if note.startswith("disputed")]
    assert len(printed) == len(result.disputes) == 3
    assert any("ml:moger-2025-06-16" in note for note in printed)
    assert diagnostic.help == "say where it holds: on FS_GS_NS"
    assert diagnostic.fix is not None and diagnostic.fix.replacement == " on FS_GS_NS"


def test_where_a_null_selector_keeps_the_base_another_selector_shows_that_mov_changes_it(
    session: Session, tmp_path: Path
) -> None:
    result = _judged("MOV GS does not change GS.base", session, tmp_path)
    shown = {each.profile: each.counterexample for each in result.verdicts}
    for profile, counterexample in shown.items():
        assert counterexample is not None
        print(_printed(counterexample))
        before, after = dict(counterexample.before), dict(counterexample.after)
        assert before["GS.base"] != after["GS.base"]
        selector = int(before["RAX"], 0) & 0xFFFC
        assert profile in HYGON or (selector != 0) == (profile in KEEPS_BASE), "of Hygon nobody knows"


def test_a_base_of_64_bits_is_refuted_by_one_of_32_that_arrives(session: Session, tmp_path: Path) -> None:
    (diagnostic,) = _judged(TABLE[2].claim, session, tmp_path).diagnostics
    assert diagnostic.message.endswith("the source of GS_SHADOW does not have 64 bits")
    assert diagnostic.counterexample is not None
    assert dict(diagnostic.counterexample.after) == {"GS_SHADOW": "0xffffffff"}


def test_the_fix_makes_each_failing_claim_hold(session: Session, tmp_path: Path) -> None:
    fixed = 0
    for row in TABLE:
        for diagnostic in _judged(row.claim, session, tmp_path).diagnostics:
            if diagnostic.fix is not None:
                again = _judged(row.claim + diagnostic.fix.replacement, session, tmp_path)
                assert verdicts(again) == {"holds": expected(row.verdicts)["holds"]}
                fixed += 1
    assert fixed == 2
