"""The trees of Operations, and the reader that makes them from text.

An Operation is a tuple of statements; a procedure file is a tuple of definitions. Both keep the
line of the file on every statement, because compiled code is stamped with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field
from typing import cast

from sphinx_fsgs.records import dataclass
from sphinx_fsgs.source import Fragment, Span
from sphinx_fsgs.syntax.expression import Concat, Expr, Memory, Msr, Name, Slice
from sphinx_fsgs.syntax.reader import grammar, parse

Place = Name | Slice | Memory | Msr

STARTS = ("operation", "definitions", "expression")


@dataclass(frozen=True, slots=True)
class Let:
    """``LET name = value;``: a local that is never assigned again."""

    name: str
    value: Expr
    span: Span = field(compare=False)
    cites: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Assign:
    """``place := value;``."""

    place: Place
    value: Expr
    span: Span = field(compare=False)
    cites: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class If:
    """``IF … THEN … ELSIF … THEN … ELSE … FI``; an absent ELSE is an empty block."""

    branches: tuple[tuple[Expr, Block], ...]
    otherwise: Block
    span: Span = field(compare=False)
    cites: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Fault:
    """``#GP(e);``: the instruction ends here and leaves every cell as it was."""

    vector: str
    error: Expr | None
    span: Span = field(compare=False)
    cites: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Invoke:
    """``procedure(a, name: b);``: arguments by position, or by name; cells go by reference.

    ``name: b`` is read as the pair that it looks like; whether ``name`` is a parameter is for who knows
    the procedure to say.
    """

    name: str
    arguments: tuple[Expr, ...]
    span: Span = field(compare=False)
    cites: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Do:
    """``DO event(…);``: something that is not state happens, such as serialisation."""

    event: str
    arguments: tuple[Expr, ...]
    span: Span = field(compare=False)
    cites: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Undefined:
    """``UNDEFINED place;``: the place holds a value that the architecture does not name."""

    place: Place
    span: Span = field(compare=False)
    cites: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Restart:
    """``RESTART;``: one element is done and the instruction begins again."""

    span: Span = field(compare=False)
    cites: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Return:
    """``RETURN value;``: what a platform's operation gives back; nothing stands behind it."""

    value: Expr
    span: Span = field(compare=False)
    cites: tuple[str, ...] = ()


Statement = Let | Assign | If | Fault | Invoke | Do | Undefined | Restart | Return
Block = tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class Function:
    """A pure function of the spec; its body is one expression."""

    name: str
    parameters: tuple[str, ...]
    body: Expr
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Procedure:
    """A named block of statements that Operations share; cells may be passed by reference."""

    name: str
    parameters: tuple[str, ...]
    body: Block
    span: Span = field(compare=False)
    cites: tuple[str, ...] = ()


Definition = Function | Procedure


def bound_arguments(parameters: tuple[str, ...], arguments: tuple[Expr, ...]) -> Iterator[tuple[str, Expr]]:
    """Yield the parameters of a definition with the arguments of a call, by position and by name."""
    named: dict[str, Expr] = {}
    positional: list[Expr] = []
    for argument in arguments:
        if isinstance(argument, Concat) and isinstance(argument.high, Name) and argument.high.name in parameters:
            named[argument.high.name] = argument.low
        else:
            positional.append(argument)
    yield from zip((each for each in parameters if each not in named), positional, strict=False)
    yield from named.items()


def read_operation(fragment: Fragment) -> Block:
    """Read the statements of an Operation.

    :raises NotationError: where the text leaves the notation.
    """
    return cast(Block, _read(fragment, "operation"))


def read_definitions(fragment: Fragment) -> tuple[Definition, ...]:
    """Read the functions and procedures of a file of ``spec/procedures/``.

    :raises NotationError: as :func:`read_operation`.
    """
    return cast("tuple[Definition, ...]", _read(fragment, "definitions"))


def read_expression(fragment: Fragment) -> Expr:
    """Read one expression in the notation of Operations.

    :raises NotationError: as :func:`read_operation`.
    """
    return cast(Expr, _read(fragment, "expression"))


def _read(fragment: Fragment, start: str) -> object:
    from lark.exceptions import VisitError

    from sphinx_fsgs.syntax.build_operation import Operations

    tree = parse(grammar("operation", *STARTS), fragment, start)
    try:
        return Operations(fragment).transform(tree)
    except VisitError as error:
        raise error.orig_exc from None  # what went wrong, such as a depth that Python refuses
