"""``fsgs explain WORD``: a code, an instruction, a question or a processor."""

from __future__ import annotations

import re
from pathlib import Path

from sphinx_fsgs.diagnostic import suggestion
from sphinx_fsgs.files import data_dir
from sphinx_fsgs.present.commands.common import can_decode, open_session, settings_here
from sphinx_fsgs.present.console import Console
from sphinx_fsgs.present.selection import CLEAN, UNUSABLE

_CODE = re.compile(r"FSGS\d{3}", re.IGNORECASE)


def execute(word: str, format: str, console: Console, *, encoded: bool = False) -> int:
    """Print the explanation, or the bytes of an instruction; an unknown word is a usage error."""
    if encoded and not can_decode("explain", console):
        return UNUSABLE
    text = _page(word) if _CODE.fullmatch(word) and not encoded else _from_spec(word, console, encoded)
    if text is None:
        return UNUSABLE
    if not text:
        said = f'no instruction is called "{word}"' if encoded else f'nothing is known of "{word}". {_near(word)}'
        console.err(f"fsgs explain: {said}".rstrip())
        return UNUSABLE
    console.out(_as_json(word, text) if format == "json" else text.rstrip() + "\n")
    return CLEAN


def _page(code: str) -> str:
    """Return the page of a diagnostic, or nothing when there is none."""
    path = _pages() / f"{code.upper()}.rst"
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def _pages() -> Path:
    return data_dir("diagnostics")


def _near(word: str) -> str:
    if not _CODE.fullmatch(word):
        return "Known are codes, instructions, questions and processors: FSGS301, LKGS, amd_zen3"
    return suggestion(word, (path.stem for path in _pages().glob("FSGS*.rst")))


def _from_spec(word: str, console: Console, encoded: bool) -> str | None:
    settings = settings_here(console)
    session = open_session(settings, console) if settings else None
    if session is None:
        return None
    return (session.encodings(word) if encoded else session.explain(word)) or ""


def _as_json(word: str, text: str) -> str:
    import json

    return json.dumps({"version": 1, "word": word, "text": text}, ensure_ascii=False, indent=1) + "\n"
