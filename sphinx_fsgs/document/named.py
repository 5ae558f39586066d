"""What a text of a document names: an instruction, a register, a constant, an address space or an intrinsic."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from sphinx_fsgs.records import dataclass
from sphinx_fsgs.source import Fragment
from sphinx_fsgs.syntax.attribute import attributes
from sphinx_fsgs.syntax.lexicon import Lexicon
from sphinx_fsgs.syntax.pieces import one_line
from sphinx_fsgs.syntax.shapes import shapes
from sphinx_fsgs.syntax.vocabulary import base_segments

_WORD = re.compile(r"[A-Za-z_][\w.]*")


@dataclass(frozen=True, slots=True)
class Named:
    """What a cell or the head of an item names: as it is written, and as a claim writes it."""

    fragment: Fragment
    subject: str


@dataclass(frozen=True, slots=True)
class Names:
    """The names that a lexicon knows, and those among them that no English word is taken for."""

    lexicon: Lexicon
    _known: frozenset[str]
    _strong: frozenset[str]

    @classmethod
    def of(cls, lexicon: Lexicon) -> Names:
        """Return the names of a lexicon."""
        strong = frozenset(word for each in base_segments(lexicon) for word in (each, each.lower()))
        return cls(lexicon, frozenset(_beginnings(lexicon)), strong)

    def are_in(self, text: str) -> bool:
        """Return whether a text has a word with which a name can begin."""
        return any(word in self._known for word in _WORD.findall(text.replace("()", "")))

    def explicit(self, mnemonic: str) -> bool:
        """Return whether an instruction is named as such: "The call" is an English word, "CALL" is not."""
        return mnemonic.split()[0].isupper() or any(each in mnemonic for each in self._strong)

    def named(self, fragment: Fragment) -> Named | None:
        """Return what all of a text names; placeholders behind a name are any register, or any argument."""
        text = fragment.text
        for each in attributes(fragment, self.lexicon):
            whole = not text[: each.start].strip() and not text[each.end :].strip()
            return Named(fragment, each.space) if whole and each.space in self.lexicon.spaces else None
        if text.strip() in self.lexicon.spaces:
            return Named(fragment, text.strip())
        for match in reversed(list(re.finditer(r"[\w.]+", text))):
            if not shapes().operands.fullmatch(text, match.end()):
                continue
            subject = self._subject(one_line(text[: match.end()]))
            part = fragment.part(0, match.end())
            if subject and part is not None:
                return Named(part, subject)
        return None

    def _subject(self, name: str) -> str:
        if name in self.lexicon.intrinsics:
            return f"{name}()"
        known = name.lower() in self.lexicon.subjects and self.explicit(name)
        return name if known or name in self.lexicon.msrs or name in self.lexicon.constants else ""


def _beginnings(lexicon: Lexicon) -> Iterator[str]:
    """Yield every word with which the name of something that claims are about can begin."""
    for subject in lexicon.subjects:
        first = subject.split()[0]
        yield from (first, first.upper())
    names: tuple[Iterable[str] | Mapping[str, object], ...] = (lexicon.intrinsics, lexicon.msrs, lexicon.features)
    for each in names:
        yield from each
    yield from (space.partition("(")[0] for space in lexicon.spaces)
