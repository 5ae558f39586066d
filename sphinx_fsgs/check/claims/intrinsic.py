"""``_readgsbase_u64() reads the GS base register``, ``WRFSBASE writes the FS base``: by running the instruction."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from sphinx_fsgs.check.asking import Asked
from sphinx_fsgs.check.claims.form import (
    CLAIM_FAILS,
    About,
    cell_names,
    cites_of,
    complain,
    completes,
    context,
    final_value,
    judge_variants,
    resolved,
    subject_of,
    with_roles,
)
from sphinx_fsgs.check.conditions import MEMORY_WORD, named_cells, unchanged
from sphinx_fsgs.check.judge import Claimed, Finished, Judge, Judgement
from sphinx_fsgs.check.subjects import Variant
from sphinx_fsgs.machine import terms
from sphinx_fsgs.machine.evaluate import evaluate
from sphinx_fsgs.machine.observe import Observed
from sphinx_fsgs.machine.setup import NOT_A_PLACE
from sphinx_fsgs.machine.terms import Value
from sphinx_fsgs.records import dataclass
from sphinx_fsgs.spec.model import Spec
from sphinx_fsgs.syntax.claim import CellPart, ClaimTree, WordPart
from sphinx_fsgs.syntax.expression import Expr, Name

DESTINATION, SOURCE = "destination", "source"


@dataclass(frozen=True, slots=True)
class Access:
    """The instruction reads a cell: its destination gets what the cell holds, and the cell stays as it was.

    An instruction without a destination reads a cell if what it leaves in another one, or whether it completes,
    hangs on it. With ``writes`` the cell gets the source, zero-extended or cut to the cell's width; an instruction
    without a source, or whose target is not named, writes a cell if it can change it.
    """

    about: About
    cell: Expr
    writes: bool
    negated: bool
    completing: bool = True

    def judge(self, judge: Judge, answers: Asked) -> Judgement:
        return judge_variants(self.about, judge, answers, self)

    def happens(self, run: Finished, variant: Variant) -> Judgement | None:
        """For an instruction without a source: some state is one in which the cell changes."""
        if not self.writes or self.negated or self._aims(variant):
            return None
        (cell,) = resolved((self.cell,), variant)
        around = context(run, self.about.spec)
        for number, seen in enumerate(run.seen):
            if completes(seen) and run.can(number, terms.not_(unchanged(cell, seen.last, seen.first, around))):
                return Judgement("holds", assuming=run.assuming, paths=run.ways)
        name = cell.name if isinstance(cell, Name) else "it"
        says, span = f"no state in which {name} changes", self.about.tree.span
        return Judgement("fails", says, CLAIM_FAILS, span, paths=run.ways, citations=cites_of(run))

    def claims(self, run: Finished, variant: Variant) -> Iterable[Claimed]:
        (cell,) = resolved((self.cell,), variant)
        assert isinstance(cell, Name)
        around = context(run, self.about.spec)
        wanted = set(named_cells([cell], around))
        if not self.writes and DESTINATION in variant.roles:
            into = resolved((Name(DESTINATION, cell.span),), variant)
            wanted |= named_cells(into, around)
        done = self._written(cell, variant) if self.writes else self._read(cell, variant, run)
        if done is None:
            return

        def violation(seen: Observed) -> Value:
            return done(seen) if self.negated else terms.not_(done(seen))

        says = "it does" if self.negated else "it does not"
        yield Claimed(violation, says, self.about.tree.span, CLAIM_FAILS, frozenset(wanted), completes)

    def _read(self, cell: Name, variant: Variant, run: Finished) -> Callable[[Observed], Value]:
        if DESTINATION not in variant.roles:
            hangs = int(_hangs_on(named_cells([cell], context(run, self.about.spec)), run))
            return lambda seen: hangs
        around = context(run, self.about.spec)
        (into,) = resolved((Name(DESTINATION, cell.span),), variant)
        assert isinstance(into, Name)

        def read(seen: Observed) -> Value:
            kept = unchanged(cell, seen.last, seen.first, around)
            final, _, width = final_value(into.name, seen, self.about.spec)
            _, held, size = final_value(cell.name, seen, self.about.spec)
            return terms.and_(kept, terms.eq(final, _fitted(held, size, width), width))

        return read

    def _aims(self, variant: Variant) -> bool:
        """Return whether the words say where the source goes: WRMSR without "to" says it of no register."""
        open_ended = any(
            self.about.spec.instruction(each.instruction).target and not each.target
            for each in self.about.subjects.subjects
        )
        return SOURCE in variant.roles and not open_ended

    def _written(self, cell: Name, variant: Variant) -> Callable[[Observed], Value] | None:
        if not self._aims(variant):
            return None

        def written(seen: Observed) -> Value:
            final, _, width = final_value(cell.name, seen, self.about.spec)
            origin = evaluate(Name(SOURCE, cell.span), with_roles(seen.first.place, variant))
            return terms.eq(final, _fitted(origin.value, origin.width or width, width), width)

        return written


def _hangs_on(cells: frozenset[int], run: Finished) -> bool:
    """Return whether another cell, memory, or which path is taken can hang on what these cells hold at first."""
    others = [each.index for each in run.start.spec.layout.cells if each.index not in cells]
    for path, seen in zip(run.paths, run.seen, strict=True):
        held = set(terms.unknowns([seen.first.place.read(index) for index in cells]))
        left = [seen.last.place.read(index) for index in others]
        left += [seen.last.place.load(each.address, 1) for each in seen.last.changes()]
        if held & set(terms.unknowns([*path.conditions, *left])):
            return True
    return False


def _fitted(value: Value, size: int, width: int) -> Value:
    """Return a value of ``size`` bits in ``width`` bits: zero-extended, or its low part."""
    return terms.zero_extend(value, size, width) if size < width else terms.extract(value, width - 1, 0)


def read(tree: ClaimTree, spec: Spec) -> Access:
    """Return what the claim says.

    :raises EvaluationError: when what is named is no cell.
    """
    (verb,) = (part.word for part in tree.role("verb") if isinstance(part, WordPart))
    (part,) = (part for part in tree.role("cells") if isinstance(part, CellPart))
    if part.name == MEMORY_WORD:
        raise complain(NOT_A_PLACE, part.span, "memory as a whole is no place of one value", "name a cell")
    (cell,) = cell_names(tree)
    return Access(About(tree, spec, subject_of(tree)), cell, verb == "writes", tree.negated)
