"""Reading examples and pages: options, the sections, and the run.

Each statement is parsed by itself, so that a bad one gives one finding and the others are still read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from typing import TYPE_CHECKING, Literal, cast

from sphinx_fsgs.diagnostic import Diagnostic, did_you_mean
from sphinx_fsgs.records import dataclass
from sphinx_fsgs.source import Fragment, Span, fragment_of
from sphinx_fsgs.syntax.assembly import AsmStatement, Label, TheBlock, bytes_in
from sphinx_fsgs.syntax.errors import Language, parse
from sphinx_fsgs.syntax.example import (
    Assume,
    Assumption,
    Bind,
    Claimed,
    Condition,
    Entered,
    EntryRules,
    Example,
    Faults,
    Holds,
    InMode,
    Mode,
    NoFault,
    Prints,
    Ran,
    Section,
    Serialises,
    Signals,
    Symbol,
    Window,
    mode_of,
)
from sphinx_fsgs.syntax.expression import Binary, Expr, Free, Name
from sphinx_fsgs.syntax.lexicon import Lexicon
from sphinx_fsgs.syntax.names import Names, frees_in
from sphinx_fsgs.syntax.parsed import MAX_FINDINGS, Findings, Parsed
from sphinx_fsgs.syntax.pieces import cut, one_line
from sphinx_fsgs.syntax.places import Places, places_of
from sphinx_fsgs.syntax.read_assembly import ATT, INTEL, decoded, read_assembly
from sphinx_fsgs.syntax.read_environment import STATEMENTS
from sphinx_fsgs.syntax.read_scope import read_scope
from sphinx_fsgs.syntax.scope import Scope
from sphinx_fsgs.syntax.sections import RUN, Outline, outline

if TYPE_CHECKING:
    from sphinx_fsgs.syntax.c import CStatement

AUTHORITY = "the example language"
C = "c"

Expect = Literal["holds", "fails", "undecided"]
Option = tuple[str, "Fragment | None", Span]

EXAMPLE_OPTIONS: tuple[str, ...] = (
    "name",
    "where",
    "syntax",
    "language",
    "expect",
    "hide",
    "trace",
    "after",
    "blocks",
)
PAGE_OPTIONS: tuple[str, ...] = ("where", "syntax", "language", "expect", "hide", "trace")
_CHOICES: Mapping[str, tuple[str, ...]] = {
    "expect": ("holds", "fails", "undecided"),
    "syntax": (ATT, INTEL),
    "language": ("asm", C),
}
_STARTS = STATEMENTS
SIGN_OF_C = re.compile(r";\s*$|[{}]|^\s*#[a-z]", re.MULTILINE)
"""Without one of these in a line, code is not C."""

_SCOPED = re.compile(r"\[([^\]]*)\]")
"""A scope in front of a condition; no expression begins with a bracket."""


@dataclass(frozen=True, slots=True)
class Page:
    """What all examples of a file have in common."""

    before: tuple[Assumption, ...] = ()
    where: Scope | None = None
    expect: Expect = "holds"
    options: tuple[tuple[str, str], ...] = ()

    @property
    def known(self) -> frozenset[str]:
        """The symbols and ``?names`` that ``before`` introduces."""
        return _introduced(self.before)


ENTERED = "entered by"
"""What :attr:`Page.known` has where the page says how its code is entered; no symbol is called so."""
EMPTY_PAGE = Page()


@dataclass(frozen=True, slots=True)
class _Options:
    where: Scope | None
    expect: Expect
    words: tuple[tuple[str, str], ...]

    def word(self, name: str) -> str:
        return dict(self.words).get(name, "")


@dataclass(slots=True)
class _Reader:
    """What the statements of one example share."""

    lexicon: Lexicon
    findings: Findings
    places: Places
    known: frozenset[str]
    of_c: frozenset[str] = frozenset()
    in_c: bool = False
    before: list[Assumption] = field(default_factory=list)
    conditions: list[Condition] = field(default_factory=list)
    attempted: bool = False
    entered: bool = False

    def assumptions(self, section: Outline) -> None:
        """Read ``before``."""
        for fragment in self._bounded(section):
            tree = self._statement(fragment, "assumption", section.word)
            if tree is not None:
                self._assume(cast(Assumption, tree), section.word)

    def _assume(self, line: Assumption, section: str) -> None:
        """Take a line in; one that says how the code is entered with all that the spec says of that."""
        self.before.append(line)
        self.known |= _introduced([line])
        if isinstance(line, Entered):
            source = f"entered by {line.event} from {line.origin}"
            for text in self.lexicon.entries[line.event, line.origin]:
                tree = self._statement(fragment_of(text, source), "assumption", section)
                if tree is not None:
                    self._assume(cast(Assumption, tree), section)

    def check_entry(self) -> None:
        """Report rules of entry code where nothing, and no page, says how that code is entered."""
        rules = next((each for each in self.conditions if isinstance(each.claimed, EntryRules)), None)
        said = self.entered or any(isinstance(each, Entered) for each in self.before)
        if rules is not None and not said and not any(each.code == "FSGS116" for each in self.findings.found):
            message = "nothing says how this code is entered, so the rules of entry code say nothing of it"
            help_text = "write in `before`: entered by SYSCALL from user, or the like, or called"
            self.findings.error("FSGS117", rules.span, message, help_text)

    def claims(self, section: Outline) -> None:
        """Read a section of conditions."""
        self.attempted = self.attempted or bool(section.statements)
        for fragment in self._bounded(section):
            scope, rest = self._scope(fragment)
            line = self._statement(rest, "claim", section.word) if rest is not None else None
            if line is not None:
                self._condition(cast(Section, section.word), scope, line, fragment)

    def _bounded(self, section: Outline) -> Iterator[Fragment]:
        """Yield the statements of a section until too many of them were wrong."""
        before = len(self.findings.found)
        for fragment in section.statements:
            if len(self.findings.found) - before >= MAX_FINDINGS:
                message = f'too much of "{section.word}" cannot be read; the rest is left out'
                self.findings.error("FSGS114", fragment.span(), message, "correct what is reported above")
                return
            yield fragment

    def _condition(self, section: Section, scope: Scope | None, line: object, fragment: Fragment) -> None:
        from sphinx_fsgs.syntax.build_example import Claim

        read = cast(Claim, line)
        if self._misplaced(section, read.claimed, read.window, fragment):
            return
        text, span = one_line(fragment.text), fragment.span()
        self.conditions.append(Condition(section, read.claimed, read.window, scope, read.when, text, span))
        for free in _frees(read.claimed.condition if isinstance(read.claimed, Holds) else None, read.when):
            self._misspelt(free)

    def _misplaced(self, section: Section, claimed: Claimed, window: Window | None, fragment: Fragment) -> bool:
        """Report a condition on the whole run where one on a state is meant."""
        of_steps = isinstance(claimed, (Ran, Prints, Serialises, EntryRules))
        if section != "after" and (of_steps or isinstance(claimed, (Faults, Signals, NoFault))):
            message = f'this speaks of the whole run, and "{section}" of the state at each boundary'
            self.findings.error("FSGS100", fragment.span(), message, 'say it in a section "after"')
        elif isinstance(claimed, Prints) and not self.in_c:
            message = "only a run in C prints, and this is assembly"
            self.findings.error("FSGS100", fragment.span(), message, "write the run in C, or leave the line out")
        elif of_steps and window is not None:
            message = "this speaks of the whole run, not of a place in it"
            self.findings.error("FSGS100", window.span, message, "leave the place out")
        else:
            return False
        return True

    def _scope(self, fragment: Fragment) -> tuple[Scope | None, Fragment | None]:
        match = _SCOPED.match(fragment.text)
        if match is None:
            return None, fragment
        parsed = read_scope(cut(fragment, match.start(1), match.end(1)), self.lexicon)
        self.findings.found.extend(parsed.diagnostics)
        return parsed.tree, cut(fragment, match.end(), len(fragment.text)) if parsed.tree is not None else None

    def _statement(self, fragment: Fragment, start: str, section: str) -> object | None:
        authority = f"{AUTHORITY}, section {section}"
        tree = parse(Language("example", start, "FSGS100", authority, _STARTS), fragment)
        if isinstance(tree, Diagnostic):
            self.findings.found.append(tree)
            return None
        from sphinx_fsgs.syntax.build_example import Statements

        findings = Findings(authority)
        names = Names(self.lexicon, findings, self.known, of_c=self.of_c)
        statement: object = Statements(fragment, self.lexicon, findings, names, self.places).transform(tree)
        self.findings.found.extend(findings.found)
        return None if findings.found else statement

    def _misspelt(self, free: Free) -> None:
        """Report a ``?name`` that ``before`` does not have when it has one that is spelt nearly so."""
        names = {each for each in self.known if each.startswith("?")}
        word = f"?{free.name}"
        if word not in names and did_you_mean(word, names):
            self.findings.unknown("FSGS113", free.span, "name", word, names, "name it in before")


def read_example(
    name: str,
    options: Sequence[Option],
    body: Fragment | None,
    block: tuple[Fragment, ...],
    lexicon: Lexicon,
    span: Span,
    *,
    known: frozenset[str] = frozenset(),
    language: str = "",
    mode: Mode = "64-bit",
) -> Parsed[Example]:
    """Read an example.

    ``block`` are the literal blocks that serve as its run, or that its ``run`` section names by the
    line ``the block``. ``known`` are symbols and ``?names`` of its page (:attr:`Page.known`) or of
    the example that it continues. ``language`` is that of the page, where the example says none; where nobody
    says one, the text tells. ``mode`` is the page's too. What cannot be read is missing from the tree.
    """
    findings = Findings(AUTHORITY)
    settings = _options(options, EXAMPLE_OPTIONS, lexicon, findings)
    sections = outline(body, findings) if body is not None else ()
    misread = len(findings.found)
    run: tuple[AsmStatement, ...] = ()
    code: tuple[CStatement, ...] = ()
    if (settings.word("language") or language or _told(sections, block, lexicon)) == C:
        from sphinx_fsgs.syntax.run_c import names_of_c, places_of_c, read_run

        code = read_run(sections, block, span, findings)
        places, of_c = places_of_c(code, lexicon, whole=len(findings.found) == misread), names_of_c(code)
    else:
        run = _run(
            sections, block, _Assembly(lexicon, INTEL if settings.word("syntax") == INTEL else ATT, findings), span
        )
        places, of_c = places_of(run, lexicon, whole=len(findings.found) == misread), frozenset()
    labels = frozenset(each.name for each in run if isinstance(each, Label))
    reader = _Reader(lexicon, findings, places, known | labels, of_c, bool(code), entered=ENTERED in known)
    for section in sections:
        if section.word == "before":
            reader.assumptions(section)
    if bytes_in(run) is not None:
        run = _decoded(run, reader, mode_of(reader.before, mode))
    for section in sections:
        if section.word not in ("before", RUN):
            reader.claims(section)
    reader.check_entry()
    if not reader.attempted and not any(each.code in ("FSGS102", "FSGS111") for each in findings.found):
        findings.error("FSGS110", span, "the example claims nothing", 'say what holds in a section "after"')
    example = Example(
        settings.word("name") or name,
        settings.where,
        settings.expect,
        settings.words,
        overriding(reader.before),
        run,
        tuple(reader.conditions),
        span,
        code,
    )
    return Parsed(example, findings.done())


def read_page(options: Sequence[Option], body: Fragment | None, lexicon: Lexicon, span: Span) -> Parsed[Page]:
    """Read what a file's examples have in common: options, and a section ``before``."""
    findings = Findings(f"{AUTHORITY}, page")
    settings = _options(options, PAGE_OPTIONS, lexicon, findings)
    reader = _Reader(lexicon, findings, places_of((), lexicon, whole=True), frozenset())
    for section in outline(body, findings, ("before",)) if body is not None else ():
        reader.assumptions(section)
    if not reader.before and not settings.words and not findings.found:
        findings.error("FSGS112", span, "the page says nothing", 'give options, or a section "before"')
    return Parsed(Page(overriding(reader.before), settings.where, settings.expect, settings.words), findings.done())


def merge(page: Page, example: Example) -> Example:
    """Return the example as it stands on its page; what it says itself counts."""
    given = {name for name, _ in example.options}
    return replace(
        example,
        where=example.where or page.where,
        expect=example.expect if "expect" in given else page.expect,
        options=(*(each for each in page.options if each[0] not in given), *example.options),
        before=overriding((*page.before, *example.before)),
    )


def overriding(lines: Iterable[Assumption]) -> tuple[Assumption, ...]:
    """Return the lines without those that a later one for the same cell, mode or symbol overrides."""
    kept: dict[object, Assumption] = {}
    for number, line in enumerate(lines):
        key = _subject(line) or number
        kept.pop(key, None)
        kept[key] = line
    return tuple(kept.values())


def _subject(line: Assumption) -> tuple[str, object] | None:
    """Return what a line is about, if a second line about it would replace it."""
    match line:
        case Bind(place=place):
            return "cell", place
        case Assume(condition=Binary(op="=", left=Name(name="CPL") as place)):  # "in kernel", "in user"
            return "cell", place
        case InMode():
            return "mode", ""
        case Entered():
            return "entry", ""
        case Symbol(name=name):
            return "symbol", name
        case _:
            return None


# ---- options ------------------------------------------------------------------------------------


def _options(given: Sequence[Option], allowed: Sequence[str], lexicon: Lexicon, findings: Findings) -> _Options:
    where: Scope | None = None
    words: dict[str, str] = {}
    for name, value, span in given:
        if name not in allowed:
            findings.unknown("FSGS104", span, "option", name, set(allowed), f"one of {', '.join(allowed)}")
            continue
        if name in words:
            findings.error("FSGS111", span, f'a second option "{name}"', "keep one of them")
            continue
        words[name] = one_line(value.text) if value is not None else ""
        if name == "where":
            parsed = read_scope(value, lexicon) if value is not None else _no_scope(span)
            findings.found.extend(parsed.diagnostics)
            where = parsed.tree
        elif name in _CHOICES:
            _choice(name, words[name], value.span() if value is not None else span, findings)
    expect = words.get("expect", "holds")
    return _Options(where, cast(Expect, expect if expect in _CHOICES["expect"] else "holds"), tuple(words.items()))


def _no_scope(span: Span) -> Parsed[Scope]:
    findings = Findings("the language of scopes")
    findings.error("FSGS181", span, "an empty scope", "name profiles, families or features, or leave it out")
    return Parsed(None, findings.done())


def _choice(name: str, word: str, span: Span, findings: Findings) -> None:
    choices = _CHOICES[name]
    if word in choices:
        return
    findings.unknown("FSGS104", span, f"value of {name}", word, set(choices), f"one of {', '.join(choices)}")


# ---- the run ------------------------------------------------------------------------------------

_OF_ASSEMBLY = frozenset({"FSGS106", "FSGS112", *(f"FSGS{code}" for code in range(140, 148))})


@dataclass(frozen=True, slots=True)
class _Assembly:
    """What assembly is read with."""

    lexicon: Lexicon
    syntax: str
    findings: Findings

    def read(self, fragment: Fragment, the_block: bool = False) -> tuple[AsmStatement, ...]:
        parsed = read_assembly(fragment, self.lexicon, the_block=the_block, syntax=self.syntax)
        self.findings.found.extend(parsed.diagnostics)
        return parsed.tree or ()


def _run(
    sections: Sequence[Outline], block: tuple[Fragment, ...], assembly: _Assembly, span: Span
) -> tuple[AsmStatement, ...]:
    own = next((each for each in sections if each.word == RUN), None)
    if own is None:
        run = _block(block, assembly)
        where = block[0].span() if block else span
    else:
        run = _spliced(assembly.read(Fragment(own.lines), the_block=True) if own.lines else (), block, assembly)
        where = own.span
    if not run and not any(each.code in _OF_ASSEMBLY for each in assembly.findings.found):
        help = "write instructions, below the section or in a literal block"
        assembly.findings.error("FSGS112", where, "there is nothing to run", help)
    return run


def _decoded(run: tuple[AsmStatement, ...], reader: _Reader, mode: Mode) -> tuple[AsmStatement, ...]:
    """Return a run with instructions for its bytes, which are places of it too."""
    parsed = decoded(run, reader.lexicon, mode)
    reader.findings.found.extend(parsed.diagnostics)
    found = parsed.tree or ()
    reader.places = places_of(found, reader.lexicon, whole=reader.places.whole and not parsed.diagnostics)
    return found


def _told(sections: Sequence[Outline], block: tuple[Fragment, ...], lexicon: Lexicon) -> str:
    """Return the language of what runs, as its text tells it; what has no sign of C is not looked at further."""
    own = (line.text for each in sections if each.word == RUN for line in each.lines)
    text = "\n".join((*own, *(each.text for each in block)))
    if not SIGN_OF_C.search(text):
        return ""
    from sphinx_fsgs.syntax.language import language_of

    return language_of(text, "", lexicon)


def _block(block: tuple[Fragment, ...], assembly: _Assembly) -> tuple[AsmStatement, ...]:
    return tuple(statement for fragment in block for statement in assembly.read(fragment))


def _spliced(
    run: tuple[AsmStatement, ...], block: tuple[Fragment, ...], assembly: _Assembly
) -> tuple[AsmStatement, ...]:
    """Put the literal blocks in place of each line ``the block``."""
    marks = [each for each in run if isinstance(each, TheBlock)]
    if not marks:
        return run
    if not block:
        assembly.findings.error(
            "FSGS112", marks[0].span, "there is no literal block", "put one behind the comment, or write it out"
        )
    text = _block(block, assembly)
    return tuple(part for each in run for part in (text if isinstance(each, TheBlock) else (each,)))


# ---- ?names -------------------------------------------------------------------------------------


def _introduced(lines: Iterable[Assumption]) -> frozenset[str]:
    found: set[str] = set()
    for line in lines:
        if isinstance(line, Entered):
            found.add(ENTERED)
        elif isinstance(line, Symbol):
            found.add(line.name)
        elif isinstance(line, Bind):
            found |= {f"?{free.name}" for free in _frees(line.place, line.value)}
        elif isinstance(line, Assume):
            found |= {f"?{free.name}" for free in _frees(line.condition)}
    return frozenset(found)


def _frees(*expressions: Expr | None) -> list[Free]:
    return [free for each in expressions if each is not None for free in frees_in(each)]
