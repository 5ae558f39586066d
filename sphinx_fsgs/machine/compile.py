"""Operations to Python code objects, stamped with the lines of the spec.

The tree is walked once for integers and once for terms. An Operation, and each procedure for each way
it is called, becomes a function of its own, so that a traceback or a coverage report names the spec's
file and line. In the concrete form a fault is raised and writes go straight to the state; in the
symbolic form every block runs under two guards: ``g`` (this statement is reached) and ``w`` (a write
here counts; faults need not be excluded, because a fault undoes the instruction).
"""

from __future__ import annotations

import ast
import keyword
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import cast

from sphinx_fsgs.diagnostic import suggestion
from sphinx_fsgs.machine import terms
from sphinx_fsgs.machine.emit import Code, Concrete, Emitter, Symbolic, constant
from sphinx_fsgs.machine.operands import (
    Binding,
    Constant,
    Effective,
    Formula,
    InCells,
    InMemory,
    Local,
    Meaning,
    RecordRef,
)
from sphinx_fsgs.machine.values import Fault as RaisedFault
from sphinx_fsgs.records import dataclass
from sphinx_fsgs.source import Span
from sphinx_fsgs.spec.layout import Slot, View
from sphinx_fsgs.spec.model import FEATURE_PREFIX, Spec
from sphinx_fsgs.syntax.expression import (
    COMPARISONS,
    CONNECTIVES,
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
    names_in,
)
from sphinx_fsgs.syntax.operation import (
    Assign,
    Block,
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

_PLAIN = Concrete()
Compiled = Callable[..., object]
Sizes = tuple[tuple[str, Meaning], ...]

MODES: Mapping[str, str] = {
    "in_64_bit_mode": "64-bit",
    "in_compatibility_mode": "compatibility",
    "in_protected_mode": "protected",
}

CARRIER = 64
"""The bits in which a choice between plain numbers is held until its place gives it a width."""

ERROR_CODE = 32
"""The bits of the error code of an exception: what the processor pushes, cut to 32."""

SIZES = ("OperandSize", "AddressSize")
RESULT = "RESULT"
"""The name, in an operation of a platform, of the place where its result goes."""
CHECK_ACCESS = "check_access"
CHECK_TABLE = "check_table"
CHECK_TARGET = "check_target"
CHECK_FETCH = "check_fetch"
LINEAR_ADDRESS = "linear_address"
_ARITY = {"completes": 1, "effective_address": 1, "zero_extend": 2, "sign_extend": 2, "signed": 1}
_ARITY |= {"quotient": 2, "remainder": 2}


def _completes(check: Compiled, *given: object) -> bool:
    """Return whether concrete code completes."""
    try:
        check(*given)
    except RaisedFault:
        return False
    return True


_RUNTIME: dict[str, object] = {
    name: getattr(terms, name)
    for name in (
        "add sub mul quotient remainder bit_and bit_or bit_xor shift_left shift_right eq ne lt le "
        "and_ or_ not_ extract concat ite zero_extend sign_extend"
    ).split()
} | {"Fault": RaisedFault, "completes": _completes}


class CompileError(Exception):
    """An Operation is not well formed: an unknown name, a width that does not fit. ``help`` is the way out."""

    def __init__(self, message: str, span: Span, help: str = "") -> None:
        super().__init__(f"{span.path}:{span.line}: {message}{'; ' + help if help else ''}")
        self.message = message
        self.span = span
        self.help = help


@dataclass(frozen=True, slots=True)
class _Guards:
    """The names of the guard variables of a block; the empty string is the constant 1."""

    reached: str
    writes: str


@dataclass(frozen=True, slots=True)
class _Written:
    """A line of Python and the line of the spec that it is written for."""

    line: int
    text: str


class _Block:
    """Python statements being collected, each with a line of the spec."""

    def __init__(self, compiler: _Function, names: dict[str, Meaning], guards: _Guards) -> None:
        self.compiler = compiler
        self.names = names
        self.guards = guards
        self.body: list[_Written] = []
        self.line = 1
        self.may_fault = False

    def write(self, text: str) -> None:
        """Add statements written as text, at the current line."""
        self.body.extend(_Written(self.line, each) for each in text.split("\n"))

    def write_if(self, test: str, first: str, then: Sequence[_Written], otherwise: Sequence[_Written]) -> None:
        """Add an ``if`` at the current line; ``first`` is a statement in front of its body, or empty."""
        self.body.append(_Written(self.line, f"if {test}:"))
        own = [_Written(self.line, first)] if first else []
        self.body.extend(_indented([*own, *then] or [_Written(self.line, "pass")]))
        if otherwise:
            self.body.append(_Written(self.line, "else:"))
            self.body.extend(_indented(otherwise))

    def keep(self, code: Code, hint: str = "t") -> Code:
        """Return code that is cheap to repeat, putting the value into a variable if need be."""
        if code.constant is not None or code.is_plain or re.fullmatch(r"[a-z_]\w*|s\[\d+\]", code.text):
            return code
        name = self.compiler.fresh(hint)
        self.write(f"{name} = {code.text}")
        return replace(code, text=name)


class Compiler:
    """Compiles Operations and procedures of one spec, each once for each binding.

    :param symbolic: whether values may be terms.
    """

    def __init__(self, spec: Spec, symbolic: bool) -> None:
        self.spec = spec
        self.emitter: Emitter = Symbolic() if symbolic else Concrete()
        self._done: dict[object, Compiled] = {}
        self._faulting: dict[object, bool] = {}
        self.entered: list[str] = []
        self._looking: list[str] = []
        self.used: set[str] = set()

    def enter(self, name: str, span: Span) -> None:
        """Note that a function or procedure is being gone into; ``used`` holds all that ever were.

        :raises CompileError: when it is already: nothing calls itself.
        """
        if name in self.entered:
            way = " calls ".join([*self.entered[self.entered.index(name) :], name])
            raise CompileError(f"{way}: the notation has no recursion", span, "write it out")
        self.used.add(name)
        self.entered.append(name)

    def leave(self) -> None:
        """Note that what was entered last is done."""
        self.entered.pop()

    def operation(self, stem: str, binding: Binding) -> Compiled:
        """Return the code of an instruction.

        Concrete: ``f(s, m, A)``, which raises :class:`~sphinx_fsgs.machine.values.Fault`. Symbolic:
        ``f(m, g, w, A)``, which returns the guard of completion.

        :raises CompileError: when the Operation is not well formed for this binding.
        """
        key = (stem, binding.key())
        if key not in self._done:
            instruction = self.spec.instruction(stem)
            names: dict[str, Meaning] = dict(binding.names)
            for name, size in binding.sizes.items():
                names[name] = Constant(size)
            function = _Function(self, binding.mode, stem.lower(), instruction.path)
            self._done[key] = function.build(instruction.operation, names, ())
            self._faulting[key] = function.may_fault
        return self._done[key]

    def procedure(
        self, name: str, mode: str, meanings: Sequence[Meaning], span: Span, sizes: Sizes = ()
    ) -> tuple[Compiled, bool]:
        """Return the code of a procedure for arguments of these meanings, and whether it may fault.

        ``sizes`` are the sizes of the instruction, which are known throughout.
        """
        found = self.spec.definition(name)
        if not isinstance(found, Procedure):
            raise self.no_such("procedure", name, span)
        if len(found.parameters) != len(meanings):
            raise CompileError(f"{name} takes {len(found.parameters)} arguments, not {len(meanings)}", span)
        key = (name, mode, tuple(meanings), sizes)
        if key not in self._done:
            names: dict[str, Meaning] = dict(zip(found.parameters, meanings, strict=True)) | dict(sizes)
            values = tuple(each.code for each in meanings if isinstance(each, Local))
            function = _Function(self, mode, name, found.span.path)
            self.enter(name, span)
            try:
                self._done[key] = function.build(found.body, names, values)
            finally:
                self.leave()
            self._faulting[key] = function.may_fault
        return self._done[key], self._faulting[key]

    def service(self, name: str, mode: str) -> Compiled:
        """Return the code of an operation of a platform; behind what :meth:`operation` takes stand its arguments.

        :raises CompileError: when it is not well formed.
        """
        key = ("service", name, mode)
        if key not in self._done:
            entry = self.spec.service(name)
            names: dict[str, Meaning] = {each: Local(f"p_{each}", 64) for each in entry.parameters}
            names[RESULT] = InCells(self.spec.layout.views[entry.result])
            self.enter(name, entry.body.span)
            try:
                values = [f"p_{each}" for each in entry.parameters]
                self._done[key] = _Function(self, mode, name, entry.path).build(entry.body.body, names, values)
            finally:
                self.leave()
        return self._done[key]

    def fetch(self, mode: str) -> Compiled:
        """Return the check of the fetch at an address, the first act of a step; behind what :meth:`operation` takes.

        :raises CompileError: when the spec has none.
        """
        address: tuple[Meaning, ...] = (Local("p_address", 64),)
        return self.procedure(CHECK_FETCH, mode, address, Span("", 1, 1, 1, 1))[0]

    def no_such(self, kind: str, name: str, span: Span) -> CompileError:
        """Return the error that there is no function or procedure of a name."""
        return CompileError(f"there is no {kind} {name}", span, suggestion(name, self.spec.index.definitions))

    def by_reference(self, procedure: Procedure) -> frozenset[str]:
        """Return the parameters that stand for places: assigned, dotted, a segment, or handed on as such."""
        found: set[str] = set()
        if procedure.name not in self._looking:  # a procedure that calls itself is refused where it is compiled
            self._looking.append(procedure.name)
            for statement in _statements(procedure.body):
                found.update(self._references(statement, procedure.parameters))
            self._looking.pop()
        return frozenset(found)

    def _references(self, statement: Statement, parameters: Sequence[str]) -> Iterator[str]:
        for expr in _expressions(statement):
            for name in names_in(expr):
                if "." in name.name and name.name.split(".")[0] in parameters:
                    yield name.name.split(".")[0]
            for memory in (each for each in terms_of(expr) if isinstance(each, Memory)):
                if memory.segment in parameters:
                    yield memory.segment
        if isinstance(statement, (Assign, Undefined)) and isinstance(statement.place, Name):
            if statement.place.name in parameters:
                yield statement.place.name
        if isinstance(statement, Invoke):
            callee = self.spec.definition(statement.name)
            if isinstance(callee, Procedure):
                references = self.by_reference(callee)
                for parameter, argument in bind_arguments(statement, callee):
                    if parameter in references and isinstance(argument, Name) and argument.name in parameters:
                        yield argument.name


def terms_of(expr: Expr) -> Iterator[Expr]:
    """Yield an expression and all below it."""
    from sphinx_fsgs.syntax.expression import walk

    return walk(expr)


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


def _statements(block: Block) -> Iterator[Statement]:
    for statement in block:
        yield statement
        if isinstance(statement, If):
            for _, inner in statement.branches:
                yield from _statements(inner)
            yield from _statements(statement.otherwise)


def _written(block: Block) -> frozenset[Place]:
    """Return the named places and the places in memory that a block assigns to."""
    places = (each.place for each in _statements(block) if isinstance(each, (Assign, Undefined)))
    return frozenset(place for place in places if isinstance(place, (Name, Memory)))


def _expressions(statement: Statement) -> Iterator[Expr]:
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


class _Function:
    """One Python function in the making."""

    def __init__(self, compiler: Compiler, mode: str, name: str, path: str) -> None:
        self.compiler = compiler
        self.spec = compiler.spec
        self.emitter = compiler.emitter
        self.mode = mode
        # Instructions are called like keywords of Python and like constructors of terms.
        self.name = f"{name}_" if keyword.iskeyword(name) or name in _RUNTIME else name
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

    def build(self, block: Block, names: dict[str, Meaning], values: Sequence[str]) -> Compiled:
        """Compile the block into a function whose last parameters are ``values``."""
        symbolic = self.emitter.symbolic
        self.written = _written(block)
        guards = _Guards("g", "w") if symbolic else _Guards("", "")
        body = _Block(self, names, guards)
        first = "m, g, w, A" if symbolic else "s, m, A"
        self.statements(block, body)
        if symbolic:
            body.write("return g")
        elif self.faults_after_write:
            body.body = self._undoing(body.body)
        head = _Written(body.body[0].line if body.body else 1, f"def {self.name}({', '.join((first, *values))}):")
        lines = [head, *_indented(body.body or [_Written(1, "pass")])]
        code = compile(_stamped(lines), self.path, "exec")
        space = _RUNTIME | self.globals | {"__builtins__": {"min": min}}
        exec(code, space)
        return cast(Compiled, space[self.name])

    def _undoing(self, body: list[_Written]) -> list[_Written]:
        """Return the body with what it writes undone when it faults."""
        line = body[0].line
        before, behind = ("u = s[:]", "try:"), ("except Fault:", " s[:] = u", " raise")
        return [
            *(_Written(line, text) for text in before),
            *_indented(body),
            *(_Written(line, text) for text in behind),
        ]

    # ---- statements ----

    def statements(self, block: Block, out: _Block) -> None:
        """Emit the statements of a block; locals end with it."""
        for statement in block:
            out.line = statement.span.line
            # So that tracing sees the line even where all of it is settled here; Python drops it elsewhere.
            out.write("pass")
            self.statement(statement, out)

    def statement(self, statement: Statement, out: _Block) -> None:
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

    def choose(self, branches: list[tuple[Expr, Block]], otherwise: Block, out: _Block) -> None:
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
        no = _Block(self, dict(out.names), out.guards)
        no.line = line
        if rest:
            self.choose(rest, otherwise, no)
        else:
            self.statements(otherwise, no)
        out.write_if(test.text, "", yes.body, no.body)

    def _choose_terms(
        self, test: Code, then: Block, rest: list[tuple[Expr, Block]], otherwise: Block, out: _Block
    ) -> None:
        held = out.keep(Code(f"m.test({test.text})", 1), "c")
        reached, writes = out.guards.reached, out.guards.writes
        yes_g, yes_w, no_g, no_w = (self.fresh(each) for each in ("g", "w", "g", "w"))
        out.write(f"{yes_g} = before_{yes_g} = and_({reached}, {held.text})")
        out.write(f"{no_g} = before_{no_g} = and_({reached}, not_({held.text}))")
        yes = self.nested(then, out, _Guards(yes_g, yes_w))
        no = _Block(self, dict(out.names), _Guards(no_g, no_w))
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

    def nested(self, block: Block, out: _Block, guards: _Guards) -> _Block:
        """Return a block of its own scope."""
        inner = _Block(self, dict(out.names), guards)
        inner.line = out.line
        self.statements(block, inner)
        return inner

    def inner(self, block: Block, out: _Block) -> None:
        """Emit the statements of a branch that is always taken, in a scope of their own."""
        saved = dict(out.names)
        self.statements(block, out)
        out.names = saved

    def fault(self, statement: Fault, out: _Block) -> None:
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

    def do(self, statement: Do, out: _Block) -> None:
        """Emit an event."""
        if statement.event not in self.spec.events:
            hint = suggestion(statement.event, self.spec.events)
            raise CompileError(f"unknown event {statement.event}", statement.span, hint)
        guard = f", {out.guards.writes}" if self.emitter.symbolic else ""
        out.write(f"m.event({statement.event!r}{guard})")

    def invoke(self, statement: Invoke, out: _Block) -> None:
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
        if statement.name == CHECK_TARGET and self.emitter.symbolic:
            values = [text for *_, text in arguments if text]
            self.checked_later(CHECK_TARGET, "branch", meanings, values, out, statement.span)
            return
        sizes = tuple((size, out.names[size]) for size in SIZES if size in out.names)
        self.call(statement.name, meanings, [text for *_, text in arguments if text], out, statement.span, sizes)

    def call(
        self,
        name: str,
        meanings: list[Meaning],
        values: list[str],
        out: _Block,
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

    # ---- places ----

    def reference(self, expr: Expr, out: _Block) -> Meaning:
        """Return what an argument by reference stands for."""
        if isinstance(expr, Name):
            return self.meaning(expr.name, out, expr.span)
        raise CompileError("a place is passed here, so it must be named", expr.span)

    def meaning(self, name: str, out: _Block, span: Span) -> Meaning:
        """Return what a name stands for here."""
        found = self.lookup(name, out)
        if found is None:
            known = (*out.names, *self.spec.layout.views, *self.spec.layout.aliases, *self.spec.behaviour_names, *MODES)
            features = (FEATURE_PREFIX + feature for feature in self.spec.feature_names)
            raise CompileError(f"unknown name {name}", span, suggestion(name, (*known, *features)))
        return found

    def lookup(self, name: str, out: _Block) -> Meaning | None:
        """Return what a name stands for here, None when nothing is known of it."""
        if name in out.names:
            return out.names[name]
        head, dot, field = name.partition(".")
        whole = out.names.get(head) if dot else None
        if isinstance(whole, RecordRef):
            return self.lookup(f"{whole.name}.{field}", out)
        if isinstance(whole, InMemory) and field == "segment":
            return RecordRef(whole.segment)
        layout = self.spec.layout
        if name in layout.constants:
            return Constant(layout.constants[name])
        if name in layout.records:
            return RecordRef(name)
        if name in MODES:
            return Constant(int(MODES[name] == self.mode), 1)
        view = layout.view(name)
        if view is not None:
            return InCells(view)
        if self.spec.is_question(name):
            return Local(f"A[{name!r}]", 1, is_plain=True)
        if name in self.spec.own_constants:
            return Constant(self.spec.own_constants[name])
        return None

    def place_width(self, place: Place, out: _Block) -> int:
        """Return the width of a place in bits."""
        if isinstance(place, Name):
            meaning = self.meaning(place.name, out, place.span)
            if isinstance(meaning, InCells):
                return meaning.view.width
            if isinstance(meaning, InMemory):
                return meaning.width
        raise CompileError("this place cannot be undefined", place.span)

    def assign(self, place: Place, value: Code, out: _Block, span: Span) -> None:
        """Emit the writing of a value to a place."""
        if isinstance(place, Memory):
            size = self.fixed(place.size, out)
            self.store(place.segment, self.expression(place.address, out), size, self.fit(value, size, span), out, span)
        elif isinstance(place, Msr):
            self.write_msr(self.expression(place.index, out), self.fit(value, 64, span), out)
        elif isinstance(place, Slice):
            if not isinstance(place.value, Name):
                raise CompileError("only a part of a named place can be written", span)
            whole = self.meaning(place.value.name, out, span)
            high, low = self.fixed(place.high, out), self.fixed(place.low, out)
            if not isinstance(whole, InCells) or len(whole.view.slots) != 1:
                raise CompileError("only a part of a cell can be written", span)
            slot = whole.view.slots[0]
            part = Slot(slot.cell, slot.low + high, slot.low + low)
            self.write_slot(part, self.fit(value, high - low + 1, span), out)
        else:
            meaning = self.meaning(place.name, out, span)
            if isinstance(meaning, InCells):
                self.write_view(meaning.view, self.fit(value, meaning.view.width, span), out)
            elif isinstance(meaning, InMemory):
                address = self.effective(meaning.address, out)
                fitted = self.fit(value, meaning.width, span, narrowing=True)
                self.store(meaning.segment, address, meaning.width, fitted, out, span)
            else:
                raise CompileError(f"{place.name} is no place", span)

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

    def write_view(self, view: View, value: Code, out: _Block) -> None:
        """Emit the writing of all slots of a view."""
        if view.zero_extends:
            slot = view.slots[0]
            width = self.spec.layout.cells[slot.cell].width
            extended = self.emitter.zero_extend(self.emitter.as_number(value), view.width, width)
            self.write_slot(Slot(slot.cell, width - 1, 0), Code(extended, width), out)
            return
        held = out.keep(value) if len(view.slots) > 1 else value
        low = view.width
        for slot in view.slots:
            low -= slot.width
            if slot.cell >= 0:
                text = self.emitter.part(held.text, low + slot.width - 1, low, view.width)
                self.write_slot(slot, Code(text, slot.width) if len(view.slots) > 1 else held, out)

    def write_slot(self, slot: Slot, value: Code, out: _Block) -> None:
        """Emit the writing of a part of a cell."""
        self.wrote = True
        cell = self.spec.layout.cells[slot.cell]
        text = self.emitter.as_number(value)
        whole = slot.width == cell.width
        if self.emitter.symbolic:
            guard = out.guards.writes
            part = "" if whole else f", {slot.high}, {slot.low}"
            out.write(f"m.write{'_part' if part else ''}({slot.cell}, {text}, {guard}{part})")
        elif whole:
            out.write(f"s[{slot.cell}] = {text}")
        else:
            mask = terms.ones(cell.width) ^ terms.ones(slot.width) << slot.low
            moved = f"({text} << {slot.low})" if slot.low else text
            out.write(f"s[{slot.cell}] = s[{slot.cell}] & {mask} | {moved}")

    def write_msr(self, index: Code, value: Code, out: _Block) -> None:
        """Emit the writing of a model-specific register by number."""
        self.wrote = True
        text = self.emitter.as_number(value)
        if self.emitter.symbolic:
            out.write(f"m.write_msr({index.text}, {text}, {out.guards.writes})")
            return
        held = out.keep(index)
        cell = self.fresh("k")
        self.globals["MSRS"] = self._msr_cells()
        out.write(f"{cell} = MSRS.get({held.text})")
        out.write(f"if {cell} is None:\n m.write_msr({held.text}, {text})\nelse:\n s[{cell}] = {text}")

    def _msr_cells(self) -> dict[int, int]:
        layout = self.spec.layout
        return {msr.index: layout.views[msr.cell].slots[0].cell for msr in layout.msrs}

    # ---- memory ----

    def store(self, segment: str, address: Code, size: int, value: Code, out: _Block, span: Span) -> None:
        """Emit a checked store of ``size`` bits."""
        linear = self.access(segment, address, size, 1, out, span)
        text = self.emitter.as_number(value)
        guard = f", {out.guards.writes}" if self.emitter.symbolic else ""
        out.write(f"m.store({linear}, {size // 8}, {text}{guard})")
        self.wrote = True

    def access(self, segment: str, address: Code, size: int, is_write: int, out: _Block, span: Span) -> str:
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

    def reach_table(self, linear: Code, size: int, is_write: int, out: _Block, span: Span) -> None:
        """Emit the check of an access to a table, which the processor makes on its own."""
        meanings: list[Meaning] = [Local("p_linear", 64), Constant(size // 8), Constant(is_write, 1)]
        if self.emitter.symbolic:
            self.checked_later(CHECK_TABLE, "reach", meanings, [linear.text], out, span)
        else:
            self.call(CHECK_TABLE, meanings, [linear.text], out, span)

    def checked_later(
        self, procedure: str, how: str, meanings: list[Meaning], values: list[str], out: _Block, span: Span
    ) -> None:
        """Emit the check of an access so that the machine may assume it instead."""
        function, _ = self.compiler.procedure(procedure, self.mode, meanings, span)
        handle = self.fresh("check_")
        self.globals[handle] = function
        reached, writes = out.guards.reached, out.guards.writes
        out.write(f"{reached} = m.{how}({handle}, {', '.join((reached, writes, 'A', *values))})")
        self.may_fault = out.may_fault = True

    def load(self, segment: str, address: Code, size: int, out: _Block, span: Span, is_write: int = 0) -> Code:
        """Emit a checked load of ``size`` bits and return its value.

        ``is_write`` says that the same place is written later: then the processor asks for that at once.
        """
        linear = self.access(segment, address, size, is_write, out, span)
        return out.keep(Code(f"m.load({linear}, {size // 8})", size), "b")

    def effective(self, address: Effective, out: _Block) -> Code:
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

    # ---- expressions ----

    def fixed(self, expr: Expr, out: _Block) -> int:
        """Return the value of an expression that must be constant."""
        value = self.expression(expr, out)
        if value.constant is None:
            raise CompileError("this must be a constant", expr.span)
        return value.constant

    def read_view(self, view: View) -> Code:
        """Return the reading of a place in cells."""
        text, width = "", 0
        for slot in view.slots:
            if slot.cell < 0:
                part = str(slot.constant)
            else:
                cell = self.spec.layout.cells[slot.cell]
                part = self.emitter.cell(slot.cell)
                if slot.width != cell.width:
                    part = self.emitter.part(part, slot.high, slot.low, cell.width)
            text = part if not width else self.emitter.pair(text, width, part, slot.width)
            width += slot.width
        return Code(text, width)

    def expression(self, expr: Expr, out: _Block) -> Code:
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

    def value_of(self, meaning: Meaning, out: _Block, span: Span, is_write: int = 0) -> Code:
        """Return the code that reads what a name stands for; ``is_write`` as in :meth:`load`."""
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

    def read_msr(self, index: Code, out: _Block) -> Code:
        """Return the reading of a model-specific register by number."""
        if self.emitter.symbolic:
            return Code(f"m.read_msr({index.text})", 64)
        held = out.keep(index)
        self.globals["MSRS"] = self._msr_cells()
        return Code(f"(s[MSRS[{held.text}]] if {held.text} in MSRS else m.read_msr({held.text}))", 64)

    def slice(self, expr: Slice, out: _Block) -> Code:
        """Return a part of a value."""
        value = self.expression(expr.value, out)
        high, low = self.fixed(expr.high, out), self.fixed(expr.low, out)
        width = value.width or (CARRIER if value.constant is not None else 0)
        if not 0 <= low <= high < width:
            raise CompileError(f"bits {high} to {low} are not in a value of {width} bits", expr.span)
        if value.constant is not None:
            return constant(value.constant >> low & terms.ones(high - low + 1), high - low + 1)
        if high - low + 1 == value.width:
            return value
        return Code(self.emitter.part(self.emitter.as_number(value), high, low, width), high - low + 1)

    def concat(self, expr: Concat, out: _Block) -> Code:
        """Return one value above another."""
        high, low = self.expression(expr.high, out), self.expression(expr.low, out)
        if high.width is None or low.width is None:
            raise CompileError("both sides of a colon need a width", expr.span)
        texts = self.emitter.as_number(high), self.emitter.as_number(low)
        return Code(self.emitter.pair(texts[0], high.width, texts[1], low.width), high.width + low.width)

    def unary(self, expr: Unary, out: _Block) -> Code:
        """Return a negation."""
        value = self.expression(expr.operand, out)
        if expr.op == "NOT":
            self.truth(value, expr.operand.span)
            if value.constant is not None:
                return constant(value.constant ^ 1, 1)
            if value.is_plain:
                return Code(_PLAIN.negation(value.text), 1, is_truth=True, is_plain=True)
            return Code(self.emitter.negation(value.text), 1, is_truth=True)
        if value.constant is not None:
            return constant(-value.constant, value.width)
        if value.width is None:
            raise CompileError("a negative value needs a width", expr.span)
        return Code(self.emitter.minus(value.text, value.width), value.width)

    def truth(self, value: Code, span: Span) -> None:
        """Check that a value is a truth value."""
        if value.width not in (1, None) or (value.constant is not None and value.constant not in (0, 1)):
            raise CompileError(f"a truth value has one bit, not {value.width}", span)

    def binary(self, expr: Binary, out: _Block) -> Code:
        """Return an operator applied to two values of one width."""
        left, right = self.expression(expr.left, out), self.expression(expr.right, out)
        if expr.op in CONNECTIVES:
            return self.connective(expr, left, right)
        width = left.width if left.width is not None else right.width
        if None not in (left.width, right.width) and left.width != right.width:
            raise CompileError(f"{expr.op} joins {left.width} bits and {right.width} bits", expr.span)
        if width is None and left.constant is not None and right.constant is not None:
            return self._folded(expr, left.constant, right.constant, width)
        width = width or CARRIER
        left = left if left.width is not None else self.cut(left, width, expr.left.span)
        right = right if right.width is not None else self.cut(right, width, expr.right.span)
        if left.constant is not None and right.constant is not None:
            return self._folded(expr, left.constant, right.constant, width)
        texts = self.emitter.as_number(left), self.emitter.as_number(right)
        if expr.op in COMPARISONS:
            return Code(self.emitter.compare(expr.op, *texts, width), 1, is_truth=True)
        return Code(self.emitter.binary(expr.op, *texts, width), width)

    def _folded(self, expr: Binary, left: int, right: int, width: int | None) -> Code:
        if expr.op in COMPARISONS:
            compare = {"=": left == right, "≠": left != right, "<": left < right, "≤": left <= right}
            compare |= {">": left > right, "≥": left >= right}
            return constant(int(compare[expr.op]), 1)
        wide = {"+": left + right, "-": left - right, "*": left * right, "&": left & right, "|": left | right}
        wide |= {"^": left ^ right, "<<": left << right if 0 <= right < 4096 else 0, ">>": left >> max(right, 0)}
        value = wide[expr.op]
        return constant(value if width is None else value & terms.ones(width), width)

    def connective(self, expr: Binary, left: Code, right: Code) -> Code:
        """Return AND or OR; a constant side decides."""
        for value, side in ((left, expr.left), (right, expr.right)):
            self.truth(value, side.span)
        absorbing = 0 if expr.op == "AND" else 1
        for one, other in ((left, right), (right, left)):
            if one.constant is not None:
                return constant(absorbing, 1) if one.constant == absorbing else other
        plain = left.is_plain and right.is_plain
        emitter = _PLAIN if plain else self.emitter
        join = emitter.both if expr.op == "AND" else emitter.either
        return Code(join(left.text, right.text), 1, is_truth=True, is_plain=plain)

    def conditional(self, expr: Conditional, out: _Block) -> Code:
        """Return one of two values; a constant condition leaves one of them."""
        test = self.expression(expr.condition, out)
        self.truth(test, expr.condition.span)
        if test.constant is not None:
            return self.expression(expr.then if test.constant else expr.otherwise, out)
        could_fault, out.may_fault = out.may_fault, False
        then, otherwise = self.expression(expr.then, out), self.expression(expr.otherwise, out)
        if out.may_fault:
            # Both arms are worked out, and one of them must not raise what belongs to the other.
            raise CompileError("memory cannot be reached inside a conditional value", expr.span, "use IF statements")
        out.may_fault = could_fault
        width = then.width if then.width is not None else otherwise.width
        if None not in (then.width, otherwise.width) and then.width != otherwise.width:
            raise CompileError(f"the arms have {then.width} and {otherwise.width} bits", expr.span)
        texts = self.emitter.as_number(then), self.emitter.as_number(otherwise)
        choice = (_PLAIN if test.is_plain else self.emitter).choice
        plain = test.is_plain and all(each.constant is not None or each.is_plain for each in (then, otherwise))
        return Code(choice(test.text, *texts, width or CARRIER), width, is_plain=plain)

    def apply(self, expr: Call, out: _Block) -> Code:
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

    def function(self, name: str, meanings: Sequence[Meaning], out: _Block, span: Span) -> Code:
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

    def division(self, expr: Call, out: _Block) -> Code:
        """Return quotient or remainder of two numbers without sign, of one width."""
        one, other = (self.expression(each, out) for each in expr.arguments)
        width = one.width or other.width
        if width is None:
            raise CompileError(f"{expr.name} needs a width", expr.span)
        left, right = (self.emitter.as_number(self.fit(each, width, expr.span)) for each in (one, other))
        return Code(self.emitter.binary(expr.name, left, right, width), width)

    def completes(self, expr: Call, out: _Block) -> Code:
        """Return whether a procedure that only checks would complete; what it raises is then not raised."""
        (call,) = expr.arguments
        callee = self.spec.definition(call.name) if isinstance(call, Call) else None
        if not isinstance(call, Call) or not isinstance(callee, Procedure):
            raise CompileError("completes takes the call of a procedure", expr.span)
        if not all(isinstance(each, (If, Fault, Let)) for each in _statements(callee.body)):
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

    def address_of(self, expr: Call, out: _Block) -> Code:
        """Return the effective address of a memory operand."""
        (argument,) = expr.arguments
        meaning = self.meaning(argument.name, out, expr.span) if isinstance(argument, Name) else None
        if not isinstance(meaning, InMemory):
            raise CompileError("effective_address takes a memory operand", expr.span)
        return self.effective(meaning.address, out)

    def extension(self, expr: Call, out: _Block) -> Code:
        """Return zero_extend, sign_extend or signed."""
        value = self.expression(expr.arguments[0], out)
        if expr.name == "signed":
            width = value.width or 64
            return Code(self.emitter.binary("^", value.text, str(1 << width - 1), width), width)
        to = self.fixed(expr.arguments[1], out)
        if value.constant is not None and value.width is None:
            return self.cut(value, to, expr.span)
        if value.width is None or value.width > to:
            raise CompileError(f"{value.width} bits cannot be extended to {to}", expr.span)
        text = self.emitter.as_number(value)
        if value.width == to:
            return replace(value, text=text, is_truth=False)
        if value.constant is not None:
            widen = terms.zero_extend if expr.name == "zero_extend" else terms.sign_extend
            return constant(int(cast(int, widen(value.constant, value.width, to))), to)
        extend = self.emitter.zero_extend if expr.name == "zero_extend" else self.emitter.sign_extend
        return Code(extend(text, value.width, to), to)


def _indented(lines: Iterable[_Written]) -> list[_Written]:
    return [_Written(each.line, f" {each.text}") for each in lines]


def _stamped(lines: Sequence[_Written]) -> ast.Module:
    """Return the parsed text with every node at the line of the spec that it was written for."""
    module = ast.parse("\n".join(each.text for each in lines))
    for node in ast.walk(module):
        if "lineno" in node._attributes:
            node.lineno = node.end_lineno = lines[node.lineno - 1].line  # type: ignore[attr-defined]
            node.col_offset = node.end_col_offset = 0  # type: ignore[attr-defined]
    return module
