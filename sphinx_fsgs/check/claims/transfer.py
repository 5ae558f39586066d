"""``SWAPGS swaps A and B``, ``LKGS zero-extends a 32-bit base into GS_SHADOW``, ``MOV GS sets GS.base to 0``."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from sphinx_fsgs.check.asking import Asked
from sphinx_fsgs.check.claims.form import (
    CLAIM_FAILS,
    About,
    cell_names,
    complain,
    completes,
    context,
    final_value,
    judge_variants,
    resolved,
    subject_of,
    with_roles,
)
from sphinx_fsgs.check.conditions import MEMORY_WORD, named_cells
from sphinx_fsgs.check.judge import Claimed, Finished, Judge, Judgement
from sphinx_fsgs.check.subjects import Variant
from sphinx_fsgs.machine import terms
from sphinx_fsgs.machine.evaluate import WIDTHS_DIFFER, Typed, evaluate, value_at
from sphinx_fsgs.machine.observe import Observed
from sphinx_fsgs.machine.setup import NOT_A_PLACE
from sphinx_fsgs.machine.terms import Value
from sphinx_fsgs.records import dataclass
from sphinx_fsgs.spec.model import Spec
from sphinx_fsgs.syntax.claim import CellPart, ClaimTree, ValuePart, WordPart
from sphinx_fsgs.syntax.expression import Expr, Name


@dataclass(frozen=True, slots=True)
class Transfer:
    """What a cell holds behind every completed execution; with ``negated`` it never comes to hold it.

    ``verb`` is ``swaps``, ``copies``, ``zero-extends``, ``sign-extends`` or ``sets``; ``width`` the
    stated width of the source in bits, 0 where the sentence gives none.
    """

    about: About
    verb: str
    cells: tuple[Expr, ...]
    source: Expr | None
    width: int
    value: Expr | None
    negated: bool
    completing: bool = True

    def judge(self, judge: Judge, answers: Asked) -> Judgement:
        return judge_variants(self.about, judge, answers, self)

    def happens(self, run: Finished, variant: Variant) -> Judgement | None:
        return None

    def claims(self, run: Finished, variant: Variant) -> Iterable[Claimed]:
        cells = resolved(self.cells, variant)
        wanted = named_cells(cells, context(run, self.about.spec))
        if self.verb == "swaps":
            yield self._claim(lambda seen: self._swapped(cells, seen), lambda seen: self._equal(cells, seen), wanted)
            return
        for cell in cells:
            assert isinstance(cell, Name)
            yield from self._written(cell.name, variant, wanted)

    def _written(self, name: str, variant: Variant, wanted: frozenset[int]) -> Iterable[Claimed]:
        def into(seen: Observed) -> Value:
            return self._wanted(name, seen, variant)

        def arrived(seen: Observed) -> Value:
            final, _, width = final_value(name, seen, self.about.spec)
            return terms.eq(final, into(seen), width)

        def was_there(seen: Observed) -> Value:
            _, first, width = final_value(name, seen, self.about.spec)
            return terms.eq(first, into(seen), width)

        if self.width and not self.negated:
            yield self._wide_enough(name, variant, arrived, wanted)
        yield self._claim(arrived, was_there, wanted)

    def _claim(
        self, done: Callable[[Observed], Value], already: Callable[[Observed], Value], wanted: frozenset[int]
    ) -> Claimed:
        def violation(seen: Observed) -> Value:
            if self.negated:
                return terms.and_(done(seen), terms.not_(already(seen)))
            return terms.not_(done(seen))

        says = "it does" if self.negated else "it does not"
        return Claimed(violation, says, self.about.tree.span, CLAIM_FAILS, wanted, completes)

    # ---- swaps ----

    def _pair(self, cells: tuple[Expr, ...], seen: Observed) -> tuple[Value, Value, Value, Value, int]:
        one, other = (cell.name for cell in cells if isinstance(cell, Name))
        final, first, width = final_value(one, seen, self.about.spec)
        final_other, first_other, _ = final_value(other, seen, self.about.spec)
        return final, first, final_other, first_other, width

    def _swapped(self, cells: tuple[Expr, ...], seen: Observed) -> Value:
        final, first, final_other, first_other, width = self._pair(cells, seen)
        return terms.and_(terms.eq(final, first_other, width), terms.eq(final_other, first, width))

    def _equal(self, cells: tuple[Expr, ...], seen: Observed) -> Value:
        _, first, _, first_other, width = self._pair(cells, seen)
        return terms.eq(first, first_other, width)

    # ---- copies, extends, sets ----

    def _origin(self, seen: Observed, variant: Variant) -> Typed:
        assert self.source is not None
        return evaluate(self.source, with_roles(seen.first.place, variant))

    def _wanted(self, name: str, seen: Observed, variant: Variant) -> Value:
        _, _, width = final_value(name, seen, self.about.spec)
        if self.value is not None:
            return value_at(self.value, seen.first.place, width)
        origin = self._origin(seen, variant)
        size = origin.width or width
        if size >= width:
            return terms.extract(origin.value, width - 1, 0)
        extend = terms.sign_extend if self.verb == "sign-extends" else terms.zero_extend
        return extend(origin.value, size, width)

    def _wide_enough(
        self, name: str, variant: Variant, arrived: Callable[[Observed], Value], wanted: frozenset[int]
    ) -> Claimed:
        """Return that the source really has the stated width; the widest value that arrives refutes it."""

        def violation(seen: Observed) -> Value:
            origin = self._origin(seen, variant)
            size = origin.width or self.width
            widest = terms.eq(origin.value, terms.ones(size), size)
            return 0 if size == self.width else terms.and_(widest, arrived(seen))

        says = f"the source of {name} does not have {self.width} bits"
        return Claimed(violation, says, self.about.tree.span, CLAIM_FAILS, wanted, completes)


def read(tree: ClaimTree, spec: Spec) -> Transfer:
    """Return what the claim says.

    :raises EvaluationError: when what it names cannot hold one value, or not each other's.
    """
    about = About(tree, spec, subject_of(tree))
    (verb,) = (part.word for part in tree.role("verb") if isinstance(part, WordPart))
    _check_cells(tree)
    if verb == "swaps":
        _check_widths(about)
    width = next((_number(part) for part in tree.role("width") if isinstance(part, ValuePart)), 0)
    value = next((part.value for part in tree.role("value") if isinstance(part, ValuePart)), None)
    return Transfer(about, verb, cell_names(tree), _source(tree), width, value, tree.negated)


def _check_cells(tree: ClaimTree) -> None:
    for part in (*tree.role("cells"), *tree.role("source")):
        if isinstance(part, CellPart) and part.name == MEMORY_WORD:
            raise complain(NOT_A_PLACE, part.span, "memory as a whole is no place of one value", "name a cell")


def _check_widths(about: About) -> None:
    """Refuse cells of different widths, in any form of the instruction: they cannot change places."""
    cells = cell_names(about.tree)
    for variant in about.variants():
        names = [cell.name for cell in resolved(cells, variant) if isinstance(cell, Name)]
        views = [about.spec.layout.view(name) for name in names]
        widths = [view.width for view in views if view is not None]
        if len(set(widths)) > 1:
            message = f"cells of {' and '.join(map(str, widths))} bits cannot change places"
            raise complain(WIDTHS_DIFFER, cells[0].span.to(cells[-1].span), message, "name two cells of one width")


def _number(part: ValuePart) -> int:
    from sphinx_fsgs.syntax.expression import Number

    assert isinstance(part.value, Number)
    return part.value.value


def _source(tree: ClaimTree) -> Expr | None:
    for part in tree.role("source"):
        if isinstance(part, WordPart):
            return Name(f"the.{part.word}", part.span)
        if isinstance(part, CellPart):
            return Name(part.name, part.span)
    return None
