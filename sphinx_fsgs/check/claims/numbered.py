"""``MSR_KERNEL_GS_BASE is MSR 0xC0000102``: a look into the table of the MSRs."""

from __future__ import annotations

from dataclasses import dataclass

from sphinx_fsgs.check.asking import Asked
from sphinx_fsgs.check.claims.form import CLAIM_FAILS
from sphinx_fsgs.check.judge import Judge, Judgement
from sphinx_fsgs.spec.model import Spec
from sphinx_fsgs.syntax.claim import ClaimTree, ValuePart, WordPart
from sphinx_fsgs.syntax.expression import Number

TABLE = True
"""What refutes it is an entry of a table of the spec, not a state."""


@dataclass(frozen=True, slots=True)
class Numbered:
    """The register has that number, or with ``negated`` another."""

    tree: ClaimTree
    spec: Spec
    name: str
    index: int

    def judge(self, judge: Judge, answers: Asked) -> Judgement:
        register = next(each for each in self.spec.layout.msrs if self.name in (each.cell, *each.names))
        if (register.index == self.index) != self.tree.negated:
            return Judgement("holds", citations=register.cites, paths=1)
        says = f"{self.name} is MSR {register.index:#X}".replace("0X", "0x")
        return Judgement("fails", says, CLAIM_FAILS, self.tree.span, paths=1, citations=register.cites)


def read(tree: ClaimTree, spec: Spec) -> Numbered:
    """Return what the claim says."""
    (name,) = (part.word for part in tree.role("msr") if isinstance(part, WordPart))
    (index,) = (part.value for part in tree.role("index") if isinstance(part, ValuePart))
    assert isinstance(index, Number)
    return Numbered(tree, spec, name, index.value)
