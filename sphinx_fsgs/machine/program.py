"""A run's code: bound instructions at nominal addresses, calls of the platform, output, and the labels between them.

A front end that has no lines of assembly makes a call of the platform by hand:
``Call("arch_prctl", (Name("ARCH_SET_GS", span), value), None, False, text, span)``. Each argument is an
expression over the state at the boundary before it (cells, ``u64[…]``, constants of the spec, symbols,
``?names``), taken with 64 bits; the result is then in the cell that the service's file names, RAX.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import ClassVar

from sphinx_fsgs.diagnostic import Diagnostic
from sphinx_fsgs.machine.bind import IMPOSSIBLE_OPERANDS, BindError, Bound, Surroundings, bind, check_name
from sphinx_fsgs.machine.evaluate import Place, value_at
from sphinx_fsgs.machine.terms import Value
from sphinx_fsgs.records import dataclass
from sphinx_fsgs.source import Span
from sphinx_fsgs.spec.model import Spec
from sphinx_fsgs.syntax.assembly import AsmStatement, Bytes, Environment, Instruction, Label, Output, Shown
from sphinx_fsgs.syntax.example import Mode
from sphinx_fsgs.syntax.expression import Expr, names_in

START = 0xFFFFFFFF81000000
STRIDE = 16
"""Code has a nominal address, so many bytes an instruction; no verdict depends on the lengths."""

SAME_LABEL = "FSGS156"

_AUTHORITY = "the services of platforms in the spec"


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a service of the platform beneath the code: one step, between two boundaries.

    ``expected`` is the result that the document claims; with ``succeeds`` it claims that it is none of failure.
    """

    service: str
    arguments: tuple[Expr, ...]
    expected: Expr | None
    succeeds: bool
    text: str
    span: Span = field(compare=False)

    requires: ClassVar[str] = ""
    leaves: ClassVar[bool] = False
    uses_segment: ClassVar[frozenset[str]] = frozenset()

    @property
    def stem(self) -> str:
        """The name of its entry in the spec, as an instruction has one."""
        return self.service

    @property
    def mnemonic(self) -> str:
        """The word by which places and ``ran twice`` call it."""
        return self.service

    def key(self) -> tuple[object, ...]:
        """Return something hashable that tells whether two do the same."""
        return (self.service, self.arguments)

    def values(self, place: Place) -> tuple[Value, ...]:
        """Return what its arguments are over a state, 64 bits each.

        :raises EvaluationError: when one of them has no such value.
        """
        return tuple(value_at(each, place, 64) for each in self.arguments)


@dataclass(frozen=True, slots=True)
class Print:
    """Something is printed, as a step of its own: texts, and values over the state before it. It changes nothing."""

    pieces: tuple[str | Shown, ...]
    mnemonic: str
    text: str
    span: Span = field(compare=False)

    stem: ClassVar[str] = ""
    requires: ClassVar[str] = ""
    leaves: ClassVar[bool] = False
    uses_segment: ClassVar[frozenset[str]] = frozenset()

    def key(self) -> tuple[object, ...]:
        """Return something hashable that tells whether two do the same."""
        return (self.mnemonic, self.pieces)


Element = Bound | Call | Print


@dataclass(frozen=True, slots=True)
class Program:
    """What is run, in the order of the text; ``labels`` lead to the index of the one that follows.

    ``working`` are cells in which a compiler works, so that no sentence on what changes counts them.
    ``places`` are the addresses of the instructions and of the place behind the last, where they are known.
    """

    instructions: tuple[Element, ...]
    labels: Mapping[str, int]
    mode: Mode
    start: int = field(default=START)
    working: frozenset[int] = frozenset()
    places: tuple[int, ...] = ()

    def address(self, index: int) -> int:
        """Return the address of an instruction, or of the place behind the last; a nominal one unless it is known."""
        return self.places[index] if self.places else self.start + STRIDE * index

    def index(self, address: int) -> int | None:
        """Return the instruction at an address; the place behind the last counts, anything else is None."""
        if self.places:
            return self.places.index(address) if address in self.places else None
        offset = address - self.start
        if offset % STRIDE or not 0 <= offset // STRIDE <= len(self.instructions):
            return None
        return offset // STRIDE

    @property
    def addresses(self) -> dict[str, int]:
        """Where its labels lead."""
        return {name: self.address(index) for name, index in self.labels.items()}

    @property
    def calls(self) -> tuple[Call, ...]:
        """What it asks of the platform."""
        return tuple(each for each in self.instructions if isinstance(each, Call))

    @property
    def stems(self) -> tuple[str, ...]:
        """The entries of the spec that it runs, each once."""
        return tuple(dict.fromkeys(each.stem for each in self.instructions if each.stem))

    @property
    def arguments(self) -> tuple[Expr, ...]:
        """The arguments of its calls."""
        return tuple(expr for call in self.calls for expr in call.arguments)


@dataclass(frozen=True, slots=True)
class Assembled:
    """A program, or what is wrong with each line that cannot be bound."""

    program: Program | None
    diagnostics: tuple[Diagnostic, ...]


def assemble(
    statements: Sequence[AsmStatement],
    spec: Spec,
    mode: Mode,
    symbols: Mapping[str, int],
    places: Sequence[int] = (),
) -> Assembled:
    """Bind every line; each bad line gives one finding. Where bytes are not decoded there is no program.

    :param places: the addresses of the lines and of the place behind the last, where they are known.
    """
    start = places[0] if places else START if mode == "64-bit" else START & 0xFFFFFFFF
    where = places or range(start, start + STRIDE * (len(statements) + 1), STRIDE)
    lines: list[Instruction | Environment | Output | Bytes] = []
    labels: dict[str, int] = {}
    numeric: list[tuple[str, int]] = []
    found: list[Diagnostic] = []
    for statement in statements:
        if isinstance(statement, (Instruction, Environment, Output, Bytes)):
            lines.append(statement)
        elif isinstance(statement, Label):
            if statement.name.isdigit():
                numeric.append((statement.name, len(lines)))
            elif statement.name in labels:
                found.append(_twice(statement))
            else:
                labels[statement.name] = len(lines)
    addresses = {name: where[index] for name, index in labels.items()}
    bound: list[Element] = []
    for number, line in enumerate(lines):
        if isinstance(line, Bytes):
            continue
        around = Surroundings(spec, mode, symbols, addresses, _near(numeric, number, where))
        try:
            bound.append(_element(line, around))
        except BindError as error:
            found.append(error.diagnostic)
    whole = not found and len(bound) == len(lines)
    program = Program(tuple(bound), labels, mode, start, places=tuple(places)) if whole else None
    return Assembled(program, tuple(found))


def _element(line: Instruction | Environment | Output, around: Surroundings) -> Element:
    """Return what a line is as a step.

    :raises BindError: when it cannot be one.
    """
    if isinstance(line, Instruction):
        return bind(line, around)
    return (
        _call(line, around)
        if isinstance(line, Environment)
        else Print(line.pieces, line.function, line.text, line.span)
    )


def _call(line: Environment, around: Surroundings) -> Call:
    """Return an environment line as a step, its names looked up.

    :raises BindError: when it has another number of arguments, or a name means nothing.
    """
    entry = around.spec.service(line.operation)
    if len(line.arguments) != len(entry.parameters):
        message = f"{line.operation} takes {len(entry.parameters)} arguments, not {len(line.arguments)}"
        help_text = f"write {line.operation}({', '.join(entry.parameters)})"
        raise BindError(Diagnostic(IMPOSSIBLE_OPERANDS, "error", line.span, message, _AUTHORITY, help_text))
    given = (*line.arguments, *(() if line.expected is None else (line.expected,)))
    for name in (each for expr in given for each in names_in(expr)):
        check_name(name, around)
    succeeds = line.succeeds and line.expected is None and entry.succeeds is not None
    return Call(line.operation, line.arguments, line.expected, succeeds, line.text, line.span)


def _twice(label: Label) -> Diagnostic:
    message = f"the label {label.name} is defined twice"
    return Diagnostic(SAME_LABEL, "error", label.span, message, "the assembler", "give it another name")


def _near(numeric: Sequence[tuple[str, int]], number: int, where: Sequence[int]) -> dict[tuple[str, bool], int]:
    found: dict[tuple[str, bool], int] = {}
    for name, index in numeric:
        if index <= number:
            found[name, False] = where[index]
        else:
            found.setdefault((name, True), where[index])
    return found
