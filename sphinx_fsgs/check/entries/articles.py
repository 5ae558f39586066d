"""The data of an instruction, a question, a processor or a definition, laid out for readers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from sphinx_fsgs.check.article import (
    Article,
    Block,
    Bullets,
    Examples,
    Fields,
    Inline,
    Listing,
    Paragraph,
    Piece,
    Section,
    Sources,
    cited,
    code,
    listed,
    table,
    text,
)
from sphinx_fsgs.check.entries.behaviour import (
    AnswerEntry,
    BehaviourEntry,
    BehaviourPage,
    behaviour_entry,
    behaviour_page,
)
from sphinx_fsgs.check.entries.definitions import FOLDER, DefinitionEntry, definition_entry
from sphinx_fsgs.check.entries.exceptions import Check, Meaning, checks
from sphinx_fsgs.check.entries.happenings import Extent, Happening
from sphinx_fsgs.check.entries.instruction import InstructionEntry, instruction_entry, operation_of
from sphinx_fsgs.check.entries.profile import Bit, ProfilePage, Reply, profile_page
from sphinx_fsgs.check.entries.sources import sources
from sphinx_fsgs.check.scopes import Namer
from sphinx_fsgs.spec.behaviours import UNKNOWN, Dispute
from sphinx_fsgs.spec.model import FEATURE_PREFIX, Spec
from sphinx_fsgs.spec.reach import reach_of

NO_EVIDENCE = "no source settles it"
"""What stands in the place of the evidence where an answer is unknown."""

EXTENT_WORDS: Mapping[Extent, str] = {
    "yes": "yes",
    "no": "no",
    "some": "some",
    "open": "unknown",
    "undecided": "undecided",
    "n/a": "n/a",
}
"""How far something happens, in one word."""

_EXPLAINED: Mapping[Extent, str] = {
    "yes": "yes: each execution that completes is defined to do so",
    "no": "no: none is defined to do so",
    "some": "some: some do so, and the specification does not know which",
    "open": f"unknown: {NO_EVIDENCE}",
    "undecided": "undecided: it takes a solver and none is installed, or a bound was reached",
}

_SAID = {True: "yes", False: "no", None: "on some"}
_BITS = {True: "1", False: "0", None: "differs"}


def instruction(spec: Spec, stem: str) -> str:
    """Return how an instruction is called where there is room for a name only.

    That is its title as far as the dash, or the name of its file where another has the same.
    """
    names = [_short(spec.instruction(each).title) for each in spec.index.stems]
    own = _short(spec.instruction(stem).title)
    return own if names.count(own) == 1 else stem


def _short(title: str) -> str:
    return title.partition(" \u2014 ")[0]


def instruction_pieces(spec: Spec, stems: Iterable[str]) -> Inline:
    """Return the names of instructions, each leading to its page."""
    return listed(Piece(instruction(spec, stem), "instruction", stem) for stem in stems)


# ---- instructions -------------------------------------------------------------------------------


def of_instruction(spec: Spec, entry: InstructionEntry) -> Article:
    """Return what is said of an instruction."""
    sections = (
        Section("Operation", tuple(_operation(entry))),
        Section("Exceptions", tuple(_exceptions(entry.checks, entry.meanings))),
        Section(_title_of_events(entry), tuple(_events(spec, entry))),
        Section("Questions on which processors differ", tuple(_questions(entry.questions))),
        Section("Examples that use it", (Examples(entry.stem),)),
        Section("Sources", (Sources(entry.sources),)),
    )
    return Article("instruction", entry.stem, entry.title, (Fields(tuple(_header(entry))),), _filled(sections))


def _filled(sections: Iterable[Section]) -> tuple[Section, ...]:
    return tuple(section for section in sections if section.blocks)


def _header(entry: InstructionEntry) -> Iterator[tuple[str, Inline]]:
    if entry.names:
        yield "Called", listed(Piece(each) for each in entry.names)
    yield "Encoding", listed(Piece(each, "code") for each in entry.encodings)
    if entry.requires:
        yield "Requires", (Piece(entry.requires), Piece(", "), Piece(entry.place, "code"))
    yield "Processors", text(entry.has)
    yield "Modes", text(", ".join(entry.modes) or "all")
    for line in entry.syntax:
        yield "Syntax", code(line)
    for name, kinds in entry.operands:
        yield name, code(" ".join(kinds))
    if entry.target:
        yield "Register named by", code(entry.target)
    for words, meaning in entry.roles:
        yield words, code(meaning)
    yield "File", code(f"spec/instructions/{entry.stem}.insn")


def _operation(entry: InstructionEntry) -> Iterator[Block]:
    if entry.operation:
        yield Listing(entry.operation)
    else:
        yield Paragraph(text("It does nothing."))
    if entry.calls:
        yield Paragraph((Piece("It calls "), *listed(Piece(each, "definition", each) for each in entry.calls)))
    if entry.features:
        yield Paragraph((Piece("CPUID bits that it asks for: "), *listed(Piece(each) for each in entry.features)))


def _exceptions(found: Iterable[Check], meanings: Iterable[Meaning]) -> Iterator[Block]:
    rows = [(text(str(each.number)), code(each.title), _when(each.when), cited(each.cites)) for each in found]
    if not rows:
        yield Paragraph(text("It raises none."))
        return
    yield Paragraph(text("In the order of the checks; each line speaks of those that no line above has stopped."))
    yield table(("#", "exception", "when", "by"), rows)
    said = tuple((each.name, _meaning(each)) for each in meanings)
    if said:
        yield Paragraph(text("In these conditions"))
        yield Fields(said)


def _when(condition: str) -> Inline:
    return code(condition) or text("always")


def _meaning(meaning: Meaning) -> Inline:
    if not meaning.checks:
        return code(meaning.value)
    return (Piece(meaning.value, "code"), Piece(f" (#{', #'.join(map(str, meaning.checks))})"))


def _title_of_events(entry: InstructionEntry) -> str:
    return "Serialisation" if len({each.event for each in entry.happenings}) == 1 else "Serialisation and other events"


def _events(spec: Spec, entry: InstructionEntry) -> Iterator[Block]:
    namer = Namer(spec)
    several = len({each.event for each in entry.happenings}) > 1
    rows = [row for each in entry.happenings for row in _event_rows(spec, entry, each, namer)]
    heads = ("what", "executions", "answer", "processors", "question", "evidence", "by")
    yield table(heads[not several :], (row[not several :] for row in rows))
    met = {extent for each in entry.happenings for extent in each.processors}
    yield Paragraph(text("; ".join(_EXPLAINED[each] for each in _EXPLAINED if each in met) + "."))


def _event_rows(spec: Spec, entry: InstructionEntry, found: Happening, namer: Namer) -> Iterator[tuple[Inline, ...]]:
    prefer = (*found.asks, *((FEATURE_PREFIX + entry.requires,) if entry.requires else ()))
    spoken_of = sum(len(names) for extent, names in found.processors.items() if extent != "n/a")
    for extent, names in found.processors.items():
        if extent != "n/a":
            whole = bool(entry.requires) and len(names) == spoken_of
            yield (
                text(spec.events[found.event].title),
                _executions(found),
                text(EXTENT_WORDS[extent]),
                text(entry.has if whole else namer.name(names, prefer).words),
                listed(Piece(each, "behaviour", each) for each in found.asks),
                text(", ".join(dict.fromkeys(word for each in found.asks for word in _evidence(spec, each, names)))),
                cited(found.cites),
            )


def _evidence(spec: Spec, question: str, names: Iterable[str]) -> Iterator[str]:
    """Yield how the answers of some processors are known, and that one is disputed."""
    answers = [spec.behaviour(question).answer_of(each) for each in names]
    yield from (each.evidence or NO_EVIDENCE for each in answers)
    yield from ("disputed" for each in answers if each.disputed)


def _executions(found: Happening) -> Inline:
    if found.case.name:
        return (Piece("to "), Piece(found.case.name, "code"))
    return text("to any other register" if found.case.others else "each")


# ---- questions ----------------------------------------------------------------------------------


def _questions(entries: Iterable[BehaviourEntry]) -> Iterator[Block]:
    for entry in entries:
        yield Paragraph((Piece(entry.name, "behaviour", entry.name), Piece(": "), Piece(entry.question, "strong")))
        yield from _answers(entry)


def _answers(entry: BehaviourEntry) -> Iterator[Block]:
    rows = tuple(
        (
            text(each.value),
            text(each.words),
            text(each.evidence or NO_EVIDENCE),
            text(_SAID[each.enumerated]),
            cited(each.cites),
        )
        for each in entry.answers
    )
    yield table(("answer", "processors", "evidence", "CPUID says so", "by"), rows)
    remarks = tuple(_remarks(entry.answers))
    if remarks:
        yield Bullets(remarks)


def _remarks(answers: Iterable[AnswerEntry]) -> Iterator[Inline]:
    """Yield what is to be known besides, and who says otherwise; what is said of several answers, once."""
    said: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for answer in answers:
        if answer.note:
            said.setdefault((answer.note, ()), []).append(answer.words)
        for dispute in answer.disputed:
            said.setdefault((dispute.text, dispute.cites), []).append(answer.words)
    for (words, cites), who in said.items():
        yield (
            (Piece(f"{'; '.join(who)}: "), *_disputed(Dispute(cites, words)))
            if cites
            else text(f"{'; '.join(who)}: {words}")
        )


def _disputed(dispute: Dispute) -> Inline:
    return (Piece("disputed: "), Piece(f"{dispute.text} ["), *cited(dispute.cites), Piece("]"))


def of_behaviour(spec: Spec, page: BehaviourPage) -> Article:
    """Return what is said of a question."""
    entry = page.entry
    fields = [("Whether software can know", text(entry.enumerated))]
    if entry.feature:
        fields.append(("CPUID bit", (Piece(entry.feature), Piece(", "), Piece(entry.place, "code"))))
    if page.asked_by:
        fields.append(("Asked by", instruction_pieces(spec, page.asked_by)))
    fields.append(("File", code(f"spec/behaviours/{entry.name}.toml")))
    lead = (Paragraph((Piece(entry.question, "strong"),)), Paragraph(text(entry.why)), Fields(tuple(fields)))
    sections = (Section("Answers", tuple(_answers(entry))), Section("Sources", (Sources(page.sources),)))
    return Article("behaviour", entry.name, entry.name, lead, sections)


# ---- processors ---------------------------------------------------------------------------------


def of_profile(spec: Spec, page: ProfilePage) -> Article:
    """Return what is said of a processor."""
    fields = [
        ("Called", code(page.name)),
        ("Maker", text(page.vendor)),
        ("Launched", text(page.launched)),
        ("Recognised by", _recognised(page)),
    ]
    if page.market:
        fields.append(("Made as", text(page.market)))
    if page.lacks:
        fields.append(("Lacks", instruction_pieces(spec, page.lacks)))
    fields.append(("File", code(f"spec/profiles/{page.name}.toml")))
    bits = table(("bit", "where", "is", "evidence", "by"), map(_bit_row, page.bits))
    answers: list[Block] = [table(("question", "answer", "evidence", "by"), map(_reply_row, page.replies))]
    remarks = tuple(remark for each in page.replies for remark in _reply_remarks(each))
    answers += [Bullets(remarks)] if remarks else []
    sections = (
        Section("CPUID", (bits,)),
        Section("Answers", tuple(answers)),
        Section("Sources", (Sources(page.sources),)),
    )
    return Article("profile", page.name, page.title, (Fields(tuple(fields)),), sections)


def _recognised(page: ProfilePage) -> Inline:
    return (*text(page.families), *((Piece(" ["), *cited(page.cites), Piece("]")) if page.cites else ()))


def _bit_row(bit: Bit) -> tuple[Inline, ...]:
    value = _BITS[bit.value] if bit.evidence else UNKNOWN
    return (text(bit.feature), code(bit.place), text(value), text(bit.evidence or NO_EVIDENCE), cited(bit.cites))


def _reply_row(reply: Reply) -> tuple[Inline, ...]:
    evidence = text(reply.evidence or NO_EVIDENCE)
    return ((Piece(reply.question, "behaviour", reply.question),), text(reply.value), evidence, cited(reply.cites))


def _reply_remarks(reply: Reply) -> Iterator[Inline]:
    name = Piece(reply.question, "behaviour", reply.question)
    if reply.note:
        yield (name, Piece(f": {reply.note}"))
    for dispute in reply.disputed:
        yield (name, Piece(": "), *_disputed(dispute))


# ---- definitions --------------------------------------------------------------------------------


def of_definition(spec: Spec, entry: DefinitionEntry) -> Article:
    """Return what is said of a function or a procedure."""
    fields = [("File", code(f"spec/{FOLDER}/{entry.file}"))]
    if entry.reached_by:
        fields.append(("Used by", instruction_pieces(spec, entry.reached_by)))
    return Article("index", entry.name, entry.name, (Listing(entry.text, entry.name), Fields(tuple(fields))), ())


def of_operation(spec: Spec, stem: str) -> Article:
    """Return what an instruction does and raises, without the rest."""
    entry = spec.instruction(stem)
    found, meanings = checks(spec, stem)
    fields = (
        ("Encoding", listed(Piece(each, "code") for each in entry.encodings)),
        ("Requires", text(entry.requires)),
        ("Modes", text(", ".join(entry.modes))),
    )
    cites = (*entry.cites, *reach_of(spec, stem).cites, *(key for each in found for key in each.cites))
    blocks = (
        Fields(tuple(row for row in fields if row[1] and row[1][0].text)),
        Listing(operation_of(entry.path)),
        *_exceptions(found, meanings),
        Sources(sources(spec, cites)),
    )
    return Article("instruction", stem, entry.title, blocks, ())


def of_answers(spec: Spec, name: str) -> Article:
    """Return a question with its answers, without the rest."""
    entry = behaviour_entry(spec, name)
    lead = (Paragraph(text(entry.why)), *_answers(entry), Paragraph(text(entry.enumerated)))
    return Article("behaviour", name, entry.question, (*lead, Sources(sources(spec, entry.cites))), ())


# ---- all of them --------------------------------------------------------------------------------

Entry = InstructionEntry | BehaviourPage | ProfilePage | DefinitionEntry
"""The data of whatever has an article."""


def entries_of(spec: Spec, word: str) -> tuple[Entry, ...]:
    """Return the data of what a word names: a question, a processor, a definition, or each instruction of that name.

    :raises SpecError: when a file that is needed cannot be used.
    """
    stems = instructions_named(spec, word)
    if stems:
        return tuple(instruction_entry(spec, stem) for stem in stems)
    if word in spec.behaviour_names:
        return (behaviour_page(spec, word),)
    if word in spec.profiles:
        return (profile_page(spec, word),)
    definition = definition_entry(spec, word)
    return (definition,) if definition else ()


def instructions_named(spec: Spec, word: str) -> tuple[str, ...]:
    """Return the instructions of a name: that of a file, what sentences say, or all that a mnemonic can be."""
    stem = word.upper() if word.upper() in spec.index.stems else spec.index.subjects.get(word.lower(), "")
    return (stem,) if stem else spec.index.mnemonics.get(word.lower(), ())


def article_of(spec: Spec, entry: Entry) -> Article:
    """Return the article on what the data is about."""
    match entry:
        case InstructionEntry():
            return of_instruction(spec, entry)
        case BehaviourPage():
            return of_behaviour(spec, entry)
        case ProfilePage():
            return of_profile(spec, entry)
        case DefinitionEntry():
            return of_definition(spec, entry)
