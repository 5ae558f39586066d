"""What a document says without marking it: its rows, bullets and sentences, recognised and judged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sphinx_fsgs.check.result import Result
from sphinx_fsgs.check.session import Session
from sphinx_fsgs.diagnostic import Diagnostic
from sphinx_fsgs.document.model import Document
from sphinx_fsgs.document.recognise import Recognised, compose, recognise
from sphinx_fsgs.syntax.claim import ClaimTree

if TYPE_CHECKING:
    from sphinx_fsgs.check.recognised import Slip


def unmarked(session: Session, document: Document) -> tuple[tuple[Result, ...], tuple[Diagnostic, ...]]:
    """Return the Results of the claims that nobody marked, and what else is wrong where they stand."""
    results: list[Result] = []
    found: list[Diagnostic] = []
    apart = [note.span for note in document.annotations]
    readings = [each for each in recognise(document.passages, session.lexicon, apart) if each.claims or each.attributes]
    if not readings:
        return (), ()
    from sphinx_fsgs.check.recognised import judge
    from sphinx_fsgs.check.rejected import misspelt

    for reading in readings:
        found.extend(misspelt(each, session.spec) for each in reading.attributes)
        for claim in reading.claims:
            result = judge(session, claim.tree, claim.origin, claim.span, _slip(session, claim))
            if result is not None:
                results.append(result)
    return tuple(results), tuple(found)


def _slip(session: Session, claim: Recognised) -> Slip | None:
    name, words = claim.name, claim.words
    if name is None or words is None:
        return None
    from sphinx_fsgs.check.recognised import Slip

    lexicon = session.lexicon
    call = name.subject.endswith("()")
    written = name.subject.removesuffix("()")
    known: tuple[str, ...] = tuple(lexicon.intrinsics) if call else ()
    if written in lexicon.spaces:
        known = tuple(lexicon.spaces)
    elif not call:
        known = (*lexicon.msrs, *(each if written.islower() else each.upper() for each in lexicon.subjects))

    def instead(other: str) -> ClaimTree | None:
        tree = compose(f"{other}()" if call else other, name.fragment, words, lexicon)
        return None if isinstance(tree, str) else tree

    at = name.fragment.text.find(written)
    span = name.fragment.span(at, at + len(written)) if at >= 0 else name.fragment.span()
    others = tuple(each.removesuffix("()") for each in claim.others)
    return Slip(written, span, known, others, claim.repeats, instead)
