"""The body of an Operation or a procedure to one Python function."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from sphinx_fsgs.machine.compile.lines import Guards, Lines, Written, indented, stamped
from sphinx_fsgs.machine.compile.runtime import RUNTIME, Compiled
from sphinx_fsgs.machine.compile.statements import Statements
from sphinx_fsgs.machine.compile.trees import written_in
from sphinx_fsgs.machine.operands import Meaning
from sphinx_fsgs.syntax.operation import Block


class FunctionCode(Statements):
    """One Python function in the making."""

    def build(self, block: Block, names: dict[str, Meaning], values: Sequence[str]) -> Compiled:
        """Compile the block into a function whose last parameters are ``values``."""
        symbolic = self.emitter.symbolic
        self.written = written_in(block)
        guards = Guards("g", "w") if symbolic else Guards("", "")
        body = Lines(self.fresh, names, guards)
        first = "m, g, w, A" if symbolic else "s, m, A"
        self.statements(block, body)
        if symbolic:
            body.write("return g")
        elif self.faults_after_write:
            body.body = self._undoing(body.body)
        head = Written(body.body[0].line if body.body else 1, f"def {self.name}({', '.join((first, *values))}):")
        lines = [head, *indented(body.body or [Written(1, "pass")])]
        code = compile(stamped(lines), self.path, "exec")
        space = RUNTIME | self.globals | {"__builtins__": {"min": min}}
        exec(code, space)
        return cast(Compiled, space[self.name])

    def _undoing(self, body: list[Written]) -> list[Written]:
        """Return the body with what it writes undone when it faults."""
        line = body[0].line
        before, behind = ("u = s[:]", "try:"), ("except Fault:", " s[:] = u", " raise")
        return [
            *(Written(line, text) for text in before),
            *indented(body),
            *(Written(line, text) for text in behind),
        ]
