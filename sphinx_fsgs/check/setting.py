"""Whether registers and memory alone decide to what a program sets a cell, and that can be any value.

A program "can set a cell to an arbitrary value" when there is a state of all the rest (system registers, control bits,
the cell itself) from which general registers, memory and the arguments of calls bring about each value that the cell
can hold. So what exchanges two system registers sets neither to what one likes, and what leaves a cell alone does not
set it at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from sphinx_fsgs.check.calls import succeeded
from sphinx_fsgs.check.claims.form import CLAIM_FAILS, completes, context, resolved
from sphinx_fsgs.check.conditions import named_cells
from sphinx_fsgs.check.happening import Runs
from sphinx_fsgs.check.judge import Claimed, Finished, Internal, Judgement
from sphinx_fsgs.check.replay import hexadecimal
from sphinx_fsgs.check.subjects import Variant
from sphinx_fsgs.machine import terms
from sphinx_fsgs.machine.evaluate import read_view
from sphinx_fsgs.machine.observe import Observed
from sphinx_fsgs.machine.reaching import Goal, Way, is_memory, sample, simplest, unreached
from sphinx_fsgs.machine.terms import Term, Value
from sphinx_fsgs.machine.values import BoundReached
from sphinx_fsgs.records import dataclass
from sphinx_fsgs.spec.layout import View
from sphinx_fsgs.spec.model import Spec
from sphinx_fsgs.syntax.expression import Expr, Name

WANTED = "?wanted"


@dataclass(frozen=True, slots=True)
class Setting:
    """A cell, and how many low bits of it are to be set, the others being zero; 0 for all that it has."""

    cell: Expr
    width: int

    def width_in(self, variant: Variant, spec: Spec) -> int:
        """Return how many bits are to be set in a program."""
        return self.width or self.view(variant, spec).width

    def view(self, variant: Variant, spec: Spec) -> View:
        """Return what the cell is in a program."""
        (found,) = resolved((self.cell,), variant)
        view = spec.layout.view(found.name) if isinstance(found, Name) else None
        assert view is not None
        return view


def can_set(runs: Runs, setting: Setting) -> Judgement:
    """Return whether one of the programs can set the cell to every value; if so, it is shown for one of them.

    :raises BoundReached: when none is found to, and for one of them the search was cut off.
    """
    missed: tuple[tuple[int, ...], _Attempt] | None = None
    cut: BoundReached | None = None
    for variant, run in runs:
        attempt = _Attempt(setting, variant, run)
        if attempt.width > attempt.view.width or attempt.sample is None:
            continue
        try:
            values = unreached(attempt.ways(), attempt.goal(), missed[0] if missed else ())
        except BoundReached as error:  # another program may do it
            cut = error
            continue
        if not values:
            return attempt.shown(runs)
        missed = values, attempt
    if cut is not None:
        raise cut
    silent = runs.speak_of_nothing()
    if silent is not None or missed is None:
        return silent or runs.never("so many bits are set")
    values, attempt = missed
    simple = simplest(attempt.ways(), attempt.goal(), values)
    return runs.never(_unseen(attempt.name.name, [hexadecimal(each, attempt.width) for each in simple]))


def cannot_set(runs: Runs, setting: Setting) -> Judgement:
    """Return whether none of the programs can set the cell to every value."""
    found = can_set(runs, setting)
    if found.verdict == "holds":
        says = "registers and memory can set it to any, as here to one"
        return replace(found, verdict="fails", says=says, code=CLAIM_FAILS, span=runs.about.tree.span)
    if found.verdict == "fails":
        return replace(found, verdict="holds", says="", code="", span=None, citations=())
    return found


def _unseen(name: str, values: list[str]) -> str:
    if len(values) == 1:
        return f"{name} ends as {values[0]}"
    return f"registers and memory decide that {name} ends as {', '.join(values[:-1])} or {values[-1]}"


class _Attempt:
    """One program, and what it takes to set the cell."""

    def __init__(self, setting: Setting, variant: Variant, run: Finished) -> None:
        self.run = run
        self.spec = run.start.spec
        self.name = Name(setting.view(variant, self.spec).name, setting.cell.span)
        self.view = setting.view(variant, self.spec)
        self.width = setting.width_in(variant, self.spec)
        self.wanted = terms.variable(WANTED, self.width)
        self.sample = sample(self.goal())

    def goal(self) -> Goal:
        """Return what is wanted: each value that the cell can hold."""
        value = terms.zero_extend(self.wanted, self.width, self.view.width)
        return Goal(self.wanted, self.run.questions.can_hold(self.view, value), self._is_input)

    def ways(self) -> tuple[Way, ...]:
        """Return the paths on which the program completes, as ways to the wanted value."""
        return tuple(self._ways())

    def _ways(self) -> Iterator[Way]:
        for path, seen in zip(self.run.paths, self.run.seen, strict=True):
            if not completes(seen):
                continue
            reached = terms.and_(succeeded(seen, self.run), self._ends_as(self.wanted, seen))
            needed = self.run.questions.assumptions([*path.conditions, reached], path)
            if needed is not None:
                apart = self.run.questions.apart(path, seen.memories)
                yield Way(terms.all_of([*needed, *apart]), read_view(self.view, seen.last.place))

    def shown(self, runs: Runs) -> Judgement:
        """Return that it can, with a run that sets the cell to one of the values, from another if it can be."""
        cells = named_cells([self.name], context(self.run, self.spec))
        for but in (0, 1):
            claim = Claimed(self._arrives(but), "it is set", runs.about.tree.span, CLAIM_FAILS, cells, completes)
            found = runs.judge.violated(self.run, claim)
            if found is not None:
                return replace(found, verdict="holds", says="", code="", span=None)
        raise Internal("no run sets the cell to a value that is reached")

    def _arrives(self, from_itself: int) -> Callable[[Observed], Value]:
        """Return when the cell is set to the sample; whether it can have held that before."""
        value = self.sample or 0

        def arrives(seen: Observed) -> Value:
            kept = terms.eq(read_view(self.view, seen.first.place), value, self.view.width)
            moved = terms.or_(from_itself, terms.not_(kept))
            return terms.all_of([succeeded(seen, self.run), self._ends_as(value, seen), moved])

        return arrives

    def _ends_as(self, value: Value, seen: Observed) -> Value:
        wanted = terms.zero_extend(value, self.width, self.view.width)
        return terms.eq(read_view(self.view, seen.last.place), wanted, self.view.width)

    def _is_input(self, term: Term) -> bool:
        """Return whether software chooses an unknown: general registers, memory and arguments, but the cell itself."""
        if term.op != "var":
            return is_memory(term)
        name = str(term.args[0])
        layout = self.spec.layout
        goal = {layout.cells[slot.cell].name for slot in self.view.slots if slot.cell >= 0}
        return name.startswith("?") or (name in layout.general and name not in goal)
