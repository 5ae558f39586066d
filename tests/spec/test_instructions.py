"""Every instruction and every service does what its cases say, on every processor they are about, in both codes.

And no line of an Operation or a procedure goes without a case: what nothing executes, nothing holds.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from sphinx_fsgs.syntax.operation import Block, Fault, If, Procedure, Statement
from tests.machine.support import Answers, spec
from tests.spec.cases import (
    FOLDER,
    SERVICES,
    Case,
    assembled,
    cases,
    facts,
    problems,
    run_concrete,
    run_symbolic,
    ways_to_answer,
)

STEMS = spec().index.stems
SERVED = tuple(spec().index.services)
EVERY = [case for stem in STEMS if (FOLDER / f"{stem}.toml").is_file() for case in cases(stem)]
EVERY += [case for name in SERVED if (SERVICES / f"{name}.toml").is_file() for case in cases(name)]
Line = tuple[str, int]


@pytest.mark.parametrize("case", EVERY, ids=lambda case: case.where)
def test_the_case_holds(case: Case) -> None:
    assert case.expects, "a case that expects nothing shows nothing"
    code, given = assembled(case), facts(case)
    runs = 0
    for answers in ways_to_answer(case, code):
        runs += 1
        for run in (run_concrete, run_symbolic):
            found = problems(case, run(case, code, given, answers), given)
            assert found == [], f"{case.where} on {answers.profile}, {run.__name__}"
    assert runs


def test_every_instruction_has_cases() -> None:
    assert {path.stem for path in FOLDER.glob("*.toml")} == set(STEMS)
    assert {path.stem for path in SERVICES.glob("*.toml")} == set(SERVED)


def test_the_cases_have_names_of_their_own() -> None:
    names = [case.where for case in EVERY]
    assert [name for name in names if names.count(name) > 1] == []


def test_a_case_is_about_profiles_that_there_are() -> None:
    assert {name for case in EVERY for name in case.on} <= {str(each) for each in spec().hosts}


# ---- every line ---------------------------------------------------------------------------------


def statements(block: Block) -> Iterator[Statement]:
    for statement in block:
        yield statement
        if isinstance(statement, If):
            for _, inner in statement.branches:
                yield from statements(inner)
            yield from statements(statement.otherwise)


def written() -> Iterator[tuple[Line, Statement]]:
    """Yield every statement of the Operations and procedures with its file and line.

    As the spec has them that is run: a file that somebody changes meanwhile may have its lines elsewhere.
    """
    for stem in STEMS:
        yield from ((_line(each), each) for each in statements(spec().instruction(stem).operation))
    for name in sorted(spec().index.definitions):
        definition = spec().service(name).body if name in SERVED else spec().definition(name)
        if isinstance(definition, Procedure):
            yield from ((_line(each), each) for each in statements(definition.body))


def _line(statement: Statement) -> Line:
    return statement.span.path, statement.span.line


class Traced:
    """Notes the lines of the spec that are executed while it is entered."""

    def __init__(self) -> None:
        self.lines: set[Line] = set()

    def __enter__(self) -> Traced:
        self.outer = sys.gettrace()
        sys.settrace(self.call)
        return self

    def __exit__(self, *_: object) -> None:
        sys.settrace(self.outer)

    def call(self, frame: FrameType, event: str, argument: Any) -> Any:
        if not frame.f_code.co_filename.endswith((".insn", ".op")):
            return None
        # The head of the function stands at its first statement, for which Python need not report a line again.
        return self.line(frame, "line", argument)

    def line(self, frame: FrameType, event: str, argument: Any) -> Any:
        if event == "line":
            self.lines.add((frame.f_code.co_filename, frame.f_lineno))
        return self.line


@pytest.fixture(scope="module")
def executed() -> tuple[set[Line], set[Line]]:
    """Return the lines that the cases execute, and those that they raise an exception at."""
    raised: set[Line] = set()
    with Traced() as traced:
        for case in EVERY:
            code, given = assembled(case), facts(case)
            for answers in ways_to_answer(case, code):
                end = run_concrete(case, code, given, answers)
                if end.raised_at is not None and not problems(case, end, given):
                    raised.add(end.raised_at)
    return traced.lines, raised


def test_every_line_is_executed_by_a_case(executed: tuple[set[Line], set[Line]]) -> None:
    lines, _ = executed
    never = sorted({f"{Path(path).name}:{line}" for (path, line), _ in written() if (path, line) not in lines})
    assert never == []


def test_every_exception_is_raised_by_a_case(executed: tuple[set[Line], set[Line]]) -> None:
    _, raised = executed
    # What a platform's own checks raise, a service turns into its result.
    faults = {line for line, each in written() if isinstance(each, Fault) and "platforms" not in Path(line[0]).parts}
    assert len(faults) > 20
    assert sorted(f"{Path(path).name}:{line}" for path, line in faults - raised) == []


def test_the_trace_sees_only_what_runs() -> None:
    """A case that ends at the first check executes no line behind it."""
    case = next(case for case in EVERY if case.where.startswith("SWAPGS") and case.fault == ("#GP", 0))
    with Traced() as traced:
        run_concrete(case, assembled(case), facts(case), Answers("intel_pantherlake"))
    *_, check, _, swap, _ = spec().instruction("SWAPGS").operation
    path = spec().instruction("SWAPGS").path
    assert (path, swap.span.line) not in traced.lines
    assert (path, check.span.line) in traced.lines
