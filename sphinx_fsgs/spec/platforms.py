"""Platforms: what runs beneath the code, which versions of it, and what it answers.

The bare processor is the platform without a file. Each other lies in ``spec/platforms/FAMILY/FAMILY_X.toml``,
beside the questions that its family is asked, the signals that exceptions become, and the services that code may
ask for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from pathlib import Path

from sphinx_fsgs.records import dataclass
from sphinx_fsgs.spec.behaviours import UNKNOWN
from sphinx_fsgs.spec.citations import citation_keys
from sphinx_fsgs.spec.features import feature_names
from sphinx_fsgs.spec.hosts import Version, platform_files
from sphinx_fsgs.spec.profiles import EVIDENCE
from sphinx_fsgs.spec.tables import (
    ANSWERED_TWICE,
    NOT_ANSWERED,
    UNKNOWN_FEATURE,
    UNKNOWN_WORD,
    WRONG_VALUE,
    Record,
    Sheet,
    header_names,
)

FEATURE = "CPUID."


@dataclass(frozen=True, slots=True)
class Held:
    """A place that a platform holds at one value."""

    value: int
    cites: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PlatformAnswer:
    """What a platform answers: ``yes``, ``no``, ``unknown``, or as the processor does to a question to CPUID."""

    value: str
    evidence: str
    cites: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Platform:
    """What runs beneath the code.

    ``first`` is the first version of the family that it speaks of and ``end`` the first that it does not; None where
    there is no such bound. ``requires`` are the CPUID features without which it is not there. ``state`` are cells
    that it holds at a value, ``code`` places that hold one where code of its users begins, unless one says otherwise.
    """

    name: str
    title: str
    family: str
    first: Version | None
    end: Version | None
    requires: tuple[str, ...]
    note: str
    cites: tuple[str, ...]
    state: Mapping[str, Held] = field(hash=False)
    code: Mapping[str, Held] = field(hash=False)
    answers: Mapping[str, PlatformAnswer] = field(hash=False)


@dataclass(frozen=True, slots=True)
class Signal:
    """What an exception in user code becomes."""

    name: str
    cites: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """A question to the platforms of a family; ``tells`` the feature, place and bit or word of one that is a sign."""

    question: str
    why: str
    family: str
    tells: tuple[str, str, str] | None


def load_questions(folder: Path) -> dict[str, Asked]:
    """Return the questions to platforms.

    :raises SpecError: with everything that is wrong with a file of them.
    """
    found: dict[str, Asked] = {}
    for path in sorted((folder / "platforms").glob("*/questions.toml")):
        sheet = Sheet(path)
        for name, record in sheet.tables():
            tells = _tells(record.record("tells"), folder) if "tells" in record else None
            found[name] = Asked(record.text("question"), record.text("why"), path.parent.name, tells)
            record.done()
        sheet.finish()
    return found


def _tells(record: Record, folder: Path) -> tuple[str, str, str]:
    found = record.choice("feature", feature_names(folder), "feature"), record.text("place"), record.text("at")
    record.done()
    return found


def load_signals(folder: Path) -> dict[str, dict[str, Signal]]:
    """Return the signals by family and exception.

    :raises SpecError: with everything that is wrong with a file of them.
    """
    citations = citation_keys(folder)
    faults = header_names(folder / "faults.toml")
    found: dict[str, dict[str, Signal]] = {}
    for path in sorted((folder / "platforms").glob("*/signals.toml")):
        sheet = Sheet(path)
        rows = found.setdefault(path.parent.name, {})
        for vector, record in sheet.tables():
            rows[vector] = Signal(record.text("signal"), record.cites(citations))
            if vector not in faults:
                record.unknown(UNKNOWN_WORD, "exception", vector, faults)
            record.done()
        sheet.finish()
    return found


def load_platforms(folder: Path) -> dict[str, Platform]:
    """Return the platforms by name: families by name, in each the oldest first.

    :raises SpecError: with everything that is wrong with the first file that cannot be used.
    """
    found = [load_platform(folder, path) for path in platform_files(folder).values()]
    found.sort(key=lambda each: (each.family, each.first or (), each.end or (9999,), len(each.requires)))
    return {each.name: each for each in found}


def load_platform(folder: Path, path: Path) -> Platform:
    """Return one platform.

    :raises SpecError: with everything that is wrong with its file.
    """
    citations = citation_keys(folder)
    sheet = Sheet(path)
    root = sheet.root
    first, end = _versions(root)
    platform = Platform(
        path.stem,
        root.text("title"),
        path.parent.name,
        first,
        end,
        root.texts("requires", optional=True),
        root.text("note", ""),
        root.cites(citations),
        _held(root, "state", citations),
        _held(root, "code", citations),
        _answers(root, folder, citations),
    )
    for feature in platform.requires:
        if feature not in feature_names(folder):
            root.unknown(UNKNOWN_FEATURE, "feature", feature, feature_names(folder), "requires")
    root.done()
    sheet.finish()
    return platform


def version_of(text: str) -> Version | None:
    """Return ``5.9`` as numbers, None where it is no version."""
    parts = text.split(".")
    return tuple(int(each) for each in parts) if all(each.isdigit() for each in parts) else None


def _versions(root: Record) -> tuple[Version | None, Version | None]:
    texts = root.ends("versions")
    first, end = (version_of(each) if each else None for each in texts)
    unread = any(each and version_of(each) is None for each in texts)
    if unread or (first is not None and end is not None and first >= end):
        way_out = 'write ["4.7", "5.9"], the second no longer included, and "" for no bound'
        root.complain(WRONG_VALUE, "these are not two versions", "versions", help=way_out)
        return None, None
    return first, end


def _held(root: Record, key: str, citations: frozenset[str]) -> dict[str, Held]:
    found: dict[str, Held] = {}
    for record in root.records(key, optional=True):
        place = record.text("place")
        if place in found:
            record.complain(ANSWERED_TWICE, f"{place} is held twice", "place", place, help="keep one")
        found[place] = Held(record.number("value"), record.cites(citations))
        record.done()
    return found


def _answers(root: Record, folder: Path, citations: frozenset[str]) -> dict[str, PlatformAnswer]:
    questions = header_names(root.sheet.path.parent / "questions.toml")
    features = {FEATURE + name for name in feature_names(folder)}
    found: dict[str, PlatformAnswer] = {}
    for record in root.records("answer", optional=True):
        question = record.choice("question", questions, "question")
        if question in found:
            record.complain(ANSWERED_TWICE, f"{question} is answered twice", "question", question, help="keep one")
        value = record.choice("value", ("yes", "no", UNKNOWN, *sorted(features)), "answer")
        evidence = record.choice("evidence", EVIDENCE, "evidence") if value != UNKNOWN else ""
        found[question] = PlatformAnswer(value, evidence, record.cites(citations))
        record.done()
    for question in questions:
        if question not in found:
            root.complain(NOT_ANSWERED, f"{question} is not answered", help="answer it in an [[answer]]")
    return found
