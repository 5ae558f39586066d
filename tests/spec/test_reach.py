"""What an Operation reaches is read off all of it: calls with their arguments, operands, and what forms bind."""

from __future__ import annotations

from sphinx_fsgs.spec.model import Spec
from sphinx_fsgs.spec.reach import reach_of

SPEC = Spec()


def test_cells_are_named_through_parameters_operands_and_forms() -> None:
    assert "GS_SHADOW" in reach_of(SPEC, "LKGS").cells  # the argument base_to of load_segment
    assert "GS.base" not in reach_of(SPEC, "LKGS").cells
    assert {"FS.base", "GS.base", "ES.base"} <= reach_of(SPEC, "MOV_LOAD").cells  # what the operand SEG may be
    assert {"FS.base", "GS.base"} <= reach_of(SPEC, "RDFSBASE_RDGSBASE").cells  # where SEG = FS
    assert {"FS.base", "GS.base", "GS_SHADOW"} <= reach_of(SPEC, "RDMSR").cells  # MSR[ECX]
    assert not reach_of(SPEC, "MOV").cells


def test_calls_are_followed_and_each_definition_is_named_once() -> None:
    found = reach_of(SPEC, "LKGS").definitions
    assert found[0] == "load_segment" and {"load_null", "set_segment", "descriptor_base"} <= set(found)
    assert len(found) == len(set(found))
    assert "below" in reach_of(SPEC, "JCC").definitions  # a form binds CONDITION to it


def test_questions_and_events_are_found_behind_conditions_and_calls() -> None:
    reach = reach_of(SPEC, "WRMSR")
    assert set(reach.questions) >= {"wrmsr_base_serialises", "wrmsr_base_checks_processor_width", "CPUID.LA57"}
    assert set(reach.events) == {"serialise"}
    assert reach.events["serialise"] == ("sdm3:serializing", "apm2:7.6.4")
    assert reach_of(SPEC, "LKGS").events == {}


def test_citations_of_what_is_called_count() -> None:
    assert {"sdm:LKGS", "sdm3:3.4.3", "apm2:4.5.3"} <= set(reach_of(SPEC, "LKGS").cites)
