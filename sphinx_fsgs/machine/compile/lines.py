"""Lines of Python being collected, each with the line of the spec that it is written for."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from sphinx_fsgs.machine.emit import Code
from sphinx_fsgs.machine.operands import Meaning
from sphinx_fsgs.records import dataclass


@dataclass(frozen=True, slots=True)
class Guards:
    """The names of the guard variables of a block; the empty string is the constant 1."""

    reached: str
    writes: str


@dataclass(frozen=True, slots=True)
class Written:
    """A line of Python and the line of the spec that it is written for."""

    line: int
    text: str


class Lines:
    """Python statements being collected, each with a line of the spec."""

    def __init__(self, fresh: Callable[[str], str], names: dict[str, Meaning], guards: Guards) -> None:
        self.fresh = fresh
        self.names = names
        self.guards = guards
        self.body: list[Written] = []
        self.line = 1
        self.may_fault = False

    def write(self, text: str) -> None:
        """Add statements written as text, at the current line."""
        self.body.extend(Written(self.line, each) for each in text.split("\n"))

    def write_if(self, test: str, first: str, then: Sequence[Written], otherwise: Sequence[Written]) -> None:
        """Add an ``if`` at the current line; ``first`` is a statement in front of its body, or empty."""
        self.body.append(Written(self.line, f"if {test}:"))
        own = [Written(self.line, first)] if first else []
        self.body.extend(indented([*own, *then] or [Written(self.line, "pass")]))
        if otherwise:
            self.body.append(Written(self.line, "else:"))
            self.body.extend(indented(otherwise))

    def keep(self, code: Code, hint: str = "t") -> Code:
        """Return code that is cheap to repeat, putting the value into a variable if need be."""
        if code.constant is not None or code.is_plain or re.fullmatch(r"[a-z_]\w*|s\[\d+\]", code.text):
            return code
        name = self.fresh(hint)
        self.write(f"{name} = {code.text}")
        return replace(code, text=name)


def indented(lines: Iterable[Written]) -> list[Written]:
    return [Written(each.line, f" {each.text}") for each in lines]


def stamped(lines: Sequence[Written]) -> ast.Module:
    """Return the parsed text with every node at the line of the spec that it was written for."""
    module = ast.parse("\n".join(each.text for each in lines))
    for node in ast.walk(module):
        if "lineno" in node._attributes:
            node.lineno = node.end_lineno = lines[node.lineno - 1].line  # type: ignore[attr-defined]
            node.col_offset = node.end_col_offset = 0  # type: ignore[attr-defined]
    return module
