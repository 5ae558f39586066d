"""Articles that list all of a kind: instructions, questions by processors, processors, and shared definitions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final

from sphinx_fsgs.check.article import (
    Article,
    Block,
    Fields,
    Inline,
    Listing,
    Paragraph,
    Piece,
    Section,
    Table,
    code,
    listed,
    table,
    text,
)
from sphinx_fsgs.check.entries.articles import NO_EVIDENCE, instruction, instruction_pieces
from sphinx_fsgs.check.entries.definitions import FOLDER, DefinitionEntry, definition_entries
from sphinx_fsgs.check.entries.groups import GROUPS, groups
from sphinx_fsgs.check.entries.profile import families, launched
from sphinx_fsgs.check.scopes import Namer
from sphinx_fsgs.spec.behaviours import Answer
from sphinx_fsgs.spec.exceptions import exceptions_of
from sphinx_fsgs.spec.model import Spec

EVIDENCE_MARKS: Final[Mapping[str, str]] = {
    "documented": "doc",
    "dumped": "dump",
    "measured": "meas",
    "code": "code",
    "stated": "said",
    "inferred": "inf",
}
"""How the evidence for an answer is written where there is room for a few letters."""

EVIDENCE_MEANINGS: Final[Mapping[str, str]] = {
    "documented": "a manual says it of this processor, or of all",
    "dumped": "CPUID dumps of real processors show it",
    "measured": "somebody ran it on such a processor and wrote down what happened",
    "code": "software that runs everywhere, or an emulator, depends on it",
    "stated": "somebody who should know said it",
    "inferred": "it follows from other facts",
}
"""How each kind of evidence shows a fact, as ``spec/README.md`` says it."""

DISPUTED, UNSETTLED = "!", "?"
"""The marks of an answer that a public source contradicts, and of none."""


def article_of_index(spec: Spec, name: str) -> Article:
    """Return the article that lists everything of a kind.

    :raises KeyError: when ``name`` is none of :data:`INDEXES`.
    """
    return INDEXES[name](spec)


def _instructions(spec: Spec) -> Article:
    sections = tuple(
        Section(GROUPS[group], (_table_of(spec, stems),)) for group, stems in groups(spec).items() if stems
    )
    lead = Paragraph(
        text(
            "First those that can read or write FS, GS or their bases, then those that name other places of the "
            "system or do more than change state, then the rest."
        )
    )
    return Article("index", "instructions", "Instructions", (lead,), sections)


def _table_of(spec: Spec, stems: tuple[str, ...]) -> Table:
    return table(("instruction", "what it does", "requires", "raises"), (_row(spec, stem) for stem in stems))


def _row(spec: Spec, stem: str) -> tuple[Inline, ...]:
    entry = spec.instruction(stem)
    faults = dict.fromkeys(row.fault for row in exceptions_of(spec, stem) if row.fault)
    reaches = any(not row.fault for row in exceptions_of(spec, stem))
    raised = [Piece(each, "code") for each in faults] + ([Piece("those of memory")] if reaches else [])
    name = Piece(instruction(spec, stem), "instruction", stem)
    return ((name,), text(entry.title.partition(" \u2014 ")[2]), text(entry.requires), listed(raised))


def _behaviours(spec: Spec) -> Article:
    names, namer = sorted(spec.behaviour_names), Namer(spec)
    columns = tuple(alike(spec))
    heads = ("question", *(namer.name(profiles).words for profiles in columns))
    rows = tuple((_question(name), *_answers(spec, name, columns)) for name in names)
    lead = Paragraph(
        text("What each processor answers, and how that is known; those that answer alike stand in one column.")
    )
    return Article(
        "index", "behaviours", "Questions on which processors differ", (lead, Table(heads, rows), *_legend()), ()
    )


def _question(name: str) -> Inline:
    return (Piece(name, "behaviour", name),)


def alike(spec: Spec) -> Iterable[tuple[str, ...]]:
    """Return the processors in groups of which all answer every question alike, on evidence of the same kind."""
    found: dict[tuple[Inline, ...], list[str]] = {}
    for profile in spec.profiles:
        cells = tuple(_cell(spec.behaviour(name).answer_of(profile)) for name in sorted(spec.behaviour_names))
        found.setdefault(cells, []).append(profile)
    return map(tuple, found.values())


def _answers(spec: Spec, name: str, columns: Iterable[Sequence[str]]) -> Iterator[Inline]:
    behaviour = spec.behaviour(name)
    return (_cell(behaviour.answer_of(profiles[0])) for profiles in columns)


def _cell(answer: Answer) -> Inline:
    if not answer.evidence:
        return text(UNSETTLED)
    mark = EVIDENCE_MARKS[answer.evidence] + (f" {DISPUTED}" if answer.disputed else "")
    return (Piece(f"{answer.value} "), Piece(mark, "mark"))


def _legend() -> Iterator[Block]:
    rows = [(EVIDENCE_MARKS[each], text(f"{each}: {meaning}")) for each, meaning in EVIDENCE_MEANINGS.items()]
    rows += [(DISPUTED, text("a public source says otherwise, and the page of the question says which"))]
    rows += [(UNSETTLED, text(f"unknown: {NO_EVIDENCE}, and a run goes through every answer"))]
    yield Paragraph(text("The marks behind the answers are"))
    yield Fields(tuple(rows))


def _profiles(spec: Spec) -> Article:
    rows = tuple(
        (
            (Piece(profile.title, "profile", profile.name),),
            code(profile.name),
            text(launched(profile)),
            text(families(profile)),
            text(", ".join(feature for feature, bit in profile.cpuid.items() if bit)),
        )
        for profile in spec.profiles.values()
    )
    table = Table(("processor", "called", "launched", "recognised by", "CPUID bits"), rows)
    lead = Paragraph(text("By maker, and of each maker the oldest first."))
    return Article("index", "profiles", "Processors", (lead, table), ())


def _procedures(spec: Spec) -> Article:
    files: dict[str, list[DefinitionEntry]] = {}
    for entry in definition_entries(spec):
        files.setdefault(entry.file, []).append(entry)
    sections = tuple(
        Section(f"spec/{FOLDER}/{file}", tuple(block for entry in entries for block in _definition(spec, entry)))
        for file, entries in files.items()
    )
    lead = Paragraph(text("What the Operations of several instructions share, file by file."))
    return Article("index", "procedures", "Functions and procedures", (lead,), sections)


def _definition(spec: Spec, entry: DefinitionEntry) -> Iterator[Block]:
    yield Listing(entry.text, entry.name)
    if entry.reached_by:
        yield Paragraph((Piece("Used by "), *instruction_pieces(spec, entry.reached_by)))


INDEXES: Final[Mapping[str, Callable[[Spec], Article]]] = {
    "instructions": _instructions,
    "behaviours": _behaviours,
    "profiles": _profiles,
    "procedures": _procedures,
}
"""What there are lists of, and what makes each."""
