"""Operations back to text: read again it is the same tree, and it is laid out as the files of the spec are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sphinx_fsgs.syntax.expression import (
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
)
from sphinx_fsgs.syntax.operation import (
    Assign,
    Block,
    Definition,
    Do,
    Fault,
    Function,
    If,
    Invoke,
    Let,
    Restart,
    Return,
    Statement,
    Undefined,
)

_INDENT = "    "
# How tightly each operator of operation.lark binds, from the loosest.
_CHOICE, _OR, _AND, _NOT, _COMPARISON, _PAIR, _BITS, _XOR, _MASK, _SHIFT, _SUM, _PRODUCT, _UNARY, _PRIMARY = range(14)
_LEVELS: dict[str, int] = {
    "OR": _OR,
    "AND": _AND,
    **dict.fromkeys(("=", "≠", "<", "≤", ">", "≥"), _COMPARISON),
    "|": _BITS,
    "^": _XOR,
    "&": _MASK,
    **dict.fromkeys(("<<", ">>"), _SHIFT),
    **dict.fromkeys(("+", "-"), _SUM),
    "*": _PRODUCT,
}


def operation_text(block: Block) -> str:
    """Return the statements of an Operation, one a line, without a newline at the end."""
    return "\n".join(_block(block, 0))


def definition_text(definition: Definition) -> str:
    """Return a function or a procedure."""
    head = f"{definition.name}({', '.join(definition.parameters)})"
    if isinstance(definition, Function):
        return f"FUNCTION {head} = {expression_text(definition.body)};"
    cites = f" [{', '.join(definition.cites)}]" if definition.cites else ""
    return "\n".join((f"PROCEDURE {head}{cites}", *_block(definition.body, 1), "END"))


def expression_text(expr: Expr) -> str:
    """Return an expression in the notation of Operations, with no more parentheses than needed."""
    return _expr(expr, _CHOICE)


# ---- statements ---------------------------------------------------------------------------------


def _block(block: Block, depth: int) -> Iterator[str]:
    for statement in block:
        yield from _statement(statement, depth)


def _statement(statement: Statement, depth: int) -> Iterator[str]:
    indent = _INDENT * depth
    cites = f"   [{', '.join(statement.cites)}]" if statement.cites else ""
    if isinstance(statement, If):
        word = "IF"
        for condition, inner in statement.branches:
            yield f"{indent}{word} {expression_text(condition)} THEN"
            yield from _block(inner, depth + 1)
            word = "ELSIF"
        if statement.otherwise:
            yield f"{indent}ELSE"
            yield from _block(statement.otherwise, depth + 1)
        yield f"{indent}FI{cites}"
    else:
        yield f"{indent}{_simple(statement)};{cites}"


def _simple(statement: Let | Assign | Fault | Invoke | Do | Undefined | Restart | Return) -> str:
    match statement:
        case Let():
            return f"LET {statement.name} = {expression_text(statement.value)}"
        case Assign():
            return f"{_place(statement.place)} := {expression_text(statement.value)}"
        case Fault():
            error = "" if statement.error is None else f"({expression_text(statement.error)})"
            return f"{statement.vector}{error}"
        case Invoke():
            return f"{statement.name}({_listed(statement.arguments)})"
        case Do():
            return f"DO {statement.event}({_listed(statement.arguments)})"
        case Undefined():
            return f"UNDEFINED {_place(statement.place)}"
        case Return():
            return f"RETURN {expression_text(statement.value)}"
        case Restart():
            return "RESTART"


def _place(place: Expr) -> str:
    if isinstance(place, Slice):
        # Only here a single bit is written as from itself to itself.
        return f"{expression_text(place.value)}[{_expr(place.high, _SUM)}:{_expr(place.low, _SUM)}]"
    return expression_text(place)


# ---- expressions --------------------------------------------------------------------------------


def _listed(arguments: Iterable[Expr]) -> str:
    return ", ".join(map(_argument, arguments))


def _argument(argument: Expr) -> str:
    """Return an argument; a name for a parameter is followed by its colon and a blank."""
    if isinstance(argument, Concat) and isinstance(argument.high, Name) and argument.high.name.islower():
        return f"{argument.high.name}: {_expr(argument.low, _PAIR)}"
    return expression_text(argument)


def _expr(expr: Expr, least: int) -> str:
    """Return the text, in parentheses when it binds less tightly than ``least``."""
    text, level = _bare(expr)
    return f"({text})" if level < least else text


def _bare(expr: Expr) -> tuple[str, int]:
    match expr:
        case Number():
            return _number(expr.value), _PRIMARY
        case Binary():
            level = _LEVELS[expr.op]
            left = _expr(expr.left, level + (level == _COMPARISON))
            return f"{left} {expr.op} {_expr(expr.right, level + 1)}", level
        case Unary():
            level, sign = (_NOT, "NOT ") if expr.op == "NOT" else (_UNARY, "-")
            return f"{sign}{_expr(expr.operand, level)}", level
        case Concat():
            return f"{_expr(expr.high, _BITS)}:{_expr(expr.low, _PAIR)}", _PAIR
        case Conditional():
            condition, then, otherwise = (_expr(each, _CHOICE) for each in (expr.condition, expr.then, expr.otherwise))
            return f"IF {condition} THEN {then} ELSE {otherwise}", _CHOICE
        case _:
            return _closed(expr), _PRIMARY


def _number(value: int) -> str:
    """Return a number: sizes and places of bits in decimal, masks and addresses in hexadecimal."""
    return str(value) if value < 100 else f"0x{value:X}"


def _closed(expr: Expr) -> str:
    """Return the text of what is a word or ends in a bracket."""
    match expr:
        case Slice():
            high, low = _expr(expr.high, _SUM), _expr(expr.low, _SUM)
            return f"{_expr(expr.value, _PRIMARY)}[{high if expr.high == expr.low else f'{high}:{low}'}]"
        case Call():
            return f"{expr.name}({_listed(expr.arguments)})"
        case Msr():
            return f"MSR[{_expr(expr.index, _SUM)}]"
        case Memory():
            return f"MEM[{expr.segment}:{_expr(expr.address, _BITS)}, {_expr(expr.size, _SUM)}]"
        case Name():
            return expr.name
        case _:
            raise ValueError(f"{expr!r} is no expression of an Operation")
