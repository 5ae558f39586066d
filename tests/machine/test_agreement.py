"""Every question that the project's own pages put to the solver gets the same answer from another one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

from sphinx_fsgs.machine import solver, terms
from sphinx_fsgs.machine.terms import Evaluator, Term, Value
from sphinx_fsgs.machine.values import BoundReached
from sphinx_fsgs.present.cli import main
from tests.machine.test_run import run


class Both:
    """Two solvers that are asked everything; the answers of the first count, and must be those of the second."""

    asked = 0
    possible = 0

    def __init__(self) -> None:
        self.first, self.second = solver.Bitwuzla(), solver.Z3()
        self.required: list[Value] = []
        self.last: list[Value] = []

    def require(self, condition: Value) -> None:
        self.required.append(condition)
        self.first.require(condition)
        self.second.require(condition)

    def check(self, *assumptions: Value) -> bool:
        return self._compared(self.first.check(*assumptions), list(assumptions))

    def check_all(self, conditions: Iterable[Value]) -> bool:
        listed = list(conditions)
        return self._compared(self.first.check_all(listed), listed)

    def _compared(self, answer: bool, assumptions: list[Value]) -> bool:
        Both.asked += 1
        Both.possible += answer
        self.last = [*self.required, *assumptions]
        try:
            assert self.second.check(*assumptions) == answer
        except BoundReached:
            pass  # too hard for the second opinion, which is no disagreement
        return answer

    def model(self, wanted: Iterable[Term]) -> Mapping[Term, int]:
        wanted = list(wanted)
        found = self.first.model(wanted)
        everything = self.first.model(sorted(terms.unknowns(self.last), key=str))
        assert all(Evaluator(everything)(each) for each in self.last), "the model does not meet what was asked"
        return found


@pytest.fixture
def both(monkeypatch: pytest.MonkeyPatch) -> type[Both]:
    monkeypatch.setattr(solver, "open_session", lambda prefer="": Both())
    Both.asked = Both.possible = 0
    return Both


def test_forks_of_programs(both: type[Both]) -> None:
    run("and $6, %rax; cmp $7, %rax; je 1f; cmp %rbx, %rax; jb 1f; cmp %rbx, %rax; ja 1f; cmp $8, %rbx; je 1f; 1: nop")
    assert both.asked >= 2


def test_the_pages_of_the_project(both: type[Both], repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pages = ("gs-on-context-switches.rst", "reference/segment-loads.rst")
    status = main(["check", *(str(repository / "docs" / page) for page in pages)])
    assert status == 0, capsys.readouterr().out
    assert both.asked > 50
    assert 0 < both.possible < both.asked
