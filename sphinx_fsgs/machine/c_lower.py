"""From statements of C to steps of the machine: the instructions, calls and output that stand for them.

Which instructions is data (``spec/compilers/lowering.toml``). A variable is an object of its own at an address
below 2 GiB; one that is declared with a constant holds it from the start.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace
from difflib import SequenceMatcher
from typing import TypeVar, cast

from sphinx_fsgs.diagnostic import Diagnostic, did_you_mean, suggestion
from sphinx_fsgs.machine.c_inline import InlineError, Operand, filled
from sphinx_fsgs.machine.c_source import preprocess
from sphinx_fsgs.machine.c_types import COMPARISONS, Kind, common, kind_in, kind_of, number_kind, object_kind
from sphinx_fsgs.source import Fragment, Line, Span
from sphinx_fsgs.spec.c import WIDTHS
from sphinx_fsgs.spec.model import Spec
from sphinx_fsgs.syntax.assembly import AsmStatement, Environment, Label, Output, Shown
from sphinx_fsgs.syntax.c import (
    CAct,
    CBinary,
    CCall,
    CCast,
    CDeclaration,
    CExpr,
    CIf,
    CInline,
    CName,
    CNumber,
    CPlace,
    CStatement,
    CString,
    CType,
    CUnary,
)
from sphinx_fsgs.syntax.example import Assumption, Bind, Symbol
from sphinx_fsgs.syntax.expression import Memory, Name, Number, Slice
from sphinx_fsgs.syntax.printf import FormatError, pieces_of
from sphinx_fsgs.syntax.read_assembly import read_assembly

NOT_RUN = "FSGS171"
NEARLY_KNOWN = "FSGS172"

AUTHORITY = "the statements of C that are run"
FIRST_ADDRESS = 0x10000
STRIDE = 0x1000
"""Variables lie a page apart, so that no access to one reaches another."""

NEARLY = 0.9
"""How much of a name that nothing declares must be that of a known one to be taken for a slip."""

MAX_STATEMENTS = 1_000
"""More statements of one example are not lowered: the rest would not be run within the bounds of a run either."""

MAX_MACROS = 50
"""Macros within macros are followed so far."""

_WAY_OUT = 'write "...." for it, or keep the block out of the checks with `.. fsgs: skip REASON`'
_FLIPPED = {"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable: where it lies and what it holds."""

    name: str
    type: CType
    kind: Kind
    address: int


@dataclass(frozen=True, slots=True)
class Lowered:
    """A run for the machine with what holds before it; what could not be lowered stands in the findings."""

    run: tuple[AsmStatement, ...]
    before: tuple[Assumption, ...]
    variables: Mapping[str, Variable]
    assumed: tuple[str, ...]
    diagnostics: tuple[Diagnostic, ...]


class _Refused(Exception):
    """A statement cannot be lowered; ``diagnostic`` says why."""

    def __init__(self, span: Span, message: str, help_text: str = _WAY_OUT) -> None:
        super().__init__(message)
        self.diagnostic = Diagnostic(NOT_RUN, "error", span, message, AUTHORITY, help_text)


def lower(statements: Iterable[CStatement], spec: Spec) -> Lowered:
    """Return what statements of C are to the machine."""
    source = preprocess(statements, spec)
    lowering = _Lowering(spec, source.macros, source.assumed)
    for number, statement in enumerate(source.statements):
        if number == MAX_STATEMENTS:
            lowering.found.append(_Refused(statement.span, f"more than {MAX_STATEMENTS} statements").diagnostic)
            break
        lowering.statement(statement)
    return Lowered(
        tuple(lowering.run),
        tuple(lowering.before),
        lowering.variables,
        tuple(source.assumed),
        tuple(lowering.found),
    )


def constant_of(expr: CExpr, macros: Mapping[str, CExpr], spec: Spec) -> int | None:
    """Return the number that an expression is by itself and by these macros, None when it is none."""
    try:
        found = _Lowering(spec, macros, {}).constant(expr)
    except _Refused:
        return None
    return None if found is None else found[0]


@dataclass(slots=True)
class _Lowering:
    spec: Spec
    macros: Mapping[str, CExpr]
    assumed: dict[str, None]
    run: list[AsmStatement] = field(default_factory=list)
    before: list[Assumption] = field(default_factory=list)
    variables: dict[str, Variable] = field(default_factory=dict)
    found: list[Diagnostic] = field(default_factory=list)
    _labels: int = 0
    _span: Span = Span("", 1, 1, 1, 1)

    def statement(self, statement: CStatement) -> None:
        """Lower one statement; one that cannot be is reported and leaves nothing behind."""
        length = len(self.run)
        self._span = statement.span
        try:
            match statement:
                case CDeclaration():
                    self._declaration(statement)
                case CAct(op=""):
                    self._call_alone(statement)
                case CAct():
                    self._assignment(statement)
                case CIf():
                    self._if(statement)
                case CInline():
                    self._inline(statement)
                case _:
                    pass
        except _Refused as error:
            del self.run[length:]
            self.found.append(error.diagnostic)

    # ---- statements

    def _declaration(self, statement: CDeclaration) -> None:
        for each in statement.variables:
            variable = self._declare(each.name, each.type, each.span)
            if each.initial is None:
                continue
            constant = self.constant(each.initial)
            if constant is not None and not constant[1].is_pointer:
                self._initially(variable, constant[0], each.span)
            elif isinstance(each.initial, CUnary) and each.initial.op == "&" and self._is_variable(each.initial):
                self._initially(variable, self._variable(cast(CName, each.initial.operand)).address, each.span)
            else:
                self._store(CName(each.name, each.span), self._value(each.initial, 0), 0)

    def _is_variable(self, address: CUnary) -> bool:
        return isinstance(address.operand, CName) and address.operand.name in self.variables

    def _initially(self, variable: Variable, value: int, span: Span) -> None:
        place = Memory("", Number(variable.address, span), Number(variable.kind.bits, span), span)
        held = value & (1 << variable.kind.bits) - 1
        self.before.append(Bind(place, Number(held, span), span))

    def _declare(self, name: str, declared: CType, span: Span) -> Variable:
        known = self.variables.get(name)
        if known is not None:
            if known.type != declared:
                raise _Refused(span, f"{name} is declared a second time, with another type", "keep one of them")
            return known
        kind = kind_of(declared, self.spec)
        if declared.space and declared.space not in self.spec.address_spaces:
            near = suggestion(declared.space, self.spec.address_spaces)
            raise _Refused(span, f"unknown address space {declared.space}", near or _WAY_OUT)
        if kind is None:
            what = "a variable in an address space" if declared.space else f'the type "{declared}"'
            raise _Refused(span, f"{what} is not among what is run")
        variable = Variable(name, declared, kind, FIRST_ADDRESS + STRIDE * len(self.variables))
        self.variables[name] = variable
        self.before.append(Symbol(name, Number(variable.address, span), span))
        return variable

    def _call_alone(self, statement: CAct) -> None:
        call = statement.target
        while isinstance(call, CCast):
            call = call.operand
        if not isinstance(call, CCall):
            raise _Refused(call.span, "this expression does nothing", "assign it, or leave it out")
        if call.name in self.spec.c_steps.output:
            self._output(call, statement.text)
        else:
            self._call(call, 0)

    def _assignment(self, statement: CAct) -> None:
        assert statement.value is not None
        value = statement.value
        if statement.op != "=":
            op = statement.op.removesuffix("=")
            value = CBinary(op, statement.target, value, statement.span)  # type: ignore[arg-type]
        self._store(statement.target, self._value(value, 0), 0)

    def _if(self, statement: CIf) -> None:
        otherwise, end = self._label(), self._label()
        self._unless(statement.condition, otherwise, 0)
        for each in statement.then:
            self.statement(each)
        self._span = statement.span
        if statement.otherwise:
            self._step("jump", label=end)
        self.run.append(Label(otherwise, statement.span))
        for each in statement.otherwise:
            self.statement(each)
        if statement.otherwise:
            self.run.append(Label(end, statement.span))

    def _label(self) -> str:
        self._labels += 1
        return f".L{self._labels}"

    # ---- conditions

    def _unless(self, condition: CExpr, label: str, n: int) -> None:
        """Jump to a label where a condition does not hold."""
        match condition:
            case CUnary(op="!", operand=operand):
                self._where(operand, label, n)
            case CBinary(op="&&", left=left, right=right):
                self._unless(left, label, n)
                self._unless(right, label, n)
            case CBinary(op="||", left=left, right=right):
                holds = self._label()
                self._where(left, holds, n)
                self._unless(right, label, n)
                self.run.append(Label(holds, condition.span))
            case CBinary(op=op, left=left, right=right) if op in _FLIPPED:
                self._compare(op, left, right, label, n)
            case _:
                self._value(condition, n)
                self._step("is_set", n)
                self._jump_unless("!=", False, label)

    def _where(self, condition: CExpr, label: str, n: int) -> None:
        """Jump to a label where a condition holds."""
        match condition:
            case CUnary(op="!", operand=operand):
                self._unless(operand, label, n)
            case CBinary(op="&&" | "||"):
                behind = self._label()
                self._unless(condition, behind, n)
                self._step("jump", label=label)
                self.run.append(Label(behind, condition.span))
            case CBinary(op=op, left=left, right=right) if op in _FLIPPED:
                self._compare(_FLIPPED[op], left, right, label, n)
            case _:
                self._value(condition, n)
                self._step("is_set", n)
                self._jump_unless("==", False, label)

    def _compare(self, op: str, left: CExpr, right: CExpr, label: str, n: int) -> None:
        one, other = self._value(left, n), self._value(right, n + 1)
        kind = Kind(64) if one.is_pointer or other.is_pointer else common(one, other)
        self._convert(n, one, kind)
        self._convert(n + 1, other, kind)
        self._step("compare", n, source=n + 1)
        self._jump_unless(op, kind.signed, label)

    def _jump_unless(self, op: str, signed: bool, label: str) -> None:
        self._assemble(self.spec.c_steps.unless[signed, op].format(label=label))

    # ---- values

    def _value(self, expr: CExpr, n: int) -> Kind:
        """Compute a value into the n-th register, extended to all of it; return what it is."""
        constant = self.constant(expr)
        if constant is not None:
            value, kind = constant
            self._step("constant", n, value=f"{value & (1 << 64) - 1:#x}")
            return kind
        match expr:
            case CName():
                return self._named(expr, n)
            case CCast(type=type_, operand=operand):
                found, kind = self._value(operand, n), self._kind(type_, expr.span)
                self._convert(n, found, kind)
                return kind
            case CUnary():
                return self._unary(expr, n)
            case CBinary():
                return self._binary(expr, n)
            case CCall():
                return self._call(expr, n)
            case CNumber() | CString():
                raise _Refused(expr.span, "a text has no value here", "give it to printf alone")

    def _named(self, expr: CName, n: int) -> Kind:
        if expr.name in self.macros:
            return self._value(self._expanded(expr), n)
        variable = self._variable(expr)
        self._step("load", n, bits=variable.kind.bits, symbol=variable.name)
        return self._extended(n, variable.kind)

    def _variable(self, expr: CName) -> Variable:
        """Return a variable; one that is nowhere declared is taken as one of any value."""
        if expr.name in self.variables:
            return self.variables[expr.name]
        near = did_you_mean(expr.name, {*self.spec.constants, *self.variables, *self.macros})
        # fsbase and gsbase are two names, MSR_GS_BAS is one that lacks a letter.
        near = near if SequenceMatcher(None, expr.name, near).ratio() >= NEARLY else ""
        self.assumed[f"{expr.name}, which is not declared here, is an unsigned long of any value"] = None
        if near:
            message = f"{expr.name} is not declared here; it is taken as a variable of any value"
            hint = f'did you mean "{near}"?'
            self.found.append(Diagnostic(NEARLY_KNOWN, "note", expr.span, message, AUTHORITY, hint))
        return self._declare(expr.name, CType(("unsigned", "long")), expr.span)

    def _expanded(self, expr: CExpr) -> CExpr:
        for _ in range(MAX_MACROS):
            if not isinstance(expr, CName) or expr.name not in self.macros:
                return expr
            expr = self.macros[expr.name]
        raise _Refused(expr.span, "this macro leads to itself", "define it by a value")

    def _kind(self, declared: CType, span: Span) -> Kind:
        kind = kind_of(declared, self.spec)
        if kind is None:
            raise _Refused(span, f'the type "{declared}" is not among what is run')
        return kind

    def _unary(self, expr: CUnary, n: int) -> Kind:
        operand = expr.operand
        if expr.op == "&":
            return self._address(expr, n)
        if expr.op == "*":
            return self._follow(operand, n)
        if expr.op == "!":
            raise _Refused(expr.span, "this is read as a condition only", "write it into an if")
        kind = self._value(operand, n)
        if expr.op != "+":
            self._step("negate" if expr.op == "-" else "~", n)
        return self._settled(n, common(kind, kind))

    def _address(self, expr: CUnary, n: int) -> Kind:
        operand = self._expanded(expr.operand)
        if isinstance(operand, CUnary) and operand.op == "*":
            return self._value(operand.operand, n)
        if not isinstance(operand, CName) or operand.name in self.spec.constants:
            raise _Refused(expr.span, "this has no address", "take the address of a variable")
        variable = self._variable(operand)
        self._step("address", n, symbol=variable.name)
        return Kind(self.spec.c_types.pointer_bits, False, variable.type)

    def _follow(self, pointer: CExpr, n: int) -> Kind:
        """Load what a pointer leads to, through the segment of its address space."""
        kind, segment = self._pointed(pointer, self._value(pointer, n))
        self._step("follow", n, bits=kind.bits, segment=segment)
        return self._extended(n, kind)

    def _pointed(self, pointer: CExpr, kind: Kind) -> tuple[Kind, str]:
        pointee = kind.pointee
        found = None if pointee is None else object_kind(pointee, self.spec)
        if pointee is None or found is None:
            raise _Refused(
                pointer.span, "nothing is known of where this leads", "declare it as a pointer to an integer"
            )
        if pointee.pointers or not pointee.space:
            return found, ""
        return found, f"%{self.spec.address_spaces[pointee.space].segment.lower()}:"

    def _binary(self, expr: CBinary, n: int) -> Kind:
        if expr.op in COMPARISONS:
            raise _Refused(expr.span, "this is read as a condition only", "write it into an if")
        if expr.op in ("<<", ">>"):
            return self._shift(expr, n)
        if expr.op == "*":
            raise _Refused(expr.span, "products of values that are no constants are not run")
        left, right = self._value(expr.left, n), self._value(expr.right, n + 1)
        if left.is_pointer or right.is_pointer:
            return self._moved(expr, left, right, n)
        kind = common(left, right)
        self._step(expr.op, n, source=n + 1)
        return self._settled(n, kind)

    def _moved(self, expr: CBinary, left: Kind, right: Kind, n: int) -> Kind:
        """Compute a pointer and a number: the number counts objects."""
        pointee = left.pointee or right.pointee
        kind = None if pointee is None else object_kind(pointee, self.spec)
        if kind is None or left.is_pointer == right.is_pointer or expr.op not in ("+", "-"):
            raise _Refused(expr.span, "this is not computed with pointers")
        self._step("<<", n + 1 if left.is_pointer else n, value=str((kind.bits // 8).bit_length() - 1))
        self._step(expr.op, n, source=n + 1)
        return left if left.is_pointer else right

    def _shift(self, expr: CBinary, n: int) -> Kind:
        count = self.constant(expr.right)
        kind = self._value(expr.left, n)
        kind = common(kind, kind)
        if count is None or not 0 <= count[0] < kind.bits or (expr.op == ">>" and kind.signed):
            raise _Refused(expr.span, "only shifts by a number are run, and to the right only of what has no sign")
        self._step(expr.op, n, value=str(count[0]))
        return self._settled(n, kind)

    def _store(self, target: CExpr, kind: Kind, n: int) -> None:
        """Store the n-th register where an expression says."""
        target = self._expanded(target)
        if isinstance(target, CName) and target.name not in self.spec.constants:
            variable = self._variable(target)
            self._step("store", n, bits=variable.kind.bits, symbol=variable.name)
        elif isinstance(target, CUnary) and target.op == "*":
            held, segment = self._pointed(target, self._value(target.operand, n + 1))
            self._step("put", n, bits=held.bits, segment=segment, source=n + 1)
        else:
            raise _Refused(target.span, "nothing can be assigned to this", "assign to a variable, or through a pointer")

    # ---- widths

    def _convert(self, n: int, found: Kind, kind: Kind) -> None:
        """Bring the n-th register from the kind that it holds to another."""
        kept = found.bits < kind.bits and not found.signed or (found.bits, found.signed) == (kind.bits, kind.signed)
        if kind.bits < 64 and not kept:
            self._settled(n, kind)

    def _settled(self, n: int, kind: Kind) -> Kind:
        """Extend the low bits of the n-th register to all of it, as their kind says."""
        if kind.bits == 32:
            self._step("cut_32", n, bits=32)
        return self._extended(n, kind)

    def _extended(self, n: int, kind: Kind) -> Kind:
        """Extend a value that was computed or loaded in its own width."""
        if kind.bits < 32:
            self._step("cut", n, bits=kind.bits)
        if kind.bits < 64 and kind.signed:
            self._step("sign", n, bits=kind.bits)
        return kind

    # ---- constants

    def constant(self, expr: CExpr, depth: int = 0) -> tuple[int, Kind] | None:
        """Return what an expression is without running anything, None when it depends on something."""
        if depth > MAX_MACROS:
            raise _Refused(expr.span, "this macro leads to itself", "define it by a value")
        match expr:
            case CNumber():
                return expr.value & (1 << 64) - 1, number_kind(expr)
            case CName(name=name) if name in self.variables:
                return None
            case CName(name=name) if name in self.macros:
                return self.constant(self.macros[name], depth + 1)
            case CName(name=name) if name in self.spec.constants:
                value = self.spec.constants[name]
                return value, number_kind(CNumber(value, "", expr.span))
            case CCast(type=declared, operand=operand):
                found, kind = self.constant(operand, depth + 1), kind_of(declared, self.spec)
                return None if found is None or kind is None else (kind.fits(found[0]), kind)
            case CUnary(op=op, operand=operand) if op in _UNARY:
                found = self.constant(operand, depth + 1)
                if found is None or found[1].is_pointer:
                    return None
                kind = common(found[1], found[1])
                return kind.fits(_UNARY[op](found[0])), kind
            case CBinary(op=op, left=left, right=right) if op in _BINARY:
                one, other = self.constant(left, depth + 1), self.constant(right, depth + 1)
                return None if one is None or other is None else _computed(op, one, other)
            case _:
                return None

    # ---- calls

    def _call(self, call: CCall, n: int) -> Kind:
        intrinsic = self.spec.intrinsics.get(call.name)
        if intrinsic is not None:
            return self._intrinsic(call, n)
        if call.name in self.spec.index.services:
            return self._service(call, n)
        known = {*self.spec.intrinsics, *self.spec.index.services, *self.spec.c_steps.output}
        hint = suggestion(call.name, known)
        raise _Refused(call.name_span, f"what {call.name} does is not known", hint or _WAY_OUT)

    def _intrinsic(self, call: CCall, n: int) -> Kind:
        """Lower a function that is one instruction: its argument, or its result, is the instruction's operand."""
        row = self.spec.intrinsics[call.name]
        stem, mnemonic = self._instruction(row.instruction)
        takes = "source" in {role.rpartition(" ")[2] for role in self.spec.instruction(stem).roles}
        self._check_count(call, int(takes))
        kind = Kind(row.bits)
        if takes:
            self._value(call.arguments[0], n)
        self._assemble(f"{mnemonic} %{self._part(n, row.bits, call.span)}")
        return Kind(row.bits) if not takes else kind

    def _instruction(self, name: str) -> tuple[str, str]:
        mnemonic = name.lower()
        return self.spec.index.subjects[mnemonic], mnemonic

    def _service(self, call: CCall, n: int) -> Kind:
        """Lower a call of the platform: the arguments in registers, the result from where it is given."""
        service = self.spec.service(call.name)
        self._check_count(call, len(service.parameters))
        names = []
        for number, argument in enumerate(call.arguments):
            self._value(argument, n + number)
            names.append(Name(self._part(n + number, 64, argument.span).upper(), argument.span))
        text = f"{call.name}({', '.join(f'%{each.name.lower()}' for each in names)})"
        self.run.append(Environment(call.name, tuple(names), None, text, self._span, succeeds=False))
        self._copied(service.result.lower(), self._part(n, 64, call.span))
        return Kind(64, True)

    def _check_count(self, call: CCall, count: int) -> None:
        if len(call.arguments) != count:
            what = f"{count} argument{'' if count == 1 else 's'}"
            raise _Refused(call.span, f"{call.name} takes {what}, not {len(call.arguments)}", "write them all")

    def _output(self, call: CCall, text: str) -> None:
        line = self.spec.c_steps.output[call.name]
        if not call.arguments or not isinstance(call.arguments[0], CString):
            raise _Refused(call.span, "what it prints has to be a text that is written here", "write the text itself")
        form, *given = call.arguments
        assert isinstance(form, CString)
        try:
            pieces = pieces_of(form.value) if line == "format" else (form.value + "\n",)
        except FormatError as error:
            raise _Refused(form.span, str(error)) from None
        conversions = [each for each in pieces if not isinstance(each, str)]
        if len(conversions) != len(given):
            message = f"the text has {len(conversions)} conversions, and there are {len(given)} values"
            raise _Refused(call.span, message, "give one value for each")
        shown: list[str | Shown] = []
        values = iter(given)
        for number, piece in enumerate(pieces):
            if isinstance(piece, str):
                shown.append(piece)
                continue
            n = sum(not isinstance(each, str) for each in pieces[:number])
            argument = next(values)
            if piece.takes_text:
                if not isinstance(argument, CString):
                    raise _Refused(argument.span, "the text that it prints has to be written here")
                shown.append(argument.value)
                continue
            self._value(argument, n)
            register = Name(self._part(n, 64, argument.span).upper(), argument.span)
            low = Number(0, argument.span)
            shown.append(Shown(Slice(register, Number(piece.bits - 1, argument.span), low, argument.span), piece))
        self.run.append(Output(tuple(shown), call.name, text, self._span))

    def _inline(self, statement: CInline) -> None:
        """Lower inline assembly: its inputs into registers, its lines, its outputs out of registers."""
        places = (*statement.outputs, *statement.inputs)
        operands: list[Operand] = []
        try:
            for n, place in enumerate(places):
                operands.append(self._operand(n, place, operands))
            self._inputs(statement, places, operands)
            lines = tuple(filled(statement, operands))
        except InlineError as error:
            raise _Refused(error.span or statement.span, str(error)) from None
        for text, span in lines:
            self._assemble(text, span)
        for n, place in enumerate(statement.outputs):
            if operands[n].views:
                index = n
                if operands[n].index < 0:
                    self._copied(operands[n].views[0], self._part(index, 64, place.span))
                self._store(place.value, Kind(64), index)

    def _inputs(self, statement: CInline, places: Sequence[CPlace], operands: Sequence[Operand]) -> None:
        """Compute the inputs, then bring those into their register whose constraint names one."""
        computed = []
        for n, place in enumerate(places):
            is_input = n >= len(statement.outputs) or "+" in place.constraint
            if is_input and operands[n].views:
                index = operands[n].index if operands[n].index >= 0 else n
                self._value(place.value, index)
                computed.append((n, index))
        for n, index in computed:
            if operands[n].index < 0:
                self._copied(self._part(index, 64, places[n].span), operands[n].views[0])

    def _operand(self, n: int, place: CPlace, earlier: Sequence[Operand]) -> Operand:
        """Return what stands for an operand of inline assembly."""
        letters = place.constraint.strip("=+&%")
        value = self._expanded(place.value)
        registers, fixed = self.spec.c_steps.registers, self.spec.c_steps.fixed
        if letters.isdigit() and int(letters) < len(earlier) and earlier[int(letters)].views:
            return earlier[int(letters)]
        if letters in fixed:
            return self._in_register(fixed[letters], -1, value)
        constant = self.constant(value) if set(letters) <= set("inJIKe") and letters else None
        if constant is not None:
            return Operand(f"${constant[0]}")
        if "r" in letters and n < len(registers):
            return self._in_register(registers[n], n, value)
        if set(letters) <= set("mo") and letters and isinstance(value, CName):
            return Operand(self._variable(value).name)
        raise InlineError(f'the constraint "{place.constraint}" is not read', place.span)

    def _in_register(self, views: tuple[str, ...], index: int, value: CExpr) -> Operand:
        if isinstance(value, CName) and value.name not in self.spec.constants:
            self._variable(value)
        kind = kind_in(value, self.variables, self.spec)
        bits = 64 if kind is None else kind.bits
        return Operand("%" + views[WIDTHS.index(bits)], views, index)

    def _copied(self, source: str, to: str) -> None:
        for line in self.spec.c_steps.lines["copy"]:
            self._assemble(line.format_map({"from": source, "to": to}))

    # ---- lines

    def _part(self, n: int, bits: int, span: Span) -> str:
        registers = self.spec.c_steps.registers
        if n >= len(registers):
            raise _Refused(span, "too much is computed in one expression", "use variables for parts of it")
        return registers[n][WIDTHS.index(bits)]

    def _step(
        self,
        name: str,
        n: int = 0,
        *,
        bits: int = 64,
        source: int | None = None,
        segment: str = "",
        symbol: str = "",
        value: str = "",
        label: str = "",
    ) -> None:
        """Write the lines of a step, its places filled in."""
        steps = self.spec.c_steps
        named = {
            "to": self._part(n, 64, self._span),
            "part": self._part(n, bits, self._span),
            "from": "" if source is None else self._part(source, 64, self._span),
            "scratch": steps.scratch,
            "suffix": steps.suffixes[bits],
            "mask": f"{(1 << bits) - 1:#x}",
            "sign": f"{1 << bits - 1:#x}",
            "segment": segment,
            "symbol": symbol,
            "value": value,
            "label": label,
        }
        for line in steps.lines[name]:
            self._assemble(line.format_map(named))

    def _assemble(self, text: str, where: Span | None = None) -> None:
        """Add a line of assembly that stands where the statement, or a text in it, stands."""
        span = where or self._span
        parsed = read_assembly(Fragment((Line(text, span.path, span.line, span.column),)), self.spec.lexicon)
        self.found.extend(replace(each, span=span) for each in parsed.diagnostics)
        self.run.extend(placed(each, span) for each in parsed.tree or ())


def placed(tree: _T, span: Span) -> _T:
    """Return a tree in which everything stands at one place."""
    if not is_dataclass(tree) or isinstance(tree, type):
        return tree
    if isinstance(tree, Span):
        return cast(_T, span)
    changed: dict[str, object] = {}
    for each in fields(tree):
        value = getattr(tree, each.name)
        changed[each.name] = tuple(placed(item, span) for item in value) if isinstance(value, tuple) else value
        if is_dataclass(value):
            changed[each.name] = placed(value, span)
    return replace(tree, **changed)


_UNARY = {"-": lambda value: -value, "~": lambda value: ~value, "+": lambda value: value}
_BINARY = {
    "+": lambda one, other: one + other,
    "-": lambda one, other: one - other,
    "*": lambda one, other: one * other,
    "&": lambda one, other: one & other,
    "|": lambda one, other: one | other,
    "^": lambda one, other: one ^ other,
    "<<": lambda one, other: one << (other & 63),
    ">>": lambda one, other: one >> (other & 63),
}


def _computed(op: str, one: tuple[int, Kind], other: tuple[int, Kind]) -> tuple[int, Kind] | None:
    if one[1].is_pointer or other[1].is_pointer:
        return None
    kind = common(one[1], one[1]) if op in ("<<", ">>") else common(one[1], other[1])
    if op in ("<<", ">>") and not 0 <= other[0] < kind.bits:
        return None
    return kind.fits(_BINARY[op](kind.fits(one[0]), kind.fits(other[0]))), kind
