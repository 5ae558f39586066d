"""What compilers reject, and its neighbours that they take; the compilers of this machine are asked too."""

from __future__ import annotations

import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

from sphinx_fsgs.check.rejected import excerpts, rejected
from sphinx_fsgs.source import fragment_of
from sphinx_fsgs.spec.model import Spec

CASES = tomllib.loads((Path(__file__).parent / "rejected.toml").read_text(encoding="utf-8"))
SPEC = Spec()
COMPILERS = {"GCC": "gcc", "Clang": "clang"}


@pytest.mark.parametrize("name", CASES)
def test_each_slip_is_found_at_its_place_and_nothing_else(name: str) -> None:
    case = CASES[name]
    found = list(rejected(excerpts(fragment_of(text) for text in case["blocks"]), SPEC))
    places = [f"{each.code} {each.span.line}:{each.span.column}" for each in found]
    assert places == case.get("found", [])
    assert all(each.help and each.authority and each.citations for each in found)
    assert [each.fix.replacement for each in found if each.fix] == case.get("fixes", [])


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if "compiled" in case])
def test_compilers_say_so(name: str) -> None:
    """What the table says of a compiler and a version is what that compiler says of the case."""
    asked = 0
    rule = SPEC.rejections[CASES[name]["rule"]]
    for tried in (*rule.compilers, *rule.warns):
        vendor, version = tried.split()
        command = shutil.which(f"{COMPILERS[vendor]}-{version.partition('.')[0]}")
        if command is None:
            continue
        options = ["-mfsgsbase", "-fsyntax-only", "-x", "c", "-"]
        done = subprocess.run([command, *options], input=CASES[name]["compiled"], capture_output=True, text=True)
        assert (done.returncode != 0) == (tried in rule.compilers), done.stderr
        assert done.stderr
        asked += 1
    if not asked:
        pytest.skip("none of the compilers that were tried is installed")
