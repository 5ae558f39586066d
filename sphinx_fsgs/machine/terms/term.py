"""The terms themselves: operators applied to arguments, interned, so that two equal terms are the same object."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from weakref import WeakValueDictionary


class Term:
    """An operator applied to arguments; made by the functions of this package only.

    ``args`` holds integers, strings (the name of a variable or function) and terms. For ``concat`` it
    alternates parts and their widths, the most significant part first. ``unknowns`` and ``cuts`` keep what was
    worked out of it: what lies below it, and what was cut out of it.
    """

    __slots__ = ("op", "width", "args", "serial", "unknowns", "cuts", "__weakref__")

    def __init__(self, op: str, width: int, args: tuple[int | str | Term, ...], serial: int) -> None:
        self.op = op
        self.width = width
        self.args = args
        self.serial = serial
        self.unknowns: frozenset[Term] | None = None
        self.cuts: dict[tuple[int, int], Value] | None = None

    def __repr__(self) -> str:
        return f"{self.op}{self.width}({', '.join(map(str, self.args))})"

    def __bool__(self) -> bool:
        raise TypeError("a term has no truth value; compare it with a constant or ask the solver")


Value = int | Term


Key = tuple[str, int, tuple[int | str | Term, ...]]

_table: WeakValueDictionary[Key, Term] = WeakValueDictionary()


class TermLimit(Exception):
    """More terms were made in one run than its bound allows."""


class _Budget:
    __slots__ = ("made", "limit")

    def __init__(self, limit: int) -> None:
        self.made = 0
        self.limit = limit


_budget: ContextVar[_Budget | None] = ContextVar("terms", default=None)
_serial = 0


@contextmanager
def limited(terms: int) -> Iterator[None]:
    """Let at most that many new terms be made inside.

    :raises TermLimit: from whichever constructor exceeds it.
    """
    token = _budget.set(_Budget(terms))
    try:
        yield
    finally:
        _budget.reset(token)


def make(op: str, width: int, *args: int | str | Term) -> Term:
    """Return the one term of this operator and these arguments; nothing is folded.

    :raises TermLimit: when it is new and more than :func:`limited` allows.
    """
    global _serial
    key = (op, width, args)
    found = _table.get(key)
    if found is None:
        budget = _budget.get()
        if budget is not None:
            budget.made += 1
            if budget.made > budget.limit:
                raise TermLimit
        _serial += 1
        found = _table[key] = Term(op, width, args, _serial)
    return found


def ones(width: int) -> int:
    """Return the integer of ``width`` ones."""
    return (1 << width) - 1


def variable(name: str, width: int) -> Term:
    """Return the unknown of that name; the same name and width is the same unknown."""
    return make("var", width, name)


def apply(function: str, width: int, *args: Value) -> Term:
    """Return an unknown function of its arguments; equal arguments give equal values."""
    return make("apply", width, function, *args)


def as_value(a: int | str | Term) -> Value:
    """Return an argument that is known to be no name."""
    assert not isinstance(a, str)
    return a


def as_int(a: int | str | Term) -> int:
    """Return an argument that is known to be a constant."""
    assert isinstance(a, int)
    return a


def operands(term: Term) -> tuple[Term, ...]:
    """Return the terms directly below one."""
    return tuple(each for each in term.args if isinstance(each, Term))
