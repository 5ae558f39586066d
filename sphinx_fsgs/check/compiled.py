"""An example in C as one in assembly: its statements lowered, and its variables put in where conditions name them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar, cast

from sphinx_fsgs.check.example import Compiled
from sphinx_fsgs.diagnostic import Diagnostic, suggestion
from sphinx_fsgs.machine.c_lower import Lowered, lower
from sphinx_fsgs.machine.c_types import object_kind
from sphinx_fsgs.machine.c_variables import Variable
from sphinx_fsgs.spec.model import Spec
from sphinx_fsgs.syntax.changed import changed
from sphinx_fsgs.syntax.example import Assume, Assumption, Example, InMode, Place
from sphinx_fsgs.syntax.expression import ADDRESS, CONTENT, Binary, Call, Expr, Memory, Name, Number
from sphinx_fsgs.syntax.read_example import overriding

UNKNOWN_VARIABLE = "FSGS101"
NOT_64_BIT = "FSGS173"

AUTHORITY = "the example language, conditions of examples in C"
USER = 3
"""The privilege level of a program in C, unless ``before`` says another."""

_T = TypeVar("_T")


def compiled(tree: Example, spec: Spec) -> Compiled:
    """Return an example that runs C as one that runs its steps."""
    lowered = lower(tree.code, spec)
    variables = _Variables(lowered.variables, spec)
    modes = _modes(tree)
    before = tuple(variables.put_in(each) for each in tree.before if each not in modes)
    conditions = tuple(variables.put_in(each) for each in tree.conditions)
    found = [*lowered.diagnostics, *variables.found, *map(_elsewhere, modes)]
    example = replace(tree, run=lowered.run, code=(), before=_before(lowered, before, tree), conditions=conditions)
    return Compiled(example, lowered.assumed, tuple(found), _working(spec))


def _working(spec: Spec) -> frozenset[int]:
    """Return the cells in which the steps of C work: what C says nothing of."""
    views = (spec.layout.views[name] for name in spec.c_steps.working)
    return frozenset(slot.cell for view in views for slot in view.slots)


def _before(lowered: Lowered, own: tuple[Assumption, ...], tree: Example) -> tuple[Assumption, ...]:
    level = Binary("=", Name("CPL", tree.span), Number(USER, tree.span), tree.span)
    return overriding((Assume(level, tree.span), *lowered.before, *own))


def _modes(tree: Example) -> tuple[InMode, ...]:
    """Return what chooses a mode that C does not run in, which nothing else is said of than that."""
    return tuple(each for each in tree.before if isinstance(each, InMode) and each.mode != "64-bit")


def _elsewhere(mode: InMode) -> Diagnostic:
    help_text = "leave the mode out"
    return Diagnostic(NOT_64_BIT, "error", mode.span, "C runs in 64-bit mode only", AUTHORITY, help_text)


class _Variables:
    """Puts places in memory where names of variables stand."""

    def __init__(self, variables: Mapping[str, Variable], spec: Spec) -> None:
        self.variables = variables
        self.spec = spec
        self.found: list[Diagnostic] = []

    def put_in(self, tree: _T) -> _T:
        """Return a tree in which each name of a variable is what it stands for."""
        return changed(tree, self._change)

    def _change(self, tree: object) -> object | None:
        if isinstance(tree, Place) and tree.kind == "mnemonic" and tree.name in self.spec.lexicon.intrinsics:
            return replace(tree, name=self.spec.lexicon.intrinsics[tree.name].mnemonic)
        if isinstance(tree, Name) and tree.name in self.variables:
            return self._content(self.variables[tree.name], tree)
        if isinstance(tree, Call) and tree.name in (CONTENT, ADDRESS):
            return self._followed(tree)
        return None

    def _content(self, variable: Variable, name: Name) -> Expr:
        return Memory("", Number(variable.address, name.span), Number(variable.kind.bits, name.span), name.span)

    def _followed(self, expr: Call) -> Expr | None:
        (name,) = expr.arguments
        variable = self.variables.get(name.name) if isinstance(name, Name) else None
        if variable is None:
            hint = suggestion(name.name, self.variables) if isinstance(name, Name) else ""
            return self._problem(expr, "this is no variable of the example", hint or "name one that it declares")
        if expr.name == ADDRESS:
            return Number(variable.address, expr.span)
        pointee = variable.kind.pointee
        kind = None if pointee is None else object_kind(pointee, self.spec)
        if kind is None or pointee is None:
            return self._problem(expr, f"{variable.name} leads to no integer", "name a pointer to an integer")
        space = "" if pointee.pointers else pointee.space
        segment = self.spec.address_spaces[space].segment if space else ""
        where = self._content(variable, cast(Name, name))
        return Memory(segment, where, Number(kind.bits, expr.span), expr.span)

    def _problem(self, expr: Call, message: str, help_text: str) -> Expr:
        self.found.append(Diagnostic(UNKNOWN_VARIABLE, "error", expr.span, message, AUTHORITY, help_text))
        return Number(0, expr.span)
