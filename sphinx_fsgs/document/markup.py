"""The directives and the role, as docutils and Sphinx both register them, and the nodes that they leave.

They only keep the raw text: what it says is read by :mod:`sphinx_fsgs.document.collect`, after the
whole document has been parsed, so that directives, roles and comments take one path.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

from docutils import nodes
from docutils.parsers.rst import Directive
from docutils.parsers.rst.states import Inliner

# A copy of a node (a substitution used twice) keeps its number, and so is one claim.
_serial = itertools.count(1)


class fsgs_annotation(nodes.comment):
    """A directive of ours: ``head`` and its raw source. Writers of Sphinx treat it as the comment that it is."""


class fsgs_claim(nodes.inline):
    """A role of ours: the words that are shown, and in ``rawsource`` the markup. Writers treat it as inline text."""


def kept(directive: Directive, head: str = "") -> list[nodes.Node]:
    """Return the one node that holds the source of a directive; its head is its own name when none is given."""
    raw = directive.block_text.rstrip()
    node = fsgs_annotation(raw, head=head or directive.name.lower().removeprefix("fsgs:"), serial=next(_serial))
    node.source, node.line = directive.state_machine.get_source_and_line(directive.lineno)
    return [node]


class _Annotation(Directive):
    """Keeps all that stands below and behind the directive, unread."""

    has_content = True
    head = ""

    def run(self) -> list[nodes.Node]:
        """Return the one node that holds the source of the directive."""
        return kept(self, self.head)


class ExampleDirective(_Annotation):
    """``.. fsgs:example:: TITLE``: before, run, after."""

    head = "example"


class ClaimDirective(_Annotation):
    """``.. fsgs:claim:: SENTENCE``."""

    head = "claim"


class ClaimsDirective(_Annotation):
    """``.. fsgs:claims::``, one sentence a line."""

    head = "claims"


class PageDirective(_Annotation):
    """``.. fsgs:page::``, what all examples of the file share."""

    head = "page"


class UnknownDirective(_Annotation):
    """``.. fsgs:WORD::`` with a word that is none of ours: kept, so that it is reported with a suggestion."""


DIRECTIVES: dict[str, type[Directive]] = {
    "example": ExampleDirective,
    "claim": ClaimDirective,
    "claims": ClaimsDirective,
    "page": PageDirective,
}
"""The directives of the domain ``fsgs`` that say something to check, by their name behind ``fsgs:``."""

SHOWING: tuple[str, ...] = ("operation", "answers", "instruction", "behaviour", "profile", "index")
"""The other directives of the domain: they show the spec on a page, and say nothing that could be false."""

NAMING: tuple[str, ...] = ("instruction", "behaviour", "profile")
"""The other roles of the domain: they lead to the page of what they name."""


def directive_class(name: str) -> type[Directive]:
    """Return the directive ``fsgs:NAME``; for a name that is none of ours, one that leads to a diagnostic."""
    return DIRECTIVES.get(name.lower(), UnknownDirective)


def claim_role(
    name: str,
    rawtext: str,
    text: str,
    lineno: int,
    inliner: Inliner,
    options: Mapping[str, object] | None = None,
    content: Sequence[str] | None = None,
) -> tuple[list[nodes.Node], list[nodes.system_message]]:
    """Make the node of ``:fsgs:claim:`SENTENCE``` or ``:fsgs:claim:`words <SENTENCE>```.

    Any other ``:fsgs:WORD:`` that is led here is kept as well, to be reported with a suggestion.
    """
    head = name.lower().removeprefix("fsgs:")
    words, _ = split_words(nodes.unescape(text))
    return [fsgs_claim(rawtext, words, head=head, serial=next(_serial))], []


ROLES = {"claim": claim_role}
"""The roles of the domain ``fsgs``."""


def split_words(text: str) -> tuple[str, slice]:
    """Split the text of a role into the words to show and the slice of ``text`` that is the claim.

    The claim may itself compare (``when RCX < 3``): the ``<`` that opens it has a blank before it and
    none behind it.
    """
    if text.endswith(">"):
        for at, sign in enumerate(text[:-2]):
            opens = sign == "<" and text[at + 1] not in " \n<=" and (at == 0 or text[at - 1].isspace())
            if opens and text[:at].strip():
                return text[:at].strip(), slice(at + 1, len(text) - 1)
    return text, slice(0, len(text))
