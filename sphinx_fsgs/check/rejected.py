"""What compilers reject in C that a document prints: a table of rules (``spec/compilers/rejects.toml``), no checker."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from sphinx_fsgs.diagnostic import Diagnostic, Fix
from sphinx_fsgs.machine.c_constants import constant_of
from sphinx_fsgs.machine.c_types import kind_in, variables_of
from sphinx_fsgs.records import dataclass
from sphinx_fsgs.source import Fragment, Span
from sphinx_fsgs.spec.compilers import Rejection
from sphinx_fsgs.spec.model import Spec
from sphinx_fsgs.syntax.attribute import RULE, Attribute, attributes
from sphinx_fsgs.syntax.c import (
    CAct,
    CBinary,
    CCall,
    CDeclaration,
    CDirective,
    CElided,
    CExpr,
    CStatement,
    CVariable,
    c_expressions,
    c_statements,
    c_walk,
)
from sphinx_fsgs.syntax.read_c import read_c

ATTRIBUTE = "FSGS630"
INTEGER_FROM_POINTER = "FSGS640"
UNTERMINATED = "FSGS641"
OTHER_NUMBER = "FSGS642"

OPENING = frozenset({"if", "ifdef", "ifndef"})
CLOSING = "endif"

_MAY_BREAK_ONE = re.compile(r"&|\*|__attribute|#")


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A piece of C of a document with its statements."""

    fragment: Fragment
    code: tuple[CStatement, ...]


def excerpts(fragments: Iterable[Fragment]) -> tuple[Excerpt, ...]:
    """Return pieces of C as far as they can be read; what cannot is nobody's claim."""
    found = (each for each in fragments if _MAY_BREAK_ONE.search(each.text))
    return tuple(Excerpt(each, read_c(each).tree or ()) for each in found)


def rejected(pieces: Iterable[Excerpt], spec: Spec) -> Iterator[Diagnostic]:
    """Yield what compilers reject in the C of one document, piece by piece."""
    pieces = tuple(pieces)
    for number, piece in enumerate(pieces):
        for attribute in attributes(piece.fragment, spec.lexicon):
            if not attribute.sound:
                yield misspelt(attribute, spec)
        yield from _integers(piece, spec)
        yield from _unterminated(piece, pieces[number + 1 :], spec)
        yield from _other_numbers(piece, spec)


def misspelt(attribute: Attribute, spec: Spec) -> Diagnostic:
    """FSGS630: an attribute that no compiler accepts, with the spelling that they do."""
    rule = spec.rejections[RULE]
    fix = Fix(f"write {attribute.corrected}", attribute.span, attribute.corrected)
    return _finding(ATTRIBUTE, rule, attribute.span, f"{rule.help}: {attribute.corrected}", fix)


def _finding(code: str, rule: Rejection, span: Span, help_text: str, fix: Fix | None = None) -> Diagnostic:
    tried = [f"tried with {', '.join(rule.compilers)}, which refuse it"]
    if rule.warns:
        tried.append(f"tried with {', '.join(rule.warns)}, which warn")
    return Diagnostic(
        code, rule.severity, span, rule.message, rule.title, help_text, tuple(tried), fix, citations=rule.cites
    )


# ---- integers from pointers ---------------------------------------------------------------------


def _integers(piece: Excerpt, spec: Spec) -> Iterator[Diagnostic]:
    variables = variables_of(piece.code)
    for statement in c_statements(piece.code):
        for value, wanted in _conversions(statement, variables, spec):
            kind = kind_in(value, variables, spec)
            if kind is not None and kind.is_pointer:
                yield _made_from_pointer(piece, value, wanted, spec)


def _conversions(statement: CStatement, variables: Mapping[str, CVariable], spec: Spec) -> Iterator[tuple[CExpr, str]]:
    """Yield each value that becomes an integer, with the type that it becomes."""
    if isinstance(statement, CDeclaration):
        for each in statement.variables:
            if each.initial is not None and not each.type.pointers:
                yield each.initial, str(each.type)
    elif isinstance(statement, CAct) and statement.op == "=" and statement.value is not None:
        kind = kind_in(statement.target, variables, spec)
        if kind is not None and not kind.is_pointer:
            yield statement.value, "unsigned long"
    for expr in (each for outer in c_expressions(statement) for each in c_walk(outer)):
        if isinstance(expr, CCall) and expr.name in spec.intrinsics:
            yield from ((argument, "unsigned long") for argument in expr.arguments)


def _made_from_pointer(piece: Excerpt, value: CExpr, wanted: str, spec: Spec) -> Diagnostic:
    rule = spec.rejections["integer-from-pointer"]
    written = _text(piece.fragment, value.span)
    if not written:
        return _finding(INTEGER_FROM_POINTER, rule, value.span, rule.help)
    operand = f"({written})" if isinstance(value, CBinary) else written
    corrected = f"({wanted}){operand}"
    fix = Fix(f"write {corrected}", value.span, corrected)
    return _finding(INTEGER_FROM_POINTER, rule, value.span, f"{rule.help}: {corrected}", fix)


def _text(fragment: Fragment, span: Span) -> str:
    """Return what stands at a span of one line, empty where it goes over several."""
    for line in fragment.lines:
        if line.line == span.line == span.end_line:
            return line.text[span.column - line.column : span.end_column - line.column]
    return ""


# ---- constants ----------------------------------------------------------------------------------


def _other_numbers(piece: Excerpt, spec: Spec) -> Iterator[Diagnostic]:
    """Yield definitions of constants that have another number in the headers that the spec cites."""
    defined = [each for each in c_statements(piece.code) if isinstance(each, CDirective) and each.word == "define"]
    macros = {each.name: each.value for each in defined if each.value is not None}
    for line in defined:
        known = spec.own_constants.get(line.name)
        value = None if known is None or line.value is None else constant_of(line.value, macros, spec)
        if known is None or value is None or value == known:
            continue
        message = f"{line.name} is {known:#x}, and this defines it as {value:#x}"
        cites = spec.constant_cites(line.name)
        authority, help_text = "the constants of the spec", f"define it as {known:#x}"
        yield Diagnostic(OTHER_NUMBER, "error", line.span, message, authority, help_text, citations=cites)


# ---- conditionals -------------------------------------------------------------------------------


def _unterminated(piece: Excerpt, later: Iterable[Excerpt], spec: Spec) -> Iterator[Diagnostic]:
    """Yield conditionals that nothing closes: neither this piece, nor what it leaves out, nor a later piece.

    A piece that ends with them shows what to write first, and leaves out the rest by that.
    """
    left_open, _ = _balance(piece.code)
    if not left_open or any(isinstance(each, CElided) for each in c_statements(piece.code)):
        return
    if piece.code[-1] in left_open:
        return
    if any(_balance(each.code)[1] for each in later):
        return
    rule = spec.rejections["unterminated-conditional"]
    for line in left_open:
        yield _finding(UNTERMINATED, rule, line.span, rule.help)


def _balance(code: tuple[CStatement, ...]) -> tuple[list[CDirective], int]:
    """Return the conditionals that a piece leaves open, and how many it closes that others opened."""
    left_open: list[CDirective] = []
    closes = 0
    for each in c_statements(code):
        if isinstance(each, CDirective) and each.word in OPENING:
            left_open.append(each)
        elif isinstance(each, CDirective) and each.word == CLOSING:
            closes += not left_open
            del left_open[-1:]
    return left_open, closes
