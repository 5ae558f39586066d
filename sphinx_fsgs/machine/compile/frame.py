"""What every part of the compiler knows of the Python function that is being made."""

from __future__ import annotations

import keyword
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Protocol

from sphinx_fsgs.machine.compile.errors import CompileError
from sphinx_fsgs.machine.compile.lines import Lines
from sphinx_fsgs.machine.compile.runtime import RUNTIME, Compiled
from sphinx_fsgs.machine.emit import Code, Emitter
from sphinx_fsgs.machine.operands import Meaning
from sphinx_fsgs.source import Span
from sphinx_fsgs.spec.model import Spec
from sphinx_fsgs.syntax.expression import Expr
from sphinx_fsgs.syntax.operation import Place, Procedure

Sizes = tuple[tuple[str, Meaning], ...]


class Procedures(Protocol):
    """What a function in the making needs of the compiler: its spec, its emitter, and the code of procedures."""

    spec: Spec
    emitter: Emitter

    def enter(self, name: str, span: Span) -> None:
        """Note that a function or procedure is being gone into."""

    def leave(self) -> None:
        """Note that what was entered last is done."""

    def procedure(
        self, name: str, mode: str, meanings: Sequence[Meaning], span: Span, sizes: Sizes = ()
    ) -> tuple[Compiled, bool]:
        """Return the code of a procedure for arguments of these meanings, and whether it may fault."""

    def no_such(self, kind: str, name: str, span: Span) -> CompileError:
        """Return the error that there is no function or procedure of a name."""

    def by_reference(self, procedure: Procedure) -> frozenset[str]:
        """Return the parameters that stand for places."""


class Frame(ABC):
    """What all parts share: the compiler, the mode, what is known of the function, and fresh names."""

    def __init__(self, compiler: Procedures, mode: str, name: str, path: str) -> None:
        self.compiler = compiler
        self.spec = compiler.spec
        self.emitter = compiler.emitter
        self.mode = mode
        # Instructions are called like keywords of Python and like constructors of terms.
        self.name = f"{name}_" if keyword.iskeyword(name) or name in RUNTIME else name
        self.path = path
        self.count = 0
        self.may_fault = False
        self.wrote = False
        self.faults_after_write = False
        self.globals: dict[str, object] = {}
        self.written: frozenset[Place] = frozenset()
        self.inside_function = False

    def fresh(self, hint: str) -> str:
        """Return a variable name not used before in this function."""
        self.count += 1
        return f"{hint}{self.count}"

    @abstractmethod
    def expression(self, expr: Expr, out: Lines) -> Code:
        """Return the code of an expression, having emitted what must come before it."""
