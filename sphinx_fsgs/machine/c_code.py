"""The lines that C becomes: steps of ``spec/compilers/lowering.toml`` with their places filled in, as a run grows."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from sphinx_fsgs.diagnostic import Diagnostic
from sphinx_fsgs.machine.c_refused import Refused
from sphinx_fsgs.source import Fragment, Line, Span
from sphinx_fsgs.spec.c import WIDTHS
from sphinx_fsgs.spec.model import Spec
from sphinx_fsgs.syntax.assembly import AsmStatement, Label
from sphinx_fsgs.syntax.changed import changed
from sphinx_fsgs.syntax.expression import Name
from sphinx_fsgs.syntax.read_assembly import read_assembly


@dataclass(slots=True)
class Code:
    """A run that grows; all that is added stands at ``span``, where the statement stands that it comes from.

    Values are computed in the registers of the table, which are counted from 0.
    """

    spec: Spec
    run: list[AsmStatement] = field(default_factory=list)
    found: list[Diagnostic] = field(default_factory=list)
    span: Span = Span("", 1, 1, 1, 1)
    _labels: int = 0

    def part(self, n: int, bits: int, span: Span) -> str:
        """Return the name of so many low bits of the n-th register.

        :raises Refused: when there are not so many registers.
        """
        registers = self.spec.c_steps.registers
        if n >= len(registers):
            raise Refused(span, "too much is computed in one expression", "use variables for parts of it")
        return registers[n][WIDTHS.index(bits)]

    def register(self, n: int, span: Span) -> Name:
        """Return the n-th register as an operand that stands there."""
        return Name(self.part(n, 64, span).upper(), span)

    def step(
        self,
        name: str,
        n: int = 0,
        *,
        bits: int = 64,
        source: int | None = None,
        segment: str = "",
        symbol: str = "",
        value: str = "",
        label: str = "",
    ) -> None:
        """Write the lines of a step, its places filled in."""
        steps = self.spec.c_steps
        named = {
            "to": self.part(n, 64, self.span),
            "part": self.part(n, bits, self.span),
            "from": "" if source is None else self.part(source, 64, self.span),
            "scratch": steps.scratch,
            "suffix": steps.suffixes[bits],
            "mask": f"{(1 << bits) - 1:#x}",
            "sign": f"{1 << bits - 1:#x}",
            "segment": segment,
            "symbol": symbol,
            "value": value,
            "label": label,
        }
        for line in steps.lines[name]:
            self.assemble(line.format_map(named))

    def copy(self, source: str, to: str) -> None:
        """Copy one register, given by its name, to another."""
        for line in self.spec.c_steps.lines["copy"]:
            self.assemble(line.format_map({"from": source, "to": to}))

    def jump_unless(self, op: str, signed: bool, label: str) -> None:
        """Jump to a label where the comparison before does not hold."""
        self.assemble(self.spec.c_steps.unless[signed, op].format(label=label))

    def new_label(self) -> str:
        """Return the name of a label that is nowhere yet."""
        self._labels += 1
        return f".L{self._labels}"

    def place(self, label: str, span: Span) -> None:
        """Put a label here."""
        self.run.append(Label(label, span))

    def assemble(self, text: str, where: Span | None = None) -> None:
        """Add a line of assembly that stands where the statement, or a text in it, stands."""
        span = where or self.span
        parsed = read_assembly(Fragment((Line(text, span.path, span.line, span.column),)), self.spec.lexicon)
        self.found.extend(replace(each, span=span) for each in parsed.diagnostics)
        self.run.extend(changed(parsed.tree or (), lambda each: span if isinstance(each, Span) else None))
