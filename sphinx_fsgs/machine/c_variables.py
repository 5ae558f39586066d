"""The variables of an example in C: an object each, at an address of its own below 2 GiB.

One that is declared with a constant holds it from the start.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from difflib import SequenceMatcher

from sphinx_fsgs.diagnostic import Diagnostic, did_you_mean, suggestion
from sphinx_fsgs.machine.c_refused import AUTHORITY, WAY_OUT, Refused
from sphinx_fsgs.machine.c_types import Kind, kind_of
from sphinx_fsgs.records import dataclass
from sphinx_fsgs.source import Span
from sphinx_fsgs.spec.model import Spec
from sphinx_fsgs.syntax.c import CExpr, CName, CType
from sphinx_fsgs.syntax.example import Assumption, Bind, Symbol
from sphinx_fsgs.syntax.expression import Memory, Number

NEARLY_KNOWN = "FSGS172"

FIRST_ADDRESS = 0x10000
STRIDE = 0x1000
"""Variables lie a page apart, so that no access to one reaches another."""

NEARLY = 0.9
"""How much of a name that nothing declares must be that of a known one to be taken for a slip."""


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable: where it lies and what it holds."""

    name: str
    type: CType
    kind: Kind
    address: int


@dataclass(slots=True)
class Variables:
    """The variables so far, what holds ``before`` the run by them, and what had to be ``assumed`` of them."""

    spec: Spec
    macros: Mapping[str, CExpr]
    assumed: dict[str, None]
    by_name: dict[str, Variable] = field(default_factory=dict)
    before: list[Assumption] = field(default_factory=list)
    found: list[Diagnostic] = field(default_factory=list)

    def declare(self, name: str, declared: CType, span: Span) -> Variable:
        """Return the variable of a declaration.

        :raises Refused: for a type that is not run, or another one than the name has.
        """
        known = self.by_name.get(name)
        if known is not None:
            if known.type != declared:
                raise Refused(span, f"{name} is declared a second time, with another type", "keep one of them")
            return known
        variable = Variable(name, declared, self._kind(declared, span), FIRST_ADDRESS + STRIDE * len(self.by_name))
        self.by_name[name] = variable
        self.before.append(Symbol(name, Number(variable.address, span), span))
        return variable

    def _kind(self, declared: CType, span: Span) -> Kind:
        if declared.space and declared.space not in self.spec.address_spaces:
            near = suggestion(declared.space, self.spec.address_spaces)
            raise Refused(span, f"unknown address space {declared.space}", near or WAY_OUT)
        kind = kind_of(declared, self.spec)
        if kind is None:
            what = "a variable in an address space" if declared.space else f'the type "{declared}"'
            raise Refused(span, f"{what} is not among what is run")
        return kind

    def initially(self, variable: Variable, value: int, span: Span) -> None:
        """Let a variable hold a value from the start."""
        place = Memory("", Number(variable.address, span), Number(variable.kind.bits, span), span)
        held = value & (1 << variable.kind.bits) - 1
        self.before.append(Bind(place, Number(held, span), span))

    def named(self, expr: CName) -> Variable:
        """Return a variable; one that is nowhere declared is taken as one of any value."""
        if expr.name in self.by_name:
            return self.by_name[expr.name]
        self.assumed[f"{expr.name}, which is not declared here, is an unsigned long of any value"] = None
        near = did_you_mean(expr.name, {*self.spec.constants, *self.by_name, *self.macros})
        # fsbase and gsbase are two names, MSR_GS_BAS is one that lacks a letter.
        if near and SequenceMatcher(None, expr.name, near).ratio() >= NEARLY:
            message = f"{expr.name} is not declared here; it is taken as a variable of any value"
            hint = f'did you mean "{near}"?'
            self.found.append(Diagnostic(NEARLY_KNOWN, "note", expr.span, message, AUTHORITY, hint))
        return self.declare(expr.name, CType(("unsigned", "long")), expr.span)
