"""The attribute of C that names an address space, as documents spell it: whether its parentheses fit."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sphinx_fsgs.records import dataclass
from sphinx_fsgs.source import Fragment, Span
from sphinx_fsgs.syntax.lexicon import Lexicon

RULE = "attribute-parentheses"
"""The rule on what compilers reject that a misspelt attribute breaks."""

_SPELT = re.compile(
    r"__attribute__\s*(?P<open>[(\s]*)(?P<word>[A-Za-z_]\w*)\s*\(\s*(?P<number>\d+)(?P<close>\s*\)(?:\s*\))*)"
)


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute that names an address space: as the lexicon spells that, and as it should be written.

    ``sound`` says whether compilers read its parentheses; ``start`` and ``end`` are offsets in the text.
    """

    space: str
    sound: bool
    start: int
    end: int
    span: Span

    @property
    def corrected(self) -> str:
        """The spelling that compilers read."""
        return f"__attribute__(({self.space}))"


def attributes(fragment: Fragment, lexicon: Lexicon) -> Iterator[Attribute]:
    """Yield the attributes in a text that name an address space which the lexicon knows, or one like it."""
    words = {name.partition("(")[0] for name in lexicon.spaces if "(" in name}
    for match in _SPELT.finditer(fragment.text):
        if match["word"] not in words:
            continue
        closing = [match.start("close") + at for at, each in enumerate(match["close"]) if each == ")"]
        outside = _open(fragment.text[: match.start()])
        used = min(len(closing), 3) if outside else len(closing)
        end = closing[used - 1] + 1
        sound = match["open"].count("(") == 2 and used == 3
        space = f"{match['word']}({int(match['number'])})"
        yield Attribute(space, sound, match.start(), end, fragment.span(match.start(), end))


def _open(text: str) -> bool:
    """Return whether a parenthesis is still open at the end of a text."""
    return text.count("(") > text.count(")")
