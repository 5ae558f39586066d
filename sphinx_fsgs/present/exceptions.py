"""The exceptions of an instruction, read off its Operation in the order in which it checks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sphinx_fsgs.source import Span
from sphinx_fsgs.spec.model import Spec
from sphinx_fsgs.syntax.expression import Binary, Expr
from sphinx_fsgs.syntax.instruction import Instruction
from sphinx_fsgs.syntax.operation import Block, Fault, If, Invoke, Procedure


@dataclass(frozen=True, slots=True)
class Raised:
    """One check: the fault as written, the condition in the notation of the spec, and who says so."""

    fault: str
    when: str
    cites: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Check:
    """A check with what has to hold before it is reached."""

    fault: str
    guards: tuple[str, ...]
    cites: tuple[str, ...]


def exceptions_of(spec: Spec, instruction: Instruction) -> tuple[Raised, ...]:
    """Return the checks of the instruction, those of the procedures that it invokes included, in order.

    A condition speaks of what the Operation or procedure that it stands in calls its own.
    """
    checks = _Reader(spec).block(instruction.operation, instruction.cites)
    return tuple(Raised(each.fault, " AND ".join(each.guards) or "always", each.cites) for each in checks)


class _Reader:
    """Walks statements and quotes conditions as their files write them."""

    def __init__(self, spec: Spec) -> None:
        self._spec = spec
        self._files: dict[str, list[str]] = {}

    def block(self, block: Block, cites: tuple[str, ...]) -> Iterator[_Check]:
        for statement in block:
            said = statement.cites or cites
            if isinstance(statement, Fault):
                error = f"({self._quote(statement.error)})" if statement.error else ""
                yield _Check(statement.vector + error, (), said)
            elif isinstance(statement, If):
                yield from self._if(statement, said)
            elif isinstance(statement, Invoke):
                definition = self._spec.definition(statement.name)
                if isinstance(definition, Procedure):
                    yield from self.block(definition.body, definition.cites or said)

    def _if(self, statement: If, cites: tuple[str, ...]) -> Iterator[_Check]:
        *branches, (condition, body) = statement.branches
        refused: tuple[str, ...] = ()
        for earlier, inner in branches:
            yield from _under((*refused, self._taken(earlier)), self.block(inner, cites))
            refused = (*refused, self._not_taken(earlier))
        last, otherwise = list(self.block(body, cites)), list(self.block(statement.otherwise, cites))
        # What both ways check depends on neither.
        both = [each for each in otherwise if each in last]
        yield from _under((*refused, self._taken(condition)), (each for each in last if each not in both))
        for each in otherwise:
            guards = refused if each in both else (*refused, self._not_taken(condition))
            yield from _under(guards, (each,))

    def _taken(self, condition: Expr) -> str:
        text = self._quote(condition)
        return f"({text})" if isinstance(condition, Binary) and condition.op == "OR" else text

    def _not_taken(self, condition: Expr) -> str:
        text = self._quote(condition)
        return f"NOT ({text})" if " " in text else f"NOT {text}"

    def _quote(self, expression: Expr) -> str:
        """Return an expression as its file writes it, on one line."""
        span: Span = expression.span
        lines = self._lines(span.path)[span.line - 1 : span.end_line]
        return " ".join(_cut(lines, span).split())

    def _lines(self, path: str) -> list[str]:
        if path not in self._files:
            self._files[path] = Path(path).read_text(encoding="utf-8").split("\n")
        return self._files[path]


def _cut(lines: Sequence[str], span: Span) -> str:
    if len(lines) == 1:
        return lines[0][span.column - 1 : span.end_column - 1]
    return "\n".join([lines[0][span.column - 1 :], *lines[1:-1], lines[-1][: span.end_column - 1]])


def _under(guards: tuple[str, ...], checks: Iterable[_Check]) -> Iterator[_Check]:
    return (_Check(each.fault, (*guards, *each.guards), each.cites) for each in checks)
