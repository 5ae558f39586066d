"""Reading scopes: ``amd with FSGSBASE`` is said ``amd and FSGSBASE`` here."""

from __future__ import annotations

from typing import cast

from sphinx_fsgs.diagnostic import Diagnostic
from sphinx_fsgs.source import Fragment
from sphinx_fsgs.syntax.errors import Language, parse
from sphinx_fsgs.syntax.lexicon import Lexicon
from sphinx_fsgs.syntax.parsed import Findings, Parsed
from sphinx_fsgs.syntax.scope import Scope

AUTHORITY = "the language of scopes"

_SCOPE = Language("scope", "scope", "FSGS181", AUTHORITY)


def read_scope(fragment: Fragment, lexicon: Lexicon) -> Parsed[Scope]:
    """Read a scope; with an unknown word in it there is no tree, because it would select something else."""
    findings = Findings(AUTHORITY)
    if not fragment.text.strip():
        findings.error(
            "FSGS181", fragment.span(), "an empty scope", "name profiles, families or features, or leave it out"
        )
        return Parsed(None, findings.done())
    tree = parse(_SCOPE, fragment)
    if isinstance(tree, Diagnostic):
        return Parsed(None, (tree,))
    from sphinx_fsgs.syntax.build_scope import Scopes

    scope = cast(Scope, Scopes(fragment, lexicon, findings).transform(tree))
    return Parsed(None if findings.found else scope, findings.done())
