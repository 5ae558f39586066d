"""Operators: parts of values, arithmetic, comparisons, connectives, choices, extensions."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

from sphinx_fsgs.machine import terms
from sphinx_fsgs.machine.compile.accesses import Accesses
from sphinx_fsgs.machine.compile.errors import CompileError
from sphinx_fsgs.machine.compile.lines import Lines
from sphinx_fsgs.machine.compile.widths import CARRIER
from sphinx_fsgs.machine.emit import Code, Concrete, constant
from sphinx_fsgs.syntax.expression import COMPARISONS, CONNECTIVES, Binary, Call, Concat, Conditional, Slice, Unary

_PLAIN = Concrete()


class Operators(Accesses):
    """Emits the operators of the notation."""

    def slice(self, expr: Slice, out: Lines) -> Code:
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

    def concat(self, expr: Concat, out: Lines) -> Code:
        """Return one value above another."""
        high, low = self.expression(expr.high, out), self.expression(expr.low, out)
        if high.width is None or low.width is None:
            raise CompileError("both sides of a colon need a width", expr.span)
        texts = self.emitter.as_number(high), self.emitter.as_number(low)
        return Code(self.emitter.pair(texts[0], high.width, texts[1], low.width), high.width + low.width)

    def unary(self, expr: Unary, out: Lines) -> Code:
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

    def binary(self, expr: Binary, out: Lines) -> Code:
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

    def conditional(self, expr: Conditional, out: Lines) -> Code:
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

    def extension(self, expr: Call, out: Lines) -> Code:
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

    def division(self, expr: Call, out: Lines) -> Code:
        """Return quotient or remainder of two numbers without sign, of one width."""
        one, other = (self.expression(each, out) for each in expr.arguments)
        width = one.width or other.width
        if width is None:
            raise CompileError(f"{expr.name} needs a width", expr.span)
        left, right = (self.emitter.as_number(self.fit(each, width, expr.span)) for each in (one, other))
        return Code(self.emitter.binary(expr.name, left, right, width), width)
