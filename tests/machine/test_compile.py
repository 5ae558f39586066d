"""Compiled Operations: concrete and symbolic code of one tree do the same, in every form and from every state."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sphinx_fsgs.machine.bind import Bound
from sphinx_fsgs.machine.forms import form_samples, samples
from sphinx_fsgs.syntax.example import Mode
from tests.machine.support import MODES, Answers, Outcome, Step, World, random_cells, run_concrete, spec

STEMS = spec().index.stems
PROFILES = ("intel_pantherlake", "amd_zen1", "intel_sapphirerapids_x", "amd_zen4")


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


@pytest.mark.parametrize("profile", spec().profiles)
def test_every_answer_is_taken_alike(profile: str) -> None:
    """What asks the profile does the same in both codes for each possible answer of every profile."""
    asking = 0
    for stem in STEMS:
        for bound in samples(spec(), stem, "64-bit")[:2]:
            for choice in (0, 1):
                answers = Answers(profile, choice)
                step = Step(bound, answers)
                if len(answers) > bool(bound.requires):
                    asking += 1
                    for seed in range(20):
                        compare(bound, answers, step, f"{profile} {choice} {bound.text} {seed}")
    assert asking > 0


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
        forms = samples(spec(), stem, "64-bit")
        for bound in forms:
            answers = Answers("intel_pantherlake")
            for seed in range(300 // len(forms)):
                cells = random_cells(random.Random(f"{bound.text} {seed}"), answers)
                outcome = run_concrete(bound, cells, World(f"{bound.text} {seed}"), answers)
                (faulted if outcome.fault else completed).add(stem)
    assert completed == set(STEMS)
    never = {"LEA", "NOP", "JCC"}
    assert faulted | never >= set(STEMS), set(STEMS) - faulted


@pytest.mark.parametrize("stem", STEMS)
def test_every_syntax_line_can_be_written(stem: str) -> None:
    """No ``Syntax:`` line is dead: each gives a bound line, and each of its spellings does."""
    entry = spec().instruction(stem)
    for form in entry.forms:
        written = {bound.mnemonic for bound in form_samples(spec(), stem, form, "64-bit")}
        assert written == {spelling for spelling, _ in form.spellings()}
