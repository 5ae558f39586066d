"""A question on which processors differ: what each answers, how that is known, and who says otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from sphinx_fsgs.check.entries.sources import Source, sources
from sphinx_fsgs.check.scopes import Namer
from sphinx_fsgs.records import dataclass
from sphinx_fsgs.spec.behaviours import Answer, Dispute
from sphinx_fsgs.spec.model import Spec
from sphinx_fsgs.spec.profiles import Evidence
from sphinx_fsgs.spec.reach import reach_of


@dataclass(frozen=True, slots=True)
class AnswerEntry:
    """What some processors answer; ``words`` and ``scope`` are the shortest that there are for exactly these.

    ``evidence`` is empty where no source settles it. ``enumerated`` says whether CPUID tells, None: on some.
    """

    value: str
    profiles: tuple[str, ...]
    words: str
    scope: str
    evidence: Evidence | Literal[""]
    enumerated: bool | None
    cites: tuple[str, ...]
    note: str
    disputed: tuple[Dispute, ...]


@dataclass(frozen=True, slots=True)
class BehaviourEntry:
    """A question, what hangs on it, whether software can know, and the answers, each processor in one of them.

    ``feature`` is the CPUID bit that tells, as manuals write it in ``place``; both are empty where there is none.
    """

    name: str
    question: str
    why: str
    enumerated: str
    feature: str
    place: str
    answers: tuple[AnswerEntry, ...]

    @property
    def cites(self) -> tuple[str, ...]:
        """All that its answers rest on, and all that contradicts them."""
        return tuple(dict.fromkeys(_cites(self.answers)))


@dataclass(frozen=True, slots=True)
class BehaviourPage:
    """A question by itself: ``asked_by`` are the instructions whose Operations ask it."""

    entry: BehaviourEntry
    asked_by: tuple[str, ...]
    sources: tuple[Source, ...]


def behaviour_entry(spec: Spec, name: str, namer: Namer | None = None) -> BehaviourEntry:
    """Return what is known of a question."""
    found, namer = spec.behaviour(name), namer or Namer(spec)
    place = spec.features[found.feature].place if found.feature else ""
    answers = tuple(_answer(each, namer) for each in found.replies)
    why, enumerated = (" ".join(text.split()) for text in (found.why, found.enumerated))
    return BehaviourEntry(name, found.question, why, enumerated, found.feature, place, answers)


def behaviour_page(spec: Spec, name: str) -> BehaviourPage:
    """Return what is known of a question, and who asks it."""
    entry = behaviour_entry(spec, name)
    asked_by = tuple(stem for stem in spec.index.stems if name in reach_of(spec, stem).questions)
    return BehaviourPage(entry, asked_by, sources(spec, entry.cites))


def _answer(answer: Answer, namer: Namer) -> AnswerEntry:
    named = namer.name(answer.profiles)
    note = " ".join(answer.note.split())
    return AnswerEntry(
        answer.value,
        answer.profiles,
        named.words,
        named.scope,
        answer.evidence,
        answer.enumerated,
        answer.cites,
        note,
        answer.disputed,
    )


def _cites(answers: tuple[AnswerEntry, ...]) -> Iterator[str]:
    for answer in answers:
        yield from answer.cites
        for dispute in answer.disputed:
            yield from dispute.cites
