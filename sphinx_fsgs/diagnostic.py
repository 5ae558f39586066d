"""What the tool has to say about a document: plain, frozen data that every host renders.

A failure of the document is a returned :class:`Diagnostic`; an exception means a bug of ours.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Literal

from sphinx_fsgs.records import dataclass
from sphinx_fsgs.source import Span

Severity = Literal["error", "warning", "note"]


@dataclass(frozen=True, slots=True)
class Fix:
    """A replacement of the text at ``span`` that answers a diagnostic."""

    message: str
    span: Span
    replacement: str


@dataclass(frozen=True, slots=True)
class Step:
    """One line of a counterexample: an instruction as written, its place, and what it changed."""

    text: str
    line: int
    changes: tuple[tuple[str, str], ...] = ()
    fault: str = ""
    events: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Counterexample:
    """A replayed run that shows the violation: only the cells and the steps that matter."""

    profile: str
    before: tuple[tuple[str, str], ...]
    steps: tuple[Step, ...]
    after: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding.

    ``code`` is ``FSGS`` and three digits and is never reused; ``authority`` says by what right the
    tool complains (a rule of the language, or a citation of the spec); ``help`` is the way out.
    ``elsewhere`` says, behind the counterexample, how the violation looks on other processors.
    """

    code: str
    severity: Severity
    span: Span
    message: str
    authority: str = ""
    help: str = ""
    notes: tuple[str, ...] = ()
    fix: Fix | None = None
    subject: str = ""
    fails_on: tuple[str, ...] = ()
    holds_on: tuple[str, ...] = ()
    counterexample: Counterexample | None = None
    citations: tuple[str, ...] = ()
    elsewhere: tuple[str, ...] = ()

    def sort_key(self) -> tuple[str, int, int, str]:
        """Order findings as a reader meets them."""
        return (self.span.path, self.span.line, self.span.column, self.code)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return the known word nearest to ``word``, or an empty string when none is near."""
    by_fold = {name.casefold(): name for name in sorted(known, reverse=True)}
    near = difflib.get_close_matches(word.casefold(), by_fold, n=1, cutoff=0.6)
    return by_fold[near[0]] if near else ""


def suggestion(word: str, known: Iterable[str]) -> str:
    """Return the sentence ``did you mean "X"?`` for ``word``, or an empty string."""
    near = did_you_mean(word, known)
    return f'did you mean "{near}"?' if near else ""
