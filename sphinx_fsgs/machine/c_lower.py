"""From statements of C to steps of the machine: the instructions, calls and output that stand for them.

Which instructions is data (``spec/compilers/lowering.toml``). What cannot be lowered is reported and leaves nothing
behind.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import cast

from sphinx_fsgs.diagnostic import Diagnostic
from sphinx_fsgs.machine.c_branch import jump_unless
from sphinx_fsgs.machine.c_code import Code
from sphinx_fsgs.machine.c_constants import Constants
from sphinx_fsgs.machine.c_inline import inlined
from sphinx_fsgs.machine.c_print import printed
from sphinx_fsgs.machine.c_refused import Refused
from sphinx_fsgs.machine.c_source import preprocess
from sphinx_fsgs.machine.c_values import Values
from sphinx_fsgs.machine.c_variables import Variable, Variables
from sphinx_fsgs.records import dataclass
from sphinx_fsgs.spec.model import Spec
from sphinx_fsgs.syntax.assembly import AsmStatement
from sphinx_fsgs.syntax.c import (
    CAct,
    CBinary,
    CBinaryOp,
    CCall,
    CCast,
    CDeclaration,
    CIf,
    CInline,
    CName,
    CStatement,
    CUnary,
    CVariable,
)
from sphinx_fsgs.syntax.example import Assumption

MAX_STATEMENTS = 1_000
"""More statements of one example are not lowered: the rest would not be run within the bounds of a run either."""


@dataclass(frozen=True, slots=True)
class Lowered:
    """A run for the machine with what holds before it; what could not be lowered stands in the findings."""

    run: tuple[AsmStatement, ...]
    before: tuple[Assumption, ...]
    variables: Mapping[str, Variable]
    assumed: tuple[str, ...]
    diagnostics: tuple[Diagnostic, ...]


def lower(statements: Iterable[CStatement], spec: Spec) -> Lowered:
    """Return what statements of C are to the machine."""
    source = preprocess(statements, spec)
    code = Code(spec)
    variables = Variables(spec, source.macros, source.assumed, found=code.found)
    values = Values(spec, code, variables, Constants(spec, source.macros, variables.by_name))
    for number, statement in enumerate(source.statements):
        if number == MAX_STATEMENTS:
            code.found.append(Refused(statement.span, f"more than {MAX_STATEMENTS} statements").diagnostic)
            break
        _lower(statement, values)
    return Lowered(
        tuple(code.run), tuple(variables.before), variables.by_name, tuple(source.assumed), tuple(code.found)
    )


def _lower(statement: CStatement, values: Values) -> None:
    code = values.code
    length = len(code.run)
    code.span = statement.span
    try:
        match statement:
            case CDeclaration():
                for each in statement.variables:
                    _declare(each, values)
            case CAct(op=""):
                _call(statement, values)
            case CAct():
                _assign(statement, values)
            case CIf():
                _if(statement, values)
            case CInline():
                inlined(statement, values)
            case _:
                pass
    except Refused as error:
        del code.run[length:]
        code.found.append(error.diagnostic)


def _declare(declared: CVariable, values: Values) -> None:
    variables, initial, span = values.variables, declared.initial, declared.span
    variable = variables.declare(declared.name, declared.type, span)
    if initial is None:
        return
    constant = values.constants.value(initial)
    if constant is not None and not constant[1].is_pointer:
        variables.initially(variable, constant[0], span)
        return
    match initial:
        case CUnary(op="&", operand=CName(name=name)) if name in variables.by_name:
            variables.initially(variable, variables.by_name[name].address, span)
        case _:
            values.value(initial, 0)
            values.store(CName(declared.name, span), 0, 1)


def _call(statement: CAct, values: Values) -> None:
    """Lower an expression that is a statement: a call, whatever its result is cast to."""
    call = statement.target
    while isinstance(call, CCast):
        call = call.operand
    if not isinstance(call, CCall):
        raise Refused(call.span, "this expression does nothing", "assign it, or leave it out")
    if call.name in values.spec.c_steps.output:
        printed(call, statement.text, values)
    else:
        values.call(call, 0)


def _assign(statement: CAct, values: Values) -> None:
    assert statement.value is not None
    value = statement.value
    if statement.op != "=":
        op = cast(CBinaryOp, statement.op.removesuffix("="))
        value = CBinary(op, statement.target, value, statement.span)
    values.value(value, 0)
    values.store(statement.target, 0, 1)


def _if(statement: CIf, values: Values) -> None:
    code = values.code
    otherwise, end = code.new_label(), code.new_label()
    jump_unless(statement.condition, otherwise, values)
    for each in statement.then:
        _lower(each, values)
    code.span = statement.span
    if statement.otherwise:
        code.step("jump", label=end)
    code.place(otherwise, statement.span)
    for each in statement.otherwise:
        _lower(each, values)
    if statement.otherwise:
        code.place(end, statement.span)
