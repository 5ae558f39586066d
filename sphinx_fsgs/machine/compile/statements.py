"""Statements to lines."""

from __future__ import annotations

from sphinx_fsgs.diagnostic import suggestion
from sphinx_fsgs.machine.compile.errors import CompileError
from sphinx_fsgs.machine.compile.lines import Guards, Lines
from sphinx_fsgs.machine.compile.places import Places
from sphinx_fsgs.machine.compile.trees import bind_arguments
from sphinx_fsgs.machine.emit import Code
from sphinx_fsgs.machine.operands import Constant, Local, Meaning
from sphinx_fsgs.syntax.expression import Expr, Name
from sphinx_fsgs.syntax.operation import (
    Assign,
    Block,
    Do,
    Fault,
    If,
    Invoke,
    Let,
    Procedure,
    Restart,
    Return,
    Statement,
    Undefined,
)

ERROR_CODE = 32
"""The bits of the error code of an exception: what the processor pushes, cut to 32."""

RESULT = "RESULT"
"""The name, in an operation of a platform, of the place where its result goes."""

SIZES = ("OperandSize", "AddressSize")
CHECK_TARGETS = ("check_target", "check_entry")


class Statements(Places):
    """Emits statements."""

    def statements(self, block: Block, out: Lines) -> None:
        """Emit the statements of a block; locals end with it."""
        for statement in block:
            out.line = statement.span.line
            # So that tracing sees the line even where all of it is settled here; Python drops it elsewhere.
            out.write("pass")
            self.statement(statement, out)

    def statement(self, statement: Statement, out: Lines) -> None:
        """Emit one statement."""
        if isinstance(statement, Let):
            value = self.expression(statement.value, out)
            name = self.fresh(f"v_{statement.name.replace('.', '_')}_")
            if value.constant is not None:
                out.names[statement.name] = Constant(value.constant, value.width)
                return
            out.write(f"{name} = {value.text}")
            out.names[statement.name] = Local(name, value.width, value.is_truth, value.is_plain)
        elif isinstance(statement, Assign):
            self.assign(statement.place, self.expression(statement.value, out), out, statement.span)
        elif isinstance(statement, If):
            self.choose(list(statement.branches), statement.otherwise, out)
        elif isinstance(statement, Fault):
            self.fault(statement, out)
        elif isinstance(statement, Invoke):
            self.invoke(statement, out)
        elif isinstance(statement, Do):
            self.do(statement, out)
        elif isinstance(statement, Undefined):
            width = self.place_width(statement.place, out)
            key = f"{self.name}:{statement.span.line}"
            self.assign(statement.place, Code(f"m.undefined({width}, {key!r})", width), out, statement.span)
        elif isinstance(statement, Return):
            if RESULT not in out.names:
                raise CompileError("only an operation of a platform returns something", statement.span)
            self.assign(Name(RESULT, statement.span), self.expression(statement.value, out), out, statement.span)
        else:
            assert isinstance(statement, Restart)
            out.write(f"m.restart({out.guards.writes})" if self.emitter.symbolic else "m.restart()")

    def choose(self, branches: list[tuple[Expr, Block]], otherwise: Block, out: Lines) -> None:
        """Emit IF with its branches; a condition that is constant leaves one of them."""
        (condition, then), rest = branches[0], branches[1:]
        line = condition.span.line
        test = self.expression(condition, out)
        self.truth(test, condition.span)
        if test.constant is not None:
            if test.constant:
                self.inner(then, out)
            elif rest:
                self.choose(rest, otherwise, out)
            else:
                self.inner(otherwise, out)
            return
        if self.emitter.symbolic:
            self._choose_terms(test, then, rest, otherwise, out)
            return
        yes = self.nested(then, out, out.guards)
        no = Lines(self.fresh, dict(out.names), out.guards)
        no.line = line
        if rest:
            self.choose(rest, otherwise, no)
        else:
            self.statements(otherwise, no)
        out.write_if(test.text, "", yes.body, no.body)

    def _choose_terms(
        self, test: Code, then: Block, rest: list[tuple[Expr, Block]], otherwise: Block, out: Lines
    ) -> None:
        held = out.keep(Code(f"m.test({test.text})", 1), "c")
        reached, writes = out.guards.reached, out.guards.writes
        yes_g, yes_w, no_g, no_w = (self.fresh(each) for each in ("g", "w", "g", "w"))
        out.write(f"{yes_g} = before_{yes_g} = and_({reached}, {held.text})")
        out.write(f"{no_g} = before_{no_g} = and_({reached}, not_({held.text}))")
        yes = self.nested(then, out, Guards(yes_g, yes_w))
        no = Lines(self.fresh, dict(out.names), Guards(no_g, no_w))
        no.line = out.line
        if rest:
            self.choose(rest, otherwise, no)
        else:
            self.statements(otherwise, no)
        for guard, write, condition, branch in (
            (yes_g, yes_w, held.text, yes),
            (no_g, no_w, f"not_({held.text})", no),
        ):
            if branch.body:
                out.write_if(f"{guard} != 0", f"{write} = and_({writes}, {condition})", branch.body, [])
        if yes.may_fault or no.may_fault:
            out.may_fault = True
            out.write(f"{reached} = m.merge({reached}, before_{yes_g}, {yes_g}, before_{no_g}, {no_g})")

    def nested(self, block: Block, out: Lines, guards: Guards) -> Lines:
        """Return a block of its own scope."""
        inner = Lines(self.fresh, dict(out.names), guards)
        inner.line = out.line
        self.statements(block, inner)
        return inner

    def inner(self, block: Block, out: Lines) -> None:
        """Emit the statements of a branch that is always taken, in a scope of their own."""
        saved = dict(out.names)
        self.statements(block, out)
        out.names = saved

    def fault(self, statement: Fault, out: Lines) -> None:
        """Emit the end of the instruction."""
        if statement.vector not in self.spec.faults:
            hint = suggestion(statement.vector, self.spec.faults)
            raise CompileError(f"unknown fault {statement.vector}", statement.span, hint)
        if self.spec.faults[statement.vector].error_code != (statement.error is not None):
            has = "an" if statement.error is None else "no"
            raise CompileError(f"{statement.vector} has {has} error code", statement.span)
        error = "None"
        if statement.error is not None:
            code = self.fit(self.expression(statement.error, out), ERROR_CODE, statement.error.span)
            error = self.emitter.as_number(code)
        self.may_fault = out.may_fault = True
        self.faults_after_write |= self.wrote
        line = statement.span.line
        if self.emitter.symbolic:
            reached = out.guards.reached
            out.write(f"{reached} = m.fault({reached}, {statement.vector!r}, {error}, {line})")
        else:
            out.write(f"raise Fault({statement.vector!r}, {error}, {line})")

    def do(self, statement: Do, out: Lines) -> None:
        """Emit an event."""
        if statement.event not in self.spec.events:
            hint = suggestion(statement.event, self.spec.events)
            raise CompileError(f"unknown event {statement.event}", statement.span, hint)
        guard = f", {out.guards.writes}" if self.emitter.symbolic else ""
        out.write(f"m.event({statement.event!r}{guard})")

    def invoke(self, statement: Invoke, out: Lines) -> None:
        """Emit the call of a procedure."""
        callee = self.spec.definition(statement.name)
        if not isinstance(callee, Procedure):
            raise self.compiler.no_such("procedure", statement.name, statement.span)
        references = self.compiler.by_reference(callee)
        arguments = []
        for parameter, argument in bind_arguments(statement, callee):
            if parameter in references:
                arguments.append((parameter, self.reference(argument, out), ""))
            else:
                value = self.expression(argument, out)
                if value.constant is not None:
                    arguments.append((parameter, Constant(value.constant, value.width), ""))
                else:
                    local = Local(f"p_{parameter}", value.width, value.is_truth)
                    arguments.append((parameter, local, value.text))
        meanings: list[Meaning] = [meaning for _, meaning, _ in arguments]
        if statement.name in CHECK_TARGETS and self.emitter.symbolic:
            values = [text for *_, text in arguments if text]
            self.checked_later(statement.name, "branch", meanings, values, out, statement.span)
            return
        sizes = tuple((size, out.names[size]) for size in SIZES if size in out.names)
        self.call(statement.name, meanings, [text for *_, text in arguments if text], out, statement.span, sizes)
