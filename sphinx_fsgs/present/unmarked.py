"""What a document says without marking it: its rows, bullets and sentences, recognised and judged."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sphinx_fsgs.check.result import Result
from sphinx_fsgs.check.session import Session
from sphinx_fsgs.diagnostic import Diagnostic
from sphinx_fsgs.document.compose import compose
from sphinx_fsgs.document.model import Document
from sphinx_fsgs.document.recognise import Recognised, recognise
from sphinx_fsgs.present.findings import internal
from sphinx_fsgs.syntax.claim import ClaimTree

if TYPE_CHECKING:
    from sphinx_fsgs.check.recognised import Slip

UNDECIDED = "undecided"
"""Why a claim that was read is left alone: no processor and no state shows whether it holds."""


@dataclass(slots=True)
class Unmarked:
    """The Results of claims that nobody marked, what else is wrong where they stand, and what became of each passage.

    ``readings`` gives for the ``order`` of a passage why it is not understood, nothing where it is.
    """

    results: list[Result] = field(default_factory=list)
    found: list[Diagnostic] = field(default_factory=list)
    readings: dict[int, str] = field(default_factory=dict)


def unmarked(session: Session, document: Document) -> Unmarked:
    """Return what a document says without marking it."""
    read = Unmarked()
    apart = [note.span for note in document.annotations]
    readings = tuple(recognise(document.passages, session.lexicon, apart))
    read.readings.update((each.passage.order, each.reason) for each in readings)
    if not any(each.claims or each.attributes for each in readings):
        return read
    from sphinx_fsgs.check.recognised import judge
    from sphinx_fsgs.check.rejected import misspelt

    for reading in readings:
        read.found.extend(misspelt(each, session.spec) for each in reading.attributes)
        judged = []
        for claim in reading.claims:
            try:
                judged.append(judge(session, claim.tree, claim.origin, claim.span, _slip(session, claim)))
            except Exception as error:  # a bug of ours costs no other claim its verdict
                read.found.append(internal(claim.span, error))
        read.results.extend(result for result in judged if result is not None)
        if None in judged:
            read.readings[reading.passage.order] = UNDECIDED
    return read


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
    elif written in lexicon.constants:
        known = tuple(lexicon.constants)
    elif not call:
        known = (*lexicon.msrs, *(each if written.islower() else each.upper() for each in lexicon.subjects))

    def instead(other: str) -> ClaimTree | None:
        tree = compose(f"{other}()" if call else other, name.fragment, words, lexicon)
        return None if isinstance(tree, str) else tree

    at = name.fragment.text.find(written)
    span = name.fragment.span(at, at + len(written)) if at >= 0 else name.fragment.span()
    others = tuple(each.removesuffix("()") for each in claim.others)
    return Slip(written, span, known, others, claim.repeats, instead)
