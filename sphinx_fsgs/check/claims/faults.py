"""``WRGSBASE raises #UD when CR4.FSGSBASE is clear``, ``MOV GS raises no fault when the selector is null``."""

from __future__ import annotations

from collections.abc import Iterable

from sphinx_fsgs.check.asking import Asked
from sphinx_fsgs.check.claims.form import CLAIM_FAILS, About, judge_variants, subject_of, with_roles
from sphinx_fsgs.check.judge import Claimed, Finished, Judge, Judgement
from sphinx_fsgs.check.subjects import Variant
from sphinx_fsgs.machine import terms
from sphinx_fsgs.machine.evaluate import value_at
from sphinx_fsgs.machine.observe import Observed
from sphinx_fsgs.machine.terms import Value
from sphinx_fsgs.records import dataclass
from sphinx_fsgs.spec.model import Spec
from sphinx_fsgs.syntax.claim import ClaimTree, FaultPart


@dataclass(frozen=True, slots=True)
class Faults:
    """Every execution raises the fault (any fault, where none is named); with ``never``, none does."""

    about: About
    fault: FaultPart
    never: bool
    completing: bool = False

    def judge(self, judge: Judge, answers: Asked) -> Judgement:
        return judge_variants(self.about, judge, answers, self)

    def claims(self, run: Finished, variant: Variant) -> Iterable[Claimed]:
        def violation(seen: Observed) -> Value:
            raised = self._raised(seen, variant)
            return raised if self.never else terms.not_(raised)

        yield Claimed(violation, self._says(), self.about.tree.span, CLAIM_FAILS)

    def _raised(self, seen: Observed, variant: Variant) -> Value:
        if seen.outcome != "faults":
            return 0
        if not self.fault.vector:
            return 1
        if seen.vector != self.fault.vector:
            return 0
        if self.fault.error is None:
            return 1
        expected = value_at(self.fault.error, with_roles(seen.first.place, variant), 32)
        return terms.eq(0 if seen.error is None else seen.error, expected, 32)

    def _says(self) -> str:
        name = self.fault.vector or "a fault"
        return f"it raises {name}" if self.never else f"it does not raise {name}"

    def happens(self, run: Finished, variant: Variant) -> Judgement | None:
        return None


def read(tree: ClaimTree, spec: Spec) -> Faults:
    """Return what the claim says; "no fault" is a fault without a vector that never happens."""
    (fault,) = (part for part in tree.role("fault") if isinstance(part, FaultPart))
    never = tree.negated if fault.vector else not tree.negated
    return Faults(About(tree, spec, subject_of(tree)), fault, never)
