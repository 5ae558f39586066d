"""Reading environment lines of a run: ``.syscall arch_prctl(ARCH_SET_GS, ?x) = -EPERM``, ``.getauxval(AT_HWCAP2)``.

They are statements of the example language that stand in assembly, where directives stand. What their
names mean is settled where the program is put together, because symbols and labels are known there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from sphinx_fsgs.diagnostic import Diagnostic
from sphinx_fsgs.source import Fragment
from sphinx_fsgs.syntax.assembly import Environment
from sphinx_fsgs.syntax.errors import Language, parse
from sphinx_fsgs.syntax.lexicon import Lexicon
from sphinx_fsgs.syntax.parsed import Findings
from sphinx_fsgs.syntax.pieces import one_line

if TYPE_CHECKING:
    from lark import Token

    from sphinx_fsgs.syntax.expression import Expr

AUTHORITY = "the example language, environment lines"
STATEMENTS = ("assumption", "claim", "environment")
"""The start rules of ``example.lark``: one parser serves them all."""

_LINE = Language("example", "environment", "FSGS146", AUTHORITY, STATEMENTS)


def line_words(lexicon: Lexicon) -> frozenset[str]:
    """Return the words that begin environment lines, with their dot."""
    return frozenset(f".{word}" for word in lexicon.environment.values())


def read_environment(piece: Fragment, lexicon: Lexicon, findings: Findings) -> Environment | None:
    """Read one environment line, its label cut off; None when it cannot be read, which is then in the findings."""
    tree = parse(_LINE, piece)
    if isinstance(tree, Diagnostic):
        findings.found.append(tree)
        return None
    from sphinx_fsgs.syntax.build_state import State

    parts = State(piece, lexicon.functions).transform(tree).children
    line, name, arguments, expected = cast("tuple[Token, Token | None, tuple[Expr, ...], Expr | None]", tuple(parts))
    operation = str(name or line[1:])
    if lexicon.environment.get(operation) != line[1:]:
        token = name or line
        where = piece.span(token.start_pos or 0, token.end_pos)
        known = {each for each, word in lexicon.environment.items() if word == line[1:]}
        findings.unknown("FSGS147", where, f'"{line}"', operation, known, f"write {line} NAME(…)")
        return None
    return Environment(operation, arguments, expected, one_line(piece.text), piece.span())
