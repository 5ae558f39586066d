"""Parsers kept between runs: building one takes fifty milliseconds, reading its tables from JSON five.

The tables lie in the user's cache folder under a name that holds a digest of all grammars and of the
version of Lark. They are data: nothing in them is executed, unlike Lark's own cache, which unpickles a
file from a folder that others can write. What cannot be read is built anew, and what cannot be written
is not kept. ``FSGS_CACHE`` names another folder; empty, it keeps nothing.
"""

from __future__ import annotations

import functools
import hashlib
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, cast

from sphinx_fsgs.files import data_dir

if TYPE_CHECKING:
    from lark import Lark

VARIABLE = "FSGS_CACHE"


@functools.cache
def folder() -> Path | None:
    """Return the folder of the kept tables, None when nothing is to be kept."""
    named = os.environ.get(VARIABLE)
    if named is not None:
        return Path(named) if named else None
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return Path(base) / "sphinx-fsgs" if os.path.isabs(base) else None


@functools.cache
def _digest() -> str:
    import lark

    total = hashlib.sha256(lark.__version__.encode())
    root = data_dir("grammar")
    for path in sorted(root.rglob("*.lark")):
        total.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return total.hexdigest()[:16]


def _path(name: str, starts: tuple[str, ...]) -> Path | None:
    root = folder()
    return None if root is None else root / _digest() / f"{'-'.join((name.replace('/', '-'), *starts))}.json"


def load(name: str, starts: tuple[str, ...]) -> Lark | None:
    """Return a parser from its tables, None when they are not there or cannot be used."""
    path = _path(name, starts)
    if path is None or not path.is_file():
        return None
    from lark import Lark

    try:
        tables = _revived(json.loads(path.read_text(encoding="utf-8")))
        parser = Lark.__new__(Lark)
        parser._load(tables)  # what Lark.load does with what it unpickles
        return parser
    except (OSError, ValueError, TypeError, KeyError, AttributeError, LookupError, AssertionError):
        return None


def keep(name: str, starts: tuple[str, ...], parser: Lark) -> None:
    """Keep a parser's tables, if that is possible."""
    path = _path(name, starts)
    if path is None:
        return
    from lark.grammar import Rule
    from lark.lexer import TerminalDef

    try:
        data, memo = parser.memo_serialize([TerminalDef, Rule])
        text = json.dumps({"data": data, "memo": memo})
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        part = path.with_suffix(f".{os.getpid()}")
        part.write_text(text, encoding="utf-8")
        part.replace(path)
    except (OSError, ValueError, TypeError, AttributeError):
        return


def _revived(tables: dict[str, dict[str, object]]) -> dict[str, object]:
    """Return what was written: JSON has made the numbers of states, tokens and memos into strings."""
    front = cast("dict[str, dict[str, dict[str, object]]]", tables["data"]["parser"])
    parser = cast("dict[str, object]", front["parser"])
    states = cast("dict[str, dict[str, object]]", parser["states"])
    parser["tokens"] = _numbered(cast("dict[str, object]", parser["tokens"]))
    parser["states"] = {int(state): _numbered(row) for state, row in states.items()}
    return {"data": tables["data"], "memo": _numbered(tables["memo"])}


def _numbered(row: dict[str, object]) -> dict[int, object]:
    return {int(key): value for key, value in row.items()}
