"""Memory: the check of an access, by a procedure of the spec, and the access."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sphinx_fsgs.machine import terms
from sphinx_fsgs.machine.compile.errors import CompileError
from sphinx_fsgs.machine.compile.frame import Sizes
from sphinx_fsgs.machine.compile.lines import Lines
from sphinx_fsgs.machine.compile.widths import Widths
from sphinx_fsgs.machine.emit import Code, constant
from sphinx_fsgs.machine.operands import Constant, Effective, Local, Meaning, RecordRef
from sphinx_fsgs.source import Span
from sphinx_fsgs.syntax.operation import Function

CHECK_ACCESS = "check_access"
CHECK_TABLE = "check_table"
LINEAR_ADDRESS = "linear_address"


class Accesses(Widths):
    """Emits loads and stores, and the calls that their checks are."""

    def load(self, segment: str, address: Code, size: int, out: Lines, span: Span, is_write: int = 0) -> Code:
        """Emit a checked load of ``size`` bits and return its value.

        ``is_write`` says that the same place is written later: then the processor asks for that at once.
        """
        linear = self.access(segment, address, size, is_write, out, span)
        return out.keep(Code(f"m.load({linear}, {size // 8})", size), "b")

    def store(self, segment: str, address: Code, size: int, value: Code, out: Lines, span: Span) -> None:
        """Emit a checked store of ``size`` bits."""
        linear = self.access(segment, address, size, 1, out, span)
        text = self.emitter.as_number(value)
        guard = f", {out.guards.writes}" if self.emitter.symbolic else ""
        out.write(f"m.store({linear}, {size // 8}, {text}{guard})")
        self.wrote = True

    def access(self, segment: str, address: Code, size: int, is_write: int, out: Lines, span: Span) -> str:
        """Emit the check of an access and return the text of its linear address."""
        record = self.meaning(segment, out, span)
        if not isinstance(record, RecordRef):
            raise CompileError(f"{segment} is no segment", span)
        held = out.keep(replace(address, width=address.width or 64), "a")
        if self.spec.layout.constants.get(f"{record.name}.is_table"):
            base = self.read_view(self.spec.layout.views[f"{record.name}.base"])
            linear = out.keep(Code(self.emitter.binary("+", base.text, held.text, 64), 64), "l")
            if not self.inside_function:  # which only looks, and raises nothing
                self.reach_table(linear, size, is_write, out, span)
            return linear.text
        if held.constant is not None:
            meaning: Meaning = Constant(held.constant, 64)
            values = []
        else:
            meaning, values = Local("p_address", 64), [held.text]
        meanings: list[Meaning] = [record, meaning, Constant(size // 8), Constant(is_write, 1)]
        if self.emitter.symbolic:
            self.checked_later(CHECK_ACCESS, "access", meanings, values, out, span)
        else:
            self.call(CHECK_ACCESS, meanings, values, out, span)
        names: dict[str, Meaning] = {"seg": record, "address": Local(held.text, 64)}
        if held.constant is not None:
            names["address"] = Constant(held.constant, 64)
        linear = self.function(LINEAR_ADDRESS, [names["seg"], names["address"]], out, span)
        return out.keep(self.fit(linear, 64, span), "l").text

    def reach_table(self, linear: Code, size: int, is_write: int, out: Lines, span: Span) -> None:
        """Emit the check of an access to a table, which the processor makes on its own."""
        meanings: list[Meaning] = [Local("p_linear", 64), Constant(size // 8), Constant(is_write, 1)]
        if self.emitter.symbolic:
            self.checked_later(CHECK_TABLE, "reach", meanings, [linear.text], out, span)
        else:
            self.call(CHECK_TABLE, meanings, [linear.text], out, span)

    def checked_later(
        self, procedure: str, how: str, meanings: list[Meaning], values: list[str], out: Lines, span: Span
    ) -> None:
        """Emit the check of an access so that the machine may assume it instead."""
        function, _ = self.compiler.procedure(procedure, self.mode, meanings, span)
        handle = self.fresh("check_")
        self.globals[handle] = function
        reached, writes = out.guards.reached, out.guards.writes
        out.write(f"{reached} = m.{how}({handle}, {', '.join((reached, writes, 'A', *values))})")
        self.may_fault = out.may_fault = True

    def effective(self, address: Effective, out: Lines) -> Code:
        """Return the effective address of a memory operand, 64 bits wide."""
        size = address.size
        total = constant(address.displacement & terms.ones(size), size)
        for view, scale in ((address.base, 1), (address.index, address.scale)):
            if view is None:
                continue
            part = self.read_view(view).text
            if scale != 1:
                part = self.emitter.binary("*", part, str(scale), size)
            if total.constant == 0:
                total = Code(part, size)
            else:
                total = Code(self.emitter.binary("+", part, total.text, size), size)
        if total.constant is not None:
            return constant(total.constant, 64)
        return Code(self.emitter.zero_extend(total.text, size, 64), 64)

    def call(
        self,
        name: str,
        meanings: list[Meaning],
        values: list[str],
        out: Lines,
        span: Span,
        sizes: Sizes = (),
    ) -> None:
        """Emit a call of a procedure that is compiled for these meanings."""
        function, faults = self.compiler.procedure(name, self.mode, meanings, span, sizes)
        handle = self.fresh(f"{name}_")
        self.globals[handle] = function
        if self.emitter.symbolic:
            reached, writes = out.guards.reached, out.guards.writes
            arguments = ", ".join(("m", reached, writes, "A", *values))
            out.write(f"{reached} = {handle}({arguments})" if faults else f"{handle}({arguments})")
        else:
            out.write(f"{handle}({', '.join(('s', 'm', 'A', *values))})")
            self.faults_after_write |= self.wrote and faults
        self.wrote = True
        if faults:
            self.may_fault = out.may_fault = True

    def function(self, name: str, meanings: Sequence[Meaning], out: Lines, span: Span) -> Code:
        """Return the body of a function of the spec with its parameters standing for these meanings."""
        found = self.spec.definition(name)
        if not isinstance(found, Function):
            raise self.compiler.no_such("function", name, span)
        if len(found.parameters) != len(meanings):
            raise CompileError(f"{name} takes {len(found.parameters)} arguments, not {len(meanings)}", span)
        saved, outer = out.names, self.inside_function
        out.names, self.inside_function = dict(zip(found.parameters, meanings, strict=True)), True
        self.compiler.enter(name, span)
        try:
            return self.expression(found.body, out)
        finally:
            self.compiler.leave()
            out.names, self.inside_function = saved, outer
