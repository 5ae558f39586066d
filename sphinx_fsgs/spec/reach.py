"""What an Operation reaches: what it calls, asks and does, the places that it names, and whom all of it cites.

Every branch counts, whatever its condition: what is not among these cannot happen, what is may never happen in
some form or mode.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field

from sphinx_fsgs.records import dataclass
from sphinx_fsgs.spec.model import Spec
from sphinx_fsgs.syntax.expression import Call, Expr, Msr, Name, Number, children
from sphinx_fsgs.syntax.instruction import Instruction
from sphinx_fsgs.syntax.operation import (
    Assign,
    Block,
    Do,
    Fault,
    Function,
    If,
    Invoke,
    Let,
    Return,
    Statement,
    Undefined,
    bound_arguments,
)

Names = Mapping[str, frozenset[str]]
"""What a word stands for: the places that an operand or a parameter may be, none where it is a value."""


@dataclass(frozen=True, slots=True)
class Reach:
    """All in the order in which it is met. ``definitions`` are functions and procedures; ``questions`` are
    behaviours and CPUID bits (``CPUID.LKGS``); ``events`` has for each the citations of the statements that do it;
    ``cells`` are canonical names of places, those apart that an operand in memory or a register of any name may be.
    """

    definitions: tuple[str, ...]
    questions: tuple[str, ...]
    events: Mapping[str, tuple[str, ...]] = field(hash=False)
    cells: frozenset[str]
    cites: tuple[str, ...]


def reach_of(spec: Spec, stem: str) -> Reach:
    """Return what the Operation of an instruction reaches.

    :raises SpecError: when a file that is needed cannot be used.
    """
    entry = spec.instruction(stem)
    walk = _Walk(spec)
    operands = _operands(spec, entry)
    for _, value in (each for form in entry.forms for each in form.bindings):
        walk.expression(value, operands)
    walk.block(entry.operation, operands)
    events = {name: tuple(cites) for name, cites in walk.events.items()}
    return Reach(tuple(walk.definitions), tuple(walk.questions), events, frozenset(walk.cells), tuple(walk.cites))


def _operands(spec: Spec, entry: Instruction) -> dict[str, frozenset[str]]:
    """Return what each operand may be by name, and what the forms bind."""
    layout = spec.layout
    named = {name: frozenset(kind for kind in kinds if _is_place(spec, kind)) for name, kinds in entry.kinds.items()}
    for form in entry.forms:
        for name, value in form.bindings:
            said = frozenset({value.name}) if isinstance(value, Name) else frozenset()
            named[name] = named.get(name, frozenset()) | said
    return {name: places - layout.general for name, places in named.items()}


def _is_place(spec: Spec, name: str) -> bool:
    return name in spec.layout.records or spec.layout.canonical(name) is not None


class _Walk:
    """Goes through everything once for each meaning of the words in it."""

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        self.definitions: dict[str, None] = {}
        self.questions: dict[str, None] = {}
        self.events: dict[str, dict[str, None]] = {}
        self.cells: set[str] = set()
        self.cites: dict[str, None] = {}
        self.seen: set[tuple[str, tuple[tuple[str, frozenset[str]], ...]]] = set()

    def block(self, block: Block, names: Names, own: Iterable[str] = ()) -> None:
        here = dict(names)
        for statement in block:
            self.cites.update(dict.fromkeys(statement.cites))
            self.statement(statement, here, own)
            if isinstance(statement, Let):
                here[statement.name] = self.places(statement.value, here)

    def statement(self, statement: Statement, names: Names, own: Iterable[str]) -> None:
        for expr in _expressions(statement):
            self.expression(expr, names)
        if isinstance(statement, If):
            for _, inner in statement.branches:
                self.block(inner, names, statement.cites or own)
            self.block(statement.otherwise, names, statement.cites or own)
        elif isinstance(statement, Do):
            self.events.setdefault(statement.event, {}).update(dict.fromkeys(statement.cites or own))
        elif isinstance(statement, Invoke):
            self.call(statement.name, statement.arguments, names, statement.cites or own)

    def expression(self, expr: Expr, names: Names) -> None:
        if isinstance(expr, Name):
            if self.spec.is_question(expr.name):
                self.questions[expr.name] = None
            self.cells.update(self.places(expr, names))
        elif isinstance(expr, Msr):
            self.cells.update(self.registers(expr.index))
        elif isinstance(expr, Call):
            self.call(expr.name, expr.arguments, names, ())
        for each in children(expr):
            self.expression(each, names)

    def registers(self, index: Expr) -> Iterator[str]:
        """Yield the cells that a model-specific register may be; any of them where its number is not written there."""
        for msr in self.spec.layout.msrs:
            if not isinstance(index, Number) or index.value == msr.index:
                yield msr.cell

    def places(self, expr: Expr, names: Names) -> frozenset[str]:
        """Return the places that an expression is a name of."""
        if not isinstance(expr, Name):
            return frozenset()
        head, dot, rest = expr.name.partition(".")
        said = names[head] if head in names else frozenset({head})
        found = (f"{each}{dot}{rest}" for each in said)
        return frozenset(self.spec.layout.canonical(each) or each for each in found if _is_place(self.spec, each))

    def call(self, name: str, arguments: tuple[Expr, ...], names: Names, own: Iterable[str]) -> None:
        callee = self.spec.definition(name)
        if callee is None:
            return
        self.definitions[name] = None
        bound = {each: self.places(value, names) for each, value in bound_arguments(callee.parameters, arguments)}
        key = (name, tuple(sorted(bound.items())))
        if key in self.seen:
            return
        self.seen.add(key)
        if isinstance(callee, Function):
            self.expression(callee.body, bound)
        else:
            self.cites.update(dict.fromkeys(callee.cites))
            self.block(callee.body, bound, callee.cites or own)


def _expressions(statement: Statement) -> tuple[Expr, ...]:
    """Return the expressions of a statement, those of the blocks in it apart."""
    match statement:
        case Let() | Return():
            return (statement.value,)
        case Assign():
            return (statement.place, statement.value)
        case If():
            return tuple(condition for condition, _ in statement.branches)
        case Fault():
            return () if statement.error is None else (statement.error,)
        case Invoke() | Do():
            return statement.arguments
        case Undefined():
            return (statement.place,)
        case _:
            return ()
