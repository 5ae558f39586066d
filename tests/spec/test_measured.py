"""What was measured on a processor is said of its profile, and the spec says the same."""

from __future__ import annotations

import pytest

from sphinx_fsgs.spec.features import load_features
from tests.machine.support import Answers, compiler, program, spec
from tests.machine.test_compile import cell
from tests.measured import PROFILE, main, measured
from tests.spec.cases import ConcreteMachine


def test_what_was_measured_holds(capsys: pytest.CaptureFixture[str]) -> None:
    assert main() == 0
    *lines, last = capsys.readouterr().out.splitlines()
    assert last == f"measured {len(lines)}, hold {len(lines)}, do not 0"
    assert {stem for stem, _ in measured()} >= {"MOV", "MOV_LOAD", "POP_SEGMENT", "LFS_LGS", "IRET"}


def test_what_was_measured_is_about_what_was_there() -> None:
    assert [case.where for _, case in measured() if case.on and PROFILE not in case.on] == []


@pytest.mark.parametrize("name", spec().features)
def test_cpuid_tells_each_bit_where_the_table_has_it(name: str) -> None:
    feature = load_features(spec().folder)[name]
    for profile in spec().profiles:
        for choice in (0, 1):
            answers = Answers(profile, choice)
            cells = [0] * len(spec().layout.cells)
            cells[cell("RAX")], cells[cell("RCX")] = feature.leaf, feature.subleaf
            line = program("cpuid", "64-bit").instructions[0]
            machine = ConcreteMachine({}, lambda function, argument, every=choice: -every & 0xFFFFFFFF)
            compiler(False).operation("CPUID", line.binding)(cells, machine, answers)  # type: ignore[union-attr]
            register = cells[cell("R" + feature.register[1:])]
            assert register >> feature.bit & 1 == answers[f"CPUID.{name}"], profile
