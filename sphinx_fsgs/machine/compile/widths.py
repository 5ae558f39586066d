"""Values and the widths of their places."""

from __future__ import annotations

from sphinx_fsgs.machine import terms
from sphinx_fsgs.machine.compile.errors import CompileError
from sphinx_fsgs.machine.compile.lines import Lines
from sphinx_fsgs.machine.compile.names import Names
from sphinx_fsgs.machine.emit import Code, constant
from sphinx_fsgs.source import Span
from sphinx_fsgs.syntax.expression import Expr

CARRIER = 64
"""The bits in which a choice between plain numbers is held until its place gives it a width."""


class Widths(Names):
    """Brings values to widths."""

    def fixed(self, expr: Expr, out: Lines) -> int:
        """Return the value of an expression that must be constant."""
        value = self.expression(expr, out)
        if value.constant is None:
            raise CompileError("this must be a constant", expr.span)
        return value.constant

    def truth(self, value: Code, span: Span) -> None:
        """Check that a value is a truth value."""
        if value.width not in (1, None) or (value.constant is not None and value.constant not in (0, 1)):
            raise CompileError(f"a truth value has one bit, not {value.width}", span)

    def fit(self, value: Code, width: int, span: Span, narrowing: bool = False) -> Code:
        """Return the value for a place of ``width`` bits.

        :raises CompileError: when its width differs; ``narrowing`` cuts a store to memory instead.
        """
        if value.width is None:
            return self.cut(value, width, span)
        if value.width == width:
            return value
        if narrowing and value.width > width:
            return Code(self.emitter.part(value.text, width - 1, 0, value.width), width)
        raise CompileError(f"a value of {value.width} bits does not fit a place of {width}", span)

    def cut(self, value: Code, width: int, span: Span) -> Code:
        """Return a value that has no width of its own at a width: a number, or a choice of numbers in 64 bits.

        :raises CompileError: when a number has more bits.
        """
        if value.constant is not None:
            if not -(1 << width - 1) <= value.constant < 1 << width:
                raise CompileError(f"{value.constant:#x} has more than {width} bits", span)
            return constant(value.constant & terms.ones(width), width)
        return Code(self.emitter.part(value.text, width - 1, 0, CARRIER) if width < CARRIER else value.text, width)
