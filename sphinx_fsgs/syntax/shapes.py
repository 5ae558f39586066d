"""How unmarked words become sentences of the claim forms, and what keeps them from it: ``grammar/passages.toml``."""

from __future__ import annotations

import functools
import re
import tomllib
from typing import cast

from sphinx_fsgs.files import data_dir
from sphinx_fsgs.records import dataclass


@dataclass(frozen=True, slots=True)
class Shapes:
    """The patterns: what stands for any operand, what words mean, and which of them impose silence.

    ``silent`` and ``around`` give for each one-word reason the words that are it: in the passage itself,
    and in what stands around it.
    """

    operands: re.Pattern[str]
    meanings: tuple[tuple[re.Pattern[str], str], ...]
    neutral: re.Pattern[str]
    silent: tuple[tuple[str, re.Pattern[str]], ...]
    around: tuple[tuple[str, re.Pattern[str]], ...]

    def predicates(self, words: str) -> tuple[str, ...]:
        """Return the predicates that these words can be, none when they have no known shape."""
        fitting = ((pattern.fullmatch(words), says) for pattern, says in self.meanings)
        return tuple(_filled(says, match) for match, says in fitting if match)

    def why_silent(self, text: str) -> str:
        """Return the reason for which a passage with these words is left alone, or nothing."""
        return next((reason for reason, pattern in self.silent if pattern.search(text)), "")

    def why_apart(self, text: str) -> str:
        """Return the reason for which what stands below these words is left alone, or nothing."""
        return next((reason for reason, pattern in self.around if pattern.search(text)), "")


def _filled(says: str, match: re.Match[str]) -> str:
    return re.sub(r"\\g<(\w+)>", lambda group: match[group[1]] or "", says)


@functools.cache
def shapes() -> Shapes:
    """Return the patterns, read once."""
    data = tomllib.loads((data_dir("grammar") / "passages.toml").read_text(encoding="utf-8"))
    operands = "|".join(cast("list[str]", data["operand"]["any"]))
    neutral = "|".join(cast("list[str]", data["header"]["neutral"]))
    return Shapes(
        re.compile(rf"(?:\s*,?\s*(?:{operands}))*\s*", re.IGNORECASE),
        tuple((re.compile(each["words"], re.IGNORECASE), each["means"]) for each in data["shape"]),
        re.compile(neutral, re.IGNORECASE),
        _reasons(data["silent"]),
        _reasons(data["around"]),
    )


def _reasons(table: dict[str, str]) -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((reason, re.compile(words, re.IGNORECASE)) for reason, words in table.items())


def third_person(verb: str) -> str:
    """Return the form of a verb behind he, she, it: ``read`` gives ``reads``, ``copy`` gives ``copies``."""
    if re.search(r"[^aeiou]y$", verb):
        return verb[:-1] + "ies"
    return verb + ("es" if re.search(r"(?:s|x|z|o|ch|sh)$", verb) else "s")
