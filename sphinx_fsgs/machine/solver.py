"""The one place that knows a solver: bitwuzla if it is installed, else z3, else none.

Terms are converted once each, without recursion. Every question is bounded by work, not by time, so
that the same question has the same answer on every machine.
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Protocol

from sphinx_fsgs.machine import terms
from sphinx_fsgs.machine.terms import Term, Value
from sphinx_fsgs.machine.values import BoundReached

if TYPE_CHECKING:
    import bitwuzla
    import z3

MAX_WORK = 50_000
"""Calls of the solver's terminator that one question may take."""


class NoSolver(Exception):
    """A question is left and no solver is installed."""


class Session(Protocol):
    """A solver with conditions asserted; questions add assumptions that do not stay."""

    def require(self, condition: Value) -> None:
        """Assert a condition for good."""

    def check(self, *assumptions: Value) -> bool:
        """Return whether the conditions can hold together.

        :raises BoundReached: when the work is more than its bound.
        """

    def check_all(self, conditions: Iterable[Value]) -> bool:
        """Return whether all of these can hold together with what is required.

        A session that is asked for one list after another does only the work for what is new in each.

        :raises BoundReached: when the work is more than its bound.
        """

    def model(self, wanted: Iterable[Term]) -> Mapping[Term, int]:
        """Return values of variables and applications under which the last check held."""


calls = 0
"""How many questions have been put to a solver, for ``--stats``."""


_preferred: ContextVar[str] = ContextVar("solver", default="")


@contextmanager
def preferring(name: str) -> Iterator[None]:
    """Let every solver opened inside be the one of that name, ``bitwuzla`` or ``z3``, and no other."""
    token = _preferred.set(name)
    try:
        yield
    finally:
        _preferred.reset(token)


def open_session(prefer: str = "") -> Session:
    """Return a new solver.

    :raises NoSolver: when none is installed.
    """
    factory = _factory(prefer or _preferred.get())
    if factory is None:
        raise NoSolver
    return factory()


@functools.cache
def _factory(prefer: str) -> type[Bitwuzla] | type[Z3] | None:
    known: dict[str, type[Bitwuzla] | type[Z3]] = {"bitwuzla": Bitwuzla, "z3": Z3}
    for name in (prefer,) if prefer else known:
        try:
            importlib.import_module(name)
        except ImportError:
            continue
        return known[name]
    return None


class _Stack:
    """The conditions of the last list asked for, each in a level of its own above what is required."""

    def __init__(self) -> None:
        self._held: list[Value] = []

    def changes(self, conditions: Iterable[Value]) -> tuple[int, list[Value]]:
        """Return how many levels to leave, and what to assert in new ones."""
        wanted = dict.fromkeys(conditions)
        kept = 0
        while kept < len(self._held) and self._held[kept] in wanted:
            kept += 1
        left = len(self._held) - kept
        del self._held[kept:]
        held = set(self._held)
        new = [each for each in wanted if each not in held]
        self._held += new
        return left, new


class _Work:
    """Counts the work of one question.

    Apart from the session, which must not be reachable from its own solver: the library keeps what it
    calls, Python's collector does not see that, and the solver would never be freed.
    """

    __slots__ = ("done",)

    def __init__(self) -> None:
        self.done = 0

    def more(self) -> bool:
        """Note one more call; return whether it is enough."""
        self.done += 1
        return self.done > MAX_WORK


class Bitwuzla:
    """bitwuzla behind :class:`Session`."""

    def __init__(self) -> None:
        import bitwuzla

        self._api = bitwuzla
        self._tm = bitwuzla.TermManager()
        options = bitwuzla.Options()
        options.set(bitwuzla.Option.PRODUCE_MODELS, True)
        self._solver = bitwuzla.Bitwuzla(self._tm, options)
        self._work = _Work()
        self._solver.configure_terminator(self._work.more)
        self._done: dict[Term, bitwuzla.Term] = {}
        self._functions: dict[tuple[str, int, tuple[int, ...]], bitwuzla.Term] = {}
        self._stack = _Stack()

    def require(self, condition: Value) -> None:
        self._solver.assert_formula(self._truth(condition))

    def check(self, *assumptions: Value) -> bool:
        global calls
        calls += 1
        self._work.done = 0
        answer = self._solver.check_sat(*[self._truth(each) for each in assumptions])
        if answer == self._api.Result.UNKNOWN:
            raise BoundReached("solver")
        return bool(answer == self._api.Result.SAT)

    def check_all(self, conditions: Iterable[Value]) -> bool:
        left, new = self._stack.changes(conditions)
        if left:
            self._solver.pop(left)
        for each in new:
            self._solver.push(1)
            self._solver.assert_formula(self._truth(each))
        return self.check()

    def model(self, wanted: Iterable[Term]) -> Mapping[Term, int]:
        return {term: int(self._solver.get_value(self._bits(term)).value(2), 2) for term in wanted}

    def _truth(self, value: Value) -> bitwuzla.Term:
        if isinstance(value, int):
            return self._tm.mk_true() if value else self._tm.mk_false()
        one = self._tm.mk_bv_value(self._tm.mk_bv_sort(1), 1)
        return self._tm.mk_term(self._api.Kind.EQUAL, [self._bits(value), one])

    def _bits(self, value: Value, width: int = 0) -> bitwuzla.Term:
        if isinstance(value, int):
            return self._tm.mk_bv_value(self._tm.mk_bv_sort(width), value)
        for term in terms.post_order([value]):
            if term not in self._done:
                self._done[term] = self._convert(term)
        return self._done[value]

    def _convert(self, term: Term) -> bitwuzla.Term:
        kind, tm = self._api.Kind, self._tm
        if term.op == "var":
            return tm.mk_const(tm.mk_bv_sort(term.width), str(term.args[0]))
        if term.op == "apply":
            return self._apply(term)
        if term.op == "extract":
            whole, high, low = term.args
            assert isinstance(whole, Term) and isinstance(high, int) and isinstance(low, int)
            return tm.mk_term(kind.BV_EXTRACT, [self._done[whole]], [high, low])
        if term.op == "concat":
            return tm.mk_term(kind.BV_CONCAT, [self._bits(part, size) for part, size in terms.parts_of(term)])
        args = [self._operand(term, each) for each in term.args]
        if term.op == "ite":
            one = tm.mk_bv_value(tm.mk_bv_sort(1), 1)
            return tm.mk_term(kind.ITE, [tm.mk_term(kind.EQUAL, [args[0], one]), args[1], args[2]])
        if term.op in ("eq", "ult"):
            truth = tm.mk_term(kind.EQUAL if term.op == "eq" else kind.BV_ULT, args)
            bit = tm.mk_bv_sort(1)
            return tm.mk_term(kind.ITE, [truth, tm.mk_bv_value(bit, 1), tm.mk_bv_value(bit, 0)])
        return tm.mk_term(getattr(kind, _BITWUZLA[term.op]), args)

    def _operand(self, term: Term, each: int | str | Term) -> bitwuzla.Term:
        if isinstance(each, Term):
            return self._done[each]
        assert isinstance(each, int)
        return self._bits(each, operand_width(term))

    def _apply(self, term: Term) -> bitwuzla.Term:
        tm = self._tm
        arguments = application_arguments(term)
        key = (str(term.args[0]), term.width, tuple(width for _, width in arguments))
        if key not in self._functions:
            sort = tm.mk_fun_sort([tm.mk_bv_sort(width) for width in key[2]], tm.mk_bv_sort(term.width))
            self._functions[key] = tm.mk_const(sort, key[0])
        return tm.mk_term(
            self._api.Kind.APPLY, [self._functions[key], *(self._bits(value, width) for value, width in arguments)]
        )


_BITWUZLA = {"not": "BV_NOT", "and": "BV_AND", "or": "BV_OR", "bvand": "BV_AND", "bvor": "BV_OR", "bvxor": "BV_XOR"}
_BITWUZLA |= {"add": "BV_ADD", "sub": "BV_SUB", "mul": "BV_MUL", "udiv": "BV_UDIV", "urem": "BV_UREM"}
_BITWUZLA |= {"shl": "BV_SHL", "shr": "BV_SHR"}

ARGUMENT_WIDTHS: Mapping[str, int] = {"mem": 64, "msr": 32, "mapped": 52, "writable": 52}
"""Width of the argument of each unknown function whose argument may be a number; 32 for the others."""

MARK = "'"
"""Between the name of an unknown and what tells another one like it from the first."""


def application_arguments(term: Term) -> list[tuple[Value, int]]:
    """Return the arguments of an application with their widths."""
    default = ARGUMENT_WIDTHS.get(str(term.args[0]).partition(MARK)[0], 32)
    return [
        (each, each.width if isinstance(each, Term) else default) for each in term.args[1:] if not isinstance(each, str)
    ]


def operand_width(term: Term) -> int:
    """Return the width of the operands of a term whose operands have one width."""
    if term.op in ("eq", "ult"):
        return next(each.width for each in terms.operands(term))
    return term.width


class Z3:
    """z3 behind :class:`Session`: the second opinion in tests, and what is left where bitwuzla has no wheel."""

    def __init__(self) -> None:
        import z3

        self._api = z3
        self._solver = z3.SolverFor("QF_UFBV")
        self._solver.set("rlimit", 50_000_000)
        self._done: dict[Term, z3.BitVecRef] = {}
        self._stack = _Stack()

    def require(self, condition: Value) -> None:
        self._solver.add(self._truth(condition))

    def check(self, *assumptions: Value) -> bool:
        global calls
        calls += 1
        answer = self._solver.check(*[self._truth(each) for each in assumptions])
        if answer == self._api.unknown:
            raise BoundReached("solver")
        return bool(answer == self._api.sat)

    def check_all(self, conditions: Iterable[Value]) -> bool:
        left, new = self._stack.changes(conditions)
        if left:
            self._solver.pop(left)
        for each in new:
            self._solver.push()
            self._solver.add(self._truth(each))
        return self.check()

    def model(self, wanted: Iterable[Term]) -> Mapping[Term, int]:
        found = self._solver.model()
        return {term: found.eval(self._bits(term), model_completion=True).as_long() for term in wanted}

    def _truth(self, value: Value) -> z3.BoolRef:
        return self._api.BoolVal(bool(value)) if isinstance(value, int) else self._bits(value) == 1

    def _bits(self, value: Value, width: int = 0) -> z3.BitVecRef:
        if isinstance(value, int):
            return self._api.BitVecVal(value, width)
        for term in terms.post_order([value]):
            if term not in self._done:
                self._done[term] = self._convert(term)
        return self._done[value]

    def _convert(self, term: Term) -> z3.BitVecRef:
        api = self._api
        if term.op == "var":
            return api.BitVec(str(term.args[0]), term.width)
        if term.op == "apply":
            arguments = application_arguments(term)
            sorts = [api.BitVecSort(width) for _, width in arguments]
            function = api.Function(str(term.args[0]), *sorts, api.BitVecSort(term.width))
            return function(*(self._bits(value, width) for value, width in arguments))
        if term.op == "extract":
            whole, high, low = term.args
            assert isinstance(whole, Term)
            return api.Extract(high, low, self._done[whole])
        if term.op == "concat":
            return api.Concat(*(self._bits(part, size) for part, size in terms.parts_of(term)))
        args = [
            self._done[each] if isinstance(each, Term) else self._bits(int(each), operand_width(term))
            for each in term.args
        ]
        if term.op == "ite":
            return api.If(args[0] == 1, args[1], args[2])
        if term.op in ("eq", "ult"):
            truth = args[0] == args[1] if term.op == "eq" else api.ULT(args[0], args[1])
            return api.If(truth, api.BitVecVal(1, 1), api.BitVecVal(0, 1))
        if term.op == "not":
            return ~args[0]
        return _Z3[term.op](api, args[0], args[1])


_Z3 = {
    "and": lambda api, a, b: a & b,
    "or": lambda api, a, b: a | b,
    "bvand": lambda api, a, b: a & b,
    "bvor": lambda api, a, b: a | b,
    "bvxor": lambda api, a, b: a ^ b,
    "add": lambda api, a, b: a + b,
    "sub": lambda api, a, b: a - b,
    "mul": lambda api, a, b: a * b,
    "udiv": lambda api, a, b: api.UDiv(a, b),
    "urem": lambda api, a, b: api.URem(a, b),
    "shl": lambda api, a, b: a << b,
    "shr": lambda api, a, b: api.LShR(a, b),
}
