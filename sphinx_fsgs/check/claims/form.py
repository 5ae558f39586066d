"""What every claim form has: how its tree becomes things that are claimed of runs."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Protocol

from sphinx_fsgs.check.asking import Asked
from sphinx_fsgs.check.calls import succeeded
from sphinx_fsgs.check.conditions import MEMORY_WORD, Context, memory_kept, named_cells, unchanged
from sphinx_fsgs.check.judge import Claimed, Finished, Judge, Judgement
from sphinx_fsgs.check.spelled import Tried, whole_registers
from sphinx_fsgs.check.subjects import Variant, variants, why_none
from sphinx_fsgs.diagnostic import Diagnostic
from sphinx_fsgs.machine import terms
from sphinx_fsgs.machine.evaluate import EvaluationError, Place, read_view, truth
from sphinx_fsgs.machine.observe import Observed
from sphinx_fsgs.machine.operands import InCells
from sphinx_fsgs.machine.setup import Start, assign, begin, begin_code, name_new
from sphinx_fsgs.machine.symbolic import MemoryRules
from sphinx_fsgs.machine.terms import Value
from sphinx_fsgs.records import dataclass
from sphinx_fsgs.source import Span
from sphinx_fsgs.spec.model import Spec
from sphinx_fsgs.syntax.claim import CellPart, ClaimTree, FaultPart, WordPart
from sphinx_fsgs.syntax.claim import Sequence as Subjects
from sphinx_fsgs.syntax.expression import Expr, Name, Number, names_in

CLAIM_FAILS = "FSGS301"
NO_ROLE = "FSGS310"
MEMORY_FAULTS = ("#PF", "#SS", "#GP", "#AC")


class Meaning(Protocol):
    """A claim that knows what it says: made from the tree by its form's module."""

    def judge(self, judge: Judge, answers: Asked) -> Judgement:
        """Return the verdict for processors that answer so."""


def meaning_of(tree: ClaimTree, spec: Spec) -> Meaning:
    """Return what a claim says, as its form's module reads it.

    :raises EvaluationError: when a part of it means nothing.
    """
    _check_own_parts(tree, spec)
    module = importlib.import_module(f"sphinx_fsgs.check.claims.{tree.form}")
    found: Meaning = module.read(tree, spec)
    return found


def _check_own_parts(tree: ClaimTree, spec: Spec) -> None:
    """Check that ``the selector``, ``its destination`` and the like are parts that the instructions have."""
    for role in ("subject", "other"):
        for subjects in (part for part in tree.role(role) if isinstance(part, Subjects)):
            programs = variants(subjects, tree.mode, spec)
            known = {name for variant in programs for name in variant.roles}
            for name, span in _own_parts(tree, role):
                if programs and name not in known:
                    text = "; ".join(subject.text for subject in subjects.subjects)
                    message = f"{text} has no {name.removeprefix('the.')} of its own"
                    raise complain(NO_ROLE, span, message, "name a cell instead")
            if role == "subject":
                _check_one_cell(tree, programs)


def _check_one_cell(tree: ClaimTree, programs: Iterable[Variant]) -> None:
    """Check that ``its source``, where a cell is meant, is one cell and not made of several."""
    for part in tree.role("cells"):
        for variant in programs:
            if isinstance(part, CellPart) and part.name in variant.roles:
                (cell,) = resolved((Name(part.name, part.span),), variant)
                if isinstance(cell, Name) and cell.name == part.name:
                    message = f"the {part.name} of this instruction is no cell, but made of several"
                    raise complain(NO_ROLE, part.span, message, "name the cells")


def _own_parts(tree: ClaimTree, role: str) -> Iterator[tuple[str, Span]]:
    if tree.when is not None:
        yield from ((each.name, each.span) for each in names_in(tree.when) if each.name.startswith("the."))
    if role == "subject":
        for part in (*tree.role("cells"), *tree.role("source")):
            if isinstance(part, CellPart) and part.name in ("source", "destination"):
                yield part.name, part.span
            elif isinstance(part, WordPart):
                yield f"the.{part.word}", part.span


@dataclass(frozen=True, slots=True)
class About:
    """The runs that a claim speaks of: its subject, and the clauses behind it."""

    tree: ClaimTree
    spec: Spec
    subjects: Subjects

    def variants(self, memory: bool = False) -> tuple[Variant, ...]:
        """Return the programs that the subject stands for.

        :param memory: whether those with operands in memory are among them also where registers would do.
        """
        return variants(self.subjects, self.tree.mode, self.spec, Tried(self.named(), memory))

    def named(self) -> frozenset[str]:
        """Return the registers that the sentence itself names, and so tells from the others."""
        parts = (part for _, role in self.tree.parts for part in role)
        names = [part.name for part in parts if isinstance(part, CellPart)]
        names += [each.name for each in names_in(self.tree.when)] if self.tree.when is not None else []
        return whole_registers(names, self.spec.layout)

    def start(self, variant: Variant, answers: Asked) -> Start:
        """Return the initial states that the clauses leave."""
        fault = next((part for part in self.tree.role("fault") if isinstance(part, FaultPart)), None)
        may_fault = fault is not None and fault.vector in MEMORY_FAULTS
        start = begin(self.spec, self.tree.mode, answers, MemoryRules(may_fault=may_fault))
        variant.aim(start)
        if variant.program.calls and self.tree.cpl is None:
            begin_code(start, ())
        span = self.tree.span
        if self.tree.cpl is not None:
            assign(start, Name("CPL", span), Number(self.tree.cpl, span))
        if self.tree.when is not None:
            name_new(start, self.tree.when, 64)
            start.conditions.append(truth(self.tree.when, with_roles(start.place(), variant)))
        return start


def with_roles(place: Place, variant: Variant) -> Place:
    """Return the place where ``the selector`` and the like mean what the program says."""
    return replace(place, meanings=dict(variant.roles))


def completes(seen: Observed) -> bool:
    """Whether a path ends without a fault."""
    return seen.outcome != "faults"


def not_available(reason: str) -> Judgement:
    """Return the verdict on a processor that the claim does not speak of."""
    return Judgement("n/a", reason)


def judge_variants(about: About, judge: Judge, answers: Asked, form: Form) -> Judgement:
    """Judge a claim on each program that its subject stands for; the first failure counts."""

    def work() -> Judgement:
        best: Judgement | None = None
        for variant in about.variants():
            found = _judge_variant(about, variant, judge, answers, form)
            if found.verdict not in ("holds", "n/a"):
                return found
            if best is None or best.verdict == "n/a" or (found.verdict == "holds" and found.paths > best.paths):
                best = found
        return best or not_available(why_none(about.subjects, about.tree.mode, about.spec))

    return judge.guarded(work)


class Form(Protocol):
    """What a form of effects claims of the runs of one program."""

    @property
    def completing(self) -> bool:
        """Whether it speaks only of executions that complete."""

    def claims(self, run: Finished, variant: Variant) -> Iterable[Claimed]:
        """Return what must hold on every path."""

    def happens(self, run: Finished, variant: Variant) -> Judgement | None:
        """Return the verdict of what only has to happen in some state; None when the form has no such part."""


def _judge_variant(about: About, variant: Variant, judge: Judge, answers: Asked, form: Form) -> Judgement:
    missing = variant.lacks(answers)
    if missing:
        return not_available(f"it has no {missing}")
    start = about.start(variant, answers)
    if any(value == 0 for value in start.conditions if isinstance(value, int)):
        return not_available("no state meets the conditions")
    run = judge.finish(variant.program, start, answers)
    spoken_of = [n for n, seen in enumerate(run.seen) if completes(seen) or not form.completing]
    well = [succeeded(seen, run) if form.completing else 1 for seen in run.seen]
    if not any(run.can(number, well[number]) for number in spoken_of):
        return not_available("no state meets the conditions" if not form.completing else "it never completes there")
    claims = [of_success(claim, run) if form.completing else claim for claim in form.claims(run, variant)]
    return form.happens(run, variant) or judge.all_hold(run, claims)


def of_success(claim: Claimed, run: Finished) -> Claimed:
    """Return the claim of what completes, as it speaks of calls: a call that fails has not done what it is for."""
    if not run.program.calls:
        return claim
    return replace(claim, violation=lambda seen: terms.and_(succeeded(seen, run), claim.violation(seen)))


# ---- parts --------------------------------------------------------------------------------------


def subject_of(tree: ClaimTree, role: str = "subject") -> Subjects:
    """Return the instructions that a role names."""
    (found,) = (part for part in tree.role(role) if isinstance(part, Subjects))
    return found


def cell_names(tree: ClaimTree) -> tuple[Expr, ...]:
    """Return the cells that the sentence names."""
    return tuple(Name(part.name, part.span) for part in tree.role("cells") if isinstance(part, CellPart))


def resolved(cells: Sequence[Expr], variant: Variant) -> tuple[Expr, ...]:
    """Return the cells with ``its destination`` replaced by the register that it is."""
    found: list[Expr] = []
    for cell in cells:
        if isinstance(cell, Name) and cell.name in variant.roles:
            meaning = _through(cell.name, variant)
            if isinstance(meaning, InCells):
                found.append(Name(meaning.view.name, cell.span))
                continue
        found.append(cell)
    return tuple(found)


def _through(name: str, variant: Variant) -> object:
    from sphinx_fsgs.machine.operands import Formula

    meaning: object = variant.roles.get(name)
    while isinstance(meaning, Formula) and isinstance(meaning.expression, Name):
        meaning = variant.roles.get(meaning.expression.name)
    return meaning


def context(run: Finished, spec: Spec) -> Context:
    """Return the context in which cells are compared."""
    return Context(spec, run.program, ())


def cites_of(*runs: Finished) -> tuple[str, ...]:
    """Return what the instructions of runs cite."""
    keys = (key for run in runs for stem in run.program.stems for key in run.start.spec.cites_of(stem))
    return tuple(dict.fromkeys(keys))


def kept(cells: Sequence[Expr], run: Finished, spec: Spec, tree: ClaimTree) -> Claimed:
    """Return the claim that these cells keep their values."""
    around = context(run, spec)

    def violation(seen: Observed) -> Value:
        return terms.not_(terms.all_of(unchanged(cell, seen.last, seen.first, around) for cell in cells))

    names = ", ".join(cell.name for cell in cells if isinstance(cell, Name))
    return Claimed(violation, f"{names} changes", tree.span, CLAIM_FAILS, named_cells(cells, around), completes)


def only(cells: Sequence[Expr], run: Finished, spec: Spec, tree: ClaimTree) -> Iterable[Claimed]:
    """Yield, cell by cell, that nothing but these cells changes."""
    around = context(run, spec)
    free = named_cells(cells, around)
    for cell in spec.layout.cells:
        if not cell.counted or cell.index in free:
            continue

        def violation(seen: Observed, index: int = cell.index, width: int = cell.width) -> Value:
            return terms.ne(seen.last.place.read(index), seen.first.place.read(index), width)

        yield Claimed(violation, f"{cell.name} changes too", tree.span, CLAIM_FAILS, frozenset({cell.index}), completes)
    if not any(isinstance(cell, Name) and cell.name == MEMORY_WORD for cell in cells):

        def memory(seen: Observed) -> Value:
            return terms.not_(terms.all_of(memory_kept((), seen.last)))

        yield Claimed(memory, "memory changes too", tree.span, CLAIM_FAILS, frozenset(), completes)

    def registers(seen: Observed) -> Value:
        return terms.any_of(each.differs for each in seen.last.other_msrs())

    yield Claimed(registers, "another register changes too", tree.span, CLAIM_FAILS, frozenset(), completes)


def final_value(name: str, seen: Observed, spec: Spec) -> tuple[Value, Value, int]:
    """Return what a cell holds at the end and at first, and its width."""
    view = spec.layout.views[spec.layout.canonical(name) or name]
    return read_view(view, seen.last.place), read_view(view, seen.first.place), view.width


def complain(code: str, span: Span, message: str, help_text: str) -> EvaluationError:
    """Return the error of a part that means nothing."""
    return EvaluationError(Diagnostic(code, "error", span, message, "the claim forms", help_text))
