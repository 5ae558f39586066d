"""Reading a condition by itself, as it stands behind ``when``."""

from __future__ import annotations

from typing import cast

from sphinx_fsgs.diagnostic import Diagnostic
from sphinx_fsgs.source import Fragment
from sphinx_fsgs.syntax.errors import Language, parse
from sphinx_fsgs.syntax.expression import Expr
from sphinx_fsgs.syntax.lexicon import Lexicon
from sphinx_fsgs.syntax.names import Names
from sphinx_fsgs.syntax.parsed import Findings, Parsed

AUTHORITY = "the language of conditions"

_CONDITION = Language("state", "condition", "FSGS100", AUTHORITY)


def read_condition(
    fragment: Fragment,
    lexicon: Lexicon,
    *,
    known: frozenset[str] = frozenset(),
    the: frozenset[str] = frozenset(),
) -> Parsed[Expr]:
    """Read a condition.

    ``known`` are symbols that it may name beside the lexicon's; ``the`` are the words that may stand
    behind "the" (``the selector`` becomes the name ``the.selector``).
    """
    findings = Findings(AUTHORITY)
    tree = parse(_CONDITION, fragment)
    if isinstance(tree, Diagnostic):
        return Parsed(None, (tree,))
    from sphinx_fsgs.syntax.build_state import State

    raw = cast(Expr, State(fragment, lexicon.functions).transform(tree))
    condition = Names(lexicon, findings, known, the).condition(raw)
    return Parsed(None if findings.found else condition, findings.done())
