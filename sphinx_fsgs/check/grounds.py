"""On which answers of processors verdicts rest: those with whose opposite they would be others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Final

from sphinx_fsgs.check.asking import Asked, Oracle, Shared
from sphinx_fsgs.check.judge import Judgement
from sphinx_fsgs.check.result import Dispute, Inferred
from sphinx_fsgs.records import dataclass
from sphinx_fsgs.spec.behaviours import Dispute as Contradiction
from sphinx_fsgs.spec.hosts import host_of
from sphinx_fsgs.spec.model import FEATURE_PREFIX, Spec

INFERRED: Final = "inferred"


@dataclass(frozen=True, slots=True)
class Ground:
    """An answer on which the verdicts on these hosts rest; ``evidence`` is empty where no source settles it."""

    question: str
    answer: str
    evidence: str
    cites: tuple[str, ...]
    disputed: tuple[Contradiction, ...]
    profiles: tuple[str, ...]


class Grounds:
    """Finds the grounds of what a run came to; ``judge`` makes those runs that other answers would have led to."""

    def __init__(
        self, spec: Spec, shared: Shared[Judgement], judge: Callable[[Asked], Judgement], oracle: Oracle
    ) -> None:
        self._spec, self._shared, self._judge, self._oracle = spec, shared, judge, oracle

    def found(self) -> Iterator[Ground]:
        """Yield the grounds. Tried are answers that somebody disputes, that a failure may have to cite, or inferred."""
        for question in self._shared.asked:
            for ground in self._answers(question):
                settled = [name for name in ground.profiles if self._verdict(name) in ("holds", "fails")]
                failing = any(self._verdict(name) == "fails" for name in settled)
                told = ground.disputed or ground.evidence == INFERRED
                if settled and (told or failing) and self._decides(question, settled[0]):
                    yield replace(ground, profiles=tuple(settled))

    def _answers(self, question: str) -> Iterator[Ground]:
        """Yield the answers to a question, each for the hosts that give it on the same evidence."""
        if question in self._spec.behaviour_names:
            for each in self._spec.behaviour(question).replies:
                hosts = self._hosts(each.profiles)
                yield Ground(question, each.value, each.evidence, each.cites, each.disputed, hosts)
        elif question.startswith(FEATURE_PREFIX):
            feature = question.removeprefix(FEATURE_PREFIX)
            alike: dict[tuple[bool, tuple[str, ...]], list[str]] = {}
            for name, profile in self._spec.profiles.items():
                known, bit = profile.known[feature], profile.cpuid[feature]
                if known.evidence == INFERRED and bit is not None:
                    alike.setdefault((bit, known.cites), []).append(name)
            for (bit, cites), names in alike.items():
                yield Ground(feature, str(int(bit)), INFERRED, cites, (), self._hosts(names))

    def _hosts(self, profiles: Iterable[str]) -> tuple[str, ...]:
        wanted = frozenset(profiles)
        return tuple(name for name in self._shared.outcomes if host_of(name).profile in wanted)

    def _verdict(self, host: str) -> str:
        return self._shared.outcomes[host][0][0].verdict

    def _decides(self, question: str, host: str) -> bool:
        """Return whether the verdict on a host would be another if it answered the question otherwise."""
        _, fixed = self._shared.outcomes[host][0]
        known = {each: fixed.get(each, self._oracle.answers(host, each)[0]) for each in self._shared.asked}
        known[question] = 1 - known[question]
        answers = Asked(self._oracle, host, {**fixed, question: known[question]}, True)
        return self._shared.for_answers(known, partial(_judged, self._judge, answers)).verdict != self._verdict(host)


def _judged(judge: Callable[[Asked], Judgement], answers: Asked) -> tuple[Judgement, Mapping[str, int]]:
    return judge(answers), answers


def disputes(grounds: Sequence[Ground]) -> tuple[Dispute, ...]:
    """Return what contradicts the grounds, as one what is said of several processors."""
    found: dict[tuple[str, tuple[str, ...]], Dispute] = {}
    for ground in grounds:
        for each in ground.disputed:
            known = found.get((each.text, each.cites))
            profiles = (*known.profiles, *ground.profiles) if known else ground.profiles
            told = known or Dispute(ground.question, ground.answer, profiles, each.text, each.cites)
            found[each.text, each.cites] = replace(told, profiles=tuple(dict.fromkeys(profiles)))
    return tuple(found.values())


def inferred(grounds: Sequence[Ground]) -> tuple[Inferred, ...]:
    """Return the grounds that nobody has seen, and that follow from other facts."""
    return tuple(
        Inferred(each.question, each.answer, each.profiles, each.cites) for each in grounds if each.evidence == INFERRED
    )
