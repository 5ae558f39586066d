"""``SWAPGS; MOV GS; SWAPGS is equivalent to LKGS``: the same end from every state, faults included unless excluded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sphinx_fsgs.check.asking import Asked
from sphinx_fsgs.check.claims.form import (
    CLAIM_FAILS,
    About,
    cell_names,
    cites_of,
    completes,
    context,
    not_available,
    subject_of,
)
from sphinx_fsgs.check.conditions import happened, named_cells
from sphinx_fsgs.check.judge import Finished, Internal, Judge, Judgement
from sphinx_fsgs.check.replay import counterexample
from sphinx_fsgs.check.spelled import Tried
from sphinx_fsgs.check.subjects import Variant, named_in, variants
from sphinx_fsgs.diagnostic import Counterexample
from sphinx_fsgs.machine import terms
from sphinx_fsgs.machine.bind import Bound
from sphinx_fsgs.machine.evaluate import evaluate, fit
from sphinx_fsgs.machine.observe import Observed, Snapshot
from sphinx_fsgs.machine.terms import Value
from sphinx_fsgs.records import dataclass
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
        """Yield programs of both sides with the same registers, of one size."""
        mode, spec = self.about.tree.mode, self.about.spec
        sides = (self.about.subjects, self.other)
        named = self.about.named().union(*(named_in(each, spec) for each in sides))
        alike = Tried(named, apart=False)
        others = variants(self.other, mode, spec, alike)
        for one in variants(self.about.subjects, mode, spec, alike):
            fitting = sorted(others, key=lambda each: (each.registers != one.registers, _size(each) != _size(one)))
            if fitting:
                yield one, fitting[0]

    def _compare(self, judge: Judge, one: Variant, other: Variant, answers: Asked) -> Judgement:
        first = self.about.start(one, answers)
        second = self.about.start(other, answers)
        left, right = judge.finish(one.program, first, answers), judge.finish(other.program, second, answers)
        spoken = False
        # A run that completes beside one that does not shows more than two different faults.
        others = sorted(enumerate(right.seen), key=lambda each: not completes(each[1]))
        for number, seen in enumerate(left.seen):
            for index, beside in others:
                if self.whenever and not (completes(seen) and completes(beside)):
                    continue
                meeting = [*second.conditions, *_taken(right, index)]
                if not left.can(number, *meeting):
                    continue
                spoken = True
                msrs = [each for run, at in ((left, number), (right, index)) for each in written_msrs(run, at)]
                differs = self.differ(seen, beside, left, right, msrs)
                if isinstance(differs, int) and not differs:
                    continue
                if left.can(number, *meeting, differs):
                    apart = right.questions.apart(right.paths[index])
                    found = self._shown(left, right, (number, index), [*meeting, *apart, differs])
                    if found is not None:
                        return found
        if not spoken:
            return not_available("no state meets the conditions")
        assuming = tuple(dict.fromkeys((*left.assuming, *right.assuming)))
        return Judgement("holds", assuming=assuming, paths=left.ways + right.ways)

    def differ(self, one: Observed, other: Observed, left: Finished, right: Finished, msrs: Sequence[Value]) -> Value:
        """Return when two paths end differently; ``msrs`` are numbers of registers that one of them wrote."""
        if completes(one) != completes(other) or one.vector != other.vector:
            return 1
        error, beside = (0 if each.error is None else each.error for each in (one, other))
        errors = terms.ne(error, beside, 32)
        if self.cells:
            cells = (self._cell(cell, one.last, other.last) for cell in self.cells)
            return terms.or_(errors, terms.any_of(cells))
        events = (
            terms.bit_xor(happened(one, left.program, name), happened(other, right.program, name), 1)
            for name in self.about.spec.events
        )
        return terms.any_of([errors, *events, *self._states(one.last, other.last, left, msrs)])

    def _states(self, one: Snapshot, other: Snapshot, run: Finished, msrs: Sequence[Value]) -> Iterator[Value]:
        for cell in run.start.spec.layout.cells:
            if cell.counted:
                yield terms.ne(one.place.read(cell.index), other.place.read(cell.index), cell.width)
        for change in (*one.changes(), *other.changes()):
            here, there = one.place.load(change.address, 1), other.place.load(change.address, 1)
            yield terms.and_(change.differs, terms.ne(here, there, 8))
        for number in msrs:
            yield terms.ne(one.place.read_msr(number), other.place.read_msr(number), 64)

    def _cell(self, cell: Expr, one: Snapshot, other: Snapshot) -> Value:
        left, right = evaluate(cell, one.place), evaluate(cell, other.place)
        width = left.width or 64
        return terms.ne(fit(left, width, cell.span), fit(right, width, cell.span), width)

    def _shown(
        self, left: Finished, right: Finished, taken: tuple[int, int], conditions: list[Value]
    ) -> Judgement | None:
        number, index = taken
        model = left.questions.find(conditions, left.paths[number])
        if model is None:
            return None
        here = left.replayer.replay(model, path=left.paths[number])
        there = right.replayer.replay(model, path=right.paths[index])
        msrs = [*here.frames[-1].msrs, *there.frames[-1].msrs]
        if not self.differ(here.seen, there.seen, left, right, msrs):
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
        says = f"the other way {_end(beside, shown)}"
        return Judgement(
            "fails", says, CLAIM_FAILS, self.about.tree.span, "", shown, left.assuming,
            left.ways + right.ways, citations=cites_of(left, right),
        )  # fmt: skip


def _taken(run: Finished, number: int) -> list[Value]:
    """Return all that must hold for a path to be taken, good memory included."""
    path = run.paths[number]
    return [*path.conditions, *path.assumed, *run.questions.good_memory(path)]


def written_msrs(run: Finished, number: int) -> Iterator[Value]:
    """Yield the numbers of the registers outside the spec that a path wrote."""
    return (index for index, _, _ in run.paths[number].final.msrs)


def _end(there: Counterexample, here: Counterexample) -> str:
    """Return in words how one run ends, as far as the other ends differently."""
    fault, own = (each.steps[-1].fault if each.steps else "" for each in (there, here))
    fault = fault or (own and "no fault")
    state = ", ".join(f"{name} = {value}" for name, value in there.after)
    said = " and ".join(part for part in (fault, state) if part)
    events, others = ({name for step in each.steps for name in step.events} for each in (there, here))
    apart = [f"has the event {name}" for name in sorted(events - others)]
    apart += [f"has no event {name}" for name in sorted(others - events)]
    if said or not apart:
        apart.insert(0, f"ends with {said or 'other memory'}")
    return " and ".join(apart)


def _size(variant: Variant) -> int:
    bound = (each for each in variant.program.instructions if isinstance(each, Bound))
    sizes = (each.binding.sizes.get("OperandSize", 0) for each in bound)
    return next(filter(None, sizes), 0)


def read(tree: ClaimTree, spec: Spec) -> Equivalent:
    """Return what the claim says."""
    return Equivalent(About(tree, spec, subject_of(tree)), subject_of(tree, "other"), cell_names(tree), tree.whenever)
