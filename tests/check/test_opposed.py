"""A claim that is false names the line of its opposite, where the document makes that too and it stands."""

from __future__ import annotations

from pathlib import Path

import pytest

from sphinx_fsgs.check.session import Session
from tests.check.support import judge


@pytest.mark.parametrize(
    ("first", "second", "notes"),
    [
        (
            "SWAPGS does not change GS_SHADOW",
            "SWAPGS changes GS_SHADOW",
            ["line 5 says the opposite, which holds on every processor"],
        ),
        (
            "WRMSR to MSR_KERNEL_GS_BASE is non-serialising",
            "WRMSR to MSR_KERNEL_GS_BASE is serialising on intel",
            ["line 5 says the opposite, which holds on Intel"],
        ),
        ("SWAPGS does not change GS_SHADOW", "SWAPGS changes GS.base", []),
        ("SWAPGS does not change GS_SHADOW", "SWAPGS does not change GS_SHADOW", []),
        ("SWAPGS does not change GS_SHADOW when CPL = 0", "SWAPGS changes GS_SHADOW", []),
    ],
)
def test_opposed_claims(session: Session, tmp_path: Path, first: str, second: str, notes: list[str]) -> None:
    document = judge(session, tmp_path, f"Page\n====\n\n.. fsgs: claim {first}\n.. fsgs: claim {second}\n")
    (found,) = document.results[0].diagnostics[:1]
    assert [each for each in found.notes if "opposite" in each] == notes
    assert not [each for result in document.results[1:] for each in result.diagnostics if "opposite" in str(each.notes)]
