"""A spec that differs in one place from the one in the repository; nothing is written anywhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from sphinx_fsgs.spec.behaviours import UNKNOWN, Answer
from sphinx_fsgs.spec.instructions import load_definitions
from sphinx_fsgs.spec.model import Spec
from sphinx_fsgs.syntax.instruction import Instruction
from sphinx_fsgs.syntax.operation import Definition
from tests.strength.mutate import of_definition, of_operation


class Whole(Spec):
    """The spec with every file read, so that copies share all of it."""

    def __init__(self) -> None:
        super().__init__()
        for stem in self.index.stems:
            self.instruction(stem)
        for path in dict.fromkeys(self.index.definitions.values()):
            self._definitions.update((each.name, each) for each in load_definitions(path))
        for name in self.behaviour_names:
            self.behaviour(name)
        _ = (self.lexicon, self.invariants, self.profiles, self.faults, self.events, self.unknowns, self.features)
        _ = (self.constants, self.descriptor_words)


class Recording(Spec):
    """The same spec, with a note of which Operations, procedures and functions were asked for."""

    def __init__(self, base: Spec) -> None:
        self.__dict__.update(base.__dict__)
        self.used: set[str] = set()

    def instruction(self, stem: str) -> Instruction:
        """As that of the spec."""
        self.used.add(stem)
        return super().instruction(stem)

    def definition(self, name: str) -> Definition | None:
        """As that of the spec."""
        found = super().definition(name)
        if found is not None:
            self.used.add(name)
        return found


class Changed(Spec):
    """The same spec with one instruction, definition or attribute replaced."""

    def __init__(self, base: Spec, **attributes: object) -> None:
        self.__dict__.update(base.__dict__)
        self._instructions = dict(self._instructions)
        self._definitions = dict(self._definitions)
        self._behaviours = dict(self._behaviours)
        self.__dict__.update(attributes)


@dataclass(frozen=True)
class Mutant:
    """One change: of what (a stem or the name of a definition), where, in words, and how to make it."""

    number: int
    name: str
    path: str
    line: int
    text: str
    words: str
    make: Callable[[], Spec]

    @property
    def where(self) -> str:
        """File and line, without the folder."""
        return f"{self.path.rpartition('/')[2]}:{self.line}"


def mutants(base: Spec, used: set[str]) -> tuple[Mutant, ...]:
    """Return every mutant of the Operations and definitions of these names."""
    return tuple(_numbered(base, used))


def _numbered(base: Spec, used: set[str]) -> Iterator[Mutant]:
    number = 0
    for name in sorted(used):
        is_stem = name in base.index.stems
        definition = None if is_stem else base.definition(name)
        if definition is not None:
            changes = of_definition(definition, base)
        else:
            changes = of_operation(base.instruction(name).operation, base)
        seen: set[object] = set()
        for change in changes:
            if change.tree in seen:
                continue
            seen.add(change.tree)

            def make(name: str = name, tree: object = change.tree, is_stem: bool = is_stem) -> Spec:
                found = Changed(base)
                if is_stem:
                    found._instructions[name] = replace(base.instruction(name), operation=tree)  # type: ignore[arg-type]
                else:
                    found._definitions[name] = tree  # type: ignore[assignment]
                return found

            yield Mutant(
                number,
                name,
                change.span.path,
                change.span.line,
                _line(change.span.path, change.span.line),
                change.words,
                make,
            )
            number += 1


def _line(path: str, line: int) -> str:
    with open(path, encoding="utf-8") as file:
        return file.read().splitlines()[line - 1].strip()


def facts(base: Spec) -> tuple[Mutant, ...]:
    """Return mutants of tables: numbers of registers, places and values of CPUID bits, answers of behaviours."""
    found: list[tuple[str, str, str, Callable[[], Spec]]] = []
    for msr in base.layout.msrs:
        other = tuple(replace(each, index=each.index ^ 1) if each is msr else each for each in base.layout.msrs)
        layout = replace(base.layout, msrs=other)
        found.append((msr.cell, "msrs.toml", "another number", lambda layout=layout: Changed(base, layout=layout)))
    for name, feature in base.features.items():
        features = {**base.features, name: replace(feature, bit=feature.bit ^ 1)}
        found.append((name, "cpuid.toml", "another bit", lambda features=features: Changed(base, features=features)))
        profiles = {
            profile: replace(each, cpuid={**each.cpuid, name: not each.cpuid[name]})
            for profile, each in base.profiles.items()
        }
        found.append(
            (name, "profiles", "set where it is clear", lambda profiles=profiles: Changed(base, profiles=profiles))
        )
    for name in sorted(base.behaviour_names):
        found.append((name, f"{name}.toml", "every answer turned round", lambda name=name: _turned(base, name)))
    return tuple(
        Mutant(number, name, file, 0, "", words, make) for number, (name, file, words, make) in enumerate(found)
    )


def _turned(base: Spec, name: str) -> Spec:
    behaviour = base.behaviour(name)
    replies = {profile: _other(behaviour.answer_of(profile)) for profile in base.profiles}
    found = Changed(base)
    found._behaviours[name] = replace(behaviour, replies=tuple(replies.values()), _by_profile=replies)
    return found


def _other(answer: Answer) -> Answer:
    value = {"yes": "no", "no": "yes"}.get(answer.value, UNKNOWN)
    return replace(answer, value=value)
