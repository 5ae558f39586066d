"""Expressions to code."""

from __future__ import annotations

from sphinx_fsgs.machine.compile.errors import CompileError
from sphinx_fsgs.machine.compile.lines import Lines
from sphinx_fsgs.machine.compile.operators import Operators
from sphinx_fsgs.machine.compile.trees import statements_in
from sphinx_fsgs.machine.emit import Code, constant
from sphinx_fsgs.machine.operands import Constant, Formula, InCells, InMemory, Local, Meaning, RecordRef
from sphinx_fsgs.source import Span
from sphinx_fsgs.syntax.expression import (
    Binary,
    Call,
    Concat,
    Conditional,
    Expr,
    Memory,
    Msr,
    Name,
    Number,
    Slice,
    Unary,
)
from sphinx_fsgs.syntax.operation import Fault, If, Let, Procedure

_ARITY = {"completes": 1, "effective_address": 1, "zero_extend": 2, "sign_extend": 2, "signed": 1}
_ARITY |= {"quotient": 2, "remainder": 2}


class Expressions(Operators):
    """Emits expressions."""

    def expression(self, expr: Expr, out: Lines) -> Code:
        """Return the code of an expression, having emitted what must come before it."""
        if isinstance(expr, Number):
            return constant(expr.value)
        if isinstance(expr, Name):
            is_write = int(expr in self.written)
            return self.value_of(self.meaning(expr.name, out, expr.span), out, expr.span, is_write)
        if isinstance(expr, Slice):
            return self.slice(expr, out)
        if isinstance(expr, Concat):
            return self.concat(expr, out)
        if isinstance(expr, Unary):
            return self.unary(expr, out)
        if isinstance(expr, Binary):
            return self.binary(expr, out)
        if isinstance(expr, Conditional):
            return self.conditional(expr, out)
        if isinstance(expr, Call):
            return self.apply(expr, out)
        if isinstance(expr, Memory):
            size = self.fixed(expr.size, out)
            address = self.expression(expr.address, out)
            return self.load(expr.segment, address, size, out, expr.span, int(expr in self.written))
        if isinstance(expr, Msr):
            return self.read_msr(self.expression(expr.index, out), out)
        raise CompileError("?names belong to examples, not to Operations", expr.span)

    def value_of(self, meaning: Meaning, out: Lines, span: Span, is_write: int = 0) -> Code:
        """Return the code that reads what a name stands for; ``is_write`` as in a load."""
        if isinstance(meaning, Constant):
            return constant(meaning.value, meaning.width)
        if isinstance(meaning, Local):
            return Code(meaning.code, meaning.width, None, meaning.is_truth, meaning.is_plain)
        if isinstance(meaning, InCells):
            return self.read_view(meaning.view)
        if isinstance(meaning, InMemory):
            address = self.effective(meaning.address, out)
            return self.load(meaning.segment, address, meaning.width, out, span, is_write)
        if isinstance(meaning, Formula):
            return self.expression(meaning.expression, out)
        raise CompileError(f"{meaning.name} as a whole has no value", span)

    def read_msr(self, index: Code, out: Lines) -> Code:
        """Return the reading of a model-specific register by number."""
        if self.emitter.symbolic:
            return Code(f"m.read_msr({index.text})", 64)
        held = out.keep(index)
        self.globals["MSRS"] = self.msr_cells()
        return Code(f"(s[MSRS[{held.text}]] if {held.text} in MSRS else m.read_msr({held.text}))", 64)

    def msr_cells(self) -> dict[int, int]:
        layout = self.spec.layout
        return {msr.index: layout.views[msr.cell].slots[0].cell for msr in layout.msrs}

    def apply(self, expr: Call, out: Lines) -> Code:
        """Return a function's value: one of the notation's own, an unknown of the spec, or one of its functions."""
        count = len(expr.arguments)
        if (_ARITY.get(expr.name) or (1 if expr.name in self.spec.unknowns else count)) != count:
            raise CompileError(f"{expr.name} takes {_ARITY.get(expr.name, 1)} arguments, not {count}", expr.span)
        if expr.name == "effective_address":
            return self.address_of(expr, out)
        if expr.name in ("zero_extend", "sign_extend", "signed"):
            return self.extension(expr, out)
        if expr.name == "completes":
            return self.completes(expr, out)
        if expr.name in ("quotient", "remainder"):
            return self.division(expr, out)
        if expr.name in self.spec.unknowns:
            unknown = self.spec.unknowns[expr.name]
            argument = out.keep(self.fit(self.expression(expr.arguments[0], out), unknown.argument, expr.span))
            return Code(self.emitter.unknown(expr.name, unknown.width, argument.text), unknown.width)
        meanings: list[Meaning] = []
        for each in expr.arguments:
            if isinstance(each, Name) and isinstance(self.lookup(each.name, out), RecordRef):
                meanings.append(self.meaning(each.name, out, each.span))
                continue
            value = out.keep(self.expression(each, out))
            if value.constant is not None:
                meanings.append(Constant(value.constant, value.width))
            else:
                meanings.append(Local(value.text, value.width, value.is_truth, value.is_plain))
        return self.function(expr.name, meanings, out, expr.span)

    def completes(self, expr: Call, out: Lines) -> Code:
        """Return whether a procedure that only checks would complete; what it raises is then not raised."""
        (call,) = expr.arguments
        callee = self.spec.definition(call.name) if isinstance(call, Call) else None
        if not isinstance(call, Call) or not isinstance(callee, Procedure):
            raise CompileError("completes takes the call of a procedure", expr.span)
        if not all(isinstance(each, (If, Fault, Let)) for each in statements_in(callee.body)):
            raise CompileError(f"{call.name} does more than check", expr.span, "move the checks to a procedure")
        meanings: list[Meaning] = []
        values: list[str] = []
        for parameter, argument in zip(callee.parameters, call.arguments, strict=False):
            value = out.keep(self.expression(argument, out))
            if value.constant is not None:
                meanings.append(Constant(value.constant, value.width))
            else:
                meanings.append(Local(f"p_{parameter}", value.width))
                values.append(value.text)
        function, _ = self.compiler.procedure(call.name, self.mode, meanings, call.span)
        handle = self.fresh(f"{call.name}_")
        self.globals[handle] = function
        given = (out.guards.reached, "A") if self.emitter.symbolic else ("s", "m", "A")
        text = f"{'m.' * self.emitter.symbolic}completes({', '.join((handle, *given, *values))})"
        return out.keep(Code(text, 1, is_truth=True), "b")

    def address_of(self, expr: Call, out: Lines) -> Code:
        """Return the effective address of a memory operand."""
        (argument,) = expr.arguments
        meaning = self.meaning(argument.name, out, expr.span) if isinstance(argument, Name) else None
        if not isinstance(meaning, InMemory):
            raise CompileError("effective_address takes a memory operand", expr.span)
        return self.effective(meaning.address, out)
