"""One use of the tool: a spec, a scope, and everything that is kept between examples and claims."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from sphinx_fsgs.check.asking import Asked, Oracle, share
from sphinx_fsgs.check.example import Compiled, ExampleJudge, Prepared
from sphinx_fsgs.check.judge import Judge, Judgement
from sphinx_fsgs.check.report import NO_DECODER, Item, Reporter
from sphinx_fsgs.check.result import Kind, Origin, Result
from sphinx_fsgs.check.scopes import selected
from sphinx_fsgs.check.where import hosts_for, needs_of, needs_of_claim, selects_nothing
from sphinx_fsgs.diagnostic import Diagnostic
from sphinx_fsgs.machine.evaluate import EvaluationError
from sphinx_fsgs.machine.program import assemble
from sphinx_fsgs.machine.setup import symbols_of
from sphinx_fsgs.source import Fragment, Span, fragment_of
from sphinx_fsgs.spec.errors import SpecError
from sphinx_fsgs.spec.model import Spec
from sphinx_fsgs.syntax.assembly import bytes_in
from sphinx_fsgs.syntax.example import Example, mode_of
from sphinx_fsgs.syntax.lexicon import Lexicon
from sphinx_fsgs.syntax.scope import Scope
from sphinx_fsgs.syntax.vocabulary import Vocabulary, vocabulary

if TYPE_CHECKING:
    from sphinx_fsgs.check.entries.articles import Entry
    from sphinx_fsgs.check.entries.difference import DifferenceEntry
    from sphinx_fsgs.machine.encode import Row
    from sphinx_fsgs.syntax.assembly import AsmStatement
    from sphinx_fsgs.syntax.claim import ClaimTree

COMMAND_LINE = "<command line>"


class Session:
    """Judges examples and claims against the processors of a scope.

    :raises SpecError: when the spec, or the scope that the session was opened with, cannot be used.
    """

    def __init__(self, spec: Spec, where: Scope | None = None) -> None:
        self.spec = spec
        self.where = where
        self.judge = Judge(spec)
        self.oracle = Oracle(spec)
        self.reporter = Reporter(spec)

    @classmethod
    def open(
        cls, where: str | None = None, spec_folder: Path | None = None, symbols: Mapping[str, int] | None = None
    ) -> Session:
        """Return a session; ``where`` is a scope that narrows every document's own.

        :param symbols: constants that documents may name besides those of the spec.
        :raises SpecError: as the class.
        """
        spec = Spec(spec_folder, symbols)
        if not where:
            return cls(spec)
        scope = _scope(where, spec)
        if not selected(scope, spec):
            raise SpecError([selects_nothing(fragment_of(where, COMMAND_LINE).span(), where)])
        return cls(spec, scope)

    @cached_property
    def lexicon(self) -> Lexicon:
        """The words with which documents are read."""
        return self.spec.lexicon

    @cached_property
    def words(self) -> Vocabulary:
        """The words by which documents speak of FS or GS."""
        return vocabulary(self.lexicon)

    @property
    def spec_digest(self) -> str:
        """A hash of the spec."""
        return self.spec.digest

    @cached_property
    def tool_version(self) -> str:
        """The version of the tool."""
        from sphinx_fsgs import __version__

        return __version__

    # ---- examples and claims ----

    def example(self, tree: Example, origin: Origin, found: Sequence[Diagnostic] = ()) -> Result:
        """Return the Result of an example; ``found`` are errors in its text, because of which it is not judged."""
        item = Item("example", tree.name, _listing(tree), origin, tree.span, tree.expect)
        compiled = self._compiled(tree) if tree.code else Compiled(tree)
        tree = compiled.example
        mode = mode_of(tree.before)
        assembled = assemble(tree.run, self.spec, mode, symbols_of(tree.before, self.spec))
        needs = needs_of(tree, assembled.program, self.spec)
        profiles, unfit = hosts_for(tree.where, self.where, needs, tree.span, self.spec)
        problems = [*found, *unfit, *compiled.diagnostics, *assembled.diagnostics]
        if _errors(problems):
            return self._unjudged(item, problems)
        if assembled.program is None:
            return self._with_notes(self.undecoded(item, tree.run, profiles), problems)
        judge = ExampleJudge(self.judge, self.oracle)
        prepared = Prepared(tree, replace(assembled.program, working=compiled.working), mode)

        def work(answers: Asked) -> Judgement:
            return judge.judge_one(prepared, answers)

        shared = share(self.oracle, profiles, work)
        if judge.diagnostics:
            return self._unjudged(item, [*problems, *judge.diagnostics])
        stems = tuple(each for each in assembled.program.stems if each in self.spec.index.stems)
        result = replace(self.reporter.result(item, shared, work, self.oracle), instructions=stems)
        result = replace(result, assuming=(*result.assuming, *compiled.assumed)) if compiled.assumed else result
        return self._with_notes(result, problems)

    def _compiled(self, tree: Example) -> Compiled:
        from sphinx_fsgs.check.compiled import compiled

        return compiled(tree, self.spec)

    def undecoded(self, item: Item, run: Sequence[AsmStatement], profiles: Sequence[str]) -> Result:
        """Return the Result of a run with bytes that nothing here decodes."""
        missing = bytes_in(run)
        span = item.span if missing is None else missing.span
        says = "its bytes are decoded by iced-x86, which is not installed"

        def work(answers: Asked) -> Judgement:
            return Judgement("undecided", says, NO_DECODER, span, reason="no decoder")

        return self.reporter.result(item, share(self.oracle, profiles, work), work, self.oracle)

    def claim(self, tree: ClaimTree, origin: Origin, name: str = "", expected: str = "holds") -> Result:
        """Return the Result of a claim."""
        from sphinx_fsgs.check.claims.form import meaning_of

        item = self._claim_item(tree, origin, name, expected)
        needs = needs_of_claim(tree, self.spec)
        profiles, problems = hosts_for(tree.scope, self.where, needs, tree.span, self.spec)
        if _errors(problems):
            return self._unjudged(item, problems)
        try:
            meaning = meaning_of(tree, self.spec)

            def work(answers: Asked) -> Judgement:
                return meaning.judge(self.judge, answers)

            result = self.reporter.result(item, share(self.oracle, profiles, work), work, self.oracle)
            return replace(result, instructions=tuple(_instructions(tree, self.spec)))
        except EvaluationError as error:
            return self._unjudged(item, [error.diagnostic])

    def unread_claim(self, text: Fragment, origin: Origin, found: Sequence[Diagnostic]) -> Result:
        """Return the Result of a sentence that no form reads."""
        return self._unjudged(Item("claim", "", " ".join(text.text.split()), origin, text.span()), found)

    def unjudged(self, kind: Kind, text: str, origin: Origin, span: Span, found: Sequence[Diagnostic]) -> Result:
        """Return the Result of what could not be judged at all, because of ``found``."""
        return self._unjudged(Item(kind, text if kind == "example" else "", text, origin, span), found)

    def _claim_item(self, tree: ClaimTree, origin: Origin, name: str, expected: str) -> Item:
        end = replace(tree.span, line=tree.span.end_line, column=tree.span.end_column)
        fits: Mapping[str, str] = {"fails": "fails", "undecided": "undecided"}
        return Item(
            "claim", name, tree.text, origin, tree.span,
            fits.get(expected, "holds"), None if tree.scope is not None else end,  # type: ignore[arg-type]
        )  # fmt: skip

    def _unjudged(self, item: Item, found: Sequence[Diagnostic]) -> Result:
        return self.reporter.unjudged(item, found)

    def _with_notes(self, result: Result, found: Sequence[Diagnostic]) -> Result:
        return replace(result, diagnostics=(*found, *result.diagnostics)) if found else result

    # ---- the command line ----

    def prove(self, text: str) -> Result:
        """Return the Result of a claim given on the command line."""
        from sphinx_fsgs.syntax.read_claim import read_claim

        fragment = fragment_of(text, COMMAND_LINE)
        parsed = read_claim(fragment, self.lexicon)
        if parsed.tree is None:
            return self.unread_claim(fragment, "directive", parsed.diagnostics)
        return self.claim(parsed.tree, "directive")

    def run(self, assembly: str, before: str, where: str | None) -> Result:
        """Return the Result of a snippet: what it changes, once for each way in which processors run it."""
        from sphinx_fsgs.check.snippet import run_snippet

        return run_snippet(self, assembly, before, where)

    def listing(self, assembly: str, before: str) -> tuple[Row, ...]:
        """Return the lines of a snippet with their bytes; none when it cannot be run.

        :raises NoCodec: when iced-x86 is not installed.
        """
        from sphinx_fsgs.check.snippet import list_snippet

        return list_snippet(self, assembly, before)

    def check_spec(self) -> tuple[Diagnostic, ...]:
        """Return everything that is wrong with the spec."""
        from sphinx_fsgs.check.wellformed import check_everything

        return check_everything(self.spec)

    def explain(self, word: str, examples: Callable[[str], Iterable[str]] | None = None) -> str | None:
        """Return what the spec says of an instruction, a question or a processor; None for anything else.

        :param examples: gives for an instruction the lines that list the examples of documents.
        """
        from sphinx_fsgs.check.explain import explain

        return explain(self.spec, word, examples)

    def entries(self, word: str) -> tuple[Entry, ...]:
        """Return the data of what ``explain`` says in words; none for what has no more than words."""
        from sphinx_fsgs.check.entries.articles import entries_of

        return entries_of(self.spec, " ".join(word.split()))

    def difference(self, one: str, other: str) -> tuple[DifferenceEntry, str]:
        """Return in what two profiles differ, as data and in words.

        :raises KeyError: when there is no profile of one of these names.
        """
        from sphinx_fsgs.check.entries.difference import difference, of_difference
        from sphinx_fsgs.check.entries.text import text_of

        entry = difference(self.spec, one, other)
        return entry, text_of(of_difference(self.spec, entry), lambda stem: ())

    def encodings(self, word: str) -> str | None:
        """Return the bytes of the forms of an instruction; None for what is none.

        :raises NoCodec: when iced-x86 is not installed.
        """
        from sphinx_fsgs.check.explain import encodings

        return encodings(self.spec, word)


def _scope(text: str, spec: Spec) -> Scope:
    from sphinx_fsgs.syntax.read_scope import read_scope

    parsed = read_scope(fragment_of(text, COMMAND_LINE), spec.lexicon)
    if parsed.tree is None:
        raise SpecError(parsed.diagnostics)
    return parsed.tree


def _errors(found: Sequence[Diagnostic]) -> bool:
    return any(each.severity == "error" for each in found)


def _instructions(tree: ClaimTree, spec: Spec) -> Iterator[str]:
    """Yield the instructions that a claim speaks of, each once; a service of a platform is none."""
    from sphinx_fsgs.syntax.claim import Sequence as Subjects

    named = (part for _, parts in tree.parts for part in parts if isinstance(part, Subjects))
    stems = (each.instruction for part in named for each in part.subjects)
    return (stem for stem in dict.fromkeys(stems) if stem in spec.index.stems)


def _listing(tree: Example) -> str:
    if tree.code:
        return "\n".join(each.text for each in tree.code if each.text)
    from sphinx_fsgs.syntax.assembly import Bytes, Environment, Instruction, Label

    lines = []
    for statement in tree.run:
        if isinstance(statement, (Instruction, Environment, Bytes)):
            lines.append(statement.text)
        elif isinstance(statement, Label) and statement.written:
            lines.append(f"{statement.name}:")
    return "\n".join(lines)
