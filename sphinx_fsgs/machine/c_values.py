"""Values of C: each is computed into a register, extended to all of it, and stored from there.

Values within a value take the registers behind its own.
"""

from __future__ import annotations

from sphinx_fsgs.diagnostic import suggestion
from sphinx_fsgs.machine.c_code import Code
from sphinx_fsgs.machine.c_constants import Constants
from sphinx_fsgs.machine.c_refused import WAY_OUT, Refused
from sphinx_fsgs.machine.c_types import COMPARISONS, Kind, common, kind_of, object_kind
from sphinx_fsgs.machine.c_variables import Variables
from sphinx_fsgs.records import dataclass
from sphinx_fsgs.spec.model import Spec
from sphinx_fsgs.syntax.assembly import Environment
from sphinx_fsgs.syntax.c import CBinary, CCall, CCast, CExpr, CName, CNumber, CString, CUnary


@dataclass(frozen=True, slots=True)
class Values:
    """Computes values by code; every method raises :class:`Refused` for what is not run."""

    spec: Spec
    code: Code
    variables: Variables
    constants: Constants

    def value(self, expr: CExpr, n: int) -> Kind:
        """Compute a value into the n-th register, extended to all of it; return what it is."""
        constant = self.constants.value(expr)
        if constant is not None:
            value, kind = constant
            self.code.step("constant", n, value=f"{value & (1 << 64) - 1:#x}")
            return kind
        match expr:
            case CName():
                return self._named(expr, n)
            case CCast():
                return self._cast(expr, n)
            case CUnary():
                return self._unary(expr, n)
            case CBinary():
                return self._binary(expr, n)
            case CCall():
                return self.call(expr, n)
            case CNumber() | CString():
                raise Refused(expr.span, "a text has no value here", "give it to printf alone")

    def store(self, target: CExpr, n: int, free: int) -> None:
        """Store the n-th register where an expression says; ``free`` is the first that holds nothing else."""
        target = self.constants.expanded(target)
        if isinstance(target, CName) and target.name not in self.spec.constants:
            variable = self.variables.named(target)
            self.code.step("store", n, bits=variable.kind.bits, symbol=variable.name)
        elif isinstance(target, CUnary) and target.op == "*":
            held, segment = self._pointed(target, self.value(target.operand, free))
            self.code.step("put", n, bits=held.bits, segment=segment, source=free)
        else:
            raise Refused(target.span, "nothing can be assigned to this", "assign to a variable, or through a pointer")

    # ---- names and pointers

    def _named(self, expr: CName, n: int) -> Kind:
        if expr.name in self.constants.macros:
            return self.value(self.constants.expanded(expr), n)
        variable = self.variables.named(expr)
        self.code.step("load", n, bits=variable.kind.bits, symbol=variable.name)
        return self._extended(n, variable.kind)

    def _address(self, expr: CUnary, n: int) -> Kind:
        operand = self.constants.expanded(expr.operand)
        if isinstance(operand, CUnary) and operand.op == "*":
            return self.value(operand.operand, n)
        if not isinstance(operand, CName) or operand.name in self.spec.constants:
            raise Refused(expr.span, "this has no address", "take the address of a variable")
        variable = self.variables.named(operand)
        self.code.step("address", n, symbol=variable.name)
        return Kind(self.spec.c_types.pointer_bits, False, variable.type)

    def _follow(self, pointer: CExpr, n: int) -> Kind:
        """Load what a pointer leads to, through the segment of its address space."""
        kind, segment = self._pointed(pointer, self.value(pointer, n))
        self.code.step("follow", n, bits=kind.bits, segment=segment)
        return self._extended(n, kind)

    def _pointed(self, pointer: CExpr, kind: Kind) -> tuple[Kind, str]:
        pointee = kind.pointee
        found = None if pointee is None else object_kind(pointee, self.spec)
        if pointee is None or found is None:
            raise Refused(pointer.span, "nothing is known of where this leads", "declare it as a pointer to an integer")
        if pointee.pointers or not pointee.space:
            return found, ""
        return found, f"%{self.spec.address_spaces[pointee.space].segment.lower()}:"

    # ---- operators

    def _cast(self, expr: CCast, n: int) -> Kind:
        found, kind = self.value(expr.operand, n), kind_of(expr.type, self.spec)
        if kind is None:
            raise Refused(expr.span, f'the type "{expr.type}" is not among what is run')
        self.convert(n, found, kind)
        return kind

    def _unary(self, expr: CUnary, n: int) -> Kind:
        if expr.op == "&":
            return self._address(expr, n)
        if expr.op == "*":
            return self._follow(expr.operand, n)
        if expr.op == "!":
            raise _condition_only(expr)
        kind = self.value(expr.operand, n)
        if expr.op != "+":
            self.code.step("negate" if expr.op == "-" else "~", n)
        return self._settled(n, common(kind, kind))

    def _binary(self, expr: CBinary, n: int) -> Kind:
        if expr.op in COMPARISONS:
            raise _condition_only(expr)
        if expr.op in ("<<", ">>"):
            return self._shift(expr, n)
        if expr.op == "*":
            raise Refused(expr.span, "products of values that are no constants are not run")
        left, right = self.value(expr.left, n), self.value(expr.right, n + 1)
        if left.is_pointer or right.is_pointer:
            return self._moved(expr, left, right, n)
        self.code.step(expr.op, n, source=n + 1)
        return self._settled(n, common(left, right))

    def _moved(self, expr: CBinary, left: Kind, right: Kind, n: int) -> Kind:
        """Compute a pointer and a number: the number counts objects."""
        pointee = left.pointee or right.pointee
        kind = None if pointee is None else object_kind(pointee, self.spec)
        if kind is None or left.is_pointer == right.is_pointer or expr.op not in ("+", "-"):
            raise Refused(expr.span, "this is not computed with pointers")
        self.code.step("<<", n + 1 if left.is_pointer else n, value=str((kind.bits // 8).bit_length() - 1))
        self.code.step(expr.op, n, source=n + 1)
        return left if left.is_pointer else right

    def _shift(self, expr: CBinary, n: int) -> Kind:
        count = self.constants.value(expr.right)
        kind = self.value(expr.left, n)
        kind = common(kind, kind)
        if count is None or not 0 <= count[0] < kind.bits or (expr.op == ">>" and kind.signed):
            raise Refused(expr.span, "only shifts by a number are run, and to the right only of what has no sign")
        self.code.step(expr.op, n, value=str(count[0]))
        return self._settled(n, kind)

    # ---- widths

    def convert(self, n: int, found: Kind, kind: Kind) -> None:
        """Bring the n-th register from the kind that it holds to another."""
        kept = found.bits < kind.bits and not found.signed or (found.bits, found.signed) == (kind.bits, kind.signed)
        if kind.bits < 64 and not kept:
            self._settled(n, kind)

    def _settled(self, n: int, kind: Kind) -> Kind:
        """Extend the low bits of the n-th register to all of it, as their kind says."""
        if kind.bits == 32:
            self.code.step("cut_32", n, bits=32)
        return self._extended(n, kind)

    def _extended(self, n: int, kind: Kind) -> Kind:
        """Extend a value that was computed or loaded in its own width."""
        if kind.bits < 32:
            self.code.step("cut", n, bits=kind.bits)
        if kind.bits < 64 and kind.signed:
            self.code.step("sign", n, bits=kind.bits)
        return kind

    # ---- calls

    def call(self, call: CCall, n: int) -> Kind:
        """Call a function and bring its result into the n-th register."""
        if call.name in self.spec.intrinsics:
            return self._intrinsic(call, n)
        if call.name in self.spec.index.services:
            return self._service(call, n)
        known = {*self.spec.intrinsics, *self.spec.index.services, *self.spec.c_steps.output}
        hint = suggestion(call.name, known)
        raise Refused(call.name_span, f"what {call.name} does is not known", hint or WAY_OUT)

    def _intrinsic(self, call: CCall, n: int) -> Kind:
        """Lower a function that is one instruction: its argument, or its result, is the instruction's operand."""
        row = self.spec.intrinsics[call.name]
        mnemonic = row.instruction.lower()
        roles = self.spec.instruction(self.spec.index.subjects[mnemonic]).roles
        takes = "source" in {role.rpartition(" ")[2] for role in roles}
        _check_count(call, int(takes))
        if takes:
            self.value(call.arguments[0], n)
        self.code.assemble(f"{mnemonic} %{self.code.part(n, row.bits, call.span)}")
        return Kind(row.bits)

    def _service(self, call: CCall, n: int) -> Kind:
        """Lower a call of the platform: the arguments in registers, the result from where it is given."""
        service = self.spec.service(call.name)
        _check_count(call, len(service.parameters))
        names = []
        for number, argument in enumerate(call.arguments, n):
            self.value(argument, number)
            names.append(self.code.register(number, argument.span))
        text = f"{call.name}({', '.join(f'%{each.name.lower()}' for each in names)})"
        self.code.run.append(Environment(call.name, tuple(names), None, text, self.code.span, succeeds=False))
        self.code.copy(service.result.lower(), self.code.part(n, 64, call.span))
        return Kind(64, True)


def _condition_only(expr: CExpr) -> Refused:
    return Refused(expr.span, "this is read as a condition only", "write it into an if")


def _check_count(call: CCall, count: int) -> None:
    if len(call.arguments) != count:
        what = f"{count} argument{'' if count == 1 else 's'}"
        raise Refused(call.span, f"{call.name} takes {what}, not {len(call.arguments)}", "write them all")
