"""Which language the code of a literal block is in, told from its lines where no directive names it."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Literal, cast

from sphinx_fsgs.files import data_dir
from sphinx_fsgs.records import dataclass
from sphinx_fsgs.syntax.lexicon import Lexicon

Language = Literal["att", "intel", "c", "shell", "listing", "other", "text"]
"""``listing`` is what a disassembler prints, ``other`` a named language that is not read, ``text`` none at all."""

_COMMENT = re.compile(
    r"/\*.*?(?:\*/|\Z)|(?<![\w:])//[^\n]*|(?<=[\s;])#(?![a-z])[^\n]*|^[ \t]*#(?=\s|#)[^\n]*", re.S | re.M
)


@dataclass(frozen=True, slots=True)
class Patterns:
    """What ``grammar/blocks.toml`` says: what speaks for a language, and why a line is not understood."""

    named: Mapping[str, str]
    lines: Mapping[str, re.Pattern[str]]
    reasons: Mapping[str, re.Pattern[str]]

    def why(self, line: str) -> str:
        """Return the reason why a line of assembly is none, as far as its looks tell; else nothing."""
        return next((reason for reason, pattern in self.reasons.items() if pattern.search(line)), "")


def language_of(text: str, named: str, lexicon: Lexicon) -> Language:
    """Return the language of a block of code; ``named`` is what the document calls it, or nothing."""
    known = patterns(lexicon.mnemonics, frozenset(lexicon.registers))
    meant = known.named.get(named.lower(), "other")
    return cast(Language, _inferred(text, known) if meant == "unnamed" else meant)


def without_comments(text: str) -> str:
    """Return code with blanks for the comments of C and of assembly, each character at its place."""
    return _COMMENT.sub(lambda match: re.sub(r"[^\n]", " ", match.group()), text)


def _inferred(text: str, known: Patterns) -> str:
    lines = [line for line in without_comments(text).split("\n") if line.strip()]
    votes: Counter[str] = Counter()
    for line in lines:
        votes.update(language for language, pattern in known.lines.items() if pattern.search(line))
    if not votes:
        return "text"
    best = max(known.lines, key=lambda language: votes[language])
    # A sentence or a table may hold a line that looks like code.
    return best if 2 * votes[best] >= len(lines) or votes[best] >= 3 else "text"


@cache
def patterns(mnemonics: frozenset[str], registers: frozenset[str]) -> Patterns:
    """Return the patterns, with the names that the lexicon knows in them."""
    data = tomllib.loads((data_dir("grammar") / "blocks.toml").read_text(encoding="utf-8"))
    names = {"{mnemonic}": _any(mnemonics), "{register}": _any(registers)}
    return Patterns(
        {name: language for language, called in data["named"].items() for name in called},
        {language: _pattern(lines, names) for language, lines in data["line"].items()},
        {reason: _pattern(lines, names) for reason, lines in data["reason"].items()},
    )


def _any(words: Iterable[str]) -> str:
    return rf"(?i:{'|'.join(sorted(map(re.escape, words), key=len, reverse=True))})(?!\w)"


def _pattern(lines: Iterable[str], names: Mapping[str, str]) -> re.Pattern[str]:
    text = "|".join(f"(?:{line})" for line in lines)
    for name, meaning in names.items():
        text = text.replace(name, meaning)
    return re.compile(text)
