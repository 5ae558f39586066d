"""``SWAPGS can only be executed at CPL 0``, ``LKGS is only valid in 64-bit mode``, ``WRMSR is privileged``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sphinx_fsgs.check.asking import Asked
from sphinx_fsgs.check.claims.form import CLAIM_FAILS, About, completes, not_available, subject_of
from sphinx_fsgs.check.judge import Claimed, Judge, Judgement
from sphinx_fsgs.check.subjects import Variant
from sphinx_fsgs.machine.observe import Observed
from sphinx_fsgs.records import dataclass
from sphinx_fsgs.spec.model import Spec
from sphinx_fsgs.syntax.claim import ClaimTree, WordPart
from sphinx_fsgs.syntax.example import Mode

LEVELS = (0, 1, 2, 3)
MODES: tuple[Mode, ...] = ("64-bit", "compatibility", "protected")


@dataclass(frozen=True, slots=True)
class Setting:
    """A mode and a privilege level (None: any), and whether the instruction is said to complete there."""

    mode: Mode
    level: int | None
    completes: bool

    def __str__(self) -> str:
        return f"in {self.mode} mode" if self.level is None else f"at CPL {self.level}"


@dataclass(frozen=True, slots=True)
class Allowed:
    """Where an instruction can complete: from some state in each setting that is named, from none in the others."""

    tree: ClaimTree
    spec: Spec
    settings: tuple[Setting, ...]

    def judge(self, judge: Judge, answers: Asked) -> Judgement:
        def work() -> Judgement:
            found = [self._in(setting, judge, answers) for setting in self.settings]
            failed = next((each for each in found if each.verdict != "holds"), None)
            if failed is not None:
                return failed
            paths = max(each.paths for each in found)
            return Judgement("holds", paths=paths, assuming=tuple(dict.fromkeys(a for f in found for a in f.assuming)))

        return judge.guarded(work)

    def _in(self, setting: Setting, judge: Judge, answers: Asked) -> Judgement:
        about = About(replace(self.tree, mode=setting.mode, cpl=setting.level), self.spec, subject_of(self.tree))
        found = []
        for variant in about.variants():
            missing = variant.lacks(answers)
            if missing:
                return not_available(f"it has no {missing}")
            found.append(self._run(setting, about, variant, judge, answers))
        decisive = "holds" if setting.completes else "fails"
        own = next((each for each in found if each.verdict == decisive), None)
        if own is not None or found:
            return own or found[0]
        if not setting.completes:
            return Judgement("holds")
        cites = tuple(key for each in about.subjects.subjects for key in self.spec.instruction(each.instruction).cites)
        says = f"there is no form of it {setting}"
        return Judgement("fails", says, CLAIM_FAILS, self.tree.span, paths=1, citations=cites)

    def _run(self, setting: Setting, about: About, variant: Variant, judge: Judge, answers: Asked) -> Judgement:
        run = judge.finish(variant.program, about.start(variant, answers), answers)
        if setting.completes and any(run.can(n) for n, seen in enumerate(run.seen) if completes(seen)):
            return Judgement("holds", assuming=run.assuming, paths=run.ways)

        def violation(seen: Observed) -> int:
            return int(completes(seen) is not setting.completes)

        says = f"it never completes {setting}" if setting.completes else f"it completes {setting}"
        return judge.all_hold(run, [Claimed(violation, says, self.tree.span, CLAIM_FAILS)])


def read(tree: ClaimTree, spec: Spec) -> Allowed:
    """Return what the claim says."""
    return Allowed(tree, spec, tuple(_settings(tree)))


def _settings(tree: ClaimTree) -> Iterator[Setting]:
    limit = next((part.word for part in tree.role("limit") if isinstance(part, WordPart)), "")
    privileged = limit == "privileged"
    if limit == "any" or (privileged and tree.negated):
        yield from (Setting(tree.mode, level, privileged or not tree.negated) for level in LEVELS)
    elif privileged or (limit == "only" and tree.cpl is not None):
        own = tree.cpl or 0
        yield Setting(tree.mode, own, True)
        yield from (Setting(tree.mode, level, False) for level in LEVELS if level != own)
    elif limit == "only":
        yield Setting(tree.mode, None, True)
        yield from (Setting(mode, None, False) for mode in MODES if mode != tree.mode)
    else:
        yield Setting(tree.mode, tree.cpl, not tree.negated)
