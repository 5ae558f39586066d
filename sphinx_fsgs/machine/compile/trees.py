"""What stands in the trees of an Operation: statements, expressions, places that are written, arguments."""

from __future__ import annotations

from collections.abc import Iterator

from sphinx_fsgs.machine.compile.errors import CompileError
from sphinx_fsgs.syntax.expression import Concat, Expr, Memory, Name
from sphinx_fsgs.syntax.operation import (
    Assign,
    Block,
    Do,
    Fault,
    If,
    Invoke,
    Let,
    Place,
    Procedure,
    Return,
    Statement,
    Undefined,
)


def bind_arguments(statement: Invoke, callee: Procedure) -> list[tuple[str, Expr]]:
    """Return the parameters of a procedure with the arguments of a call, by position and by name."""
    named: dict[str, Expr] = {}
    positional: list[Expr] = []
    for argument in statement.arguments:
        if isinstance(argument, Concat) and isinstance(argument.high, Name) and argument.high.name in callee.parameters:
            named[argument.high.name] = argument.low
        else:
            positional.append(argument)
    unnamed = [parameter for parameter in callee.parameters if parameter not in named]
    if len(unnamed) != len(positional):
        raise CompileError(f"{callee.name} takes {', '.join(callee.parameters)}", statement.span)
    given = dict(zip(unnamed, positional, strict=True)) | named
    return [(parameter, given[parameter]) for parameter in callee.parameters]


def statements_in(block: Block) -> Iterator[Statement]:
    for statement in block:
        yield statement
        if isinstance(statement, If):
            for _, inner in statement.branches:
                yield from statements_in(inner)
            yield from statements_in(statement.otherwise)


def written_in(block: Block) -> frozenset[Place]:
    """Return the named places and the places in memory that a block assigns to."""
    places = (each.place for each in statements_in(block) if isinstance(each, (Assign, Undefined)))
    return frozenset(place for place in places if isinstance(place, (Name, Memory)))


def expressions_in(statement: Statement) -> Iterator[Expr]:
    if isinstance(statement, Let):
        yield statement.value
    elif isinstance(statement, Assign):
        yield statement.place
        yield statement.value
    elif isinstance(statement, If):
        yield from (condition for condition, _ in statement.branches)
    elif isinstance(statement, Fault):
        yield from () if statement.error is None else (statement.error,)
    elif isinstance(statement, (Invoke, Do)):
        yield from statement.arguments
    elif isinstance(statement, Undefined):
        yield statement.place
    elif isinstance(statement, Return):
        yield statement.value
