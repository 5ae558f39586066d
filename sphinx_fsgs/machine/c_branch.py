"""Conditions of C as jumps: ``&&``, ``||`` and ``!`` are where they lead, comparisons the jump behind them."""

from __future__ import annotations

from sphinx_fsgs.machine.c_types import Kind, common
from sphinx_fsgs.machine.c_values import Values
from sphinx_fsgs.syntax.c import CBinary, CExpr, CUnary

_OPPOSITE = {"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}


def jump_unless(condition: CExpr, label: str, values: Values) -> None:
    """Jump to a label where a condition does not hold.

    :raises Refused: for what is not run.
    """
    match condition:
        case CUnary(op="!", operand=operand):
            _jump_where(operand, label, values)
        case CBinary(op="&&", left=left, right=right):
            jump_unless(left, label, values)
            jump_unless(right, label, values)
        case CBinary(op="||", left=left, right=right):
            holds = values.code.new_label()
            _jump_where(left, holds, values)
            jump_unless(right, label, values)
            values.code.place(holds, condition.span)
        case CBinary(op=op, left=left, right=right) if op in _OPPOSITE:
            _compare(op, left, right, label, values)
        case _:
            _test(condition, "!=", label, values)


def _jump_where(condition: CExpr, label: str, values: Values) -> None:
    match condition:
        case CUnary(op="!", operand=operand):
            jump_unless(operand, label, values)
        case CBinary(op="&&" | "||"):
            behind = values.code.new_label()
            jump_unless(condition, behind, values)
            values.code.step("jump", label=label)
            values.code.place(behind, condition.span)
        case CBinary(op=op, left=left, right=right) if op in _OPPOSITE:
            _compare(_OPPOSITE[op], left, right, label, values)
        case _:
            _test(condition, "==", label, values)


def _compare(op: str, left: CExpr, right: CExpr, label: str, values: Values) -> None:
    """Jump to a label where a comparison does not hold."""
    one, other = values.value(left, 0), values.value(right, 1)
    kind = Kind(64) if one.is_pointer or other.is_pointer else common(one, other)
    values.convert(0, one, kind)
    values.convert(1, other, kind)
    values.code.step("compare", 0, source=1)
    values.code.jump_unless(op, kind.signed, label)


def _test(condition: CExpr, op: str, label: str, values: Values) -> None:
    """Jump to a label where a value does not compare so with 0."""
    values.value(condition, 0)
    values.code.step("is_set", 0)
    values.code.jump_unless(op, False, label)
