"""Proving that a mutant changes nothing: every instruction does the same from every state, on every processor.

Both compiled Operations are run over terms from the same unknown state, with any page missing, and
the solver is asked for a state in which they differ in a fault, a cell, memory, a register or an event.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace

from sphinx_fsgs.check.asking import Asked, Oracle, share
from sphinx_fsgs.machine import terms
from sphinx_fsgs.machine.bind import Bound
from sphinx_fsgs.machine.compile import Compiler
from sphinx_fsgs.machine.compile.runtime import Compiled
from sphinx_fsgs.machine.compile.statements import RESULT
from sphinx_fsgs.machine.evaluate import Place, Typed, evaluate
from sphinx_fsgs.machine.program import START, STRIDE
from sphinx_fsgs.machine.questions import Questions, settle
from sphinx_fsgs.machine.setup import Start, begin
from sphinx_fsgs.machine.symbolic import Machine, MemoryRules
from sphinx_fsgs.machine.terms import Value
from sphinx_fsgs.machine.values import BoundReached
from sphinx_fsgs.source import fragment_of
from sphinx_fsgs.spec.hosts import BARE
from sphinx_fsgs.spec.model import Spec
from sphinx_fsgs.syntax.example import Mode
from sphinx_fsgs.syntax.expression import Expr
from sphinx_fsgs.syntax.operation import read_expression
from sphinx_fsgs.syntax.service import Service
from tests.strength.shared import MODES, Shared

ANY_MEMORY = MemoryRules(may_fault=True, any_mapping=True)

WORDS = ("null(S)", "loadable(S)", "canonical(X)", "canonical(X, 48)", "canonical(X, 57)")
"""What documents may call, over a selector S and a value X."""


def same_effect(one: Bound, other: Bound, spec: Spec) -> bool:
    """Return whether two bound instructions of one mode do the same from every state, on every processor."""
    compiler = Compiler(spec, symbolic=True)

    def differs(answers: Asked) -> bool:
        start = begin(spec, one.binding.mode, answers, ANY_MEMORY)
        ends = (_Ended(compiler.operation(each.stem, each.binding), start) for each in (one, other))
        return _can_differ(*ends, Questions(start))

    return one.requires == other.requires and not _anywhere(differs, spec)


def can_complete(one: Bound, spec: Spec) -> bool:
    """Return whether a bound instruction completes from some state, on some processor."""
    compiler = Compiler(spec, symbolic=True)

    def completes(answers: Asked) -> bool:
        start = begin(spec, one.binding.mode, answers, ANY_MEMORY)
        return Questions(start).possible([_Ended(compiler.operation(one.stem, one.binding), start).completed])

    return _anywhere(completes, spec)


def _anywhere(differs: Callable[[Asked], bool], spec: Spec, hosts: Iterable[str] = ()) -> bool:
    shared = share(Oracle(spec), hosts or spec.profiles, differs)
    return any(found for outcomes in shared.outcomes.values() for found, _ in outcomes)


def _fetched(start: Start) -> tuple[Value, ...]:
    return (_address(start),)


@dataclass(frozen=True)
class _Run:
    """Something that runs compiled code: in which mode, which code of a compiler, with what, and on which hosts."""

    mode: Mode
    code: Callable[[Compiler], Compiled]
    arguments: Callable[[Start], tuple[Value, ...]] = lambda start: ()
    hosts: tuple[str, ...] = ()


class Prover:
    """Compares specs with one spec."""

    def __init__(self, shared: Shared) -> None:
        self.shared = shared
        self.base = shared.spec
        self.compiler = shared.symbolic

    def equal(self, name: str, other: Spec) -> bool:
        """Return whether a spec that differs in the Operation or definition of that name means the same.

        :raises BoundReached: when the solver gives up.
        """
        compiler = self.compiler.without(name, other)
        for run in self._runs(name):
            if self._differ(run, compiler):
                return False
        return not self._words_differ(other)

    def _runs(self, name: str) -> Iterator[_Run]:
        """Yield everything that may run what has a name: instructions, what platforms do, and the fetch."""
        for bound, used in self.shared.runs:
            if name in used:
                yield _Run(bound.binding.mode, lambda code, bound=bound: code.operation(bound.stem, bound.binding))
        for mode in MODES:
            fetch = _Run(mode, lambda code, mode=mode: code.fetch(mode), _fetched)
            if name in self.compiler.made_of[fetch.code(self.compiler)]:
                yield fetch
            for each in self.base.index.services:
                service = self._service(each, mode)
                if name in self.compiler.made_of[service.code(self.compiler)]:
                    yield service

    def _service(self, name: str, mode: Mode) -> _Run:
        hosts = tuple(str(each) for each in self.base.hosts if each.platform != BARE)
        arguments = tuple(terms.variable(f"P_{each}", 64) for each in self.base.service(name).parameters)
        return _Run(mode, lambda code: code.service(name, mode), lambda start: arguments, hosts)

    def _differ(self, run: _Run, other: Compiler) -> bool:
        def differs(answers: Asked) -> bool:
            start = begin(self.base, run.mode, answers, ANY_MEMORY)
            ends = (_Ended(run.code(each), start, run.arguments(start)) for each in (self.compiler, other))
            return _can_differ(*ends, Questions(start))

        return _anywhere(differs, self.base, run.hosts)

    def _words_differ(self, other: Spec) -> bool:
        """Whether what sentences and invariants say differs: roles, ``null``, ``loadable``, ``canonical``."""

        def differs(answers: Asked) -> bool:
            for mode in MODES:
                start = begin(self.base, mode, answers, ANY_MEMORY)
                here, there = start.place(), begin(other, mode, answers, ANY_MEMORY).place()
                pairs = [(settle(each.holds, here), settle(each.holds, there)) for each in self.base.invariants]
                pairs += [_both(expression, _named(here), _named(there)) for expression in _words()]
                for bound, _ in self.shared.runs:
                    if bound.binding.mode == mode:
                        pairs += _roles(bound, self.base, here, there)
                for name in self.base.index.services:
                    pairs += _results(self.base.service(name), here, there)
                if any(_possible(start, one, two) for one, two in pairs):
                    return True
            return False

        return _anywhere(differs, self.base)


def _possible(start: Start, one: Value, two: Value) -> bool:
    width = next((each.width for each in (one, two) if not isinstance(each, int)), 64)
    return Questions(start).possible([terms.ne(one, two, width)])


def _words() -> tuple[Expr, ...]:
    return tuple(read_expression(fragment_of(text)) for text in WORDS)


def _named(place: Place) -> Place:
    values = {"S": Typed(terms.variable("S", 16), 16), "X": Typed(terms.variable("X", 64), 64)}
    return replace(place, meanings=values)


def _both(expression: Expr, here: Place, there: Place) -> tuple[Value, Value]:
    return evaluate(expression, here).value, evaluate(expression, there).value


def _roles(bound: Bound, spec: Spec, here: Place, there: Place) -> Iterator[tuple[Value, Value]]:
    for expression in spec.instruction(bound.stem).roles.values():
        meanings = dict(bound.binding.names)
        yield _both(expression, replace(here, meanings=meanings), replace(there, meanings=meanings))


def _results(service: Service, here: Place, there: Place) -> Iterator[tuple[Value, Value]]:
    names = (RESULT, *service.parameters)
    meanings = {name: Typed(terms.variable(f"P_{name}", 64), 64) for name in names}
    for expression in (service.succeeds, service.unreachable, *service.roles.values()):
        if expression is not None:
            yield _both(expression, replace(here, meanings=meanings), replace(there, meanings=meanings))


# ---- one instruction ----------------------------------------------------------------------------


class _Ended:
    """One instruction, run over terms from an unknown state."""

    def __init__(self, code: Compiled, start: Start, arguments: tuple[Value, ...] = ()) -> None:
        state = start.state.copy()
        for cell in start.spec.layout.cells:
            if cell.transient:
                state.cells[cell.index] = 0
        state.cells[start.spec.layout.views["RIP"].slots[0].cell] = _address(start) + STRIDE
        self.before = Machine(start.state.copy(), start.origin, {}, start.rules, "0")
        self.machine = Machine(state, start.origin, {}, start.rules, "0")
        self.completed: Value = code(self.machine, 1, 1, start.answers, *arguments)  # type: ignore[assignment]

    def raised(self, vector: str) -> tuple[Value, Value]:
        """Return when an exception is raised, and with which error code."""
        guard: Value = 0
        error: Value = 0
        for fault in self.machine.faults:
            if fault.vector == vector:
                guard = terms.or_(guard, fault.guard)
                error = terms.ite(fault.guard, 0 if fault.error is None else fault.error, error, 32)
        return guard, error

    def happened(self, event: str) -> Value:
        """Return when an event occurs."""
        return terms.any_of(each.guard for each in self.machine.events if each.name == event)

    def stored(self) -> Iterator[tuple[Value, Value]]:
        """Yield the address of each byte that may have been written, and what it holds."""
        for address in self._written():
            yield address, self.machine.load(address, 1)

    def _written(self) -> Iterator[Value]:
        for each in self.machine.state.memory.objects():
            for offset in each.bytes:
                yield terms.add(each.origin, offset & terms.ones(64), 64)
            for write in each.log:
                for index in range(write.size):
                    yield terms.add(each.origin, terms.add(write.offset, index, 64), 64)

    def held(self, address: Value, stored: Iterable[tuple[Value, Value]]) -> Value:
        """Return what a byte holds: one of those that have been written, or what it held at first."""
        value = self.before.load(address, 1)
        for place, byte in stored:
            value = terms.ite(terms.eq(address, place, 64), byte, value, 8)
        return value


def _address(start: Start) -> int:
    return START if start.mode == "64-bit" else START & 0xFFFFFFFF


def _can_differ(one: _Ended, two: _Ended, questions: Questions) -> bool:
    """Return whether some state makes them differ.

    Where both compute one address in two ways it is that of two objects, and what is in one is not in the other: so
    what seems to differ is looked at again, in memory that is one piece. So is what is too hard to ask at once.

    :raises BoundReached: when the solver gives up.
    """
    with suppress(BoundReached):
        if not questions.possible([_difference(one, two)]):
            return False
    both = (one.completed, two.completed)
    return questions.possible([terms.any_of(_faults(one, two))]) or any(
        questions.possible([*both, each]) for each in (*_effects(one, two), *_bytes(one, two))
    )


def _difference(one: _Ended, two: _Ended) -> Value:
    left, right = one.machine, two.machine
    stored = (address for each in (one, two) for address, _ in each.stored())
    memory = [terms.ne(left.load(address, 1), right.load(address, 1), 8) for address in stored]
    effects = terms.any_of([*_effects(one, two), *memory])
    return terms.any_of([*_faults(one, two), terms.all_of((one.completed, two.completed, effects))])


def _faults(one: _Ended, two: _Ended) -> Iterator[Value]:
    for vector in sorted({fault.vector for each in (one, two) for fault in each.machine.faults}):
        (first, code), (second, other) = one.raised(vector), two.raised(vector)
        yield terms.bit_xor(first, second, 1)
        yield terms.and_(first, terms.ne(code, other, 32))


def _effects(one: _Ended, two: _Ended) -> Iterator[Value]:
    left, right = one.machine, two.machine
    for cell in left.origin.layout.cells:
        yield terms.ne(left.read(cell.index), right.read(cell.index), cell.width)
    for event in {each.name for machine in (left, right) for each in machine.events}:
        yield terms.bit_xor(one.happened(event), two.happened(event), 1)
    for number, _, _ in (*left.state.msrs, *right.state.msrs):
        yield terms.ne(left.read_msr(number), right.read_msr(number), 64)


def _bytes(one: _Ended, two: _Ended) -> Iterator[Value]:
    first, second = list(one.stored()), list(two.stored())
    for address, _ in (*first, *second):
        yield terms.ne(one.held(address, first), two.held(address, second), 8)
