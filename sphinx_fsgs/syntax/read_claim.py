"""Reading a claim: the clauses are cut off, a form is chosen by its words, its grammar reads the sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sphinx_fsgs.diagnostic import Diagnostic
from sphinx_fsgs.source import Fragment
from sphinx_fsgs.syntax.claim import CellPart, ClaimTree
from sphinx_fsgs.syntax.clauses import divide, read_tail
from sphinx_fsgs.syntax.errors import parse, reads
from sphinx_fsgs.syntax.forms import Form, model, nearest, triggered
from sphinx_fsgs.syntax.lexicon import Lexicon
from sphinx_fsgs.syntax.parsed import MAX_CHARACTERS, Findings, Parsed
from sphinx_fsgs.syntax.pieces import cut, one_line
from sphinx_fsgs.syntax.sections import statements_of

if TYPE_CHECKING:
    from lark import Token, Tree

    from sphinx_fsgs.syntax.build_claim import Core

AUTHORITY = "the language of claims"


def read_claims(body: Fragment, lexicon: Lexicon) -> Parsed[tuple[Parsed[ClaimTree], ...]]:
    """Read claims, one a line; a line indented deeper continues the one above, and a hash begins a comment.

    The findings of a claim stand with it, those of the list (comments, no claim at all) beside the tree.
    """
    findings = Findings(AUTHORITY)
    claims = tuple(read_claim(each, lexicon) for each in statements_of(body.lines, findings))
    if not claims:
        findings.error("FSGS168", body.span(), "a list of claims without a claim", f"say, for instance: {_MODEL}")
    return Parsed(claims, findings.done())


def read_claim(fragment: Fragment, lexicon: Lexicon) -> Parsed[ClaimTree]:
    """Read a claim; without a tree when any word of it is not understood."""
    findings = Findings(AUTHORITY)
    sentence = cut(fragment, 0, len(fragment.text.rstrip().rstrip(".")))
    core, clauses = divide(sentence, lexicon)
    if not core.text:
        findings.error("FSGS168", fragment.span(), "a claim without a sentence", f"say, for instance: {_MODEL}")
        return Parsed(None, findings.done())
    read = _sentence(core, sentence, findings)
    tail = read_tail(clauses, lexicon, findings)
    if read is None:
        return Parsed(None, findings.done())
    from sphinx_fsgs.syntax.build_claim import build_core

    form, tree = read
    built = build_core(tree, core, lexicon, findings)
    if tail.whenever and not _role(built, "other"):
        help = "it belongs to claims that two sequences are equivalent; other claims speak of completed runs anyway"
        findings.error(
            "FSGS167", fragment.span(), f'"whenever both complete" says nothing in a claim of "{form.name}"', help
        )
    _two_for_a_swap(built, findings, core)
    limited = any(getattr(each, "word", "") == "only" for each in _role(built, "limit"))
    if limited and not {"cpl", "mode"} & {each.kind for each in clauses}:
        help = "say where: at CPL 0, in 64-bit mode"
        findings.error("FSGS161", fragment.span(), '"only" is said, but not where', help)
    if findings.found:
        return Parsed(None, findings.done())
    claim = ClaimTree(
        form.name,
        built.parts,
        built.negated,
        tail.when,
        tail.cpl,
        tail.mode,
        tail.whenever,
        tail.scope,
        one_line(fragment.text),
        fragment.span(),
    )
    return Parsed(claim)


_MODEL = "SWAPGS swaps GS.base and GS_SHADOW"


def understood(fragment: Fragment, lexicon: Lexicon) -> ClaimTree | str:
    """Return what a sentence claims if all of it is read, and in one way only; else in one word why not.

    For sentences that nobody marked as claims: nothing is reported, and nothing is suggested.
    """
    sentence = cut(fragment, 0, len(fragment.text.rstrip().rstrip(".")))
    if len(fragment.text) > MAX_CHARACTERS:
        return "no-form"
    core, _ = divide(sentence, lexicon)
    reading = [form for form in triggered(core.text) if reads(form.language, core)]
    if len(reading) != 1:
        return "two-readings" if reading else "no-form"
    return read_claim(sentence, lexicon).tree or "unknown-name"


def _sentence(core: Fragment, whole: Fragment, findings: Findings) -> tuple[Form, Tree[Token]] | None:
    """Return the first form that reads the sentence, or report how far the best of them came."""
    failures: list[tuple[Form, Diagnostic]] = []
    for form in triggered(core.text):
        tree = parse(form.language, core)
        if not isinstance(tree, Diagnostic):
            return form, tree
        failures.append((form, tree))
    if failures:
        form, problem = max(failures, key=lambda each: (each[1].span.line, each[1].span.column))
        help = f"{problem.help}; the form is: {model(form, core.text)}"
        findings.error(problem.code, problem.span, problem.message, help, authority=problem.authority)
    else:
        form, sentence = nearest(core.text)
        help = f'the nearest form is "{form.name}": {sentence}'
        findings.error("FSGS160", whole.span(), "no form of claim reads this sentence", help)
    return None


def _two_for_a_swap(core: Core, findings: Findings, fragment: Fragment) -> None:
    cells = [each.name for each in _role(core, "cells") if isinstance(each, CellPart)]
    verbs = [getattr(each, "word", "") for each in _role(core, "verb")]
    if "swaps" in verbs and len(set(cells)) < len(cells):
        findings.error("FSGS166", fragment.span(), "both names are the same cell", "name two different cells")


def _role(core: Core, name: str) -> tuple[object, ...]:
    return dict(core.parts).get(name, ())
