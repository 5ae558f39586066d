"""Behaviours: the questions on which processors differ, and what each processor answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field
from pathlib import Path
from typing import Final, Literal, cast

from sphinx_fsgs.records import dataclass
from sphinx_fsgs.spec.profiles import EVIDENCE, Evidence, Names, load_names
from sphinx_fsgs.spec.tables import (
    ANSWERED_TWICE,
    NOT_ANSWERED,
    UNKNOWN_FEATURE,
    UNKNOWN_PROFILE,
    WRONG_VALUE,
    Record,
    Sheet,
)

UNKNOWN: Final = "unknown"
"""The answer where no source that could be opened tells; a run then goes through every possible answer."""


@dataclass(frozen=True, slots=True)
class Dispute:
    """Somebody who says otherwise, in our words; the answer still decides, and a verdict prints the dispute."""

    cites: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What some profiles answer to a question.

    ``value`` is one of the behaviour's answers, or ``"unknown"``; then ``evidence`` is empty and ``cites``
    lists what was looked at. ``enumerated`` says whether CPUID tells software so on these processors (None:
    on some of them).
    """

    profiles: tuple[str, ...]
    value: str
    evidence: Evidence | Literal[""]
    enumerated: bool | None
    cites: tuple[str, ...]
    note: str
    disputed: tuple[Dispute, ...]

    @property
    def is_known(self) -> bool:
        """Whether there is an answer."""
        return self.value != UNKNOWN


@dataclass(frozen=True, slots=True)
class Behaviour:
    """A question to every processor. ``feature`` is the CPUID bit that enumerates it, or empty."""

    name: str
    question: str
    answers: tuple[str, ...]
    why: str
    enumerated: str
    feature: str
    replies: tuple[Answer, ...]
    _by_profile: Mapping[str, Answer] = field(hash=False, repr=False, compare=False)

    def answer_of(self, profile: str) -> Answer:
        """Return what the profile of that name answers.

        :raises KeyError: when there is no such profile.
        """
        return self._by_profile[profile]


def behaviour_names(folder: Path) -> tuple[str, ...]:
    """Return the names of all behaviours, alphabetically: the names of the files in ``spec/behaviours``."""
    return tuple(sorted(path.stem for path in (folder / "behaviours").glob("*.toml")))


def load_behaviour(folder: Path, name: str, names: Names | None = None) -> Behaviour:
    """Return one behaviour; only its own file is parsed.

    :param names: as :func:`sphinx_fsgs.spec.profiles.load_names` gives them, to save the work when several are read.
    :raises SpecError: with everything that is wrong with the file, or when there is none.
    """
    known = names or load_names(folder)
    sheet = Sheet(folder / "behaviours" / f"{name}.toml")
    root = sheet.root
    answers = root.texts("answers")
    records = root.records("answer")
    replies = tuple(_answer(record, answers, known) for record in records)
    behaviour = Behaviour(
        name,
        root.text("question"),
        answers,
        root.text("why"),
        root.text("enumerated"),
        root.text("feature", ""),
        replies,
        {profile: answer for answer in replies for profile in answer.profiles},
    )
    if behaviour.feature and behaviour.feature not in known.features:
        root.unknown(UNKNOWN_FEATURE, "feature", behaviour.feature, known.features, "feature")
    if UNKNOWN in answers or len(answers) == 1:
        way_out = "list at least two; unknown is always possible and not listed"
        root.complain(WRONG_VALUE, "these are not the possible answers", "answers", help=way_out)
    _check_complete(root, zip(records, replies, strict=True), known)
    root.done()
    sheet.finish()
    return behaviour


def load_behaviours(folder: Path) -> dict[str, Behaviour]:
    """Return all behaviours by name, alphabetically.

    :raises SpecError: with everything that is wrong with the first file that cannot be used.
    """
    names = load_names(folder)
    return {name: load_behaviour(folder, name, names) for name in behaviour_names(folder)}


def _answer(record: Record, answers: tuple[str, ...], names: Names) -> Answer:
    profiles = record.texts("profiles")
    for profile in profiles:
        if profile not in names.profiles:
            record.unknown(UNKNOWN_PROFILE, "profile", profile, names.profiles, "profiles")
    value = record.choice("value", (*answers, UNKNOWN), "answer")
    answer = Answer(
        profiles,
        value,
        _evidence(record, value),
        record.maybe("enumerated"),
        record.cites(names.citations),
        record.text("note", ""),
        tuple(_dispute(each, names) for each in record.records("disputed", optional=True)),
    )
    record.done()
    return answer


def _evidence(record: Record, value: str) -> Evidence | Literal[""]:
    if value != UNKNOWN:
        return cast(Evidence, record.choice("evidence", EVIDENCE, "evidence"))
    if "evidence" in record:
        record.complain(WRONG_VALUE, "nothing is evidence for what is unknown", "evidence", help="remove this line")
        record.text("evidence", "")
    return ""


def _dispute(record: Record, names: Names) -> Dispute:
    dispute = Dispute(record.cites(names.citations), record.text("text"))
    record.done()
    return dispute


def _check_complete(root: Record, replies: Iterable[tuple[Record, Answer]], names: Names) -> None:
    """Note each profile that is answered twice or not at all: a new processor is answered on purpose."""
    answered: set[str] = set()
    for record, answer in replies:
        for profile in answer.profiles:
            if profile in answered:
                message = f"{profile} is answered twice"
                record.complain(ANSWERED_TWICE, message, "profiles", profile, help="keep one of the answers")
            answered.add(profile)
    for profile in names.profiles:
        if profile not in answered:
            root.complain(NOT_ANSWERED, f"{profile} is not answered", help="name it in an [[answer]]")
