"""A spec that differs in one place from the one in the repository; nothing is written anywhere."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from sphinx_fsgs.spec.instructions import load_definitions
from sphinx_fsgs.spec.model import Spec
from sphinx_fsgs.syntax.instruction import Instruction
from sphinx_fsgs.syntax.operation import Definition
from sphinx_fsgs.syntax.service import Service
from tests.strength.mutate import Change, Kind, of_definition, of_operation


class Whole(Spec):
    """The spec with every file read, so that copies share all of it."""

    def __init__(self) -> None:
        super().__init__()
        for stem in self.index.stems:
            self.instruction(stem)
        for path in dict.fromkeys(self.index.definitions.values()):
            self._definitions.update((each.name, each) for each in load_definitions(path))
        for name in self.index.services:
            self.service(name)
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

    def service(self, name: str) -> Service:
        """As that of the spec."""
        self.used.add(name)
        return super().service(name)

    def definition(self, name: str) -> Definition | None:
        """As that of the spec."""
        found = super().definition(name)
        if found is not None:
            self.used.add(name)
        return found


class Changed(Spec):
    """The same spec with one instruction, service, definition or attribute replaced."""

    def __init__(self, base: Spec, **attributes: object) -> None:
        self.__dict__.update(base.__dict__)
        self._instructions = dict(self._instructions)
        self._definitions = dict(self._definitions)
        self._services = dict(self._services)
        self._behaviours = dict(self._behaviours)
        self.__dict__.update(attributes)


@dataclass(frozen=True)
class Mutant:
    """One change: of what (a stem, or the name of a service or a definition), where, in words, and how to make it."""

    number: int
    kind: Kind
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


def names_of(base: Spec) -> frozenset[str]:
    """Return the names of all Operations, services, procedures and functions."""
    return frozenset((*base.index.stems, *base.index.services, *base.index.definitions))


def mutants(base: Spec, used: Collection[str]) -> tuple[Mutant, ...]:
    """Return every mutant of the Operations and definitions of these names."""
    return tuple(_numbered(base, used))


def _numbered(base: Spec, used: Collection[str]) -> Iterator[Mutant]:
    number = 0
    for name in sorted(used):
        seen: set[object] = set()
        for change in _changes(base, name):
            if change.tree in seen:
                continue
            seen.add(change.tree)

            def make(name: str = name, tree: object = change.tree) -> Spec:
                return _with(base, name, tree)

            path, line = change.span.path, change.span.line
            yield Mutant(number, change.kind, name, path, line, _line(path, line), change.words, make)
            number += 1


def _changes(base: Spec, name: str) -> Iterator[Change]:
    if name in base.index.stems:
        return of_operation(base.instruction(name).operation, base)
    definition = base.service(name).body if name in base.index.services else base.definition(name)
    assert definition is not None
    return of_definition(definition, base)


def _with(base: Spec, name: str, tree: object) -> Spec:
    found = Changed(base)
    if name in base.index.stems:
        found._instructions[name] = replace(base.instruction(name), operation=tree)  # type: ignore[arg-type]
    elif name in base.index.services:
        found._services[name] = replace(base.service(name), body=tree)  # type: ignore[arg-type]
    else:
        found._definitions[name] = tree  # type: ignore[assignment]
    return found


def _line(path: str, line: int) -> str:
    return _lines(path)[line - 1].strip()


@cache
def _lines(path: str) -> list[str]:
    return Path(path).read_text(encoding="utf-8").splitlines()
