"""What a document holds for us: frozen data that neither docutils nor Sphinx is needed to read."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from sphinx_fsgs.diagnostic import Diagnostic
from sphinx_fsgs.document.passages import Passage
from sphinx_fsgs.records import dataclass
from sphinx_fsgs.source import Fragment, Span

Origin = Literal["comment", "directive", "role"]

HEADS: tuple[str, ...] = ("example", "claim", "claims", "page", "skip", "ignore")
"""The words that may follow ``fsgs:`` in a comment."""

SECTIONS: tuple[str, ...] = ("before", "run", "after", "always", "never", "sometimes")
"""The words that open a section of an example."""

_CLAIM_OPTIONS = ("name", "where", "expect", "hide")
OPTIONS: dict[str, tuple[str, ...]] = {
    "example": ("name", "where", "syntax", "language", "expect", "hide", "trace", "after", "blocks"),
    "page": ("where", "syntax", "language", "expect", "hide", "trace"),
    "claim": _CLAIM_OPTIONS,
    "claims": _CLAIM_OPTIONS,
    "skip": (),
    "ignore": (),
    "operation": (),
    "answers": (),
    "instruction": ("sections",),
    "behaviour": ("sections",),
    "profile": ("sections",),
    "index": ("sections",),
}
"""The options that each head takes."""

FLAGS: tuple[str, ...] = ("hide", "trace", "sections")
"""The options that take no value."""


@dataclass(frozen=True, slots=True)
class Block:
    """A literal block as it stands in the file, its tabs included.

    ``section`` counts the sections of the document in order (0 before the first title), ``order``
    counts blocks and annotations together. ``language`` is what the source names, else empty.
    """

    fragment: Fragment
    span: Span
    section: int
    language: str
    order: int


@dataclass(frozen=True, slots=True)
class Option:
    """One ``:name: value`` line; ``value`` is None when nothing follows the second colon."""

    name: str
    value: Fragment | None
    span: Span


@dataclass(frozen=True, slots=True)
class Annotation:
    """A comment, a directive or a role that is ours.

    ``head`` is one of :data:`HEADS` (``claim`` for a role). ``argument`` is what stands behind the
    head: the name of an example, the reason of a skip, the text of a claim, which may go on over
    several lines. ``body`` is what follows the options. ``blocks`` are the literal blocks that it
    runs (example) or sets aside (skip). ``text`` is what a reader is shown in its place: the words
    of a role, else the argument on one line. ``span`` covers the whole markup.
    """

    origin: Origin
    head: str
    argument: Fragment | None
    options: tuple[Option, ...]
    body: Fragment | None
    span: Span
    section: int
    order: int
    blocks: tuple[Block, ...]
    text: str
    region: Span | None = None

    def option(self, name: str) -> Option | None:
        """Return the option of that name, or None."""
        return next((option for option in self.options if option.name == name), None)


@dataclass(frozen=True, slots=True)
class Shown:
    """What a directive is to show of the spec, or a role to lead to.

    ``head`` is its name behind ``fsgs:``, ``name`` what it names.
    """

    head: str
    name: Fragment


@dataclass(frozen=True, slots=True)
class Document:
    """All that one document holds.

    ``dependencies`` are the files it includes, as absolute paths; ``passages`` what it says in words;
    ``shown`` the directives that only show the spec, of which a host that shows it gives those alone that it could not.
    """

    path: str
    annotations: tuple[Annotation, ...]
    blocks: tuple[Block, ...]
    diagnostics: tuple[Diagnostic, ...]
    dependencies: tuple[Path, ...] = ()
    passages: tuple[Passage, ...] = ()
    shown: tuple[Shown, ...] = ()

    @property
    def skipped(self) -> tuple[Block, ...]:
        """The blocks that a ``skip`` sets aside."""
        return tuple(block for note in self.annotations if note.head == "skip" for block in note.blocks)

    @property
    def unclaimed(self) -> tuple[Block, ...]:
        """The blocks that no annotation runs or sets aside."""
        taken = {block.order for note in self.annotations for block in note.blocks}
        return tuple(block for block in self.blocks if block.order not in taken)
