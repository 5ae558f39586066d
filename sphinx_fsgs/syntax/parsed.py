"""What every reader of a document's language returns: a tree, if there is one, and what was found."""

from __future__ import annotations

from dataclasses import field
from typing import Generic, TypeVar

from sphinx_fsgs.diagnostic import Diagnostic, suggestion
from sphinx_fsgs.records import dataclass
from sphinx_fsgs.source import Span

T = TypeVar("T")

# Bounds of one statement. Parentheses around a whole expression cost nothing; operators inside operators
# cost up to four Python frames a level in what walks the tree, and Sphinx has used a good part of the 1,000.
MAX_CHARACTERS = 4_000
MAX_PARENTHESES = 200
MAX_DEPTH = 100
# So many statements that cannot be read are reported for one example; then the rest is not read.
MAX_FINDINGS = 25


@dataclass(frozen=True, slots=True)
class Parsed(Generic[T]):
    """A tree and the findings of its reading; ``tree`` is None when nothing of it can be used.

    A tree may stand beside errors: then the statements that could not be read are missing from it.
    """

    tree: T | None
    diagnostics: tuple[Diagnostic, ...] = ()

    @property
    def sound(self) -> bool:
        """Whether the whole text was understood."""
        return self.tree is not None and not any(each.severity == "error" for each in self.diagnostics)


@dataclass(slots=True)
class Findings:
    """A growing list of findings that share an authority."""

    authority: str
    found: list[Diagnostic] = field(default_factory=list)

    def error(self, code: str, span: Span, message: str, help: str = "", *, authority: str = "") -> None:
        """Add an error; without an authority of its own it has that of the list."""
        self.found.append(Diagnostic(code, "error", span, message, authority or self.authority, help))

    def unknown(self, code: str, span: Span, kind: str, word: str, known: set[str], otherwise: str) -> None:
        """Add ``unknown KIND "WORD"`` with the nearest known word, or else with ``otherwise``."""
        self.error(code, span, f'unknown {kind} "{word}"', suggestion(word, known) or otherwise)

    def done(self) -> tuple[Diagnostic, ...]:
        """Return the findings in the order of the text."""
        return tuple(sorted(self.found, key=Diagnostic.sort_key))
