"""The run of an example in C: its statements, and what conditions can name of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sphinx_fsgs.source import Fragment, Line, Span
from sphinx_fsgs.syntax.c import CCall, CDeclaration, CName, CStatement, c_expressions, c_statements, c_walk
from sphinx_fsgs.syntax.lexicon import Lexicon
from sphinx_fsgs.syntax.parsed import Findings
from sphinx_fsgs.syntax.places import Places
from sphinx_fsgs.syntax.read_assembly import THE_BLOCK
from sphinx_fsgs.syntax.read_c import read_c
from sphinx_fsgs.syntax.sections import RUN, Outline


def read_run(
    sections: Sequence[Outline], block: tuple[Fragment, ...], span: Span, findings: Findings
) -> tuple[CStatement, ...]:
    """Read the run as C: the literal blocks, in place of the line that names them if there is a ``run``."""
    own = next((each for each in sections if each.word == RUN), None)
    texts = block if own is None else tuple(_c_texts(own.lines, block))
    code: list[CStatement] = []
    for fragment in texts:
        parsed = read_c(fragment)
        findings.found.extend(parsed.diagnostics)
        code.extend(parsed.tree or ())
    if not code and not findings.found:
        help = "write statements, below the section or in a literal block"
        findings.error("FSGS112", own.span if own else span, "there is nothing to run", help)
    return tuple(code)


def _c_texts(lines: tuple[Line, ...], block: tuple[Fragment, ...]) -> Iterator[Fragment]:
    found: list[Line] = []
    for line in lines:
        if THE_BLOCK.fullmatch(line.text.strip()):
            if found:
                yield Fragment(tuple(found))
            yield from block
            found = []
        else:
            found.append(line)
    if found:
        yield Fragment(tuple(found))


def names_of_c(statements: tuple[CStatement, ...]) -> frozenset[str]:
    """Return the names of variables: all that are declared, and all others that a value is asked of."""
    found: set[str] = set()
    for statement in c_statements(statements):
        if isinstance(statement, CDeclaration):
            found.update(each.name for each in statement.variables)
        for expr in c_expressions(statement):
            found.update(each.name for each in c_walk(expr) if isinstance(each, CName))
    return frozenset(found)


def places_of_c(code: tuple[CStatement, ...], lexicon: Lexicon, *, whole: bool) -> Places:
    """Return the places of a run in C: the calls of functions."""
    expressions = (expr for each in c_statements(code) for expr in c_expressions(each))
    calls = tuple(each.name for expr in expressions for each in c_walk(expr) if isinstance(each, CCall))
    return Places((), calls, frozenset(lexicon.intrinsics).union(lexicon.environment), whole)
