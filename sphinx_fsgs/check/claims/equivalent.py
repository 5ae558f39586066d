"""``SWAPGS; MOV GS; SWAPGS is equivalent to LKGS``: the same end from every state, faults included unless excluded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sphinx_fsgs.check.asking import Asked
from sphinx_fsgs.check.claims.form import (
    CLAIM_FAILS,
    About,
    cell_names,
    completes,
    context,
    not_available,
    subject_of,
)
from sphinx_fsgs.check.conditions import named_cells
from sphinx_fsgs.check.judge import Finished, Internal, Judge, Judgement
from sphinx_fsgs.check.replay import counterexample
from sphinx_fsgs.check.subjects import Variant, variants
from sphinx_fsgs.machine import terms
from sphinx_fsgs.machine.evaluate import evaluate, fit
from sphinx_fsgs.machine.observe import Observed, Snapshot
from sphinx_fsgs.machine.terms import Value
from sphinx_fsgs.spec.model import Spec
from sphinx_fsgs.syntax.claim import ClaimTree
from sphinx_fsgs.syntax.claim import Sequence as Subjects
from sphinx_fsgs.syntax.expression import Expr


@dataclass(frozen=True, slots=True)
class Equivalent:
    """Both programs end alike from each state; ``cells`` narrows what is compared, ``whenever`` drops faults."""

    about: About
    other: Subjects
    cells: tuple[Expr, ...]
    whenever: bool

    def judge(self, judge: Judge, answers: Asked) -> Judgement:
        return judge.guarded(lambda: self._judge(judge, answers))

    def _judge(self, judge: Judge, answers: Asked) -> Judgement:
        holds: Judgement | None = None
        for one, other in self._pairs():
            missing = one.lacks(answers) or other.lacks(answers)
            if missing:
                return not_available(f"it has no {missing}")
            found = self._compare(judge, one, other, answers)
            if found.verdict not in ("holds", "n/a"):
                return self._negated(found)
            holds = found if holds is None or holds.verdict == "n/a" else holds
        return self._negated(holds or not_available(f"not available in {self.about.tree.mode} mode"))

    def _negated(self, found: Judgement) -> Judgement:
        if not self.about.tree.negated:
            return found
        if found.verdict == "fails":
            return Judgement("holds", assuming=found.assuming, paths=found.paths, citations=found.citations)
        if found.verdict == "holds":
            return Judgement("fails", "they are equivalent", CLAIM_FAILS, self.about.tree.span, paths=found.paths)
        return found

    def _pairs(self) -> Iterator[tuple[Variant, Variant]]:
        """Yield programs of both sides with operands of one size."""
        mode, spec = self.about.tree.mode, self.about.spec
        by_size = {_size(each): each for each in variants(self.other, mode, spec)}
        for one in self.about.variants():
            if not by_size:
                return
            yield one, by_size.get(_size(one), next(iter(by_size.values())))

    def _compare(self, judge: Judge, one: Variant, other: Variant, answers: Asked) -> Judgement:
        first = self.about.start(one, answers)
        second = self.about.start(other, answers)
        left, right = judge.finish(one.program, first, answers), judge.finish(other.program, second, answers)
        spoken = False
        for number, seen in enumerate(left.seen):
            for index, beside in enumerate(right.seen):
                if self.whenever and not (completes(seen) and completes(beside)):
                    continue
                meeting = right.paths[index].conditions
                if not left.can(number, *meeting):
                    continue
                spoken = True
                differs = self._differs(seen, beside, left)
                if isinstance(differs, int) and not differs:
                    continue
                if left.can(number, *meeting, differs):
                    found = self._shown(left, right, number, [*meeting, differs], judge)
                    if found is not None:
                        return found
        if not spoken:
            return not_available("no state meets the conditions")
        return Judgement("holds", assuming=left.assuming, paths=len(left.paths) + len(right.paths))

    def _differs(self, one: Observed, other: Observed, run: Finished) -> Value:
        if completes(one) != completes(other):
            return 1
        if not completes(one):
            if one.vector != other.vector:
                return 1
            errors = terms.ne(one.error or 0, other.error or 0, 32)
            if errors != 0:
                return terms.or_(errors, self._states(one.last, other.last, run))
        return self._states(one.last, other.last, run)

    def _states(self, one: Snapshot, other: Snapshot, run: Finished) -> Value:
        if self.cells:
            return terms.any_of(self._cell(cell, one, other) for cell in self.cells)
        found = [
            terms.ne(one.place.read(cell.index), other.place.read(cell.index), cell.width)
            for cell in run.start.spec.layout.cells
            if cell.counted
        ]
        for change in (*one.changes(), *other.changes()):
            here, there = one.place.load(change.address, 1), other.place.load(change.address, 1)
            found.append(terms.and_(change.differs, terms.ne(here, there, 8)))
        return terms.any_of(found)

    def _cell(self, cell: Expr, one: Snapshot, other: Snapshot) -> Value:
        left, right = evaluate(cell, one.place), evaluate(cell, other.place)
        width = left.width or 64
        return terms.ne(fit(left, width, cell.span), fit(right, width, cell.span), width)

    def _shown(
        self, left: Finished, right: Finished, number: int, conditions: list[Value], judge: Judge
    ) -> Judgement | None:
        model = left.questions.find(conditions, left.paths[number])
        if model is None:
            return None
        here, there = left.replayer.replay(model), right.replayer.replay(model)
        if not self._differs(here.seen, there.seen, left):
            raise Internal("the replays of both programs end alike")
        around = context(left, self.about.spec)
        apart = [
            cell.index
            for cell in around.layout.cells
            if cell.counted and here.frames[-1].cells[cell.index] != there.frames[-1].cells[cell.index]
        ]
        wanted = sorted({*apart, *named_cells(self.cells, around)})
        decided = [*left.start.conditions, *left.paths[number].conditions, *conditions]
        shown = counterexample(here, left.replayer, model, left.profile, wanted, decided)
        beside = counterexample(there, right.replayer, model, right.profile, wanted, decided)
        says = f"the other way ends with {_end(beside.steps, beside.after)}"
        cites = [key for run in (left, right) for each in run.program.instructions for key in self._cites(each.stem)]
        return Judgement(
            "fails", says, CLAIM_FAILS, self.about.tree.span, "", shown, left.assuming,
            len(left.paths) + len(right.paths), citations=tuple(dict.fromkeys(cites)),
        )  # fmt: skip

    def _cites(self, stem: str) -> tuple[str, ...]:
        return self.about.spec.instruction(stem).cites


def _end(steps: tuple[object, ...], after: tuple[tuple[str, str], ...]) -> str:
    fault = getattr(steps[-1], "fault", "") if steps else ""
    state = ", ".join(f"{name} = {value}" for name, value in after)
    return " and ".join(part for part in (fault, state) if part) or "no fault"


def _size(variant: Variant) -> int:
    sizes = [each.binding.sizes["OperandSize"] for each in variant.program.instructions if each.binding.sizes]
    return sizes[0] if sizes else 0


def read(tree: ClaimTree, spec: Spec) -> Equivalent:
    """Return what the claim says."""
    return Equivalent(About(tree, spec, subject_of(tree)), subject_of(tree, "other"), cell_names(tree), tree.whenever)
