"""What was measured on a processor is said of its profile, and the spec says the same."""

from __future__ import annotations

import pytest

pytest.importorskip("iced_x86")

from sphinx_fsgs.spec.features import load_features
from tests.machine.support import Answers, compiler, program, spec
from tests.machine.test_compile import cell
from tests.measured import PROFILE, main, measured, misread, read_as_instruction, seen
from tests.spec.cases import ConcreteMachine

AS_USERS_SEE_IT = {"IRET", "SYSRET"}
"""What brings one back to privilege level 3, where it was seen what it had done."""


def test_what_was_measured_holds(capsys: pytest.CaptureFixture[str]) -> None:
    assert main() == 0
    *lines, last = capsys.readouterr().out.splitlines()
    held, unwritten = ([line for line in lines if line.startswith(mark)] for mark in ("yes ", "--  "))
    assert len(held) + len(unwritten) == len(lines)
    assert last == f"measured {len(held)}, hold {len(held)}, do not 0; seen {len(seen())}"
    assert len(unwritten) == 1
    assert {stem for stem, _ in measured()} >= {"MOV", "MOV_LOAD", "POP_SEGMENT", "LFS_LGS", "IRET"}


def test_what_was_measured_is_about_what_was_there() -> None:
    assert [case.where for _, case in measured() if case.on and PROFILE not in case.on] == []
    level = {case.where for stem, case in measured() if case.before.get("CPL") != 3 and stem not in AS_USERS_SEE_IT}
    assert level == set()


def test_each_thing_that_was_seen_is_shown_and_nothing_else_is_called_measured() -> None:
    named = [name for each in seen() for name in each.cases]
    assert set(named) == {case.where for _, case in measured()}
    for each in seen():
        assert bool(each.cases or each.no_instruction or each.idle) != bool(each.unwritten), each.what


def test_bytes_that_are_read_otherwise_are_told() -> None:
    assert read_as_instruction("8e e8") == ["movl %eax, %gs", "mov %eax, %gs"]
    assert misread("66 f3 0f ae c8", "rdgsbase %rax") == ["rdgsbase %eax", "rdgsbase %eax"]
    assert misread("f3 0f ae c8", "rdgsbase %eax") == ["rdgsbase %eax", "rdgsbase %eax"]
    assert misread("8e c8", "mov %ax, %cs") == ["no instruction"]


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
