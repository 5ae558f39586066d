"""Runs: every path, faults that undo, good memory that is assumed, bounds that are met in seconds."""

from __future__ import annotations

import random
import time

import pytest

from sphinx_fsgs.machine import solver, terms
from sphinx_fsgs.machine.concrete import ConcreteMachine
from sphinx_fsgs.machine.forms import samples
from sphinx_fsgs.machine.path import OUTSIDE, Path
from sphinx_fsgs.machine.program import Program
from sphinx_fsgs.machine.questions import Questions
from sphinx_fsgs.machine.run import MAX_TERMS, Runner
from sphinx_fsgs.machine.setup import Start, begin
from sphinx_fsgs.machine.symbolic import Machine, MemoryRules
from sphinx_fsgs.machine.terms import Value
from sphinx_fsgs.machine.values import UNSET, BoundReached, NeedsTerms
from sphinx_fsgs.spec.model import FEATURE_PREFIX
from sphinx_fsgs.spec.printer import operation_text
from tests.machine.support import (
    ANY_MEMORY,
    Answers,
    Step,
    World,
    cell,
    compiler,
    program,
    random_cells,
    run_concrete,
    spec,
)


def start(profile: str = "intel_pantherlake", rules: MemoryRules | None = None) -> Start:
    return begin(spec(), "64-bit", Answers(profile), rules or MemoryRules())


def run(text: str | Program, begun: Start | None = None, apart: bool = False) -> tuple[tuple[Path, ...], Questions]:
    bound = program(text) if isinstance(text, str) else text
    return Runner(compiler(True)).run(bound, begun or start(), apart)


def ends(paths: tuple[Path, ...], questions: Questions) -> set[tuple[str, str]]:
    """Return how the possible paths end."""
    possible = [path for path in paths if questions.possible(path.conditions, path)]
    return {(path.outcome, path.raised.vector if path.raised else "") for path in possible}


def after(path: Path, name: str) -> Value:
    value = path.final.cells[cell(name)]
    return terms.variable(name, spec().layout.cells[cell(name)].width) if value is None else value


# ---- paths --------------------------------------------------------------------------------------


def test_a_run_has_a_path_for_each_way_to_end() -> None:
    assert ends(*run("swapgs")) == {("completes", ""), ("faults", "#UD"), ("faults", "#GP")}
    assert ends(*run("swapgs", start("amd_zen4"))) == {("completes", ""), ("faults", "#GP")}
    assert ends(*run("lkgs %ax", start("amd_zen4"))) == {("faults", "#UD")}


def test_what_is_decided_once_is_not_asked_again() -> None:
    before = solver.calls
    paths, _ = run("swapgs; swapgs; swapgs")
    assert [path.outcome for path in paths].count("completes") == 1
    assert sum(path.outcome == "faults" for path in paths) == 2
    assert solver.calls == before


def test_swapping_twice_is_nothing() -> None:
    (path,) = (path for path in run("swapgs; swapgs")[0] if path.outcome == "completes")
    assert after(path, "GS.base") is terms.variable("GS.base", 64)
    assert after(path, "GS_SHADOW") is terms.variable("GS_SHADOW", 64)


def test_what_was_pushed_is_popped_without_a_question() -> None:
    before = solver.calls
    paths, _ = run("pushq %rbx; lea 8(%rcx), %rdx; pushq %rdx; popq %rsi; popq %rdi", start())
    assert [path.outcome for path in paths] == ["completes"]
    assert after(paths[0], "RDI") is terms.variable("RBX", 64)
    assert after(paths[0], "RSI") is terms.add(terms.variable("RCX", 64), 8, 64)
    assert after(paths[0], "RSP") is terms.variable("RSP", 64)
    assert solver.calls == before


def test_calls_return_and_jumps_fork() -> None:
    text = "call f; jmp 2f\nf: test %rax, %rax; jz 1f; mov $5, %rbx; 1: ret\n2: nop"
    paths, questions = run(text, apart=True)
    assert ends(paths, questions) == {("completes", "")}
    assert sorted(str(after(path, "RBX")) for path in paths) == ["5", str(terms.variable("RBX", 64))]


def test_ways_that_meet_are_one_path() -> None:
    (path,), _ = run("test %rax, %rax; jz 1f; mov $5, %rbx; push %rcx; pop %rdx; 1: nop; mov %rbx, %rsi")
    taken = terms.eq(terms.variable("RAX", 64), 0, 64)
    rbx, rdx, rcx = (terms.variable(name, 64) for name in ("RBX", "RDX", "RCX"))
    assert path.ways == 2 and not path.conditions
    assert after(path, "RSI") is terms.ite(taken, rbx, 5, 64)
    assert after(path, "RDX") is terms.ite(taken, rdx, rcx, 64)
    rest = terms.not_(taken)
    assert [(each.index, each.guard) for each in path.boundaries] == [
        *((0, 1), (1, 1)),
        *((2, rest), (3, rest), (4, rest)),
        *((5, 1), (6, 1), (7, 1)),
    ]


def test_ways_with_other_stacks_do_not_meet() -> None:
    paths, _ = run("test %rax, %rax; jz 1f; push %rcx; 1: nop")
    assert sorted(path.ways for path in paths) == [1, 1]


def test_many_ways_that_meet_are_decided() -> None:
    code = "\n".join(f"test ${1 << bit}, %rax\njz {bit}f\nadd $1, %rbx\n{bit}:" for bit in range(14))
    (path,), _ = run(f"xor %ebx, %ebx\n{code}")
    assert path.ways == 1 << 14
    values = terms.Evaluator({terms.variable("RAX", 64): 0b10_1101})
    assert values(after(path, "RBX")) == 4
    assert sum(values(step.guard) for step in path.steps) == 1 + 2 * 14 + 4


def test_a_way_that_no_state_takes_is_no_path() -> None:
    paths, _ = run("mov $1, %rax; test %rax, %rax; jz 1f; nop; 1: nop")
    assert len(paths) == 1
    paths, _ = run("and $6, %rax; cmp $7, %rax; je 1f; nop; 1: nop")
    assert len(paths) == 1


def test_a_return_into_the_unknown_leaves() -> None:
    paths, _ = run("ret")
    assert [(path.outcome, path.boundaries[-1].index) for path in paths] == [("leaves", -1)]


def test_where_execution_goes_on_is_taken_to_be_good() -> None:
    (path,) = run("jmp *%rax")[0]
    assert path.outcome == "leaves" and path.used_memory
    paths, questions = run("jmp *%rax", start(rules=MemoryRules(may_fault=True)))
    assert ends(paths, questions) == {("leaves", ""), ("faults", "#GP")}
    assert [path.raised.index for path in paths if path.raised] == [0]


def test_an_address_that_is_wrong_for_sure_is_no_matter_of_assumptions() -> None:
    begun = start("intel_skylake")
    begun.state.cells[cell("RAX")] = 0x800000000000
    assert ends(*run("jmp *%rax", begun)) == {("faults", "#GP")}


@pytest.mark.parametrize(("profile", "at"), [("intel_skylake", 0), ("amd_zen3", OUTSIDE)])
def test_a_return_to_no_address_faults_itself_or_where_it_leads(profile: str, at: int) -> None:
    begun = start(profile, MemoryRules(may_fault=True))
    begun.state.cells[cell("RCX")], begun.state.cells[cell("EFER.SCE")] = 0x800000000000, 1
    begun.state.cells[cell("CS.selector")] = 8
    (path,) = run("sysretq", begun)[0]
    assert path.raised is not None and (path.raised.vector, path.raised.error, path.raised.index) == ("#GP", 0, at)
    assert path.final.cells[cell("CS.selector")] == 8 if at == 0 else after(path, "CS.selector") != 8
    assert [each.index for each in path.boundaries] == ([0] if at == 0 else [0, OUTSIDE])


def test_boundaries_lie_before_each_instruction_and_behind_the_last() -> None:
    (path,) = run("nop; cld: nop; nop")[0]
    assert [each.index for each in path.boundaries] == [0, 1, 2, 3]
    assert [step.index for step in path.steps] == [0, 1, 2]
    faulting = next(path for path in run("nop; swapgs")[0] if path.outcome == "faults")
    assert [each.index for each in faulting.boundaries] == [0, 1]
    assert faulting.raised is not None and faulting.raised.index == 1


def test_the_shadow_of_sti_ends_with_the_next_instruction() -> None:
    paths, _ = run("cli; sti; nop")
    (path,) = (path for path in paths if path.outcome == "completes")
    shadows = [each.state.cells[cell("STI_shadow")] for each in path.boundaries[1:]]
    assert shadows == [0, 1, 0]


@pytest.mark.parametrize("stem", spec().index.stems)
def test_a_fault_leaves_everything_as_it_was(stem: str) -> None:
    """The law, over terms: on a path that faults in its first step, no cell and no byte has been written."""
    for bound in samples(spec(), stem, "64-bit")[:6]:
        code, begun = Program((bound, bound), {}, "64-bit"), start(rules=ANY_MEMORY)
        if "RESTART" in operation_text(spec().instruction(stem).operation):
            begun.conditions.append(terms.le(terms.variable("RCX", 64), 2, 64))  # else it has no last step
        for path in run(code, begun)[0]:
            if path.raised is not None and path.raised.index == 0 and len(path.steps) == 1:
                for each, value in zip(spec().layout.cells, path.final.cells, strict=True):
                    absent = each.requires or each.transient
                    initial = terms.variable(each.name, each.width)
                    assert value is None or value is initial or (absent and isinstance(value, int) and value == 0)
                assert list(path.final.memory.objects()) == []
                assert path.final.msrs == ()


def test_each_element_of_a_string_is_a_boundary() -> None:
    ((path,), _) = run("mov $3, %ecx; cld; rep stosb")
    counts = [each.state.cells[cell("RCX")] for each in path.boundaries[2:]]
    assert ([each.index for each in path.boundaries], counts) == ([0, 1, 2, 2, 2, 3], [3, 2, 1, 0])


# ---- memory that is assumed to be good ----------------------------------------------------------


def test_good_memory_is_assumed_unless_said_otherwise() -> None:
    paths, questions = run("mov (%rax), %rbx")
    assert ends(paths, questions) == {("completes", "")}
    assert paths[0].used_memory
    paths, questions = run("mov (%rax), %rbx", start(rules=ANY_MEMORY))
    assert ends(paths, questions) == {("completes", ""), ("faults", "#GP"), ("faults", "#PF"), ("faults", "#AC")}
    assert {end for end in ends(*run("pop %rbx", start(rules=ANY_MEMORY))) if end[0] == "faults"} >= {("faults", "#SS")}


@pytest.mark.parametrize("stem", spec().index.stems)
def test_what_is_assumed_is_what_concrete_code_checks(stem: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With good memory assumed, a state is excluded exactly when an access of the concrete step faults."""
    # Of tables nothing is noted: there is nothing to assume but that their pages are there.
    monkeypatch.setattr(Machine, "reach", lambda machine, check, guard, writes, answers, *values: guard)
    answers = Answers("intel_pantherlake")
    for bound in samples(spec(), stem, "64-bit")[:8]:
        loose, strict = Step(bound, answers), Step(bound, answers, MemoryRules())
        excluded = len(loose.machine.faults) - len(strict.machine.faults)
        assert bool(excluded) == bool(strict.machine.deferred or strict.machine.assumed)
        for seed in range(6):
            cells = random_cells(random.Random(f"{bound.text} {seed}"), answers)
            concrete = run_concrete(bound, cells, World(str(seed), tame=True), answers)
            kept = strict.at(cells, World(str(seed), tame=True))
            if kept != concrete:
                assert concrete.fault is not None and excluded


# ---- concrete runs that know too little ---------------------------------------------------------


def test_an_unset_cell_can_be_moved_but_not_looked_at() -> None:
    cells: list[int] = [0] * len(spec().layout.cells)
    cells[cell("RBX")] = UNSET  # type: ignore[call-overload]
    move, add = program("mov %rbx, %rcx; add %rbx, %rcx").instructions
    answers = Answers("intel_pantherlake")
    machine = ConcreteMachine({}, World("unset"))
    compiler(False).operation(move.stem, move.binding)(cells, machine, answers)
    assert cells[cell("RCX")] is UNSET  # type: ignore[comparison-overlap]
    with pytest.raises(NeedsTerms):
        compiler(False).operation(add.stem, add.binding)(cells, machine, answers)


def test_nothing_can_be_asked_of_an_unset_value() -> None:
    questions = [
        lambda: UNSET == 0,
        lambda: UNSET != 0,
        lambda: UNSET < 1,
        lambda: bool(UNSET),
        lambda: UNSET + 1,
        lambda: 1 - UNSET,
        lambda: UNSET & 1,
        lambda: 1 << UNSET,
        lambda: {}[UNSET],
        lambda: [1][UNSET],
    ]
    for question in questions:
        with pytest.raises(NeedsTerms):
            question()  # type: ignore[no-untyped-call]
    assert repr(UNSET) == "?"


def test_an_undefined_flag_is_unset_until_it_is_written() -> None:
    cells: list[int] = [0] * len(spec().layout.cells)
    machine = ConcreteMachine({}, World("flags"))
    for line in program("and $1, %rax; add $1, %rax").instructions:
        compiler(False).operation(line.stem, line.binding)(cells, machine, Answers("amd_zen1"))
        is_unset = cells[cell("RFLAGS.AF")] is UNSET  # type: ignore[comparison-overlap]
        assert is_unset == line.text.startswith("and")


# ---- bounds -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "bound"),
    [
        ("1: jmp 1b", "steps"),
        ("1: test %rax, %rax; jz 1b", "steps"),
        ("1: sub $1, %rax; jnz 1b", "steps"),
        ("1: push %rax; jmp 1b", "memory"),
        ("1: call 1b", "memory"),
        ("cld; rep stosb", "steps"),
        ("std; rep movsq", "steps"),
        ("rep stosl", "memory"),
        ("1: mov (%rax), %rax; dec %rcx; jnz 1b", "steps"),
        ("1: add %rbx, %rax; push %rax; dec %rcx; jnz 1b", "steps"),
    ],
)
def test_an_endless_loop_ends_at_a_bound_in_seconds(text: str, bound: str) -> None:
    began = time.process_time()
    with pytest.raises(BoundReached) as caught:
        run(text)
    assert caught.value.name == bound
    assert time.process_time() - began < 8


def test_a_loop_that_makes_terms_ends_at_their_bound() -> None:
    with pytest.raises(terms.TermLimit), terms.limited(MAX_TERMS // 50):
        run("1: add $1, %rax; jmp 1b")


def test_many_ways_end_at_the_bound_of_paths(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sphinx_fsgs.machine.run.MAX_PATHS", 20)
    forks = "\n".join(f"test ${1 << bit}, %rax\njz {bit}f\npush %rbx\n{bit}:" for bit in range(6))
    with pytest.raises(BoundReached, match="paths"):
        run(forks)


def test_a_long_loop_over_given_values_is_run_to_its_end() -> None:
    paths, _ = run("mov $1000, %rcx; 1: sub $1, %rcx; jnz 1b")
    assert [(path.outcome, len(path.steps)) for path in paths] == [("completes", 2001)]


# ---- the solver's part --------------------------------------------------------------------------


def test_models_obey_the_invariants_and_are_small() -> None:
    begun = start()
    paths, questions = run("swapgs", begun)
    (path,) = (path for path in paths if path.outcome == "completes")
    high = terms.lt(0x7FFF_FFFF_FFFF, terms.variable("GS.base", 64), 64)
    model = questions.find([high], path)
    assert model is not None
    assert model[terms.variable("GS.base", 64)] == 0xFFFF_8000_0000_0000


def test_the_same_question_has_the_same_answer() -> None:
    found = []
    for _ in range(2):
        paths, questions = run("mov %eax, %gs", start())
        faulting = [path for path in paths if path.raised is not None and path.raised.vector == "#NP"]
        model = questions.find([], faulting[0])
        assert model is not None
        found.append({str(term): value for term, value in model.items()})
    assert found[0] == found[1]


def test_one_list_after_another_is_asked_like_each_alone() -> None:
    chance = random.Random(5)
    x, y = terms.variable("x", 16), terms.variable("y", 16)
    pool = [terms.lt(x, limit, 16) for limit in (3, 900, 5)] + [terms.lt(limit, y, 16) for limit in (2, 60000)]
    pool += [terms.eq(terms.add(x, y, 16), 7, 16), terms.eq(x, y, 16), terms.not_(terms.lt(x, 4, 16))]
    sessions = [solver.open_session(name) for name in ("bitwuzla", "z3")]
    for _ in range(60):
        chosen = chance.sample(pool, chance.randint(0, 4))
        alone = solver.open_session("bitwuzla").check(*chosen)
        assert [session.check_all(chosen) for session in sessions] == [alone, alone]


def test_instructions_that_a_processor_lacks_are_undefined_opcodes() -> None:
    for stem in spec().index.stems:
        entry = spec().instruction(stem)
        if entry.requires:
            bound = samples(spec(), stem, "64-bit")[0]
            lacking = next(
                name for name in spec().profiles if spec().answers(name, FEATURE_PREFIX + entry.requires) == (0,)
            )
            paths, _ = run(Program((bound,), {}, "64-bit"), start(lacking))
            assert [(path.raised.vector, path.raised.line) for path in paths if path.raised] == [("#UD", 0)]
