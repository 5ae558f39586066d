"""An instruction: how it is written, what it does and raises, what it asks of processors, and who says so."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from pathlib import Path

from sphinx_fsgs.check.entries.behaviour import BehaviourEntry, behaviour_entry
from sphinx_fsgs.check.entries.exceptions import Check, Meaning, checks
from sphinx_fsgs.check.entries.happenings import Happening, happenings
from sphinx_fsgs.check.entries.sources import Source, sources
from sphinx_fsgs.check.scopes import Namer
from sphinx_fsgs.records import dataclass
from sphinx_fsgs.spec.model import FEATURE_PREFIX, Spec
from sphinx_fsgs.spec.printer import expression_text
from sphinx_fsgs.spec.reach import Reach, reach_of

_OPERATION = "\nOperation:\n"
_SYNTAX = re.compile(r"^Syntax:[ \t]+(.*?)[ \t]*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class InstructionEntry:
    """All that the spec says of an instruction.

    ``names`` is what sentences call it; ``requires`` a CPUID feature, as manuals write it in ``place``, and ``has``
    says in words which processors have it. ``syntax`` are the lines of AT&T syntax; ``operands`` what each operand may
    be; ``roles`` what words of a sentence mean. ``calls`` are functions and procedures of the spec, ``features`` the
    CPUID bits, and ``questions`` the behaviours that the Operation asks for, in any of its forms.
    """

    stem: str
    title: str
    names: tuple[str, ...]
    encodings: tuple[str, ...]
    requires: str
    place: str
    has: str
    modes: tuple[str, ...]
    syntax: tuple[str, ...]
    operands: tuple[tuple[str, tuple[str, ...]], ...]
    target: str
    roles: tuple[tuple[str, str], ...]
    operation: str
    calls: tuple[str, ...]
    checks: tuple[Check, ...]
    meanings: tuple[Meaning, ...]
    happenings: tuple[Happening, ...]
    features: tuple[str, ...]
    questions: tuple[BehaviourEntry, ...]
    sources: tuple[Source, ...]


def instruction_entry(spec: Spec, stem: str) -> InstructionEntry:
    """Return all that the spec says of the instruction of that file.

    :raises SpecError: when a file that is needed cannot be used.
    """
    entry, reach, namer = spec.instruction(stem), reach_of(spec, stem), Namer(spec)
    found, meanings = checks(spec, stem)
    done = happenings(spec, stem, reach)
    questions = tuple(behaviour_entry(spec, each, namer) for each in reach.questions if each in spec.behaviour_names)
    features = tuple(each.removeprefix(FEATURE_PREFIX) for each in reach.questions if each.startswith(FEATURE_PREFIX))
    return InstructionEntry(
        stem=stem,
        title=entry.title,
        names=called(spec, stem),
        encodings=entry.encodings,
        requires=entry.requires,
        place=spec.features[entry.requires].place if entry.requires else "",
        has=_having(spec, entry.requires, namer),
        modes=entry.modes,
        syntax=tuple(_SYNTAX.findall(entry.text)),
        operands=tuple(entry.kinds.items()),
        target=entry.target,
        roles=tuple((words, expression_text(meaning)) for words, meaning in entry.roles.items()),
        operation=operation_of(entry.path),
        calls=reach.definitions,
        checks=found,
        meanings=meanings,
        happenings=done,
        features=features,
        questions=questions,
        sources=sources(spec, _cites(entry.cites, reach, found, done, questions)),
    )


def operation_of(path: str) -> str:
    """Return what stands behind ``Operation:``, as its file writes it, comments included."""
    text = Path(path).read_text(encoding="utf-8")
    return textwrap.dedent(text.partition(_OPERATION)[2]).strip("\n")


def called(spec: Spec, stem: str) -> tuple[str, ...]:
    """Return what sentences call an instruction: its ``Names:`` as written, else what they may call it."""
    entry = spec.instruction(stem)
    return entry.names or tuple(name.upper() for name, each in spec.index.subjects.items() if each == stem)


def _having(spec: Spec, feature: str, namer: Namer) -> str:
    if not feature:
        return namer.name(namer.all).words
    return namer.name(name for name, profile in spec.profiles.items() if profile.cpuid[feature] is not False).words


def _cites(
    own: tuple[str, ...],
    reach: Reach,
    found: tuple[Check, ...],
    done: tuple[Happening, ...],
    questions: tuple[BehaviourEntry, ...],
) -> Iterator[str]:
    """Yield every citation of the page, in its order: what the whole rests on first."""
    yield from own
    yield from reach.cites
    rows: tuple[Check | Happening | BehaviourEntry, ...] = (*found, *done, *questions)
    for row in rows:
        yield from row.cites
