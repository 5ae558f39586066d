"""Code that is compiled once for all mutants: what is not made from the thing that a mutant changes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property

from sphinx_fsgs.machine.bind import Bound
from sphinx_fsgs.machine.compile import Compiler
from sphinx_fsgs.machine.compile.frame import Sizes
from sphinx_fsgs.machine.compile.runtime import Compiled
from sphinx_fsgs.machine.forms import samples
from sphinx_fsgs.machine.operands import Binding, Meaning
from sphinx_fsgs.source import Span
from sphinx_fsgs.spec.model import Spec
from sphinx_fsgs.syntax.example import Mode
from tests.strength.mutated import Recording

MODES: tuple[Mode, ...] = ("64-bit", "compatibility", "protected")


class Noting(Compiler):
    """A compiler that knows from which Operations, procedures and functions each piece of its code is made.

    It also tells the spec, as if all code were compiled whenever it is asked for.
    """

    def __init__(self, spec: Recording, symbolic: bool) -> None:
        super().__init__(spec, symbolic)
        self.recording = spec
        self.made_of: dict[Compiled, frozenset[str]] = {}
        self.asked = False

    def operation(self, stem: str, binding: Binding) -> Compiled:
        """As :class:`Compiler`."""
        with self._noted() as note:
            return note(super().operation(stem, binding))

    def procedure(
        self, name: str, mode: str, meanings: Sequence[Meaning], span: Span, sizes: Sizes = ()
    ) -> tuple[Compiled, bool]:
        """As :class:`Compiler`."""
        with self._noted() as note:
            code, faults = super().procedure(name, mode, meanings, span, sizes)
            return note(code), faults

    def service(self, name: str, mode: str) -> Compiled:
        """As :class:`Compiler`."""
        with self._noted() as note:
            return note(super().service(name, mode))

    @contextmanager
    def _noted(self) -> Iterator[Callable[[Compiled], Compiled]]:
        """Give a function that takes the code that came out; what was asked for meanwhile is what it is made of."""
        self.asked = True
        outer, self.recording.used = self.recording.used, set()

        def note(code: Compiled) -> Compiled:
            outer.update(self.made_of.setdefault(code, frozenset(self.recording.used)))
            return code

        try:
            yield note
        finally:
            self.recording.used = outer

    def without(self, name: str, spec: Spec) -> Compiler:
        """Return a compiler for a spec that differs in the thing of that name, with all code that is as before."""
        found = Compiler(spec, self.emitter.symbolic)
        for key, code in self._done.items():
            if name not in self.made_of[code]:
                found._done[key] = code
                if key in self._faulting:
                    found._faulting[key] = self._faulting[key]
        return found


class Shared:
    """The spec as it is with a compiler for each kind of code, and what an item runs."""

    def __init__(self, base: Spec) -> None:
        self.spec = Recording(base)
        self.concrete = Noting(self.spec, symbolic=False)
        self.symbolic = Noting(self.spec, symbolic=True)

    @cached_property
    def runs(self) -> tuple[tuple[Bound, frozenset[str]], ...]:
        """A line of each way to write each instruction in each mode, with what it is made from."""
        found = []
        for stem in self.spec.index.stems:
            for mode in MODES:
                for bound in samples(self.spec, stem, mode):
                    code = self.symbolic.operation(bound.stem, bound.binding)
                    found.append((bound, self.symbolic.made_of[code]))
        return tuple(found)

    @contextmanager
    def watched(self) -> Iterator[set[str]]:
        """Give a set that holds behind the block what was run in it; nothing, when no code was asked for."""
        outer, self.spec.used = self.spec.used, set()
        self.concrete.asked = self.symbolic.asked = False
        found: set[str] = set()
        try:
            yield found
        finally:
            found.update(self.spec.used if self.concrete.asked or self.symbolic.asked else ())
            self.spec.used = outer
