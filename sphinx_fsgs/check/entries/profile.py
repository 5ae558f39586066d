"""A processor: how it is recognised, what its CPUID says, and what it answers to each question."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

from sphinx_fsgs.check.entries.sources import Source, sources
from sphinx_fsgs.records import dataclass
from sphinx_fsgs.spec.behaviours import Dispute
from sphinx_fsgs.spec.features import load_vendors
from sphinx_fsgs.spec.model import Spec
from sphinx_fsgs.spec.profiles import Evidence, Profile


@dataclass(frozen=True, slots=True)
class Bit:
    """A CPUID bit and what it is on a processor; None where processors of the profile differ or no source says.

    ``evidence`` is empty where no source says; the cites are then what was looked at.
    """

    feature: str
    title: str
    place: str
    value: bool | None
    evidence: Evidence | Literal[""]
    cites: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reply:
    """What a processor answers to a question; ``evidence`` is empty where no source settles it."""

    question: str
    text: str
    value: str
    evidence: Evidence | Literal[""]
    cites: tuple[str, ...]
    note: str
    disputed: tuple[Dispute, ...]


@dataclass(frozen=True, slots=True)
class ProfilePage:
    """A processor by itself. ``families`` is how CPUID leaf 1 displays it, which ``cites`` tell where dumps do not.

    ``launched`` is a year, or that it was not before one; ``lacks`` are instructions it has not.
    """

    name: str
    title: str
    vendor: str
    launched: str
    market: str
    families: str
    cites: tuple[str, ...]
    bits: tuple[Bit, ...]
    lacks: tuple[str, ...]
    replies: tuple[Reply, ...]
    sources: tuple[Source, ...]


def profile_page(spec: Spec, name: str) -> ProfilePage:
    """Return what is known of a processor."""
    profile = spec.profiles[name]
    bits = tuple(_bits(spec, profile))
    replies = tuple(_reply(spec, question, name) for question in sorted(spec.behaviour_names))
    vendor = load_vendors(spec.folder)[profile.vendor].title
    return ProfilePage(
        name,
        profile.title,
        vendor,
        launched(profile),
        profile.market,
        families(profile),
        profile.cites,
        bits,
        tuple(_lacks(spec, profile)),
        replies,
        sources(spec, (*profile.cites, *_cites(bits, replies))),
    )


def launched(profile: Profile) -> str:
    """Return when a processor was launched, as far as that is known."""
    return str(profile.launched) if profile.dated else f"not before {profile.launched}"


def families(profile: Profile) -> str:
    """Return family and models of a processor, as CPUID leaf 1 displays them."""
    return "; ".join(f"family {each.family:X}h, models {_models(each.models)}" for each in profile.signatures)


def _bits(spec: Spec, profile: Profile) -> Iterator[Bit]:
    for name, feature in spec.features.items():
        known = profile.known[name]
        yield Bit(name, feature.title, feature.place, profile.cpuid[name], known.evidence, known.cites)


def _lacks(spec: Spec, profile: Profile) -> Iterator[str]:
    for stem in spec.index.stems:
        required = spec.instruction(stem).requires
        if required and profile.cpuid[required] is False:
            yield stem


def _reply(spec: Spec, question: str, profile: str) -> Reply:
    behaviour = spec.behaviour(question)
    answer = behaviour.answer_of(profile)
    note = " ".join(answer.note.split())
    return Reply(question, behaviour.question, answer.value, answer.evidence, answer.cites, note, answer.disputed)


def _models(models: Iterable[tuple[int, int]]) -> str:
    return ", ".join(f"{first:X}h" if first == last else f"{first:X}h-{last:X}h" for first, last in models)


def _cites(bits: Iterable[Bit], replies: Iterable[Reply]) -> Iterator[str]:
    for bit in bits:
        yield from bit.cites
    for reply in replies:
        yield from reply.cites
        for dispute in reply.disputed:
            yield from dispute.cites
