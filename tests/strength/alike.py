"""Proofs that a mutant is none: from every state, on every processor, it ends as the original does."""

from __future__ import annotations

from collections.abc import Iterator

from sphinx_fsgs.check.asking import Oracle, share
from sphinx_fsgs.check.claims.equivalent import Equivalent, written_msrs
from sphinx_fsgs.check.claims.form import About
from sphinx_fsgs.check.judge import Finished, Judge, Judgement
from sphinx_fsgs.check.subjects import Variant, variants
from sphinx_fsgs.machine.compile import CompileError
from sphinx_fsgs.machine.setup import begin
from sphinx_fsgs.machine.symbolic import MemoryRules
from sphinx_fsgs.source import Span
from sphinx_fsgs.spec.model import Spec
from sphinx_fsgs.syntax.claim import ClaimTree, Sequence, Subject
from sphinx_fsgs.syntax.example import Mode

_SPAN = Span("<strength>", 1, 1, 1, 1)
_MODES: tuple[Mode, ...] = ("64-bit", "compatibility")


def alike(original: Spec, mutated: Spec, stems: Iterator[str] | tuple[str, ...]) -> bool:
    """Whether every instruction of these behaves alike under both specs; false as well where it cannot be told."""
    return all(_alike(original, mutated, stem) for stem in stems)


def _alike(original: Spec, mutated: Spec, stem: str) -> bool:
    subjects = [(name, found) for name, found in original.index.subjects.items() if found == stem]
    if not subjects:
        return False
    one, other = Judge(original), Judge(mutated)
    for name, _ in subjects:
        words = name.upper().split()
        segment = words[-1] if words[-1] in original.layout.segments else None
        sequence = Sequence((Subject(stem, segment, None, name.upper(), _SPAN),), _SPAN)
        for mode in _MODES:
            for variant in variants(sequence, mode, original):
                if not _same(one, other, variant, mode, sequence):
                    return False
    return True


def _same(one: Judge, other: Judge, variant: Variant, mode: Mode, sequence: Sequence) -> bool:
    oracle = Oracle(one.spec)
    tree = ClaimTree("equivalent", (), False, None, None, mode, False, None, "", _SPAN)
    comparison = Equivalent(About(tree, one.spec, sequence), sequence, (), False)

    def compute(answers: object) -> Judgement:
        def work() -> Judgement:
            rules = MemoryRules(may_fault=True, any_mapping=True)
            left = one.finish(variant.program, begin(one.spec, mode, answers, rules), answers)  # type: ignore[arg-type]
            right = other.finish(variant.program, begin(other.spec, mode, answers, rules), answers)  # type: ignore[arg-type]
            return Judgement("holds" if _paths_agree(left, right, comparison) else "fails")

        return one.guarded(work)

    try:
        shared = share(oracle, one.spec.profiles, compute)
    except CompileError:
        return False
    return all(outcome.verdict == "holds" for found in shared.outcomes.values() for outcome, _ in found)


def _paths_agree(left: Finished, right: Finished, comparison: Equivalent) -> bool:
    for number, seen in enumerate(left.seen):
        for index, beside in enumerate(right.seen):
            meeting = right.paths[index].conditions
            if not left.can(number, *meeting):
                continue
            msrs = [*written_msrs(left, number), *written_msrs(right, index)]
            differs = comparison.differ(seen, beside, left, right, msrs)
            if (not isinstance(differs, int) or differs) and left.can(number, *meeting, differs):
                return False
    return True

