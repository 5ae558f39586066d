"""``__seg_gs is addressed relative to GS``: a look into the table of named address spaces."""

from __future__ import annotations

from sphinx_fsgs.check.asking import Asked
from sphinx_fsgs.check.claims.form import CLAIM_FAILS
from sphinx_fsgs.check.judge import Judge, Judgement
from sphinx_fsgs.records import dataclass
from sphinx_fsgs.spec.model import Spec
from sphinx_fsgs.syntax.claim import ClaimTree, WordPart

TABLE = True
"""What refutes it is an entry of a table of the spec, not a state."""


@dataclass(frozen=True, slots=True)
class Address:
    """Accesses to the address space carry the prefix of that segment, or with ``negated`` another."""

    tree: ClaimTree
    spec: Spec
    space: str
    segment: str

    def judge(self, judge: Judge, answers: Asked) -> Judgement:
        space = self.spec.address_spaces[self.space]
        if (space.segment == self.segment) != self.tree.negated:
            return Judgement("holds", paths=1, citations=space.cites)
        known = ", ".join(space.accepted)
        says = f"{self.space} is relative to {space.segment} ({known})"
        return Judgement("fails", says, CLAIM_FAILS, self.tree.span, paths=1, citations=space.cites)


def read(tree: ClaimTree, spec: Spec) -> Address:
    """Return what the claim says."""
    space, segment = (
        next(part.word for part in tree.role(role) if isinstance(part, WordPart)) for role in ("space", "segment")
    )
    return Address(tree, spec, space, segment)
