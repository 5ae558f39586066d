"""Lark trees to Operations; apart from ``operation`` so that reading the trees needs no Lark."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from lark import v_args

from sphinx_fsgs.records import dataclass
from sphinx_fsgs.syntax.build import Expressions
from sphinx_fsgs.syntax.expression import Expr, Name, Slice
from sphinx_fsgs.syntax.operation import (
    Assign,
    Block,
    Definition,
    Do,
    Fault,
    Function,
    If,
    Invoke,
    Let,
    Place,
    Procedure,
    Restart,
    Return,
    Statement,
    Undefined,
)

if TYPE_CHECKING:
    from lark.lexer import Token
    from lark.tree import Meta


@dataclass(frozen=True, slots=True)
class _Cites:
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Branch:
    condition: Expr
    block: Block


@dataclass(frozen=True, slots=True)
class _Parameters:
    names: tuple[str, ...]


def _cites(parts: list[object]) -> tuple[str, ...]:
    last = parts[-1] if parts else None
    return last.keys if isinstance(last, _Cites) else ()


@v_args(meta=True)
class Operations(Expressions):
    """Adds the statements of ``operation.lark`` to the expressions."""

    def operation(self, meta: Meta, statements: list[Statement]) -> Block:
        return tuple(statements)

    def block(self, meta: Meta, statements: list[Statement]) -> Block:
        return tuple(statements)

    def otherwise(self, meta: Meta, parts: list[Block]) -> Block:
        return parts[0]

    def cite(self, meta: Meta, keys: list[Token]) -> _Cites:
        return _Cites(tuple(str(key) for key in keys))

    def parameters(self, meta: Meta, names: list[Token | None]) -> _Parameters:
        return _Parameters(tuple(str(name) for name in names if name is not None))

    def elsif(self, meta: Meta, parts: list[object]) -> _Branch:
        return _Branch(cast(Expr, parts[0]), cast(Block, parts[1]))

    def part(self, meta: Meta, parts: list[Token | Expr]) -> Slice:
        whole = Name(str(parts[0]), self.span(cast("Token", parts[0])))
        return Slice(whole, cast(Expr, parts[1]), cast(Expr, parts[2]), self.span(meta))

    def let(self, meta: Meta, parts: list[object]) -> Let:
        return Let(str(parts[0]), cast(Expr, parts[1]), self.span(meta), _cites(parts))

    def assign(self, meta: Meta, parts: list[object]) -> Assign:
        return Assign(cast(Place, parts[0]), cast(Expr, parts[1]), self.span(meta), _cites(parts))

    def if_(self, meta: Meta, parts: list[object]) -> If:
        branches = [(cast(Expr, parts[0]), cast(Block, parts[1]))]
        branches += [(each.condition, each.block) for each in parts if isinstance(each, _Branch)]
        rest = [each for each in parts[2:] if isinstance(each, tuple)]
        return If(tuple(branches), cast(Block, rest[0]) if rest else (), self.span(meta), _cites(parts))

    def fault(self, meta: Meta, parts: list[object]) -> Fault:
        return Fault(str(parts[0]), cast("Expr | None", parts[1]), self.span(meta), _cites(parts))

    def call(self, meta: Meta, parts: list[object]) -> Invoke:
        return Invoke(str(parts[0]), cast("tuple[Expr, ...]", parts[1]), self.span(meta), _cites(parts))

    def do(self, meta: Meta, parts: list[object]) -> Do:
        return Do(str(parts[0]), cast("tuple[Expr, ...]", parts[1]), self.span(meta), _cites(parts))

    def undefined(self, meta: Meta, parts: list[object]) -> Undefined:
        return Undefined(cast(Place, parts[0]), self.span(meta), _cites(parts))

    def restart(self, meta: Meta, parts: list[object]) -> Restart:
        return Restart(self.span(meta), _cites(parts))

    def return_(self, meta: Meta, parts: list[object]) -> Return:
        return Return(cast(Expr, parts[0]), self.span(meta), _cites(parts))

    def function(self, meta: Meta, parts: list[object]) -> Function:
        names = cast(_Parameters, parts[1]).names
        return Function(str(parts[0]), names, cast(Expr, parts[2]), self.span(meta))

    def procedure(self, meta: Meta, parts: list[object]) -> Procedure:
        name, parameters, *rest = parts
        cites = rest[0].keys if rest and isinstance(rest[0], _Cites) else ()
        body = tuple(cast(Statement, each) for each in rest if each is not None and not isinstance(each, _Cites))
        return Procedure(str(name), cast(_Parameters, parameters).names, body, self.span(meta), cites)

    def definitions(self, meta: Meta, found: list[Definition]) -> tuple[Definition, ...]:
        return tuple(found)
