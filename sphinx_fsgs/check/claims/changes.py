"""``MOV GS does not touch GS_SHADOW``, ``LKGS changes only …``, ``SWAPGS changes GS.base``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sphinx_fsgs.check.asking import Asked
from sphinx_fsgs.check.claims.form import (
    About,
    cell_names,
    judge_variants,
    kept,
    not_available,
    only,
    resolved,
    subject_of,
)
from sphinx_fsgs.check.happening import Runs, each_happens
from sphinx_fsgs.check.judge import Claimed, Finished, Judge, Judgement
from sphinx_fsgs.check.subjects import Variant
from sphinx_fsgs.records import dataclass
from sphinx_fsgs.spec.model import Spec
from sphinx_fsgs.syntax.claim import ClaimTree
from sphinx_fsgs.syntax.expression import Expr


@dataclass(frozen=True, slots=True)
class Changes:
    """Cells that no execution changes, that at most change, or that some execution changes."""

    about: About
    cells: tuple[Expr, ...]
    only: bool
    negated: bool
    completing: bool = True

    def judge(self, judge: Judge, answers: Asked) -> Judgement:
        """Return the verdict for processors that answer so."""
        if self.only or self.negated:
            return judge_variants(self.about, judge, answers, self)
        return judge.guarded(lambda: self._some(Runs(self.about, judge, answers)))

    def _some(self, runs: Runs) -> Judgement:
        """For ``changes A``: each of the cells changes in some state."""
        found = each_happens(runs, self.kept)
        if found.verdict == "fails" and not runs.complete():
            return not_available("it never completes there")
        return found

    def kept(self, run: Finished, variant: Variant) -> Sequence[Claimed]:
        """Return that each of the cells keeps its value."""
        return [kept([cell], run, self.about.spec, self.about.tree) for cell in resolved(self.cells, variant)]

    def claims(self, run: Finished, variant: Variant) -> Iterable[Claimed]:
        if not self.only:
            return self.kept(run, variant)
        return only(resolved(self.cells, variant), run, self.about.spec, self.about.tree)

    def happens(self, run: Finished, variant: Variant) -> Judgement | None:
        return None


def read(tree: ClaimTree, spec: Spec) -> Changes:
    """Return what the claim says."""
    return Changes(About(tree, spec, subject_of(tree)), cell_names(tree), bool(tree.role("only")), tree.negated)
