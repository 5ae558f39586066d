"""What no Operation of the spec does today, on a copy in which NOP does it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sphinx_fsgs.machine.compile import Compiler
from sphinx_fsgs.machine.concrete import ConcreteMachine
from sphinx_fsgs.machine.evaluate import truth
from sphinx_fsgs.machine.setup import begin
from sphinx_fsgs.machine.symbolic import Machine
from sphinx_fsgs.machine.values import Fault
from sphinx_fsgs.source import fragment_of
from sphinx_fsgs.spec.model import Spec
from sphinx_fsgs.syntax.operation import read_expression
from tests.machine.support import ANY_MEMORY, Answers, World, cell, program, spec

NOP = program("nop").instructions[0]


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("changed") / "spec"
    shutil.copytree(spec().folder, folder)
    return folder


def changed(copy: Path, *statements: str) -> Spec:
    """Return the spec with another Operation for NOP."""
    path = copy / "instructions" / f"{NOP.stem}.insn"
    header = path.read_text(encoding="utf-8").partition("Operation:\n")[0]
    path.write_text(f"{header}Operation:\n" + "".join(f"    {each}\n" for each in statements), encoding="utf-8")
    return Spec(copy)


@pytest.mark.parametrize("already", [{}, {0x10: 3}])
def test_a_fault_undoes_the_writing_of_a_register_that_the_spec_does_not_know(
    copy: Path, already: dict[int, int]
) -> None:
    other = changed(copy, "MSR[ECX] := 5;", "MSR[ECX] := 6;", "IF EAX = 1 THEN #GP(0); FI")
    run = Compiler(other, symbolic=False).operation(NOP.stem, NOP.binding)
    for faults in (0, 1):
        cells = [0] * len(spec().layout.cells)
        cells[cell("RCX")], cells[cell("RAX")] = 0x10, faults
        machine = ConcreteMachine({}, World("registers"))
        machine.msrs = dict(already)
        machine.begin()
        if faults:
            with pytest.raises(Fault):
                run(cells, machine, Answers("amd_zen4"))
            machine.undo()
        else:
            run(cells, machine, Answers("amd_zen4"))
        assert machine.msrs == (already if faults else {0x10: 6})


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_documents_and_operations_ask_the_same_of_an_unknown_function(copy: Path, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(spec().unknowns)))
    width = spec().unknowns[name].argument
    views = sorted(each for each, view in spec().layout.views.items() if view.width == width)
    number = st.integers(0, (1 << width) - 1).map(hex)
    argument = data.draw(
        st.one_of(number, st.sampled_from(views), st.sampled_from(views).map(lambda each: f"{each} + 8"))
    )
    wide = spec().unknowns[name].width > 1
    condition = f"{name}({argument})" + (f" = {data.draw(st.integers(0, 3))}" if wide else "")
    other = changed(copy, f"IF {condition} THEN #GP(0); FI")
    answers = Answers("amd_zen4")
    start = begin(other, "64-bit", answers, ANY_MEMORY)
    machine = Machine(start.state.copy(), start.origin, {}, ANY_MEMORY, "0")
    Compiler(other, symbolic=True).operation(NOP.stem, NOP.binding)(machine, 1, 1, answers)
    asked = truth(read_expression(fragment_of(condition)), start.place())
    assert [each.guard for each in machine.faults] == [asked]  # terms are interned, so this is the same term
