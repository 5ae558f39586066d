"""The spec as one object: each part is read when it is first asked for, and then kept."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from sphinx_fsgs.files import data_dir
from sphinx_fsgs.records import dataclass
from sphinx_fsgs.source import Span
from sphinx_fsgs.spec.behaviours import UNKNOWN, Behaviour, behaviour_names, load_behaviour
from sphinx_fsgs.spec.citations import Citation, load_citations
from sphinx_fsgs.spec.compilers import (
    AddressSpace,
    Intrinsic,
    Rejection,
    address_space_names,
    intrinsic_names,
    load_address_spaces,
    load_intrinsics,
    load_rejections,
)
from sphinx_fsgs.spec.entries import EXCEPTION, Entries, load_entries
from sphinx_fsgs.spec.features import Feature, feature_names, load_features, vendor_names
from sphinx_fsgs.spec.generations import Generation, generation_names, load_generations
from sphinx_fsgs.spec.hosts import (
    BARE,
    OPEN,
    PLATFORM_PREFIX,
    Host,
    host_of,
    platform_files,
    question_names,
    signal_names,
)
from sphinx_fsgs.spec.instructions import (
    Index,
    load_definitions,
    load_instruction,
    load_service,
    read_index,
    sentence,
)
from sphinx_fsgs.spec.layout import Layout, load_layout
from sphinx_fsgs.spec.profiles import MARKETS, Profile, load_profiles
from sphinx_fsgs.spec.tables import Record, Sheet
from sphinx_fsgs.syntax.expression import Expr
from sphinx_fsgs.syntax.instruction import Instruction
from sphinx_fsgs.syntax.lexicon import Intrinsic as Call
from sphinx_fsgs.syntax.lexicon import Lexicon
from sphinx_fsgs.syntax.operation import Definition, read_expression
from sphinx_fsgs.syntax.service import Service

if TYPE_CHECKING:
    from sphinx_fsgs.spec.c import CTypes, Steps
    from sphinx_fsgs.spec.platforms import Asked, Platform, Signal

FEATURE_PREFIX = "CPUID."
"""How Operations write a question to CPUID: ``CPUID.LKGS``."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """A function of which nothing is known: the widths in bits of its value and of its argument."""

    width: int
    argument: int


@dataclass(frozen=True, slots=True)
class FaultKind:
    """An exception: its vector number, and whether an error code comes with it.

    Of a ``trap`` the saved RIP is that of the next instruction, of any other that of the instruction itself.
    """

    name: str
    vector: int
    error_code: bool
    title: str
    trap: bool = False


@dataclass(frozen=True, slots=True)
class Event:
    """Something that an instruction does and that is not state."""

    name: str
    title: str
    meaning: str
    cites: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Invariant:
    """What every state obeys; brought in only when a question is about one of these cells."""

    about: str
    holds: Expr
    cites: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DescriptorWords:
    """How an example's words describe a descriptor: slices of fields, and field values of words.

    ``fields`` maps a field to its [high, low] slices, the most significant first; ``kinds`` and ``words``
    map the kinds, and the words that may follow, to the fields that they fix; ``values`` the words that
    take a value. An entry has so many ``bits``.
    """

    fields: Mapping[str, tuple[tuple[int, int], ...]]
    kinds: Mapping[str, Mapping[str, int]]
    words: Mapping[str, Mapping[str, int]]
    values: Mapping[str, str]
    bits: int = 64

    def width(self, field: str) -> int:
        """Return the width of a field in bits."""
        return sum(high - low + 1 for high, low in self.fields[field])


class Spec:
    """All that is true of x86 here, below one folder; and the ``symbols`` that a user adds to its constants.

    :raises SpecError: from whichever attribute first needs a file that cannot be used.
    """

    def __init__(self, folder: Path | None = None, symbols: Mapping[str, int] | None = None) -> None:
        self.folder = data_dir("spec") if folder is None else folder
        self._symbols = dict(symbols or {})
        self._instructions: dict[str, Instruction] = {}
        self._definitions: dict[str, Definition] = {}
        self._behaviours: dict[str, Behaviour] = {}
        self._services: dict[str, Service] = {}

    @cached_property
    def layout(self) -> Layout:
        """The cells and their names."""
        return load_layout(self.folder)

    @cached_property
    def index(self) -> Index:
        """What instructions and procedures there are."""
        return read_index(self.folder)

    @cached_property
    def profiles(self) -> Mapping[str, Profile]:
        """The processors: vendors in order, and in each the oldest first."""
        return load_profiles(self.folder)

    @cached_property
    def features(self) -> Mapping[str, Feature]:
        """The CPUID bits."""
        return load_features(self.folder)

    @cached_property
    def citations(self) -> Mapping[str, Citation]:
        """What the spec cites."""
        return load_citations(self.folder)

    @cached_property
    def faults(self) -> Mapping[str, FaultKind]:
        """The exceptions by name, ``#UD`` and so on."""
        sheet = Sheet(self.folder / "faults.toml")
        rows = _tables(sheet)
        found = {
            name: FaultKind(
                name,
                row.number("vector", 0, 31),
                row.maybe("error_code") is True,
                row.text("title"),
                row.maybe("trap") is True,
            )
            for name, row in rows
        }
        sheet.finish()
        return found

    @cached_property
    def events(self) -> Mapping[str, Event]:
        """The events by name."""
        sheet = Sheet(self.folder / "events.toml")
        found = {
            name: Event(name, row.text("title"), row.text("meaning"), row.texts("cites"))
            for name, row in _tables(sheet)
        }
        sheet.finish()
        return found

    @cached_property
    def entries(self) -> Entries:
        """How code of the kernel is entered, and what it keeps."""
        return load_entries(self.folder)

    @cached_property
    def intrinsics(self) -> Mapping[str, Intrinsic]:
        """The functions that compilers turn into one instruction, by name."""
        return load_intrinsics(self.folder)

    @cached_property
    def address_spaces(self) -> Mapping[str, AddressSpace]:
        """The named address spaces of compilers, by their spelling."""
        return load_address_spaces(self.folder)

    @cached_property
    def rejections(self) -> Mapping[str, Rejection]:
        """What compilers refuse, by the names of the rules."""
        return load_rejections(self.folder)

    @cached_property
    def generations(self) -> Mapping[str, Generation]:
        """The generations of processors that CPUID dumps know, by name."""
        return load_generations(self.folder)

    @cached_property
    def c_types(self) -> CTypes:
        """The integer types of C."""
        from sphinx_fsgs.spec.c import load_types

        return load_types(self.folder)

    @cached_property
    def c_steps(self) -> Steps:
        """The instructions that statements of C become."""
        from sphinx_fsgs.spec.c import load_steps

        return load_steps(self.folder)

    @cached_property
    def unknowns(self) -> Mapping[str, Unknown]:
        """The functions of which nothing is known."""
        sheet = Sheet(self.folder / "unknowns.toml")
        found = {
            name: Unknown(row.number("width", 1, 64), row.number("argument", 1, 64)) for name, row in _tables(sheet)
        }
        sheet.finish()
        return found

    @cached_property
    def constants(self) -> Mapping[str, int]:
        """The constants that documents may name: the spec's own, and the symbols that a user adds."""
        return {**self._symbols, **self.own_constants}

    def constant_cites(self, name: str) -> tuple[str, ...]:
        """Return where a constant of the spec's own comes from."""
        sheet = Sheet(self.folder / "constants.toml")
        found = (row.texts("cites") for known, row in _tables(sheet) if known == name)
        registers = (msr.cites for msr in self.layout.msrs if name in msr.names)
        return next(iter((*found, *registers)), ())

    @cached_property
    def own_constants(self) -> Mapping[str, int]:
        """The kernel's constants, the numbers of the MSRs included."""
        sheet = Sheet(self.folder / "constants.toml")
        found = {name: row.number("value") for name, row in _tables(sheet)}
        sheet.finish()
        found.update((name, msr.index) for msr in self.layout.msrs for name in msr.names)
        return found

    @cached_property
    def invariants(self) -> tuple[Invariant, ...]:
        """The invariants, one for each cell that they are about."""
        sheet = Sheet(self.folder / "state" / "invariants.toml")
        found = []
        for row in sheet.root.records("invariant"):
            text, cites = row.text("holds"), row.texts("cites")
            for cell in row.texts("about"):
                expression = read_expression(sentence(text.replace("IT[", f"{cell}["), str(sheet.path)))
                found.append(Invariant(cell, expression, cites))
        sheet.finish()
        return tuple(found)

    @cached_property
    def descriptor_words(self) -> DescriptorWords:
        """How examples describe descriptors."""
        return self._entry_words("descriptors.toml", 64)

    @cached_property
    def gate_words(self) -> DescriptorWords:
        """How examples describe the gates of an IDT."""
        return self._entry_words("gates.toml", 128)

    def _entry_words(self, file: str, bits: int) -> DescriptorWords:
        data = Sheet(self.folder / "state" / file).data
        fields, kinds, words, values = (data[name] for name in ("fields", "kinds", "words", "values"))
        assert isinstance(fields, dict) and isinstance(kinds, dict) and isinstance(words, dict)
        assert isinstance(values, dict)
        slices = {name: tuple((high, low) for high, low in rows) for name, rows in fields.items()}
        return DescriptorWords(slices, kinds, words, values, bits)

    @cached_property
    def behaviour_names(self) -> frozenset[str]:
        """The names of the questions on which processors differ."""
        return frozenset(behaviour_names(self.folder))

    def behaviour(self, name: str) -> Behaviour:
        """Return a question with its answers."""
        if name not in self._behaviours:
            self._behaviours[name] = load_behaviour(self.folder, name)
        return self._behaviours[name]

    def instruction(self, stem: str) -> Instruction:
        """Return the instruction of that file name without its ending."""
        if stem not in self._instructions:
            self._instructions[stem] = load_instruction(self.folder, stem)
        return self._instructions[stem]

    def service(self, name: str) -> Service:
        """Return what platforms do under that name, such as ``arch_prctl``."""
        if name not in self._services:
            self._services[name] = load_service(self.index.services[name].path)
        return self._services[name]

    def cites_of(self, stem: str) -> tuple[str, ...]:
        """Return what an instruction or a service cites as a whole."""
        return self.service(stem).cites if stem in self.index.services else self.instruction(stem).cites

    def definition(self, name: str) -> Definition | None:
        """Return the function or procedure of that name, None when there is none."""
        if name not in self._definitions:
            path = self.index.definitions.get(name)
            if path is None:
                return None
            self._definitions.update((each.name, each) for each in load_definitions(path))
        return self._definitions.get(name)

    def is_question(self, name: str) -> bool:
        """Whether a name of an Operation is a question to the profile or the platform."""
        if name.startswith(FEATURE_PREFIX):
            return name.removeprefix(FEATURE_PREFIX) in self.feature_names
        return name in self.behaviour_names or name in self.platform_question_names

    # ---- platforms and hosts ----

    @cached_property
    def platform_names(self) -> tuple[str, ...]:
        """The names of the platforms, the bare processor first; no file is read for them."""
        return (BARE, *platform_files(self.folder))

    @cached_property
    def families(self) -> tuple[str, ...]:
        """The families of platforms: what a scope may say for any of them."""
        return tuple(dict.fromkeys(path.parent.name for path in platform_files(self.folder).values()))

    @cached_property
    def platforms(self) -> Mapping[str, Platform]:
        """The platforms that have a file: families by name, in each the oldest first."""
        from sphinx_fsgs.spec.platforms import load_platforms

        return load_platforms(self.folder)

    @cached_property
    def platform_question_names(self) -> frozenset[str]:
        """The names of the questions to platforms."""
        return question_names(self.folder)

    @cached_property
    def platform_questions(self) -> Mapping[str, Asked]:
        """The questions to platforms."""
        from sphinx_fsgs.spec.platforms import load_questions

        return load_questions(self.folder)

    @cached_property
    def signals(self) -> Mapping[str, Mapping[str, Signal]]:
        """What exceptions of user code become, by family of platforms and exception."""
        from sphinx_fsgs.spec.platforms import load_signals

        return load_signals(self.folder)

    def has(self, platform: str, profile: str) -> bool:
        """Return whether there is such a host: whether the processor has what the platform requires."""
        if platform == BARE:
            return True
        return all(self.profiles[profile].cpuid.get(each) for each in self.platforms[platform].requires)

    @cached_property
    def hosts(self) -> tuple[Host, ...]:
        """Every processor on every platform that it can have, the bare processors first."""
        places = (BARE, *self.platforms)
        return tuple(Host(profile, each) for each in places for profile in self.profiles if self.has(each, profile))

    @cached_property
    def feature_names(self) -> frozenset[str]:
        """The canonical names of the CPUID bits."""
        return feature_names(self.folder)

    def answers(self, name: str, question: str) -> tuple[int, ...]:
        """Return what the host of a name may answer: one value, or each possible one where no source settles it.

        Yes is 1 and no is 0. A place that the platform leaves alone has the answer OPEN.
        """
        host = host_of(name)
        if question.startswith(PLATFORM_PREFIX):
            return (self._held(host.platform, question.removeprefix(PLATFORM_PREFIX)),)
        if question in self.platform_question_names:
            return self._of_platform(host, question)
        if question.startswith(FEATURE_PREFIX):
            bit = self.profiles[host.profile].cpuid.get(question.removeprefix(FEATURE_PREFIX))
            return (0, 1) if bit is None else (int(bit),)
        value = self.behaviour(question).answer_of(host.profile).value
        return (0, 1) if value == UNKNOWN else (int(value == "yes"),)

    def _held(self, platform: str, place: str) -> int:
        if platform == BARE:
            return OPEN
        found = self.platforms[platform]
        held = found.state.get(place) or found.code.get(place)
        return OPEN if held is None else held.value

    def _of_platform(self, host: Host, question: str) -> tuple[int, ...]:
        answer = self.platforms[host.platform].answers.get(question) if host.platform != BARE else None
        if answer is None or answer.value == "no":
            return (0,)
        if answer.value.startswith(FEATURE_PREFIX):
            return self.answers(host.profile, answer.value)
        return (0, 1) if answer.value == UNKNOWN else (1,)

    @cached_property
    def lexicon(self) -> Lexicon:
        """The vocabulary that the languages are read with."""
        layout, index = self.layout, self.index
        cells = {name: name for name in layout.views} | dict(layout.aliases)
        aliases = {alias: name for name, each in self.features.items() for alias in (name, *each.aliases)}
        return Lexicon(
            cells=cells,
            segments=frozenset(layout.segments),
            registers={name.lower(): name for name in (*layout.general, *layout.segments, *layout.control, "RIP")},
            mnemonics=frozenset(index.mnemonics),
            subjects=self._subjects(),
            msrs={name: msr.index for msr in layout.msrs for name in msr.names},
            constants=self.constants,
            functions=frozenset(("canonical", "null", "loadable", "stack")),
            faults=frozenset(self.faults),
            vectors={name: each.vector for name, each in self.faults.items()},
            features=aliases,
            profiles=frozenset(self.profiles),
            families=frozenset(vendor_names(self.folder)),
            titles={name: profile.title for name, profile in self.profiles.items()},
            markets=frozenset(MARKETS),
            platforms=frozenset((*self.platform_names, *self.families)),
            intrinsics=_Calls(self),
            entries=_Entered(self),
            spaces=frozenset(address_space_names(self.folder)),
            generations=frozenset(name.casefold() for name in generation_names(self.folder)),
            signals=signal_names(self.folder),
            families_of_platforms=frozenset(self.families),
            environment={name: head.word for name, head in index.services.items()},
            branches=index.branches,
            intel=index.intel,
            suffixed=index.suffixed,
            locked=index.locked,
            widths={name: layout.views[name].width for name in layout.general},
        )

    def _subjects(self) -> Mapping[str, str]:
        """Return what sentences call instructions and services, in lower case."""
        services = self.index.services.items()
        called = {each.lower(): name for name, head in services for each in (name, *head.subjects)}
        return {**self.index.subjects, **called}

    @cached_property
    def digest(self) -> str:
        """A hash of every file of the spec, for caches and for the Result."""
        total = hashlib.sha256()
        for path in sorted(self.folder.rglob("*")):
            if path.suffix in (".toml", ".insn", ".op"):
                total.update(path.relative_to(self.folder).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
        return total.hexdigest()[:16]

    def definition_span(self, name: str) -> Span | None:
        """Return where a function or procedure is defined."""
        found = self.definition(name)
        return None if found is None else found.span


class _Calls(Mapping[str, Call]):
    """The intrinsics as the languages know them: their table is parsed when one is looked up."""

    def __init__(self, spec: Spec) -> None:
        self._spec = spec
        self._names = intrinsic_names(spec.folder)

    def __getitem__(self, name: str) -> Call:
        if name not in self._names:
            raise KeyError(name)
        row = self._spec.intrinsics[name]
        mnemonic = row.instruction.lower()
        return Call(self._spec.index.subjects.get(mnemonic, ""), mnemonic, row.bits)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


class _Entered(Mapping[tuple[str, str], tuple[str, ...]]):
    """The ways into the kernel as the example language knows them, by event and origin; read when one is looked up."""

    def __init__(self, spec: Spec) -> None:
        self._spec = spec

    def __getitem__(self, key: tuple[str, str]) -> tuple[str, ...]:
        return self._lines[key]

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self._lines)

    def __len__(self) -> int:
        return len(self._lines)

    @cached_property
    def _lines(self) -> Mapping[tuple[str, str], tuple[str, ...]]:
        found = {(each.event, each.origin): each for each in self._spec.entries.entries if each.event != EXCEPTION}
        for fault in self._spec.faults.values():
            for origin in ("user", "kernel"):
                entry = self._spec.entries.find(fault.name, origin, fault.error_code)
                if entry is not None:
                    found[fault.name, origin] = entry
        return {key: entry.before for key, entry in found.items()}


def _tables(sheet: Sheet) -> Iterator[tuple[str, Record]]:
    return ((name, Record(sheet, row, sheet.root, name)) for name, row in sheet.data.items() if isinstance(row, dict))
