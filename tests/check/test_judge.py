"""What ends a judgement early, how sure it is, and that no counterexample is shown unless its replay shows it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sphinx_fsgs.check import judge as judging
from sphinx_fsgs.check import replay
from sphinx_fsgs.check.judge import Internal
from sphinx_fsgs.check.session import Session
from sphinx_fsgs.machine import memory, questions, run, solver
from tests.check.support import ALL, FRED, codes, example, judge, verdicts

UNDECIDED = {"undecided": frozenset(ALL)}
EVERYWHERE = {"holds": frozenset(ALL)}


def _bound(session: Session, folder: Path, code: str, **sections: str) -> tuple[str, list[str]]:
    result = example(session, folder, code, **({"after": "no fault"} | sections))
    assert verdicts(result) == UNDECIDED
    assert not result.as_expected, "a bound counts as a failure"
    return result.reason, codes(result)


class TestBounds:
    """Each bound makes a verdict undecided, and says which it was."""

    def test_steps(self, session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(run, "MAX_STEPS", 200)
        assert _bound(session, tmp_path, "1: jmp 1b") == ("bound steps", ["FSGS240"])

    def test_paths(self, session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(run, "MAX_PATHS", 8)
        code = ";".join(f"test ${1 << number}, %eax; jz 1f; push %rbx; 1: nop" for number in range(4))
        assert _bound(session, tmp_path, code) == ("bound paths", ["FSGS240"])

    def test_terms(self, session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(judging, "MAX_TERMS", 3)
        code = "add %r13, %r14; xor %r14, %r15"
        assert _bound(session, tmp_path, code, after="R15 != R13") == ("bound terms", ["FSGS240"])

    def test_writes_to_one_object(self, session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(memory, "MAX_INDEXED_WRITES", 2)
        code = "mov %rax, (%rdi,%rcx); mov %rax, (%rdi,%rdx); mov %rax, (%rdi,%rsi)"
        reason, found = _bound(session, tmp_path, code, before="RDI = ?p; u8[?p] = 0")
        assert (reason, found) == ("bound memory", ["FSGS240"])

    def test_work_of_the_solver(self, session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(solver, "MAX_WORK", 2)
        before = (
            "RAX = ?x; RBX = ?y; assume ?x * ?y = 0xd8b5d3fc3cd01c4f and ?x[63:32] = 0 and ?y[63:32] = 0 and ?x > 1"
        )
        assert _bound(session, tmp_path, "nop", before=before) == ("bound solver", ["FSGS240"])

    def test_time(self, session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(questions, "MAX_SECONDS", -1.0)
        assert _bound(session, tmp_path, "mov (%rax), %rbx; jz 1f; nop; 1: nop") == ("time", ["FSGS906"])

    def test_what_is_undecided_can_be_expected(
        self, session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(run, "MAX_STEPS", 200)
        result = example(session, tmp_path, "1: jmp 1b", after="no fault", options=":expect: undecided")
        assert verdicts(result) == UNDECIDED and result.as_expected and codes(result) == []

    def test_a_bound_of_one_item_leaves_the_next_alone(
        self, session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(run, "MAX_STEPS", 200)
        text = """
            Page
            ====

            .. fsgs: example endless
               after
                   no fault

            Code::

                1: jmp 1b

            .. fsgs: claim SWAPGS swaps GS.base and GS_SHADOW
            """
        first, second = judge(session, tmp_path, text).results
        assert (verdicts(first), verdicts(second)) == (UNDECIDED, EVERYWHERE)


class TestWithoutSolver:
    """Without a solver, what needs one is undecided, and what needs none is as it was."""

    @pytest.fixture(autouse=True)
    def _none(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(solver, "_factory", lambda prefer: None)

    def test_what_needs_one_is_undecided(self, tmp_path: Path) -> None:
        result = Session.open().prove("LKGS zero-extends the base into GS_SHADOW when the selector is not null on LKGS")
        assert verdicts(result) == {"undecided": frozenset(FRED)}
        assert result.reason == "no solver"
        assert codes(result) == ["FSGS241"] and "install" in result.diagnostics[0].help

    @pytest.mark.parametrize(
        ("code", "before", "after"),
        [
            ("mov $5, %eax; add $2, %eax", "", "RAX = 7"),
            ("mov %rax, %rbx; mov %rbx, %rcx", "RAX = ?x", "RCX = ?x"),
            ("swapgs", "CPL = 0; CR4.FRED = 0; GS.base = ?a", "GS_SHADOW = ?a"),
        ],
    )
    def test_what_folds_needs_none(self, code: str, before: str, after: str, tmp_path: Path) -> None:
        assert verdicts(example(Session.open(), tmp_path, code, before=before, after=after)) == EVERYWHERE

    @pytest.mark.parametrize("claim", ["MSR_GS_BASE is MSR 0xC0000101", "FSGSBASE is enumerated on amd_zen1..amd_zen5"])
    def test_tables_need_none(self, claim: str) -> None:
        assert set(verdicts(Session.open().prove(claim))) == {"holds"}


class TestEvidence:
    """A verdict is computed where every value was given, else proved."""

    @pytest.mark.parametrize(
        ("code", "before", "after", "evidence"),
        [
            ("mov $5, %eax; add $2, %eax", "", "EAX = 7", "computed"),
            ("mov %rax, %rbx", "RAX = 5", "RBX = 5", "computed"),
            ("mov %rax, %rbx", "RAX = ?x", "RBX = ?x", "proved"),
            ("mov %rax, %rbx", "assume RAX = 5", "RBX = 5", "proved"),
            ("swapgs", "CS.selector = 0x10; CR4.FRED = 0; GS.base = 1; GS_SHADOW = 2", "GS.base = 2", "computed"),
        ],
    )
    def test_evidence(
        self, code: str, before: str, after: str, evidence: str, session: Session, tmp_path: Path
    ) -> None:
        result = example(session, tmp_path, code, before=before, after=after, options=":where: amd_zen1")
        assert result.on("holds") == ("amd_zen1",)
        assert result.evidence == evidence

    def test_what_was_assumed_is_said(self, session: Session, tmp_path: Path) -> None:
        loads = example(session, tmp_path, "mov (%rax), %rbx", after="no fault")
        assert loads.assuming == ("memory operands are canonical, mapped, permitted and aligned",)
        two = example(session, tmp_path, "mov (%rax), %rbx; mov %rbx, (%rcx)", after="no fault")
        assert "the objects that are named apart do not overlap" in two.assuming
        overlapping = example(
            session, tmp_path, "mov (%rax), %rbx; mov %rbx, (%rcx)", before="may overlap", after="no fault"
        )
        assert "the objects that are named apart do not overlap" not in overlapping.assuming
        assert example(session, tmp_path, "nop", after="no fault").assuming == ()


class TestReplay:
    """A violation found over terms is a bug of ours unless the concrete machine shows it too."""

    @pytest.mark.parametrize("claim", ["SWAPGS does not change GS.base on amd_k8", "MOV GS raises no fault on amd_k8"])
    def test_a_replay_that_shows_nothing_is_our_bug(self, claim: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(replay, "confirmed", lambda violation, replay: False)
        with pytest.raises(Internal):
            Session.open().prove(claim)

    def test_the_trace_shown_is_the_one_of_the_replay(self, session: Session, tmp_path: Path) -> None:
        code = "push %rax; pop %rbx; mov %ebx, %ecx"
        result = example(session, tmp_path, code, before="RSP = 0x1000", after="RCX = RAX")
        (diagnostic,) = result.diagnostics
        shown = diagnostic.counterexample
        assert shown is not None
        values = dict(shown.before)
        assert int(values["RAX"].replace("_", ""), 0) >> 32, "only the upper half tells the two apart"
        assert [step.text for step in shown.steps] == ["push %rax", "pop %rbx", "mov %ebx, %ecx"]
        assert [step.line for step in shown.steps] == [12, 13, 14]
        pushed = dict(shown.steps[0].changes)
        assert pushed["RSP"] == "0xff8"
        assert int(pushed["u64[0xff8]"], 0) == int(values["RAX"].replace("_", ""), 0)

    def test_it_begins_with_what_before_puts_at_an_offset_that_is_open(self, session: Session, tmp_path: Path) -> None:
        before = "RDI = ?p; RDX = ?offset; u64[?p] = 5; u64[?p + ?offset] = ?word"
        result = example(session, tmp_path, "mov (%rdi), %rax", before=before, after="RAX = 5")
        assert verdicts(result) == {"fails": frozenset(ALL)}, "the two can overlap"
        shown = result.diagnostics[0].counterexample
        assert shown is not None and dict(shown.after)["RAX"] != "5"

    def test_values_are_the_smallest(self, session: Session, tmp_path: Path) -> None:
        result = example(session, tmp_path, "mov %rax, %rbx", before="RAX = ?x; assume ?x > 6", after="RBX < 1000")
        shown = result.diagnostics[0].counterexample
        assert shown is not None and dict(shown.before) == {"RAX": "0x3e8"}

    def test_only_cells_that_matter_are_shown(self, session: Session, tmp_path: Path) -> None:
        result = example(session, tmp_path, "add %rcx, %rdx; mov %rax, %rbx", after="RBX = 0")
        shown = result.diagnostics[0].counterexample
        assert shown is not None
        assert dict(shown.before) == {"RAX": "1"} and dict(shown.after) == {"RBX": "1"}

    def test_the_same_question_has_the_same_answer(self, tmp_path: Path) -> None:
        def shown() -> object:
            return Session.open().prove("LKGS copies a 64-bit base into GS_SHADOW").diagnostics

        assert shown() == shown()


@pytest.fixture
def z3() -> Iterator[None]:
    """Let z3 be the solver."""
    with solver.preferring("z3"):
        yield


def test_a_solver_can_be_preferred(z3: None) -> None:
    assert type(solver.open_session()) is solver.Z3
    with solver.preferring("bitwuzla"):
        assert type(solver.open_session()) is solver.Bitwuzla
    assert type(solver.open_session()) is solver.Z3
