"""``ARCH_SET_GS returns -EPERM when the base is at least 1 << 63``: what a service of a platform gives back."""

from __future__ import annotations

from collections.abc import Iterable

from sphinx_fsgs.check.asking import Asked
from sphinx_fsgs.check.calls import executions, result_of
from sphinx_fsgs.check.claims.form import CLAIM_FAILS, NO_ROLE, About, complain, judge_variants, subject_of
from sphinx_fsgs.check.judge import Claimed, Finished, Judge, Judgement
from sphinx_fsgs.check.subjects import Variant
from sphinx_fsgs.machine import terms
from sphinx_fsgs.machine.evaluate import read_view, value_at
from sphinx_fsgs.machine.observe import Observed
from sphinx_fsgs.machine.terms import Value
from sphinx_fsgs.records import dataclass
from sphinx_fsgs.spec.model import Spec
from sphinx_fsgs.syntax.claim import ClaimTree, ValuePart
from sphinx_fsgs.syntax.expression import Expr


@dataclass(frozen=True, slots=True)
class Returns:
    """Every call returns the value; with ``negated``, none does."""

    about: About
    value: Expr
    text: str
    negated: bool
    completing: bool = False

    def judge(self, judge: Judge, answers: Asked) -> Judgement:
        return judge_variants(self.about, judge, answers, self)

    def happens(self, run: Finished, variant: Variant) -> Judgement | None:
        return None

    def claims(self, run: Finished, variant: Variant) -> Iterable[Claimed]:
        index = len(run.program.instructions) - 1
        view = result_of(run.program.calls[-1], self.about.spec)

        def violation(seen: Observed) -> Value:
            same = (
                terms.eq(read_view(view, after.place), value_at(self.value, before.place, view.width), view.width)
                for before, after in executions(index, seen)
            )
            return terms.any_of(each if self.negated else terms.not_(each) for each in same)

        says = f"it {'returns' if self.negated else 'does not return'} {self.text}"
        yield Claimed(violation, says, self.about.tree.span, CLAIM_FAILS, frozenset(slot.cell for slot in view.slots))


def read(tree: ClaimTree, spec: Spec) -> Returns:
    """Return what the claim says.

    :raises EvaluationError: when the subject is no service, for only those return something.
    """
    subjects = subject_of(tree)
    last = subjects.subjects[-1]
    if last.instruction not in spec.index.services:
        raise complain(NO_ROLE, last.span, f"{last.text} is no call that returns something", "name a system call")
    (part,) = (each for each in tree.role("value") if isinstance(each, ValuePart))
    text = tree.text.partition("return")[2].lstrip("s").split(" when ")[0].split(" on ")[0].strip().rstrip(".")
    return Returns(About(tree, spec, subjects), part.value, text, tree.negated)
