"""Whether a file can hold anything for us, told from its bytes."""

from __future__ import annotations

import re
from pathlib import Path

from sphinx_fsgs.syntax.vocabulary import Vocabulary

# A NUL after each letter is how UTF-16 spells the word: such a file has to be refused aloud, not passed over.
_OURS = re.compile(rb"f\x00?s\x00?g\x00?s")
# "<isonum.txt>" and its like come with docutils, and hold nothing of ours.
_INCLUDE = re.compile(rb"^[ \t]*(?:[-*+][ \t]+)*\.\.[ \t]+include::[ \t]+(?P<target>[^<\s][^\n]*)", re.MULTILINE)
_DEEPEST = 20


def mentions_us(data: bytes) -> bool:
    """Return whether ``data`` names this tool at all; if not, none of its markup can be in it."""
    return _OURS.search(data) is not None


def speaks_in(data: bytes, words: Vocabulary) -> bool:
    """Return whether ``data`` itself names this tool or has a strong word."""
    return mentions_us(data) or words.is_strong(data)


def is_worth_reading(path: Path, data: bytes, words: Vocabulary) -> bool:
    """Return whether a file, or one that it includes, names this tool or has a strong word.

    A file that is included is looked for beside the one that includes it. Where it cannot be found so, the answer is
    yes: the reader of the document knows other places, and says what is missing.
    """
    return _is_worth(path, data, words, {})


def _is_worth(path: Path, data: bytes, words: Vocabulary, known: dict[Path, bool]) -> bool:
    if speaks_in(data, words):
        return True
    return b"include::" in data and any(
        _included(path, match["target"], words, known) for match in _INCLUDE.finditer(data)
    )


def _included(path: Path, target: bytes, words: Vocabulary, known: dict[Path, bool]) -> bool:
    try:
        other = path.parent / target.decode().strip()
        if other not in known:
            known[other] = len(known) >= _DEEPEST
            known[other] = known[other] or not other.is_file() or _is_worth(other, other.read_bytes(), words, known)
        return known[other]
    except (OSError, ValueError):
        return True
