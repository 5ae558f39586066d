"""Truth values, which are values of one bit, and the choice between two values by one."""

from __future__ import annotations

from collections.abc import Iterable

from sphinx_fsgs.machine.terms.term import Term, Value, as_value, make


def not_(a: Value) -> Value:
    """Return the other truth value."""
    if isinstance(a, int):
        return a ^ 1
    if a.op == "not":
        return as_value(a.args[0])
    return make("not", 1, a)


def and_(a: Value, b: Value) -> Value:
    """Return the conjunction of two truth values."""
    if isinstance(a, int):
        return b if a else 0
    if isinstance(b, int):
        return a if b else 0
    if a is b:
        return a
    if opposite(a, b):
        return 0
    return make("and", 1, a, b)


def or_(a: Value, b: Value) -> Value:
    """Return the disjunction of two truth values."""
    if isinstance(a, int):
        return 1 if a else b
    if isinstance(b, int):
        return 1 if b else a
    if a is b:
        return a
    if opposite(a, b):
        return 1
    return make("or", 1, a, b)


def all_of(values: Iterable[Value]) -> Value:
    """Return the conjunction of all."""
    result: Value = 1
    for value in values:
        result = and_(result, value)
    return result


def any_of(values: Iterable[Value]) -> Value:
    """Return the disjunction of all."""
    result: Value = 0
    for value in values:
        result = or_(result, value)
    return result


def opposite(a: Term, b: Term) -> bool:
    """Tell whether one truth value is the other one's negation."""
    return (a.op == "not" and a.args[0] is b) or (b.op == "not" and b.args[0] is a)


def ite(condition: Value, then: Value, otherwise: Value, width: int) -> Value:
    """Return ``then`` where the condition holds, else ``otherwise``."""
    if isinstance(condition, int):
        return then if condition else otherwise
    if then is otherwise or (isinstance(then, int) and isinstance(otherwise, int) and then == otherwise):
        return then
    if condition.op == "not":
        return ite(as_value(condition.args[0]), otherwise, then, width)
    if width == 1:
        return or_(and_(condition, then), and_(not_(condition), otherwise))
    if isinstance(then, Term) and then.op == "ite" and then.args[0] is condition:
        then = as_value(then.args[1])
    if isinstance(otherwise, Term) and otherwise.op == "ite" and otherwise.args[0] is condition:
        otherwise = as_value(otherwise.args[2])
    return make("ite", width, condition, then, otherwise)


def choice(term: Term) -> tuple[Value, Value, Value]:
    """Return the condition of a choice and its two arms."""
    condition, then, otherwise = map(as_value, term.args)
    return condition, then, otherwise
