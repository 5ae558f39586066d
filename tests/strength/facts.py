"""Mutants of tables: what is true of x86 and is no Operation, each fact changed alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from sphinx_fsgs.spec.behaviours import UNKNOWN, Answer
from sphinx_fsgs.spec.model import Spec
from tests.strength.mutated import Changed, Mutant


@dataclass(frozen=True)
class Fact:
    """One change of a table: of what, in which file, in words, and how to make it."""

    name: str
    file: str
    words: str
    make: Callable[[], Spec]


def facts(base: Spec) -> tuple[Mutant, ...]:
    """Return mutants of numbers, CPUID bits, answers, named address spaces and generations of processors."""
    changes = (_registers, _features, _answers, _constants, _spaces, _generations)
    found = [fact for change in changes for fact in change(base)]
    return tuple(
        Mutant(number, "value", each.name, each.file, 0, "", each.words, each.make) for number, each in enumerate(found)
    )


def _registers(base: Spec) -> Iterator[Fact]:
    for msr in base.layout.msrs:
        other = tuple(replace(each, index=each.index ^ 1) if each is msr else each for each in base.layout.msrs)
        yield _changed(msr.cell, "msrs.toml", "another number", base, layout=replace(base.layout, msrs=other))


def _features(base: Spec) -> Iterator[Fact]:
    for name, feature in base.features.items():
        features = {**base.features, name: replace(feature, bit=feature.bit ^ 1)}
        yield _changed(name, "cpuid.toml", "another bit", base, features=features)
        profiles = {
            profile: replace(each, cpuid={**each.cpuid, name: not each.cpuid[name]})
            for profile, each in base.profiles.items()
        }
        yield _changed(name, "profiles", "set where it is clear", base, profiles=profiles)


def _answers(base: Spec) -> Iterator[Fact]:
    for name in sorted(base.behaviour_names):
        yield Fact(name, f"{name}.toml", "every answer turned round", lambda name=name: _turned(base, name))  # type: ignore[misc]


def _turned(base: Spec, name: str) -> Spec:
    behaviour = base.behaviour(name)
    replies = {profile: _other(behaviour.answer_of(profile)) for profile in base.profiles}
    found = Changed(base)
    found._behaviours[name] = replace(behaviour, replies=tuple(replies.values()), _by_profile=replies)
    return found


def _other(answer: Answer) -> Answer:
    value = {"yes": "no", "no": "yes"}.get(answer.value, UNKNOWN)
    return replace(answer, value=value)


def _constants(base: Spec) -> Iterator[Fact]:
    for name, number in base.own_constants.items():
        other = {name: number ^ 1}
        own, all_of_them = {**base.own_constants, **other}, {**base.constants, **other}
        yield _changed(name, "constants.toml", "another number", base, own_constants=own, constants=all_of_them)


def _spaces(base: Spec) -> Iterator[Fact]:
    for name, space in base.address_spaces.items():
        segment = next(each for each in sorted(base.layout.segments) if each != space.segment)
        spaces = {**base.address_spaces, name: replace(space, segment=segment)}
        yield _changed(name, "address_spaces.toml", f"relative to {segment}", base, address_spaces=spaces)


def _generations(base: Spec) -> Iterator[Fact]:
    for name, generation in base.generations.items():
        generations = {**base.generations, name: replace(generation, seen=frozenset())}
        yield _changed(name, "processors.toml", "no feature was seen", base, generations=generations)


def _changed(name: str, file: str, words: str, base: Spec, **attributes: object) -> Fact:
    return Fact(name, file, words, lambda: Changed(base, **attributes))
