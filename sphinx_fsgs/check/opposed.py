"""Two claims of one document that cannot both hold: the one that is false names the line of the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from sphinx_fsgs.check.result import Result
from sphinx_fsgs.check.scopes import Namer
from sphinx_fsgs.diagnostic import Diagnostic
from sphinx_fsgs.syntax.claim import ClaimTree

Told = tuple[ClaimTree, Result]


def reported_together(results: Sequence[Result], claims: Sequence[Told], namer: Namer) -> tuple[Result, ...]:
    """Return the results, those findings with a note that speak of a claim whose opposite the document makes too.

    ``claims`` are the trees of some of the results. Two are opposed that are of one form and differ in its negation
    alone; it is noted on the processors where the one is false and the other stands.
    """
    said: dict[object, list[Result]] = {}
    for tree, result in claims:
        said.setdefault(_key(tree, tree.negated), []).append(result)
    notes: dict[int, tuple[str, ...]] = {}
    for tree, result in claims:
        notes[id(result)] = tuple(_notes(result, said.get(_key(tree, not tree.negated), ()), namer))
    return tuple(_with(each, notes.get(id(each), ())) for each in results)


def _key(tree: ClaimTree, negated: bool) -> object:
    return (tree.form, tree.parts, tree.when, tree.cpl, tree.mode, tree.whenever, negated)


def _notes(result: Result, others: Sequence[Result], namer: Namer) -> Iterator[str]:
    for other in others:
        both = [profile for profile in result.on("fails") if profile in other.on("holds")]
        if both:
            where = f"line {other.span.line}"
            if other.span.path != result.span.path:
                where = f"{other.span.path}:{other.span.line}"
            yield f"{where} says the opposite, which holds on {namer.name(both).words}"


def _with(result: Result, notes: tuple[str, ...]) -> Result:
    if not notes:
        return result

    def noted(diagnostic: Diagnostic) -> Diagnostic:
        return replace(diagnostic, notes=(*notes, *diagnostic.notes)) if diagnostic.fails_on else diagnostic

    return replace(result, diagnostics=tuple(map(noted, result.diagnostics)))
