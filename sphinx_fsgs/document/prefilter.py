"""Whether a file can hold anything for us, told from its bytes."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from sphinx_fsgs.document.project import project_of
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

    A file that is included is looked for beside the one that includes it. Where the search cannot follow - no file is
    there, it lies outside of the project, the includes close a circle or are too many - the answer is yes: the reader
    of the document knows other places, and says what is missing.
    """
    if speaks_in(data, words):
        return True
    if b"include::" not in data:
        return False
    return _Search(project_of(path).resolve(), words).includes(path.resolve(), data)


@dataclass(slots=True)
class _Search:
    """One document: the folder that includes stay below, and what is known of the files that have been looked at."""

    root: Path
    words: Vocabulary
    known: dict[Path, bool] = field(default_factory=dict)

    def includes(self, path: Path, data: bytes) -> bool:
        """Return whether something that ``data``, the text at ``path``, includes makes the document worth reading."""
        if b"include::" not in data:
            return False
        self.known[path] = True  # until all below it is searched: who comes back to it meanwhile goes in a circle
        self.known[path] = any(self._included(path, match["target"]) for match in _INCLUDE.finditer(data))
        return self.known[path]

    def _included(self, path: Path, target: bytes) -> bool:
        try:
            other = (path.parent / target.decode().strip()).resolve()
            if other not in self.known:
                self.known[other] = len(self.known) > _DEEPEST or self._is_worth(other)
            return self.known[other]
        except (OSError, ValueError, RuntimeError):  # RuntimeError: links that lead to themselves, up to Python 3.12
            return True

    def _is_worth(self, path: Path) -> bool:
        if not path.is_relative_to(self.root) or not path.is_file():
            return True
        data = path.read_bytes()
        return speaks_in(data, self.words) or self.includes(path, data)
