"""Trees back to text, in the spelling of documents and with no more parentheses than needed."""

from __future__ import annotations

from sphinx_fsgs.syntax.expression import (
    Binary,
    Call,
    Concat,
    Conditional,
    Expr,
    Free,
    Memory,
    Msr,
    Name,
    Number,
    Slice,
    Unary,
)
from sphinx_fsgs.syntax.scope import Both, Either, Era, Named, Not, Range, Scope, Versions

_OR, _AND, _NOT, _COMPARISON, _PAIR, _BITS, _XOR, _MASK, _SHIFT, _SUM, _PRODUCT, _UNARY, _PRIMARY = range(13)
_LEVELS: dict[str, int] = {
    "OR": _OR,
    "AND": _AND,
    **dict.fromkeys(("=", "≠", "<", "≤", ">", "≥"), _COMPARISON),
    "|": _BITS,
    "^": _XOR,
    "&": _MASK,
    "<<": _SHIFT,
    ">>": _SHIFT,
    "+": _SUM,
    "-": _SUM,
    "*": _PRODUCT,
}
_WORDS = {"OR": "or", "AND": "and"}


def expression_text(expr: Expr) -> str:
    """Return the text of an expression; read again it gives the same tree."""
    return _expr(expr, _OR)


def number_text(value: int) -> str:
    """Return a number as documents write it: small ones in decimal, others in hexadecimal."""
    return str(value) if abs(value) < 10 else hex(value)


def scope_text(scope: Scope) -> str:
    """Return the text of a scope; read again it selects the same."""
    return _scope(scope, 0)


def _expr(expr: Expr, least: int) -> str:
    """Return the text, in parentheses when it binds less tightly than ``least``."""
    text, level = _bare(expr)
    return f"({text})" if level < least else text


def _bare(expr: Expr) -> tuple[str, int]:
    match expr:
        case Number():
            return number_text(expr.value), _PRIMARY if expr.value >= 0 else _UNARY
        case Name():
            return expr.name.replace("the.", "the ", 1) if expr.name.startswith("the.") else expr.name, _PRIMARY
        case Free():
            return f"?{expr.name}", _PRIMARY
        case Binary():
            return _binary(expr)
        case Unary():
            if expr.op == "NOT":
                return f"not {_expr(expr.operand, _NOT)}", _NOT
            return f"-{_expr(expr.operand, _UNARY)}", _UNARY
        case Concat():
            return f"{_expr(expr.high, _BITS)}:{_expr(expr.low, _PAIR)}", _PAIR
        case Conditional():
            parts = (_expr(each, _OR) for each in (expr.condition, expr.then, expr.otherwise))
            return "if {} then {} else {}".format(*parts), _OR
        case _:
            return _closed(expr), _PRIMARY


def _binary(expr: Binary) -> tuple[str, int]:
    level = _LEVELS[expr.op]
    left = level + 1 if level == _COMPARISON else level
    text = f"{_expr(expr.left, left)} {_WORDS.get(expr.op, expr.op)} {_expr(expr.right, level + 1)}"
    return text, level


def _closed(expr: Slice | Call | Memory | Msr) -> str:
    """Return the text of what ends in a bracket."""
    match expr:
        case Slice():
            high, low = _expr(expr.high, _SUM), _expr(expr.low, _SUM)
            return f"{_expr(expr.value, _PRIMARY)}[{high if expr.high == expr.low else f'{high}:{low}'}]"
        case Call():
            return f"{expr.name}({', '.join(_expr(each, _BITS) for each in expr.arguments)})"
        case Msr():
            return f"MSR[{_expr(expr.index, _BITS)}]"
        case Memory():
            address = _expr(expr.address, _BITS)
            if expr.segment == "" and isinstance(expr.size, Number):
                return f"u{expr.size.value}[{address}]"
            return f"MEM[{expr.segment}:{address}, {_expr(expr.size, _SUM)}]"


def _scope(scope: Scope, least: int) -> str:
    match scope:
        case Named():
            return scope.name
        case Range():
            return f"{scope.first}..{scope.last}"
        case Era():
            return f"{scope.op} {scope.profile}"
        case Versions():
            return f"{scope.family} {scope.op} {'.'.join(map(str, scope.version))}"
        case Not():
            text, level = f"not {_scope(scope.inner, 2)}", 2
        case Both():
            text, level = f"{_scope(scope.left, 1)} and {_scope(scope.right, 2)}", 1
        case Either():
            text, level = f"{_scope(scope.left, 0)} or {_scope(scope.right, 1)}", 0
    return f"({text})" if level < least else text
