"""Building Lark parsers, once each and only when a document needs them."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING

from sphinx_fsgs.files import data_dir

if TYPE_CHECKING:
    from lark import Lark, Tree
    from lark.lexer import Token

    Parse = Callable[[str, str], Tree[Token]]


@functools.cache
def grammar(name: str, *starts: str) -> Lark:
    """Return the parser of ``grammar/NAME.lark`` for these start rules (LALR, contextual lexer)."""
    from lark import Lark

    folder = data_dir("grammar")
    return Lark(
        (folder / f"{name}.lark").read_text(encoding="utf-8"),
        parser="lalr",
        lexer="contextual",
        start=list(starts),
        propagate_positions=True,
        maybe_placeholders=True,
        import_paths=[str(folder)],
        source_path=str(folder / f"{name}.lark"),
    )
