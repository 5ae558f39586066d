"""``FSGSBASE is enumerated in CPUID leaf 7, EBX bit 0``, ``FSGSBASE is not enumerated on amd_k8``."""

from __future__ import annotations

from dataclasses import dataclass

from sphinx_fsgs.check.asking import Asked
from sphinx_fsgs.check.claims.form import CLAIM_FAILS
from sphinx_fsgs.check.judge import Judge, Judgement
from sphinx_fsgs.spec.model import FEATURE_PREFIX, Spec
from sphinx_fsgs.syntax.claim import ClaimTree, ValuePart, WordPart
from sphinx_fsgs.syntax.expression import Number

TABLE = True
"""What refutes it is an entry of a table of the spec, not a state."""


@dataclass(frozen=True, slots=True)
class Enumerated:
    """The processor sets the feature's bit; where a place is given, the bit is the one at that place."""

    tree: ClaimTree
    spec: Spec
    feature: str
    place: tuple[int, int, str, int] | None

    def judge(self, judge: Judge, answers: Asked) -> Judgement:
        feature = self.spec.features[self.feature]
        if self.place is not None:
            actual = (feature.leaf, feature.subleaf, feature.register, feature.bit)
            if (actual == self.place) == self.tree.negated:
                says = f"{self.feature} is {feature.place}"
                return Judgement("fails", says, CLAIM_FAILS, self.tree.span, paths=1, citations=feature.cites)
            return Judgement("holds", paths=1, citations=feature.cites)
        has = bool(answers[FEATURE_PREFIX + self.feature])
        if has != self.tree.negated:
            return Judgement("holds", paths=1, citations=feature.cites)
        says = f"its {feature.place} is {int(has)}"
        return Judgement("fails", says, CLAIM_FAILS, self.tree.span, paths=1, citations=feature.cites)


def read(tree: ClaimTree, spec: Spec) -> Enumerated:
    """Return what the claim says; a leaf without a subleaf means subleaf 0."""
    (feature,) = (part.word for part in tree.role("feature") if isinstance(part, WordPart))
    if not tree.role("leaf"):
        return Enumerated(tree, spec, feature, None)
    register = next(part.word for part in tree.role("register") if isinstance(part, WordPart))
    subleaf = _number(tree, "subleaf") if tree.role("subleaf") else 0
    return Enumerated(tree, spec, feature, (_number(tree, "leaf"), subleaf, register, _number(tree, "bit")))


def _number(tree: ClaimTree, role: str) -> int:
    (part,) = (part.value for part in tree.role(role) if isinstance(part, ValuePart))
    assert isinstance(part, Number)
    return part.value
