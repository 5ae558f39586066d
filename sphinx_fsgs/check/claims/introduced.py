"""``FSGSBASE first appeared on intel with Ivy Bridge``: decided over all CPUID dumps, never over the profiles.

Of what runs beneath the code, as in ``FSGSBASE first appeared on linux with 5.9``, the platforms of the spec decide.
"""

from __future__ import annotations

from collections.abc import Iterable

from sphinx_fsgs.check.asking import Asked
from sphinx_fsgs.check.claims.form import CLAIM_FAILS, complain, not_available
from sphinx_fsgs.check.judge import Judge, Judgement
from sphinx_fsgs.records import dataclass
from sphinx_fsgs.spec.generations import Generation, named
from sphinx_fsgs.spec.hosts import Version, version_text
from sphinx_fsgs.spec.model import Spec
from sphinx_fsgs.spec.platforms import Platform, version_of
from sphinx_fsgs.syntax.claim import ClaimTree, WordPart
from sphinx_fsgs.syntax.scope import Named

TABLE = True
"""What refutes it is an entry of a table of the spec, not a state."""

UNKNOWN_GENERATION = "FSGS165"


@dataclass(frozen=True, slots=True)
class Introduced:
    """The feature is seen in dumps of these generations, and in none of their maker's that were launched before."""

    tree: ClaimTree
    spec: Spec
    feature: str
    words: str
    generations: tuple[Generation, ...]

    def judge(self, judge: Judge, answers: Asked) -> Judgement:
        vendor = self.generations[0].vendor
        scope = Named(vendor, "family", self.tree.span)
        if not answers[answers.oracle.scope_question(scope, vendor)]:
            return not_available(f"{self.words} is of another maker")
        found = self._decided(vendor)
        if found.verdict == "undecided" or not self.tree.negated:
            return found
        if found.verdict == "fails":
            return Judgement("holds", paths=1, citations=found.citations)
        says = f"{self.words} is the first with {self.feature}"
        return Judgement("fails", says, CLAIM_FAILS, self.tree.span, paths=1, citations=found.citations)

    def _decided(self, vendor: str) -> Judgement:
        own = [each for each in self.generations if self.feature in each.seen]
        if not own:
            says = f"no dump of {self.words} has {self.feature}"
            return self._fails(says, self.generations)
        first, last = min(each.first for each in own), min(each.last for each in own)
        others = [
            each
            for each in self.spec.generations.values()
            if each.vendor == vendor and each not in self.generations and self.feature in each.seen
        ]
        before = sorted((each for each in others if each.last < first), key=lambda each: each.first)
        if before:
            says = f"{before[0].name} of {before[0].first} has it"
            return self._fails(says, (*own[:1], before[0]))
        unclear = [each.name for each in others if each.first <= last]
        if unclear:
            says = f"no source tells whether {unclear[0]} came before {self.words}"
            return Judgement("undecided", says, reason="sources", citations=_cites(own))
        return Judgement("holds", paths=1, citations=_cites(own))

    def _fails(self, says: str, generations: Iterable[Generation]) -> Judgement:
        return Judgement("fails", says, CLAIM_FAILS, self.tree.span, paths=1, citations=_cites(generations))


@dataclass(frozen=True, slots=True)
class InVersion:
    """The first version of a family of platforms that switches the feature's bit on is this one."""

    tree: ClaimTree
    spec: Spec
    feature: str
    version: Version

    def judge(self, judge: Judge, answers: Asked) -> Judgement:
        for family in self.spec.families:
            if answers[answers.oracle.scope_question(Named(family, "platform", self.tree.span), family)]:
                return self._on(family)
        return not_available("nothing with versions runs beneath the code there")

    def _on(self, family: str) -> Judgement:
        using = [each for each in self.spec.platforms.values() if each.family == family and self._switched(each)]
        first = min((each for each in using if each.first is not None), key=lambda each: each.first or (), default=None)
        if first is None or first.first is None:
            says = f"the spec does not know since when {family.capitalize()} uses {self.feature}"
            return Judgement("undecided", says, reason="sources")
        cites = first.state[self._switched(first)].cites
        if (first.first == self.version) != self.tree.negated:
            return Judgement("holds", paths=1, citations=cites)
        says = f"{family.capitalize()} {version_text(first.first)} is the first with {self.feature}"
        return Judgement("fails", says, CLAIM_FAILS, self.tree.span, paths=1, citations=cites)

    def _switched(self, platform: Platform) -> str:
        """Return the cell of the feature that the platform holds at 1, if it does."""
        cells = (each for each in self.spec.layout.cells if each.requires == self.feature)
        return next(
            (cell.name for cell in cells if cell.name in platform.state and platform.state[cell.name].value), ""
        )


def _cites(generations: Iterable[Generation]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(key for each in generations for key in each.cites))


def read(tree: ClaimTree, spec: Spec) -> Introduced | InVersion:
    """Return what the claim says.

    :raises EvaluationError: when no dump is of the family that is named.
    """
    feature, generation = (
        next(part for part in tree.role(role) if isinstance(part, WordPart)) for role in ("feature", "generation")
    )
    version = version_of(generation.word)
    if version is not None:
        return InVersion(tree, spec, feature.word, version)
    found = named(generation.word, dict(spec.generations))
    if not found:
        message = f'no dump is of "{generation.word}"'
        raise complain(UNKNOWN_GENERATION, generation.span, message, "name a generation, or a family of one")
    return Introduced(tree, spec, feature.word, generation.word, found)
