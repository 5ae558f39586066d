"""The meaning of terms in plain integers, one line an operator: what folding and solvers are held against."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sphinx_fsgs.machine.terms import Term, Value, post_order

Function = Callable[[str, tuple[int, ...]], int]


def no_functions(name: str, arguments: tuple[int, ...]) -> int:
    """Stand for the unknown functions where there are none."""
    raise AssertionError(f"{name}{arguments} was not expected")


class Plain:
    """Computes terms; ``variables`` by name, an absent one has no value and is an error."""

    def __init__(self, variables: Mapping[str, int], function: Function = no_functions) -> None:
        self.variables = variables
        self.function = function
        self.done: dict[Term, int] = {}

    def __call__(self, value: Value) -> int:
        """Return the integer that a value has."""
        for term in post_order([value]):
            if term not in self.done:
                self.done[term] = self._compute(term) & (1 << term.width) - 1
        return value if isinstance(value, int) else self.done[value]

    def _compute(self, term: Term) -> int:
        if term.op == "var":
            return self.variables[str(term.args[0])]
        args = [self.done[each] if isinstance(each, Term) else each for each in term.args]
        if term.op == "apply":
            return self.function(str(args[0]), tuple(each for each in args[1:] if isinstance(each, int)))
        return compute(term.op, [each for each in args if isinstance(each, int)])


def compute(op: str, args: list[int]) -> int:
    """Return what an operator gives; bits above the width of the result are left in."""
    if op == "concat":
        total = 0
        for part, size in zip(args[::2], args[1::2], strict=True):
            total = total << size | part
        return total
    a, b, c = (*args, 0, 0)[:3]
    results: dict[str, Callable[[], int]] = {
        "not": lambda: 1 - a,
        "and": lambda: a & b,
        "or": lambda: a | b,
        "bvand": lambda: a & b,
        "bvor": lambda: a | b,
        "bvxor": lambda: a ^ b,
        "add": lambda: a + b,
        "sub": lambda: a - b,
        "mul": lambda: a * b,
        "udiv": lambda: a // b if b else -1,
        "urem": lambda: a % b if b else a,
        "shl": lambda: a << b if b < 128 else 0,
        "shr": lambda: a >> b,
        "eq": lambda: int(a == b),
        "ult": lambda: int(a < b),
        "ite": lambda: b if a else c,
        "extract": lambda: a >> c & (1 << b - c + 1) - 1,
    }
    return results[op]()
