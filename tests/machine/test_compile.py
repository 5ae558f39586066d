"""Compiled Operations: concrete and symbolic code of one tree do the same, in every form and from every state."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sphinx_fsgs.machine.bind import Bound
from sphinx_fsgs.machine.evaluate import truth
from sphinx_fsgs.machine.forms import form_samples, samples
from sphinx_fsgs.machine.setup import begin
from sphinx_fsgs.machine.symbolic import MemoryRules
from sphinx_fsgs.source import fragment_of
from sphinx_fsgs.spec.reach import reach_of
from sphinx_fsgs.syntax.example import Mode
from sphinx_fsgs.syntax.operation import Fault, read_expression
from tests.machine.plain import Plain
from tests.machine.support import (
    MODES,
    Answers,
    Outcome,
    Step,
    World,
    cell,
    program,
    random_cells,
    run_concrete,
    spec,
)

STEMS = spec().index.stems
NEVER_FAULTS = frozenset(
    "CBW_CWDE CDQE CLC CLD CMC CPUID CQO CWD_CDQ ENDBR JCC JMP LEA LFENCE MFENCE MOV_IMM64 NOP PAUSE "
    "SERIALIZE STC STD".split()
)
NEEDS_A_FRAME = frozenset({"ERETS", "ERETU", "IRET", "IRET_32", "LTR"})
"""What completes only where the stack holds a frame that fits, or a table such a segment: no random state has one, but
their cases do."""
PROFILES = ("intel_pantherlake", "amd_zen1", "intel_sapphirerapids_x", "amd_zen4")


def mode_of(stem: str) -> Mode:
    """Return 64-bit mode, or the first other one of an instruction that does not exist there."""
    modes = spec().instruction(stem).modes
    return next(mode for mode in MODES if not modes or mode in modes)


def compare(bound: Bound, answers: Answers, step: Step, seed: str) -> Outcome:
    """Run one form both ways from one state and hold the outcomes against each other."""
    cells = random_cells(random.Random(seed), answers)
    world = World(seed)
    concrete, symbolic = run_concrete(bound, cells, world, answers), step.at(cells, world)
    where = f"{bound.text} ({bound.binding.mode}) on {answers.profile}, seed {seed}"
    names = [cell.name for cell in spec().layout.cells]
    differ = [name for name, one, other in zip(names, concrete.cells, symbolic.cells, strict=True) if one != other]
    assert concrete.fault == symbolic.fault, where
    assert differ == [], where
    assert concrete.memory == symbolic.memory, where
    assert concrete.msrs == symbolic.msrs, where
    assert concrete.events == symbolic.events, where
    return concrete


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("stem", STEMS)
def test_both_codes_do_the_same(stem: str, mode: Mode) -> None:
    """Every form that the spec allows, a few states each; what faults leaves everything as it was."""
    for number, bound in enumerate(samples(spec(), stem, mode)):
        answers = Answers(PROFILES[number % len(PROFILES)])
        step = Step(bound, answers)
        for seed in range(12):
            compare(bound, answers, step, f"{bound.text} {seed}")


def asked_differently(bound: Bound) -> Iterator[tuple[Answers, Step]]:
    """Yield a form for every processor and both values of what no source tells, once for all that answer alike."""
    tried: list[dict[str, int]] = []
    for profile, choice in itertools.product(spec().profiles, (0, 1)):
        told = Answers(profile, choice)
        if not any(all(told[question] == value for question, value in each.items()) for each in tried):
            answers = Answers(profile, choice)
            yield answers, Step(bound, answers)
            tried.append(dict(answers))


@pytest.mark.parametrize("stem", [stem for stem in STEMS if reach_of(spec(), stem).questions])
def test_every_answer_is_taken_alike(stem: str) -> None:
    """What asks the profile does the same in both codes for each possible answer of every profile."""
    for bound in samples(spec(), stem, mode_of(stem))[:2]:
        for answers, step in asked_differently(bound):
            for seed in range(20):
                compare(bound, answers, step, f"{answers.profile} {dict(answers)} {bound.text} {seed}")


def test_what_every_processor_answers_is_asked_of_some_that_differ() -> None:
    (bound,) = samples(spec(), "MFENCE", "64-bit")
    assert [dict(answers) for answers, _ in asked_differently(bound)] == [
        {"mfence_serialises": 0},
        {"mfence_serialises": 1},
    ]


ALL_FORMS = [bound for stem in STEMS for mode in MODES for bound in samples(spec(), stem, mode)]


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(ALL_FORMS), st.sampled_from(sorted(spec().profiles)), st.integers(0, 1), st.integers(0, 2**32))
def test_any_form_on_any_profile(bound: Bound, profile: str, choice: int, seed: int) -> None:
    answers = Answers(profile, choice)
    compare(bound, answers, Step(bound, answers), str(seed))


def test_the_random_states_reach_both_ends() -> None:
    """The comparisons above are worth something: each instruction that can complete does, and each that can fault."""
    completed, faulted = set(), set()
    for stem in STEMS:
        mode = "protected" if stem == "INTO" else mode_of(stem)
        forms = samples(spec(), stem, mode)
        for bound in forms:
            answers = Answers("intel_pantherlake")
            for seed in range(300 // len(forms)):
                cells = random_cells(random.Random(f"{bound.text} {seed}"), answers)
                outcome = run_concrete(bound, cells, World(f"{bound.text} {seed}"), answers)
                (faulted if outcome.fault else completed).add(stem)
    always = {
        stem for stem in STEMS if any(isinstance(last, Fault) for last in spec().instruction(stem).operation[-1:])
    }
    assert completed == set(STEMS) - always - NEEDS_A_FRAME
    assert set(STEMS) - faulted == NEVER_FAULTS


@pytest.mark.parametrize("stem", STEMS)
def test_every_syntax_line_can_be_written(stem: str) -> None:
    """No ``Syntax:`` line is dead: each gives a bound line, and each of its spellings does."""
    entry = spec().instruction(stem)
    for form in entry.forms:
        written = {bound.mnemonic for bound in form_samples(spec(), stem, form, mode_of(stem))}
        assert written == {spelling for spelling, _ in form.spellings()}


# ---- what documents say of it -------------------------------------------------------------------


@pytest.mark.parametrize("mode", MODES)
def test_a_selector_is_loadable_exactly_when_its_load_completes(mode: Mode) -> None:
    """The function that documents use and the Operation that it speaks of agree, from states of all kinds."""
    answers = Answers("intel_skylake")
    load = program("mov %ax, %gs", mode).instructions[0]
    loadable = truth(read_expression(fragment_of("loadable(AX)")), begin(spec(), mode, answers, MemoryRules()).place())
    completed = 0
    for seed in range(400):
        cells = random_cells(random.Random(f"loadable {seed}"), answers)
        world = World(str(seed), tame=True)
        value = Plain({each.name: cells[each.index] for each in spec().layout.cells}, world.function)
        outcome = run_concrete(load, cells, world, answers)
        assert value(loadable) == (outcome.fault is None), f"seed {seed}: {outcome.fault}"
        completed += outcome.fault is None
    assert 40 < completed < 360


@pytest.mark.parametrize("text", ["canonical(RAX, 48)", "canonical(RAX, 57)", "canonical(RAX)", "null(AX)"])
def test_functions_of_documents_mean_what_they_say(text: str) -> None:
    answers = Answers("intel_sapphirerapids_x")
    condition = truth(read_expression(fragment_of(text)), begin(spec(), "64-bit", answers, MemoryRules()).place())
    seen = set()
    for seed in range(300):
        cells = random_cells(random.Random(seed), answers)
        rax, wide = cells[cell("RAX")], cells[cell("CR4.LA57")]
        signed = rax - (rax >> 63 << 64)
        width = {"48)": 48, "57)": 57}.get(text.rpartition(" ")[2], 57 if wide else 48)
        fits = -(1 << width - 1) <= signed < 1 << width - 1
        meant = int(rax & 0xFFFF in (0, 1, 2, 3)) if text.startswith("null") else int(fits)
        assert Plain({each.name: cells[each.index] for each in spec().layout.cells})(condition) == meant
        seen.add(meant)
    assert seen == {0, 1}
