"""A run's code: bound instructions at nominal addresses, and the labels between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sphinx_fsgs.diagnostic import Diagnostic
from sphinx_fsgs.machine.bind import BindError, Bound, Surroundings, bind
from sphinx_fsgs.spec.model import Spec
from sphinx_fsgs.syntax.assembly import AsmStatement, Instruction, Label
from sphinx_fsgs.syntax.example import Mode

START = 0xFFFFFFFF81000000
STRIDE = 16
"""Code has a nominal address, so many bytes an instruction; no verdict depends on the lengths."""

SAME_LABEL = "FSGS156"


@dataclass(frozen=True, slots=True)
class Program:
    """Instructions in the order of the text; ``labels`` lead to the index of the one that follows."""

    instructions: tuple[Bound, ...]
    labels: Mapping[str, int]
    mode: Mode
    start: int = field(default=START)

    def address(self, index: int) -> int:
        """Return the nominal address of an instruction, or of the place behind the last."""
        return self.start + STRIDE * index

    def index(self, address: int) -> int | None:
        """Return the instruction at an address; the place behind the last counts, anything else is None."""
        offset = address - self.start
        if offset % STRIDE or not 0 <= offset // STRIDE <= len(self.instructions):
            return None
        return offset // STRIDE


@dataclass(frozen=True, slots=True)
class Assembled:
    """A program, or what is wrong with each line that cannot be bound."""

    program: Program | None
    diagnostics: tuple[Diagnostic, ...]


def assemble(statements: Sequence[AsmStatement], spec: Spec, mode: Mode, symbols: Mapping[str, int]) -> Assembled:
    """Bind every line; each bad line gives one finding."""
    start = START if mode == "64-bit" else START & 0xFFFFFFFF
    lines: list[Instruction] = []
    labels: dict[str, int] = {}
    numeric: list[tuple[str, int]] = []
    found: list[Diagnostic] = []
    for statement in statements:
        if isinstance(statement, Instruction):
            lines.append(statement)
        elif isinstance(statement, Label):
            if statement.name.isdigit():
                numeric.append((statement.name, len(lines)))
            elif statement.name in labels:
                found.append(_twice(statement))
            else:
                labels[statement.name] = len(lines)
    addresses = {name: start + STRIDE * index for name, index in labels.items()}
    bound: list[Bound] = []
    for number, line in enumerate(lines):
        around = Surroundings(spec, mode, symbols, addresses, _near(numeric, number, start))
        try:
            bound.append(bind(line, around))
        except BindError as error:
            found.append(error.diagnostic)
    program = None if found else Program(tuple(bound), labels, mode, start)
    return Assembled(program, tuple(found))


def _twice(label: Label) -> Diagnostic:
    message = f"the label {label.name} is defined twice"
    return Diagnostic(SAME_LABEL, "error", label.span, message, "the assembler", "give it another name")


def _near(numeric: Sequence[tuple[str, int]], number: int, start: int) -> dict[tuple[str, bool], int]:
    found: dict[tuple[str, bool], int] = {}
    for name, index in numeric:
        if index <= number:
            found[name, False] = start + STRIDE * index
        else:
            found.setdefault((name, True), start + STRIDE * index)
    return found
