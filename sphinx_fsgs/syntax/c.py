"""The trees of C: a closed set of statements, one at a time, as documents print them (engine.md 10)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field
from typing import Literal

from sphinx_fsgs.records import dataclass
from sphinx_fsgs.source import Span

CUnaryOp = Literal["&", "*", "-", "+", "~", "!"]
CBinaryOp = Literal["||", "&&", "|", "^", "&", "==", "!=", "<", "<=", ">", ">=", "<<", ">>", "+", "-", "*"]


@dataclass(frozen=True, slots=True)
class CType:
    """A type: its ``words`` as written, so many pointers to it, and the address space that the innermost leads to.

    ``space`` is ``__seg_gs`` or ``address_space(256)``, empty for the ordinary one.
    """

    words: tuple[str, ...]
    pointers: int = 0
    space: str = ""

    def __str__(self) -> str:
        space = f" {self.space}" if self.space else ""
        return " ".join(self.words) + space + (" " + "*" * self.pointers if self.pointers else "")


# ---- expressions --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CNumber:
    """An integer constant; ``suffix`` holds its letters u and l in lower case."""

    value: int
    suffix: str
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class CString:
    """String literals side by side, escapes resolved; ``pieces`` are they as written, without quotes."""

    value: str
    pieces: tuple[tuple[str, Span], ...]
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class CName:
    """A variable or a constant."""

    name: str
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class CUnary:
    """``&x``, ``*p``, ``-x``, ``~x``, ``!x``."""

    op: CUnaryOp
    operand: CExpr
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class CBinary:
    """Two operands with an operator between them."""

    op: CBinaryOp
    left: CExpr
    right: CExpr
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class CCast:
    """``(type)x``."""

    type: CType
    operand: CExpr
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class CCall:
    """``name(arguments)``; ``name_span`` is that of the name alone."""

    name: str
    arguments: tuple[CExpr, ...]
    name_span: Span = field(compare=False)
    span: Span = field(compare=False)


CExpr = CNumber | CString | CName | CUnary | CBinary | CCast | CCall


# ---- statements ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CVariable:
    """One declared variable, ``span`` being that of its name."""

    name: str
    type: CType
    initial: CExpr | None
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class CDeclaration:
    """``long a = 1, *b;``."""

    variables: tuple[CVariable, ...]
    text: str
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class CAct:
    """``place = value``, ``place |= value``, or, with an empty ``op``, an expression alone, which is a call."""

    target: CExpr
    op: str
    value: CExpr | None
    text: str
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class CPlace:
    """An operand of inline assembly: ``[name] "constraint" (value)``."""

    name: str
    constraint: str
    value: CExpr
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class CInline:
    """``asm volatile("template" : outputs : inputs : clobbers)``; without colons the template has no escapes."""

    template: CString
    outputs: tuple[CPlace, ...]
    inputs: tuple[CPlace, ...]
    extended: bool
    text: str
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class CIf:
    """``if (condition) then else otherwise``."""

    condition: CExpr
    then: tuple[CStatement, ...]
    otherwise: tuple[CStatement, ...]
    text: str
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class CDirective:
    """A line of the preprocessor: its word, the name behind it, and what follows that, None when it cannot be read.

    ``value`` is the meaning of a ``#define``; ``rest`` its text, or the file of an ``#include``.
    """

    word: str
    name: str
    rest: str
    value: CExpr | None
    span: Span = field(compare=False)

    @property
    def text(self) -> str:
        """Nothing: it is no step of a run."""
        return ""


@dataclass(frozen=True, slots=True)
class CElided:
    """``....``: the document leaves something out here."""

    span: Span = field(compare=False)

    @property
    def text(self) -> str:
        """Nothing: it is no step of a run."""
        return ""


CStatement = CDeclaration | CAct | CInline | CIf | CDirective | CElided


def c_walk(expr: CExpr) -> Iterator[CExpr]:
    """Yield an expression and all below it, outermost first."""
    yield expr
    match expr:
        case CUnary(operand=operand) | CCast(operand=operand):
            yield from c_walk(operand)
        case CBinary(left=left, right=right):
            yield from c_walk(left)
            yield from c_walk(right)
        case CCall(arguments=arguments):
            for each in arguments:
                yield from c_walk(each)
        case _:
            pass


def c_statements(statements: tuple[CStatement, ...]) -> Iterator[CStatement]:
    """Yield statements and those within them, in the order of the text."""
    for each in statements:
        yield each
        if isinstance(each, CIf):
            yield from c_statements(each.then)
            yield from c_statements(each.otherwise)


def c_expressions(statement: CStatement) -> Iterator[CExpr]:
    """Yield the outermost expressions of a statement, in the order of the text; not those of statements in it."""
    match statement:
        case CDeclaration(variables=variables):
            yield from (each.initial for each in variables if each.initial is not None)
        case CAct(target=target, value=value):
            yield target
            if value is not None:
                yield value
        case CInline(outputs=outputs, inputs=inputs):
            yield from (each.value for each in (*outputs, *inputs))
        case CIf(condition=condition):
            yield condition
        case _:
            pass
