"""The exceptions that the pages derive from Operations."""

from __future__ import annotations

import pytest

from sphinx_fsgs.present.exceptions import exceptions_of
from sphinx_fsgs.spec.model import Spec


@pytest.fixture(scope="module")
def spec() -> Spec:
    return Spec()


def test_in_the_order_of_the_checks(spec: Spec) -> None:
    found = exceptions_of(spec, spec.instruction("SWAPGS"))
    assert [(each.fault, each.when) for each in found] == [
        ("#UD", "NOT in_64_bit_mode"),
        ("#UD", "CR4.FRED = 1"),
        ("#GP(0)", "CPL ≠ 0"),
    ]
    assert found[0].cites == ("sdm:SWAPGS",)


def test_those_of_procedures_and_each_once(spec: Spec) -> None:
    found = [(each.fault.partition("(")[0], each.when) for each in exceptions_of(spec, spec.instruction("LKGS"))]
    assert found[:2] == [("#UD", "NOT in_64_bit_mode"), ("#UD", "CPL ≠ 0")]
    # A check on either table depends on neither way.
    assert [when for fault, when in found if fault == "#NP"] == ["NOT null(selector) AND d[47] = 0"]
    assert ("#GP", "NOT null(selector) AND selector[2] = 1 AND LDTR.unusable = 1") in found


def test_the_other_way_is_what_was_not_taken(spec: Spec) -> None:
    found = [each.when for each in exceptions_of(spec, spec.instruction("WRMSR"))]
    assert "NOT is_base_msr(index) AND NOT msr_exists(index)" in found


def test_every_instruction_can_be_shown(spec: Spec) -> None:
    for stem in spec.index.stems:
        for each in exceptions_of(spec, spec.instruction(stem)):
            assert each.fault.startswith("#") and each.when
