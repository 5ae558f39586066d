"""Mutants: the same tree with one piece changed, made from trees and never from text."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace

from sphinx_fsgs.spec.layout import Layout
from sphinx_fsgs.spec.model import Spec
from sphinx_fsgs.syntax.expression import Binary, Concat, Conditional, Expr, Name, Number, Slice, Unary
from sphinx_fsgs.syntax.instruction import Instruction
from sphinx_fsgs.syntax.operation import Assign, Block, Definition, Do, Fault, Function, If, Let, Statement

Rebuild = Callable[[object], object]


@dataclass(frozen=True, eq=False)
class Mutant:
    """One change: in which instruction, procedure or function, on which line, and in words."""

    owner: str
    path: str
    line: int
    words: str
    instruction: Instruction | None = None
    definition: Definition | None = None

    def __str__(self) -> str:
        return f"{self.path}:{self.line} {self.words}"


class MutatedSpec(Spec):
    """The spec with one tree replaced; whatever the original has read already is shared."""

    def __init__(self, original: Spec, mutant: Mutant) -> None:
        self.__dict__.update(original.__dict__)
        self._instructions = dict(original._instructions)
        self._definitions = dict(original._definitions)
        if mutant.instruction is not None:
            self._instructions[mutant.owner] = mutant.instruction
        if mutant.definition is not None:
            self._definitions[mutant.owner] = mutant.definition


def mutants(spec: Spec, owner: str) -> Iterator[Mutant]:
    """Yield every mutant of an instruction (by its stem) or of a procedure or function (by its name)."""
    if owner in spec.index.stems:
        entry = spec.instruction(owner)
        path = f"instructions/{owner}.insn"
        for line, words, block in _blocks(entry.operation, spec.layout):
            yield Mutant(owner, path, line, words, instruction=replace(entry, operation=block))
        return
    found = spec.definition(owner)
    assert found is not None
    path = f"procedures/{spec.index.definitions[owner].name}"
    if isinstance(found, Function):
        for words, body in _expressions(found.body):
            yield Mutant(owner, path, found.span.line, f"{owner}: {words}", definition=replace(found, body=body))
        return
    for line, words, block in _blocks(found.body, spec.layout):
        yield Mutant(owner, path, line, words, definition=replace(found, body=block))


def _blocks(block: Block, layout: Layout) -> Iterator[tuple[int, str, Block]]:
    for number, statement in enumerate(block):
        before, behind = block[:number], block[number + 1 :]
        line = statement.span.line
        if not isinstance(statement, Let):  # without its LET an Operation is no Operation
            yield line, "deleted", before + behind
        for at, words, changed in _changed(statement, layout):
            yield at, words, (*before, changed, *behind)


def _changed(statement: Statement, layout: Layout) -> Iterator[tuple[int, str, Statement]]:
    line = statement.span.line
    if isinstance(statement, (Let, Assign)):
        for words, value in _expressions(statement.value):
            yield line, words, replace(statement, value=value)
    if isinstance(statement, Assign) and isinstance(statement.place, Name):
        other = _neighbour(statement.place.name, layout)
        if other:
            yield line, f"writes {other} instead", replace(statement, place=Name(other, statement.place.span))
    if isinstance(statement, Fault):
        vector = "#GP" if statement.vector != "#GP" else "#UD"
        yield line, f"raises {vector} instead", replace(statement, vector=vector)
        if statement.error is not None:
            one = Binary("^", statement.error, Number(8, statement.span), statement.span)
            yield line, "another error code", replace(statement, error=one)
    if isinstance(statement, If):
        yield from _changed_if(statement, layout)


def _changed_if(statement: If, layout: Layout) -> Iterator[tuple[int, str, Statement]]:
    for number, (condition, block) in enumerate(statement.branches):
        before, behind = statement.branches[:number], statement.branches[number + 1 :]
        line = condition.span.line
        for words, other in [("negated", Unary("NOT", condition, condition.span)), *_expressions(condition)]:
            yield line, words, replace(statement, branches=(*before, (other, block), *behind))
        for at, words, inner in _blocks(block, layout):
            yield at, words, replace(statement, branches=(*before, (condition, inner), *behind))
    for at, words, inner in _blocks(statement.otherwise, layout):
        yield at, words, replace(statement, otherwise=inner)


_OTHER = {"=": "≠", "≠": "=", "<": "≤", "≤": "<", ">": "≥", "≥": ">", "AND": "OR", "OR": "AND", "+": "-", "-": "+"}
_OTHER |= {"&": "|", "|": "&", "^": "|"}


def _expressions(expr: Expr) -> Iterator[tuple[str, Expr]]:
    """Yield an expression with one piece of it changed."""
    if isinstance(expr, Binary):
        if expr.op in _OTHER:
            yield f"{expr.op} becomes {_OTHER[expr.op]}", replace(expr, op=_OTHER[expr.op])
    elif isinstance(expr, Number):
        yield f"{expr.value:#x} becomes {expr.value ^ 1:#x}", replace(expr, value=expr.value ^ 1)
    elif isinstance(expr, Concat):
        yield "halves exchanged", replace(expr, high=expr.low, low=expr.high)
    elif isinstance(expr, Conditional):
        yield "arms exchanged", replace(expr, then=expr.otherwise, otherwise=expr.then)
    for each in fields(expr):
        value = getattr(expr, each.name)
        if isinstance(expr, Slice) and each.name != "value":
            continue  # bits are changed by the pieces that are read from them
        if isinstance(value, Expr):
            for words, inner in _expressions(value):
                yield words, replace(expr, **{each.name: inner})
        elif isinstance(value, tuple):
            for number, argument in enumerate(value):
                for words, inner in _expressions(argument):
                    yield words, replace(expr, **{each.name: (*value[:number], inner, *value[number + 1 :])})


def _neighbour(name: str, layout: Layout) -> str:
    """Return another cell of the same width: the same field of the other segment, or a register beside it."""
    head, dot, field = name.partition(".")
    view = layout.view(name)
    if dot and head in ("FS", "GS"):
        return f"{'FS' if head == 'GS' else 'GS'}.{field}"
    if view is None:
        return ""
    near = {"GS_SHADOW": "GS.base", "RFLAGS.IF": "RFLAGS.DF", "RFLAGS.CF": "RFLAGS.OF", "EAX": "EBX", "EDX": "EBX"}
    return near.get(layout.canonical(name) or name, "")


__all__ = ["Do", "Mutant", "MutatedSpec", "mutants"]
