"""From a document to its Result: the one path that the command line, Sphinx and pytest share."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from sphinx_fsgs.check.result import DocumentResult, Kind, Origin, Result, Spoken
from sphinx_fsgs.check.session import Session
from sphinx_fsgs.diagnostic import Diagnostic
from sphinx_fsgs.document.code import c_blocks
from sphinx_fsgs.document.model import Annotation, Document
from sphinx_fsgs.document.prefilter import is_worth_reading
from sphinx_fsgs.document.text import load
from sphinx_fsgs.machine import solver
from sphinx_fsgs.present.findings import internal
from sphinx_fsgs.source import Fragment, Span
from sphinx_fsgs.syntax.example import mode_of
from sphinx_fsgs.syntax.parsed import Findings, Parsed
from sphinx_fsgs.syntax.read_example import EMPTY_PAGE, Page, merge, read_example, read_page
from sphinx_fsgs.syntax.read_scope import read_scope
from sphinx_fsgs.syntax.scope import Both, Scope
from sphinx_fsgs.syntax.sections import RUN, outline

if TYPE_CHECKING:
    from sphinx_fsgs.syntax.claim import ClaimTree

SAME_NAME = "FSGS620"
NO_BLOCK = "FSGS615"


def check_file(session: Session, path: Path, shown_as: str | None = None) -> DocumentResult:
    """Read and check one file; one that has nothing for us is only searched, not read."""
    shown = str(path) if shown_as is None else shown_as
    text = load(path, shown)
    if isinstance(text, Diagnostic):
        return DocumentResult(shown, (), (text,))
    if not is_worth_reading(path, text.encode(errors="replace"), session.words):
        return DocumentResult(shown, (), ())
    from sphinx_fsgs.document.reader import read_file  # brings in docutils: only for a file that is read

    return check_document(session, read_file(path, shown_as=shown, text=text, words=session.words))


def check_document(session: Session, document: Document) -> DocumentResult:
    """Judge every example and claim of a document that has been read."""
    before = solver.calls
    work = _Work(session, document)
    results = _together(session, tuple(work.results()), work.told)
    judged = DocumentResult(
        document.path,
        results,
        (*document.diagnostics, *work.found, *_not_in_spec(session, document), *work.rejected()),
        tuple(str(each) for each in document.dependencies),
        sum(result.runs for result in results),
        solver.calls - before,
        coverage=work.coverage(),
    )
    if not any(note.head == "ignore" for note in document.annotations):
        return judged
    from sphinx_fsgs.present.suppression import suppress

    return suppress(document, judged, whole=session.where is None)


def _together(
    session: Session, results: tuple[Result, ...], told: Sequence[tuple[ClaimTree, Result]]
) -> tuple[Result, ...]:
    if len(told) < 2 or not any(result.on("fails") for _, result in told):
        return results
    from sphinx_fsgs.check.opposed import reported_together

    return reported_together(results, told, session.reporter.namer)


def _not_in_spec(session: Session, document: Document) -> tuple[Diagnostic, ...]:
    if not document.shown:
        return ()
    from sphinx_fsgs.present.shown import missing

    return tuple(missing(session.spec, document.shown))


def _options(note: Annotation) -> list[tuple[str, Fragment | None, Span]]:
    return [(each.name, each.value, each.span) for each in note.options]


@dataclass(slots=True)
class _Work:
    session: Session
    document: Document
    found: list[Diagnostic]
    page: Page
    names: dict[str, Span]
    runs_c: list[Fragment]
    told: list[tuple[ClaimTree, Result]]
    readings: Mapping[int, str]

    def __init__(self, session: Session, document: Document) -> None:
        self.session = session
        self.document = document
        self.found = []
        self.names = {}
        self.runs_c = []
        self.told = []
        self.readings = {}
        self.page = EMPTY_PAGE

    def results(self) -> Iterator[Result]:
        """Yield the Results in the order of the text; a page counts for all of its file."""
        without_block = {each.span for each in self.document.diagnostics if each.code == NO_BLOCK}
        for note in self.document.annotations:
            if note.head == "page":
                self._read_page(note)
        for note in self.document.annotations:
            if note.head == "example" and not any(_covers(note.span, span) for span in without_block):
                yield self._safely("example", note.text, note.origin, note.span, partial(self._example, note))
            elif note.head in ("claim", "claims"):
                yield from self._claims(note)
        if self.document.passages:
            from sphinx_fsgs.present.unmarked import unmarked

            read = unmarked(self.session, self.document)
            self.found.extend(read.found)
            self.readings = read.readings
            yield from read.results

    def _safely(self, kind: Kind, text: str, origin: Origin, span: Span, work: Callable[[], Result]) -> Result:
        """Return the Result of an item; a bug of ours costs no other item its verdict."""
        try:
            return work()
        except Exception as error:
            return self.session.unjudged(kind, text, origin, span, [internal(span, error)])

    def coverage(self) -> tuple[Spoken, ...]:
        """Return what speaks of FS or GS, once the Results are there."""
        if not self.document.passages:
            return ()
        from sphinx_fsgs.check.block import why_not_understood
        from sphinx_fsgs.document.coverage import coverage

        def read_block(code: Fragment, named: str) -> str:
            return why_not_understood(code, named, self.session.spec)

        return coverage(self.document, self.session.words, self.readings, read_block)

    def _read_page(self, note: Annotation) -> None:
        parsed = read_page(_options(note), note.body, self.session.lexicon, note.span)
        self.found.extend(parsed.diagnostics)
        self.page = parsed.tree or self.page

    def _example(self, note: Annotation) -> Result:
        name = note.argument.text.strip() if note.argument is not None else ""
        parsed = read_example(
            name,
            _options(note),
            note.body,
            tuple(block.fragment for block in note.blocks),
            self.session.lexicon,
            note.span,
            known=self.page.known,
            language=dict(self.page.options).get("language", ""),
            mode=mode_of(self.page.before),
        )
        assert parsed.tree is not None
        tree = merge(self.page, parsed.tree)
        if tree.code and note.body is not None:
            self.runs_c.extend(_own_run(note.body))
        if name:
            self._once(tree.name, note.argument.span() if note.argument is not None else note.span)
        return self.session.example(tree, note.origin, parsed.diagnostics)

    def _once(self, name: str, span: Span) -> None:
        first = self.names.setdefault(name, span)
        if first is not span:
            message = f"the example {name} is already at line {first.line}"
            help_text = "give it another name"
            self.found.append(Diagnostic(SAME_NAME, "error", span, message, "the annotation rules", help_text))

    def rejected(self) -> tuple[Diagnostic, ...]:
        """Return what compilers reject in the C of the document, whether an example runs it or not."""
        fragments = [*(block.fragment for block in c_blocks(self.document, self.session.lexicon)), *self.runs_c]
        if not fragments:
            return ()
        from sphinx_fsgs.check.rejected import excerpts, rejected

        return tuple(rejected(excerpts(fragments), self.session.spec))

    # ---- claims ----

    def _claims(self, note: Annotation) -> Iterator[Result]:
        scope, expected = self._claim_options(note)
        for fragment, parsed in self._sentences(note):
            if parsed.tree is None:
                yield self.session.unread_claim(fragment, note.origin, parsed.diagnostics)
                continue
            tree = self._on_page(parsed.tree, scope)
            judge = partial(self.session.claim, tree, note.origin, self._name(note), expected)
            result = self._safely("claim", tree.text, note.origin, tree.span, judge)
            result = replace(result, diagnostics=(*parsed.diagnostics, *result.diagnostics))
            self.told.append((tree, result))
            yield result

    def _sentences(self, note: Annotation) -> Iterator[tuple[Fragment, Parsed[ClaimTree]]]:
        from sphinx_fsgs.syntax.read_claim import read_claim, read_claims

        lexicon = self.session.lexicon
        if note.head == "claim" and note.argument is not None:
            yield note.argument, read_claim(note.argument, lexicon)
        elif note.body is not None:
            listed = read_claims(note.body, lexicon)
            self.found.extend(listed.diagnostics)
            for parsed in listed.tree or ():
                span = parsed.tree.span if parsed.tree is not None else _first(parsed.diagnostics, note.span)
                yield _cut(note.body, span), parsed

    def _on_page(self, tree: ClaimTree, scope: Scope | None) -> ClaimTree:
        """Return a claim with the options of its comment and what the page assumes of every state."""
        both = scope if tree.scope is None else tree.scope if scope is None else Both(tree.scope, scope, tree.span)
        where = self.page.where if both is None else both
        return replace(tree, scope=where)

    def _claim_options(self, note: Annotation) -> tuple[Scope | None, str]:
        where, expect = note.option("where"), note.option("expect")
        scope: Scope | None = None
        if where is not None and where.value is not None:
            parsed = read_scope(where.value, self.session.lexicon)
            self.found.extend(parsed.diagnostics)
            scope = parsed.tree
        return scope, expect.value.text.strip() if expect is not None and expect.value is not None else "holds"

    def _name(self, note: Annotation) -> str:
        option = note.option("name")
        return option.value.text.strip() if option is not None and option.value is not None else ""


def _own_run(body: Fragment) -> Iterator[Fragment]:
    """Yield the lines of the section that runs, as they stand."""
    sections = outline(body, Findings(""))
    return (Fragment(each.lines) for each in sections if each.word == RUN and each.lines)


def _covers(outer: Span, inner: Span) -> bool:
    return outer.path == inner.path and outer.line <= inner.line <= outer.end_line


def _first(found: Sequence[Diagnostic], otherwise: Span) -> Span:
    return found[0].span if found else otherwise


def _cut(body: Fragment, span: Span) -> Fragment:
    lines = tuple(line for line in body.lines if span.line <= line.line <= span.end_line)
    return Fragment(lines or body.lines)
