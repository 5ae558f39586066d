"""``POP GS can change GS.limit``, ``MOV GS cannot set GS.base to an arbitrary 64-bit value``."""

from __future__ import annotations

from collections.abc import Sequence

from sphinx_fsgs.check.asking import Asked
from sphinx_fsgs.check.claims.form import About, cell_names, complain, kept, resolved, subject_of
from sphinx_fsgs.check.conditions import MEMORY_WORD
from sphinx_fsgs.check.happening import Runs, each_happens, none_happens
from sphinx_fsgs.check.judge import Claimed, Finished, Judge, Judgement
from sphinx_fsgs.check.setting import Setting, can_set, cannot_set
from sphinx_fsgs.check.subjects import Variant
from sphinx_fsgs.machine.evaluate import WIDTHS_DIFFER
from sphinx_fsgs.machine.setup import NOT_A_PLACE
from sphinx_fsgs.records import dataclass
from sphinx_fsgs.spec.model import Spec
from sphinx_fsgs.syntax.claim import CellPart, ClaimTree, ValuePart, WordPart
from sphinx_fsgs.syntax.expression import Expr, Name, Number


@dataclass(frozen=True, slots=True)
class Changing:
    """Some execution that completes changes each of the cells, or with ``negated`` none changes any."""

    about: About
    cells: tuple[Expr, ...]
    negated: bool

    def judge(self, judge: Judge, answers: Asked) -> Judgement:
        """Return the verdict for processors that answer so."""
        runs = Runs(self.about, judge, answers)
        decide = none_happens if self.negated else each_happens
        return judge.guarded(lambda: decide(runs, self._changes))

    def _changes(self, run: Finished, variant: Variant) -> Sequence[Claimed]:
        cells = resolved(self.cells, variant)
        return [kept([cell], run, self.about.spec, self.about.tree) for cell in cells]


@dataclass(frozen=True, slots=True)
class SettingToAny:
    """Registers and memory decide to what the cell is set, and that can be any value; with ``negated`` it is not so."""

    about: About
    setting: Setting
    negated: bool

    def judge(self, judge: Judge, answers: Asked) -> Judgement:
        """Return the verdict for processors that answer so."""
        runs = Runs(self.about, judge, answers)
        decide = cannot_set if self.negated else can_set
        return judge.guarded(lambda: decide(runs, self.setting))


def read(tree: ClaimTree, spec: Spec) -> Changing | SettingToAny:
    """Return what the claim says.

    :raises EvaluationError: when what is to be set is no cell, or has not so many bits.
    """
    about = About(tree, spec, subject_of(tree))
    (verb,) = (part.word for part in tree.role("verb") if isinstance(part, WordPart))
    if verb == "changes":
        return Changing(about, cell_names(tree), tree.negated)
    setting = Setting(_cell(tree, spec), _width(tree))
    _check_width(setting, about)
    return SettingToAny(about, setting, tree.negated)


def _cell(tree: ClaimTree, spec: Spec) -> Name:
    (part,) = (part for part in tree.role("cells") if isinstance(part, CellPart))
    if part.name == MEMORY_WORD or part.name in spec.layout.records:
        raise complain(NOT_A_PLACE, part.span, f"{part.name} as a whole is no place of one value", "name a cell")
    return Name(part.name, part.span)


def _width(tree: ClaimTree) -> int:
    """Return how many bits the sentence speaks of, 0 where it does not say."""
    numbers = (part.value for part in tree.role("width") if isinstance(part, ValuePart))
    return next((number.value for number in numbers if isinstance(number, Number)), 0)


def _check_width(setting: Setting, about: About) -> None:
    """Check that some program's cell has so many bits."""
    bits = [setting.view(variant, about.spec).width for variant in about.variants(memory=True)]
    stated = about.tree.role("width")
    if stated and bits and not 0 < setting.width <= max(bits):
        message = f"a place of {max(bits)} bits holds no value of {setting.width}"
        raise complain(WIDTHS_DIFFER, stated[0].span, message, f"write {max(bits)}-bit, or less")
