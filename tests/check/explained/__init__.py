"""What ``fsgs explain`` prints of some words, as it stood when somebody last read it through.

``python -m tests.check.explained --write`` writes the files anew.
"""

from __future__ import annotations

from pathlib import Path

from sphinx_fsgs.check.explain import explain
from sphinx_fsgs.spec.model import Spec

FOLDER = Path(__file__).parent
WORDS = ("LKGS", "WRMSR", "amd_zen3", "behaviours", "null_selector_clears_base")


def golden(word: str) -> Path:
    """Return the file that holds the text."""
    return FOLDER / f"{word}.txt"


def write() -> None:
    """Write all texts as they are now."""
    spec = Spec()
    for word in WORDS:
        text = explain(spec, word)
        assert text is not None
        golden(word).write_text(text, encoding="utf-8")
