"""``MSR_KERNEL_GS_BASE is MSR 0xC0000102``, ``ARCH_SET_GS is 0x1001``: a look into the tables of numbers."""

from __future__ import annotations

from sphinx_fsgs.check.asking import Asked
from sphinx_fsgs.check.claims.form import CLAIM_FAILS
from sphinx_fsgs.check.judge import Judge, Judgement
from sphinx_fsgs.records import dataclass
from sphinx_fsgs.spec.model import Spec
from sphinx_fsgs.syntax.claim import ClaimTree, ValuePart, WordPart
from sphinx_fsgs.syntax.expression import Number

TABLE = True
"""What refutes it is an entry of a table of the spec, not a state."""


@dataclass(frozen=True, slots=True)
class Numbered:
    """The register or constant has that number, or with ``negated`` another."""

    tree: ClaimTree
    spec: Spec
    name: str
    index: int

    def judge(self, judge: Judge, answers: Asked) -> Judgement:
        word, index, cites = self._entry()
        if (index == self.index) != self.tree.negated:
            return Judgement("holds", citations=cites, paths=1)
        says = f"{self.name} is {word}{index:#X}".replace("0X", "0x")
        return Judgement("fails", says, CLAIM_FAILS, self.tree.span, paths=1, citations=cites)

    def _entry(self) -> tuple[str, int, tuple[str, ...]]:
        """Return what the tables say: of what kind the number is, the number, and where that is said."""
        for each in self.spec.layout.msrs:
            if self.name in (each.cell, *each.names):
                return "MSR ", each.index, each.cites
        return "", self.spec.constants[self.name], self.spec.constant_cites(self.name)


def read(tree: ClaimTree, spec: Spec) -> Numbered:
    """Return what the claim says."""
    (name,) = (part.word for part in tree.role("msr") if isinstance(part, WordPart))
    (index,) = (part.value for part in (*tree.role("index"), *tree.role("number")) if isinstance(part, ValuePart))
    assert isinstance(index, Number)
    return Numbered(tree, spec, name, index.value)
