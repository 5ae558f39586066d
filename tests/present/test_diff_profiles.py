"""``fsgs diff-profiles A B``, and that what it says is what the profiles say."""

from __future__ import annotations

import json
from itertools import combinations
from pathlib import Path

import pytest

from sphinx_fsgs.check.entries.difference import difference, of_difference
from sphinx_fsgs.check.entries.text import text_of
from sphinx_fsgs.present.cli import main
from sphinx_fsgs.spec.model import FEATURE_PREFIX, Spec

SPEC = Spec()
Captured = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_bits_answers_and_evidence_stand_side_by_side(capsys: Captured) -> None:
    assert main(["diff-profiles", "amd_zen3", "Zen 4"]) == 0
    said = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert "FS_GS_NS 0 (dumped) 1 (dumped)" in said
    assert "wrmsr_base_serialises yes (documented, disputed) no (documented, disputed)" in said
    assert any(line.startswith("The same on both: 7 of 10 CPUID bits,") for line in said)


def test_what_is_inferred_or_unknown_is_called_so(capsys: Captured) -> None:
    assert main(["diff-profiles", "amd_zen5", "amd_zen6"]) == 0
    said = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert "WRMSRNS 0 (dumped) unknown (no source settles it)" in said
    assert "LKGS 0 (dumped) 1 (inferred)" in said
    assert any(line.startswith("Only AMD Zen 6 has") and "LKGS" in line for line in said)


@pytest.mark.parametrize(("one", "other"), [("intel_alderlake", "intel_raptorlake"), ("amd_zen4", "amd_zen4")])
def test_what_nothing_tells_apart_is_said_to_be_alike(one: str, other: str) -> None:
    assert "Nothing that the spec knows tells them apart." in text_of(
        of_difference(SPEC, difference(SPEC, one, other)), lambda stem: ()
    )


def test_every_two_differ_exactly_where_their_answers_do() -> None:
    for one, other in list(combinations(SPEC.profiles, 2))[::29]:
        entry = difference(SPEC, one, other)
        bits = {row.name for row in entry.bits if row.differs}
        assert bits >= {
            name
            for name in SPEC.features
            if SPEC.answers(one, FEATURE_PREFIX + name) != SPEC.answers(other, FEATURE_PREFIX + name)
        }
        assert {row.name for row in entry.answers if row.differs} == {
            name for name in SPEC.behaviour_names if SPEC.answers(one, name) != SPEC.answers(other, name)
        }


def test_as_json_it_is_the_same_data(capsys: Captured) -> None:
    assert main(["diff-profiles", "amd_k8", "intel_core2", "--format", "json"]) == 0
    held = json.loads(capsys.readouterr().out)
    assert held["version"] == 1 and held["titles"] == ["AMD K8", "Intel Core 2"]
    assert {row["name"] for row in held["answers"]} == SPEC.behaviour_names


def test_a_name_of_no_processor_is_refused_with_the_nearest(capsys: Captured) -> None:
    assert main(["diff-profiles", "amd_zen33", "amd_zen4"]) == 2
    assert 'no processor is called "amd_zen33"; did you mean "amd_zen3"?' in capsys.readouterr().err
