"""The instruction and procedure files: an index by name without parsing, and each one when it is asked for."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TypeVar

from sphinx_fsgs.diagnostic import Diagnostic
from sphinx_fsgs.records import dataclass
from sphinx_fsgs.source import Fragment, Line, Span, fragment_of
from sphinx_fsgs.spec.errors import SpecError
from sphinx_fsgs.syntax.instruction import HeaderError, Instruction, read_instruction
from sphinx_fsgs.syntax.operation import Definition, read_definitions
from sphinx_fsgs.syntax.reader import NotationError
from sphinx_fsgs.syntax.service import LINE, Service, read_service

SERVICE = ".op"

BAD_HEADER = "FSGS930"
BAD_NOTATION = "FSGS931"
SAME_DEFINITION = "FSGS932"
UNREADABLE_FILE = "FSGS933"

_SYNTAX = re.compile(r"^Syntax:[ \t]+([a-z0-9, ]+?)(?:\{([a-z,]*)\})?(?=[ \t]+[A-Z]|[ \t]+where|[ \t]*$)", re.MULTILINE)
_NAMES = re.compile(r"^Names:[ \t]+(.+)$", re.MULTILINE)
_OPERAND = re.compile(r"^Operand:[ \t]+SEG[ \t]*=[ \t]*(.+)$", re.MULTILINE)
_MODES = re.compile(r"^Modes:[ \t]+(.+)$", re.MULTILINE)
_USUAL = "64-bit"
"""The mode that a sentence is about when it names none."""
_INTEL = re.compile(r"^Intel:[ \t]+(\w+)[ \t]*=[ \t]*(\w+)", re.MULTILINE)
_BRANCH = re.compile(r"^Operand:.*\b(?:rel|indirect)\b", re.MULTILINE)
_LOCKED = re.compile(r"^Locked:[ \t]+yes[ \t]*$", re.MULTILINE)
_SUBJECT = re.compile(r"^Subject:[ \t]+(\w+)[ \t]*=", re.MULTILINE)
_DEFINITION = re.compile(r"^(?:FUNCTION|PROCEDURE)[ \t]+(\w+)", re.MULTILINE)

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Index:
    """What the files are called and what they define, without a parse.

    ``mnemonics`` leads from each spelling, suffixes included, to the stems that may have it;
    ``subjects`` from what sentences say, in lower case: what ``Names:`` lists, and without that line each
    mnemonic, and the manual's name, that no other instruction has in 64-bit mode; ``definitions`` from functions and
    procedures.
    ``branches`` are mnemonics whose operand is a place to go to; ``intel`` leads from names that only Intel
    syntax has to what AT&T puts two suffixes behind; ``suffixed`` from a spelling to Intel's, and the suffix of
    what it reads; ``locked`` is the mnemonic of what an instruction is behind a LOCK prefix that it does not take.
    """

    stems: tuple[str, ...]
    mnemonics: Mapping[str, tuple[str, ...]]
    subjects: Mapping[str, str]
    definitions: Mapping[str, Path]
    services: Mapping[str, ServiceHead]
    branches: frozenset[str]
    intel: Mapping[str, str]
    suffixed: Mapping[str, tuple[str, str]]
    locked: str


@dataclass(frozen=True, slots=True)
class ServiceHead:
    """What the head of a service's file tells: the word of its line, and the names that sentences have for it."""

    path: Path
    word: str
    subjects: tuple[str, ...]

    @property
    def family(self) -> str:
        """The platforms that have it: ``linux``."""
        return self.path.parent.name


def read_index(folder: Path) -> Index:
    """Scan the headers of ``instructions/``, ``procedures/`` and the services in ``platforms/``.

    :raises SpecError: when a file cannot be read or a name is defined twice.
    """
    mnemonics: dict[str, list[str]] = {}
    subjects: dict[str, str] = {}
    unnamed: dict[str, set[str]] = {}
    branches: set[str] = set()
    intel: dict[str, str] = {}
    suffixed: dict[str, tuple[str, str]] = {}
    locked = ""
    elsewhere: set[str] = set()
    stems = []
    for path in sorted((folder / "instructions").glob("*.insn")):
        text = _text(path)
        stems.append(path.stem)
        for name, suffix in _spellings(text):
            mnemonics.setdefault(name + suffix, []).append(path.stem)
            if suffix:
                suffixed[name + suffix] = (name, suffix)
        if _LOCKED.search(text):
            locked = "".join(next(_spellings(text)))
        if _BRANCH.search(text):
            branches.update(map("".join, _spellings(text)))
        for name, base in _INTEL.findall(text):
            intel[name] = base
            sized = re.compile(rf"{base}([bwlq])[bwlq]?")
            matches = (sized.fullmatch("".join(each)) for each in _spellings(text))
            suffixed.update((match[0], (name, match[1])) for match in matches if match)
        modes = _MODES.search(text)
        if modes and _USUAL not in modes[1]:
            elsewhere.add(path.stem)
        named = tuple(_subjects(text))
        for name in named:
            if path.stem not in elsewhere:
                subjects[name] = path.stem
            subjects.setdefault(name, path.stem)
        for name in () if named else _own_names(text):
            unnamed.setdefault(name, set()).add(path.stem)
    spelt = {name: tuple(dict.fromkeys(found)) for name, found in mnemonics.items()}
    usual = {name: own.union(spelt.get(name, ())) - elsewhere for name, own in unnamed.items()}
    alone = {name: min(own) for name, own in usual.items() if len(own) == 1 and own <= unnamed[name]}
    return Index(
        tuple(stems),
        spelt,
        alone | subjects,
        _definitions(folder),
        _services(folder),
        frozenset(branches),
        intel,
        suffixed,
        locked,
    )


def _spellings(text: str) -> Iterator[tuple[str, str]]:
    for names, suffixes in _SYNTAX.findall(text):
        for name in names.split(","):
            for suffix in suffixes.split(","):
                yield name.strip(), suffix


def _own_names(text: str) -> Iterator[str]:
    """Yield what an instruction is called by its title and its ``Syntax:`` lines, without suffixes, in lower case."""
    title = text.partition(" \u2014 ")[0]
    yield from (name.lower() for name in title.split("/") if name.isalnum())
    yield from (name.strip() for names, _ in _SYNTAX.findall(text) for name in names.split(","))


def _subjects(text: str) -> Iterator[str]:
    segments = [name for row in _OPERAND.findall(text) for name in row.split()]
    for row in _NAMES.findall(text):
        for name in (each.strip() for each in row.split(",")):
            if "SEG" in name.split():
                yield from (name.replace("SEG", segment).lower() for segment in segments)
            else:
                yield name.lower()


def _services(folder: Path) -> dict[str, ServiceHead]:
    found: dict[str, ServiceHead] = {}
    for path in sorted((folder / "platforms").glob("*/*.op")):
        text = _text(path)
        line = LINE.search(text)
        if line is not None:  # a file without is reported when the spec is checked
            found[line[2]] = ServiceHead(path, line[1] or line[2], tuple(_SUBJECT.findall(text)))
    return found


def _definitions(folder: Path) -> dict[str, Path]:
    found: dict[str, Path] = {}
    patterns = ("procedures/*.insn", "platforms/*/*.insn", f"platforms/*/*{SERVICE}")
    for path in (path for pattern in patterns for path in sorted(folder.glob(pattern))):
        text = _text(path)
        for match in _DEFINITION.finditer(text):
            if match[1] in found:
                line = text.count("\n", 0, match.start()) + 1
                span = Span(str(path), line, 1, line, len(match[0]) + 1)
                message = f"{match[1]} is already defined in {found[match[1]].name}"
                raise SpecError(
                    [Diagnostic(SAME_DEFINITION, "error", span, message, _AUTHORITY, "give it another name")]
                )
            found[match[1]] = path
    return found


_AUTHORITY = "the notation of the spec, grammar/instruction.lark and grammar/operation.lark"


def load_instruction(folder: Path, stem: str) -> Instruction:
    """Read one instruction file.

    :raises SpecError: when it leaves its notation.
    """
    path = folder / "instructions" / f"{stem}.insn"
    return _guarded(path, lambda fragment: read_instruction(fragment, stem))


def load_definitions(path: Path) -> tuple[Definition, ...]:
    """Read one file of ``procedures/``, or the definitions in that of a service.

    :raises SpecError: when it leaves its notation.
    """
    return load_service(path).definitions if path.suffix == SERVICE else _guarded(path, read_definitions)


def load_service(path: Path) -> Service:
    """Read the file of a service.

    :raises SpecError: when it leaves its notation.
    """
    return _guarded(path, read_service)


def _guarded(path: Path, read: Callable[[Fragment], _T]) -> _T:
    fragment = fragment_of(_text(path), str(path))
    try:
        return read(fragment)
    except HeaderError as error:
        found = Diagnostic(BAD_HEADER, "error", error.span, error.message, _AUTHORITY, error.help)
    except NotationError as error:
        help_text = f"expected one of {', '.join(error.expected)}" if error.expected else "compare with another file"
        found = Diagnostic(BAD_NOTATION, "error", error.span, "the notation ends here", _AUTHORITY, help_text)
    except RecursionError:
        span = Span(str(path), 1, 1, 1, 1)
        found = Diagnostic(BAD_NOTATION, "error", span, "nested too deeply", _AUTHORITY, "use named functions")
    raise SpecError([found])


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        span = Span(str(path), 1, 1, 1, 1)
        message = f"{path.name} cannot be read: {error}"
        raise SpecError([Diagnostic(UNREADABLE_FILE, "error", span, message, _AUTHORITY, "restore the file")]) from None


def sentence(words: str, path: str = "<text>") -> Fragment:
    """Return a one-line fragment of text that stands in no file."""
    return Fragment((Line(words, path, 1, 1),))
