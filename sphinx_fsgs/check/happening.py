"""What only has to happen once: some program that the subject stands for, from some state, does it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import field, replace

from sphinx_fsgs.check.asking import Asked
from sphinx_fsgs.check.calls import succeeded
from sphinx_fsgs.check.claims.form import CLAIM_FAILS, About, cites_of, completes, not_available, of_success
from sphinx_fsgs.check.judge import Claimed, Finished, Judge, Judgement
from sphinx_fsgs.check.subjects import Variant, why_none
from sphinx_fsgs.records import dataclass

Happening = Callable[[Finished, Variant], Sequence[Claimed]]
"""What is to happen in the runs of a program, one thing after the other; the violation of each is that it happens."""


@dataclass(frozen=True, slots=True)
class Runs:
    """The runs that a claim speaks of, each made when it is first wanted, and what is known without one."""

    about: About
    judge: Judge
    answers: Asked
    made: list[tuple[Variant, Finished]] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)

    def __iter__(self) -> Iterator[tuple[Variant, Finished]]:
        """Yield each program, operands in memory as well, with its run from the states that the clauses leave."""
        self.made.clear()
        for variant in self.about.variants(memory=True):
            if missing := variant.lacks(self.answers):
                self.missing.append(missing)
                continue
            start = self.about.start(variant, self.answers)
            if all(value != 0 for value in start.conditions if isinstance(value, int)):
                self.made.append((variant, self.judge.finish(variant.program, start, self.answers)))
                yield self.made[-1]

    def speak_of_nothing(self) -> Judgement | None:
        """Return why the claim says nothing of these processors, when all runs were made; None when it does."""
        if any(run.can(number) for _, run in self.made for number in range(len(run.seen))):
            return None
        if self.missing:
            return not_available(f"it has no {self.missing[0]}")
        if self.about.variants(memory=True):
            return not_available("no state meets the conditions")
        return not_available(why_none(self.about.subjects, self.about.tree.mode, self.about.spec))

    def complete(self) -> bool:
        """Return whether one of the runs can complete, calls in it with success."""
        return any(
            run.can(number, succeeded(seen, run))
            for _, run in self.made
            for number, seen in enumerate(run.seen)
            if completes(seen)
        )

    def in_no_doubt(self) -> None:
        """Make sure that what is in memory is what the terms say.

        :raises BoundReached: when it is not sure.
        """
        for _, run in self.made:
            run.in_no_doubt()

    def never(self, what: str) -> Judgement:
        """Return that something happens in no state of these runs.

        :raises BoundReached: when memory leaves that in doubt.
        """
        self.in_no_doubt()
        says = f"no state in which {what}" + ("" if self.complete() else ": it never completes there")
        runs = [run for _, run in self.made]
        return Judgement(
            "fails", says, CLAIM_FAILS, self.about.tree.span, assuming=self.assuming(), paths=self.paths(),
            citations=cites_of(*runs),
        )  # fmt: skip

    def assuming(self) -> tuple[str, ...]:
        """Return what the runs took for granted."""
        return tuple(dict.fromkeys(text for _, run in self.made for text in run.assuming))

    def paths(self) -> int:
        """Return how many paths the largest of the runs has."""
        return max((run.ways for _, run in self.made), default=0)


def each_happens(runs: Runs, happening: Happening) -> Judgement:
    """Return whether each of several things happens in some run; what happens is shown as a failure to keep it out."""
    shown: dict[int, Judgement] = {}
    open_ones: dict[int, str] = {}
    for number, (variant, run) in enumerate(runs):
        claims = [of_success(claim, run) for claim in happening(run, variant)]
        if not number:
            open_ones = {index: claim.says for index, claim in enumerate(claims)}
        for index in list(open_ones):
            found = runs.judge.violated(run, claims[index])
            if found is not None:
                shown[index] = found
                del open_ones[index]
        if shown and not open_ones:
            return exhibited(shown[0])
    if open_ones:
        return runs.speak_of_nothing() or runs.never(next(iter(open_ones.values())))
    return runs.speak_of_nothing() or not_available("no state meets the conditions")


def none_happens(runs: Runs, happening: Happening) -> Judgement:
    """Return whether none of several things happens in any run, else the failure that shows the first that does."""
    for variant, run in runs:
        for claim in happening(run, variant):
            found = runs.judge.violated(run, of_success(claim, run))
            if found is not None:
                return found
    silent = runs.speak_of_nothing()
    if silent is not None:
        return silent
    runs.in_no_doubt()
    return Judgement("holds", assuming=runs.assuming(), paths=runs.paths())


def exhibited(found: Judgement) -> Judgement:
    """Return the judgement that what refutes "it never does" shows that it can."""
    return replace(found, verdict="holds", says="", code="", span=None, exhibited=True)
