"""The integers that terms are where their unknowns have values, and on which unknowns that depends."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from sphinx_fsgs.machine.terms.term import Term, Value, as_int, as_value, operands
from sphinx_fsgs.machine.terms.truth import choice
from sphinx_fsgs.machine.terms.walk import post_order, rebuild


class Evaluator:
    """Computes terms from values of the unknowns; an unknown without a value is zero.

    Two applications of one function to arguments that evaluate alike have one value, that of the first.
    """

    def __init__(self, values: Mapping[Term, int]) -> None:
        self._done: dict[Term, int] = {}
        self._values = values
        self._functions: dict[tuple[str, tuple[int, ...]], int] = {}
        for term in post_order(values):  # what an argument is made of comes before the application to it
            if term.op == "apply" and term in values:
                self._functions.setdefault(self._signature(term), values[term])

    def __call__(self, value: Value) -> int:
        """Return the integer that the value has."""
        if isinstance(value, int):
            return value
        done = self._done
        if value not in done:
            stack = [value]
            while stack:
                term = stack[-1]
                missing = [each for each in operands(term) if each not in done]
                if missing:
                    stack.extend(missing)
                else:
                    done[stack.pop()] = self._compute(term)
        return done[value]

    def lookup(self, function: str, *args: int) -> int | None:
        """Return what an unknown function gives for these arguments, None when nothing is known."""
        return self._functions.get((function, args))

    def applications(self) -> Iterator[tuple[str, tuple[int, ...], int]]:
        """Yield function, arguments and value of each known application."""
        for (function, args), value in self._functions.items():
            yield function, args, value

    def _signature(self, term: Term) -> tuple[str, tuple[int, ...]]:
        return str(term.args[0]), tuple(self(as_value(each)) for each in term.args[1:])

    def _compute(self, term: Term) -> int:
        if term.op == "var":
            return self._values.get(term, 0)
        if term.op == "apply":
            return self._functions.get(self._signature(term), 0)
        args = [self._done[each] if isinstance(each, Term) else each for each in term.args]
        return as_int(rebuild(term, [as_value(each) for each in args]))


def witnesses(conditions: Iterable[Value], values: Evaluator) -> frozenset[Term]:
    """Return unknowns that suffice to see that these conditions have the values that they have.

    Of what one operand decides (a false conjunct, the arm of a choice) only that operand is looked at.
    """
    found: set[Term] = set()
    seen: set[Term] = set()
    stack = [each for each in conditions if isinstance(each, Term)]
    while stack:
        term = stack.pop()
        if term in seen:
            continue
        seen.add(term)
        if term.op == "var":
            found.add(term)
            continue
        if term.op == "apply":
            found.add(term)
        stack.extend(_deciding(term, values))
    return frozenset(found)


def _deciding(term: Term, values: Evaluator) -> Iterable[Term]:
    if term.op == "ite":
        condition, then, otherwise = choice(term)
        chosen = then if values(condition) else otherwise
        return [each for each in (condition, chosen) if isinstance(each, Term)]
    if term.op in ("and", "or"):
        decides = 0 if term.op == "and" else 1
        for each in operands(term):
            if values(each) == decides:
                return (each,)
    return operands(term)
