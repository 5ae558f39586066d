"""Building Lark parsers, once each and only when a document needs them."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from sphinx_fsgs.files import data_dir
from sphinx_fsgs.source import Fragment, Span

if TYPE_CHECKING:
    from lark import Lark, Tree
    from lark.lexer import Token


@functools.cache
def grammar(name: str, *starts: str) -> Lark:
    """Return the parser of ``grammar/NAME.lark`` for these start rules (LALR, contextual lexer)."""
    from sphinx_fsgs.syntax import kept

    found = kept.load(name, starts)
    if found is None:
        found = _built(name, starts)
        kept.keep(name, starts, found)
    return found


def _built(name: str, starts: tuple[str, ...]) -> Lark:
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


class NotationError(Exception):
    """Text of the spec leaves its notation at ``span``; ``expected`` names what could stand there."""

    def __init__(self, span: Span, expected: tuple[str, ...]) -> None:
        super().__init__(f"{span.path}:{span.line}:{span.column}: expected {', '.join(expected)}")
        self.span = span
        self.expected = expected


def parse(parser: Lark, fragment: Fragment, start: str) -> Tree[Token]:
    """Parse a fragment of the spec.

    :raises NotationError: at the first place where it leaves the grammar.
    """
    from lark.exceptions import UnexpectedInput, UnexpectedToken

    try:
        return parser.parse(fragment.text, start=start)
    except UnexpectedInput as error:
        at: object = getattr(error, "pos_in_stream", None)
        offset = at if isinstance(at, int) and at >= 0 else len(fragment.text)
        known = error.accepts if isinstance(error, UnexpectedToken) else getattr(error, "allowed", None)
        raise NotationError(fragment.span(offset, offset + 1), tuple(sorted(map(str, known or ())))) from None
