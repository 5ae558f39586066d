"""The compiler of a spec: each Operation and procedure once for each way it is called."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sphinx_fsgs.diagnostic import suggestion
from sphinx_fsgs.machine.compile.errors import CompileError
from sphinx_fsgs.machine.compile.frame import Sizes
from sphinx_fsgs.machine.compile.function import FunctionCode
from sphinx_fsgs.machine.compile.runtime import Compiled
from sphinx_fsgs.machine.compile.statements import RESULT
from sphinx_fsgs.machine.compile.trees import bind_arguments, expressions_in, statements_in
from sphinx_fsgs.machine.emit import Concrete, Emitter, Symbolic
from sphinx_fsgs.machine.operands import Binding, Constant, InCells, Local, Meaning
from sphinx_fsgs.source import Span
from sphinx_fsgs.spec.model import FaultKind, Spec
from sphinx_fsgs.syntax.expression import Memory, Name, names_in, walk
from sphinx_fsgs.syntax.operation import Assign, Invoke, Procedure, Statement, Undefined

CHECK_FETCH = "check_fetch"
DELIVER = "deliver"


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
            function = FunctionCode(self, binding.mode, stem.lower(), instruction.path)
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
            function = FunctionCode(self, mode, name, found.span.path)
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
                self._done[key] = FunctionCode(self, mode, name, entry.path).build(entry.body.body, names, values)
            finally:
                self.leave()
        return self._done[key]

    def fetch(self, mode: str) -> Compiled:
        """Return the check of the fetch at an address, the first act of a step; behind what :meth:`operation` takes.

        :raises CompileError: when the spec has none.
        """
        address: tuple[Meaning, ...] = (Local("p_address", 64),)
        return self.procedure(CHECK_FETCH, mode, address, Span("", 1, 1, 1, 1))[0]

    def delivery(self, fault: FaultKind, mode: str, handler: str, nested: bool) -> Compiled:
        """Return the delivery of an exception to a handler of a mode.

        Behind what :meth:`operation` takes stands the error code.

        :raises CompileError: when the spec has none, or it is not well formed.
        """
        meanings: tuple[Meaning, ...] = (
            Constant(fault.vector, 32),
            Constant(int(fault.error_code), 1),
            Constant(int(fault.trap), 1),
            Local("p_error", 32),
            Constant(int(mode == "64-bit"), 1),
            Constant(int(nested), 1),
        )
        return self.procedure(DELIVER, handler, meanings, Span("", 1, 1, 1, 1))[0]

    def no_such(self, kind: str, name: str, span: Span) -> CompileError:
        """Return the error that there is no function or procedure of a name."""
        return CompileError(f"there is no {kind} {name}", span, suggestion(name, self.spec.index.definitions))

    def by_reference(self, procedure: Procedure) -> frozenset[str]:
        """Return the parameters that stand for places: assigned, dotted, a segment, or handed on as such."""
        found: set[str] = set()
        if procedure.name not in self._looking:  # a procedure that calls itself is refused where it is compiled
            self._looking.append(procedure.name)
            for statement in statements_in(procedure.body):
                found.update(self._references(statement, procedure.parameters))
            self._looking.pop()
        return frozenset(found)

    def _references(self, statement: Statement, parameters: Sequence[str]) -> Iterator[str]:
        for expr in expressions_in(statement):
            for name in names_in(expr):
                if "." in name.name and name.name.split(".")[0] in parameters:
                    yield name.name.split(".")[0]
            for memory in (each for each in walk(expr) if isinstance(each, Memory)):
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
