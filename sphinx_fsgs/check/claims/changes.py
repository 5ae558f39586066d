"""``MOV GS does not touch GS_SHADOW``, ``LKGS changes only …``, ``SWAPGS changes GS.base``."""

from __future__ import annotations

from collections.abc import Iterable

from sphinx_fsgs.check.asking import Asked
from sphinx_fsgs.check.claims.form import (
    CLAIM_FAILS,
    About,
    cell_names,
    cites_of,
    completes,
    context,
    judge_variants,
    kept,
    only,
    resolved,
    subject_of,
)
from sphinx_fsgs.check.conditions import unchanged
from sphinx_fsgs.check.judge import Claimed, Finished, Judge, Judgement
from sphinx_fsgs.check.subjects import Variant
from sphinx_fsgs.machine import terms
from sphinx_fsgs.records import dataclass
from sphinx_fsgs.spec.model import Spec
from sphinx_fsgs.syntax.claim import ClaimTree
from sphinx_fsgs.syntax.expression import Expr, Name


@dataclass(frozen=True, slots=True)
class Changes:
    """Cells that no execution changes, that at most change, or that some execution changes."""

    about: About
    cells: tuple[Expr, ...]
    only: bool
    negated: bool
    completing: bool = True

    def judge(self, judge: Judge, answers: Asked) -> Judgement:
        return judge_variants(self.about, judge, answers, self)

    def claims(self, run: Finished, variant: Variant) -> Iterable[Claimed]:
        cells = resolved(self.cells, variant)
        if self.only:
            yield from only(cells, run, self.about.spec, self.about.tree)
            return
        for cell in cells:
            yield kept([cell], run, self.about.spec, self.about.tree)

    def happens(self, run: Finished, variant: Variant) -> Judgement | None:
        """For ``changes A``: each of the cells changes in some state."""
        if self.only or self.negated:
            return None
        around = context(run, self.about.spec)
        for cell in resolved(self.cells, variant):
            can = any(
                run.can(number, terms.not_(unchanged(cell, seen.last, seen.first, around)))
                for number, seen in enumerate(run.seen)
                if completes(seen)
            )
            if not can:
                name = cell.name if isinstance(cell, Name) else "it"
                return Judgement(
                    "fails",
                    f"no state in which {name} changes",
                    CLAIM_FAILS,
                    self.about.tree.span,
                    paths=len(run.paths),
                    citations=cites_of(run),
                )
        return Judgement("holds", assuming=run.assuming, paths=len(run.paths))


def read(tree: ClaimTree, spec: Spec) -> Changes:
    """Return what the claim says."""
    return Changes(About(tree, spec, subject_of(tree)), cell_names(tree), bool(tree.role("only")), tree.negated)
