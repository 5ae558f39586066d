"""What an instruction does that is not state: the table of a page and the claims of documents say the same."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from pathlib import Path

import pytest

from sphinx_fsgs.check.claims.form import About
from sphinx_fsgs.check.conditions import SERIALISE
from sphinx_fsgs.check.entries.happenings import Happening, happenings
from sphinx_fsgs.check.entries.instruction import called
from sphinx_fsgs.check.session import Session
from sphinx_fsgs.machine import solver
from sphinx_fsgs.source import fragment_of
from sphinx_fsgs.spec.model import Spec
from sphinx_fsgs.spec.reach import reach_of
from sphinx_fsgs.syntax.claim import Sequence
from sphinx_fsgs.syntax.read_claim import read_claim

SPEC = Spec()


@functools.cache
def found(stem: str) -> tuple[Happening, ...]:
    return happenings(SPEC, stem, reach_of(SPEC, stem))


def sentences() -> Iterator[tuple[str, str]]:
    """Yield a subject of sentences for each instruction that has one without operands in memory."""
    for stem in SPEC.index.stems:
        for name in called(SPEC, stem)[:1]:
            yield stem, name.replace("SEG", "GS")


@pytest.fixture(scope="module")
def session() -> Session:
    return Session.open()


def says(session: Session, sentence: str) -> dict[str, str]:
    """Return the verdict on each processor; n/a everywhere where the instruction has no form without memory."""
    tree = read_claim(fragment_of(sentence, "claim"), session.lexicon).tree
    assert tree is not None, sentence
    (subject,) = (part for part in tree.role("subject") if isinstance(part, Sequence))
    if not About(tree, SPEC, subject).variants():
        return {}
    return {each.profile: each.verdict for each in session.prove(sentence).verdicts}


def written(stem: str) -> str:
    return Path(SPEC.instruction(stem).path).read_text(encoding="utf-8")


OVERLAPPING = {"SYSCALL": ("no", "undecided", "holds")}
"""Under FRED the frame lies beside the stack pointer and the two are taken to lie apart, so that no state is left: then
nothing can be exhibited, and a claim that is not proved without looking is undecided."""


@pytest.mark.parametrize(("stem", "subject"), [*sentences()])
def test_claims_say_what_the_page_says(session: Session, stem: str, subject: str) -> None:
    said = {("yes", "holds", "fails"), ("no", "fails", "holds"), ("some", "fails", "fails"), ("n/a", "n/a", "n/a")}
    for each in (one for one in found(stem) if one.event == SERIALISE and not one.case.others):
        aim = f" to {each.case.name}" if each.case.name else ""
        yes, no = says(session, f"{subject}{aim} serialises"), says(session, f"{subject}{aim} does not serialise")
        for extent, profiles in each.processors.items():
            for profile in profiles if yes else ():
                pair = yes[profile], no[profile]
                never_completes = not each.cites and pair == ("n/a", "n/a")
                # Of unknown length: the bound on what is written to memory comes first.
                without_end = "RESTART" in written(stem) and pair == ("undecided", "undecided")
                overlapping = OVERLAPPING.get(stem) == (extent, *pair)
                assert (extent, *pair) in said or never_completes or without_end or overlapping


def test_every_processor_stands_in_exactly_one_place() -> None:
    for stem in SPEC.index.stems:
        for each in found(stem):
            told = [name for names in each.processors.values() for name in names]
            assert sorted(told) == sorted(SPEC.profiles)


def test_a_write_of_a_base_is_told_apart_from_one_of_any_other_register() -> None:
    *named, rest = found("WRMSR")
    assert [each.case.name for each in named] == ["IA32_FS_BASE", "IA32_GS_BASE", "IA32_KERNEL_GS_BASE"]
    assert all(each.asks == ("wrmsr_base_serialises",) for each in named)
    assert all({*each.processors} == {"yes", "no"} for each in named)
    assert rest.case.others and set(rest.processors) == {"some"} and not rest.asks


def test_an_answer_that_no_source_settles_leaves_it_open() -> None:
    (ordered,) = (each for each in found("LFENCE") if each.event == "order_execution")
    unknown = {name for name in SPEC.profiles if not SPEC.behaviour(ordered.asks[0]).answer_of(name).is_known}
    assert unknown and set(ordered.processors["open"]) == unknown


def test_what_no_line_does_is_done_on_no_processor_that_has_the_instruction() -> None:
    (only,) = found("LKGS")
    lacking = {name for name, profile in SPEC.profiles.items() if profile.cpuid["LKGS"] is False}
    assert set(only.processors["n/a"]) == lacking and set(only.processors["no"]) == set(SPEC.profiles) - lacking


def test_without_a_solver_it_is_undecided_and_never_guessed() -> None:
    with solver.preferring("a solver that is not installed"):
        told = {extent for stem in ("IRET", "WRMSR") for each in found.__wrapped__(stem) for extent in each.processors}
    assert "undecided" in told
