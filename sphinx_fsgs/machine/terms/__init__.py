"""Bit-vector terms, interned and folded on construction.

A value is an ``int`` or a :class:`~sphinx_fsgs.machine.terms.term.Term`; a truth value is a value of one bit. Every
function takes the width in bits where its operands may all be integers, and returns an integer whenever it can, so
most conditions are settled before a solver is thought of. Two equal terms are the same object.
"""

from __future__ import annotations

from sphinx_fsgs.machine.terms.bits import (
    add,
    bit_and,
    bit_or,
    bit_xor,
    concat,
    extract,
    join,
    mul,
    parts_of,
    quotient,
    remainder,
    shift_left,
    shift_right,
    sign_extend,
    split,
    sub,
    zero_extend,
)
from sphinx_fsgs.machine.terms.compare import eq, le, lt, ne, range_in
from sphinx_fsgs.machine.terms.evaluate import Evaluator, witnesses
from sphinx_fsgs.machine.terms.term import Term, TermLimit, Value, apply, limited, ones, operands, variable
from sphinx_fsgs.machine.terms.truth import all_of, and_, any_of, choice, ite, not_, opposite, or_
from sphinx_fsgs.machine.terms.walk import post_order, rebuild, substitute, unknowns

__all__ = [
    "Evaluator",
    "Term",
    "TermLimit",
    "Value",
    "add",
    "all_of",
    "and_",
    "any_of",
    "apply",
    "bit_and",
    "bit_or",
    "bit_xor",
    "choice",
    "concat",
    "eq",
    "extract",
    "ite",
    "join",
    "le",
    "limited",
    "lt",
    "mul",
    "ne",
    "not_",
    "ones",
    "operands",
    "opposite",
    "or_",
    "parts_of",
    "post_order",
    "quotient",
    "range_in",
    "rebuild",
    "remainder",
    "shift_left",
    "shift_right",
    "sign_extend",
    "split",
    "sub",
    "substitute",
    "unknowns",
    "variable",
    "witnesses",
    "zero_extend",
]
