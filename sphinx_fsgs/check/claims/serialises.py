"""``WRMSR to MSR_KERNEL_GS_BASE is non-serialising``: whether each execution is defined as serialising."""

from __future__ import annotations

from collections.abc import Iterable

from sphinx_fsgs.check.asking import Asked
from sphinx_fsgs.check.claims.form import CLAIM_FAILS, About, completes, judge_variants, subject_of
from sphinx_fsgs.check.conditions import serialised
from sphinx_fsgs.check.judge import Claimed, Finished, Judge, Judgement
from sphinx_fsgs.check.subjects import Variant
from sphinx_fsgs.machine import terms
from sphinx_fsgs.machine.observe import Observed
from sphinx_fsgs.machine.terms import Value
from sphinx_fsgs.records import dataclass
from sphinx_fsgs.spec.model import Spec
from sphinx_fsgs.syntax.claim import ClaimTree


@dataclass(frozen=True, slots=True)
class Serialises:
    """Every completed execution serialises, or with ``negated`` none is defined to."""

    about: About
    negated: bool
    completing: bool = True

    def judge(self, judge: Judge, answers: Asked) -> Judgement:
        return judge_variants(self.about, judge, answers, self)

    def claims(self, run: Finished, variant: Variant) -> Iterable[Claimed]:
        def violation(seen: Observed) -> Value:
            happened = serialised(seen, run.program, None)
            return happened if self.negated else terms.not_(happened)

        says = "it is serialising" if self.negated else "it is not defined as serialising"
        yield Claimed(violation, says, self.about.tree.span, CLAIM_FAILS, frozenset(), completes)

    def happens(self, run: Finished, variant: Variant) -> Judgement | None:
        return None


def read(tree: ClaimTree, spec: Spec) -> Serialises:
    """Return what the claim says."""
    return Serialises(About(tree, spec, subject_of(tree)), tree.negated)
