"""``FSGSBASE is enumerated in CPUID leaf 7, EBX bit 0``, ``FSGSBASE is not enumerated on amd_k8``."""

from __future__ import annotations

from sphinx_fsgs.check.asking import Asked
from sphinx_fsgs.check.claims.form import CLAIM_FAILS, complain
from sphinx_fsgs.check.judge import Judge, Judgement
from sphinx_fsgs.records import dataclass
from sphinx_fsgs.spec.hosts import host_of
from sphinx_fsgs.spec.model import FEATURE_PREFIX, Spec
from sphinx_fsgs.syntax.claim import ClaimTree, ValuePart, WordPart
from sphinx_fsgs.syntax.expression import Number
from sphinx_fsgs.syntax.scope import Named

NO_SIGN = "FSGS165"

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


@dataclass(frozen=True, slots=True)
class Told:
    """What runs beneath the code tells programs of the feature; where a bit or word is given, it is that one.

    Then the claim says nothing where it does not tell.
    """

    tree: ClaimTree
    spec: Spec
    question: str
    at: str

    def judge(self, judge: Judge, answers: Asked) -> Judgement:
        asked = self.spec.platform_questions[self.question]
        assert asked.tells is not None
        feature, place, at = asked.tells
        family = Named(asked.family, "platform", self.tree.span)
        if not answers[answers.oracle.scope_question(family, asked.family)]:
            return Judgement("n/a", f"there is no {place}")
        told = bool(answers[self.question])
        cites = self.spec.platforms[host_of(answers.profile).platform].answers[self.question].cites
        if self.at and not told:
            return Judgement("n/a", f"{place} does not show {feature} there")
        if (self.at in ("", at) and told) != self.tree.negated:
            return Judgement("holds", paths=1, citations=cites)
        says = f"{feature} is {at} there" if self.at else f"{place} {'shows' if told else 'does not show'} it"
        return Judgement("fails", says, CLAIM_FAILS, self.tree.span, paths=1, citations=cites)


def read(tree: ClaimTree, spec: Spec) -> Enumerated | Told:
    """Return what the claim says; a leaf without a subleaf means subleaf 0.

    :raises EvaluationError: when the feature is told nowhere of that name.
    """
    (feature,) = (part.word for part in tree.role("feature") if isinstance(part, WordPart))
    for place in tree.role("place"):
        assert isinstance(place, WordPart)
        return _told(tree, spec, feature, place)
    if not tree.role("leaf"):
        return Enumerated(tree, spec, feature, None)
    register = next(part.word for part in tree.role("register") if isinstance(part, WordPart))
    subleaf = _number(tree, "subleaf") if tree.role("subleaf") else 0
    return Enumerated(tree, spec, feature, (_number(tree, "leaf"), subleaf, register, _number(tree, "bit")))


def _told(tree: ClaimTree, spec: Spec, feature: str, place: WordPart) -> Told:
    signs = {name: each.tells for name, each in spec.platform_questions.items() if each.tells is not None}
    found = next((name for name, sign in signs.items() if sign[:2] == (feature, place.word)), "")
    if not found:
        known = sorted({sign[1] for sign in signs.values() if sign[0] == feature})
        help_text = f"it is in {' and '.join(known)}" if known else "name a leaf of CPUID"
        raise complain(NO_SIGN, place.span, f"{feature} is not known to be told by {place.word}", help_text)
    at = str(_number(tree, "bit")) if tree.role("bit") else ""
    at = next((part.word for part in tree.role("flag") if isinstance(part, WordPart)), at)
    return Told(tree, spec, found, at)


def _number(tree: ClaimTree, role: str) -> int:
    (part,) = (part.value for part in tree.role(role) if isinstance(part, ValuePart))
    assert isinstance(part, Number)
    return part.value
