"""From the instructions that a sentence names to programs: every form of them, with arbitrary registers.

An instruction named without operands stands for each of its forms with register operands; an address that is only
computed, as LEA's, is one in a register. Registers are
interchangeable but for those that the Operation itself names, so one of the others stands for all of
them, and each of those is tried beside it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from sphinx_fsgs.check.asking import Asked
from sphinx_fsgs.machine.bind import BindError, Bound, Surroundings, bind
from sphinx_fsgs.machine.operands import Formula, Meaning
from sphinx_fsgs.machine.program import START, Call, Element, Program
from sphinx_fsgs.machine.setup import Start, assign, name_new
from sphinx_fsgs.records import dataclass
from sphinx_fsgs.spec.model import FEATURE_PREFIX, Spec
from sphinx_fsgs.syntax.assembly import Address, Operand, Register
from sphinx_fsgs.syntax.assembly import Instruction as Line
from sphinx_fsgs.syntax.claim import Sequence, Subject
from sphinx_fsgs.syntax.example import Mode
from sphinx_fsgs.syntax.expression import Expr, Free, Name, Number
from sphinx_fsgs.syntax.instruction import Form, Instruction
from sphinx_fsgs.syntax.service import Service

WIDTHS = (16, 32, 64)


@dataclass(frozen=True, slots=True)
class Variant:
    """One program that a subject stands for, and what ``the selector``, ``its destination``, … are in it.

    ``targets`` gives the cells that ``to MSR_…`` sets, with the numbers.
    """

    program: Program
    roles: Mapping[str, Meaning]
    targets: tuple[tuple[str, int], ...]
    requires: tuple[str, ...]

    def lacks(self, answers: Asked) -> str:
        """Return a CPUID feature that the program needs and the processor does not have, else nothing."""
        return next((name for name in self.requires if not answers[FEATURE_PREFIX + name]), "")

    def aim(self, start: Start) -> None:
        """Bring the targets into the initial state."""
        span = self.program.instructions[0].span
        for expr in self.program.arguments:
            name_new(start, expr, 64)
        for cell, number in self.targets:
            assign(start, Name(cell, span), Number(number, span))


def variants(sequence: Sequence, mode: Mode, spec: Spec) -> tuple[Variant, ...]:
    """Return every program that the words stand for; none when no form fits this mode."""
    entries = [_entry(subject, spec) for subject in sequence.subjects]
    registers = ["RAX"] + (sorted(_named_registers(entries[0], spec) - {"RAX"}) if len(entries) == 1 else [])
    found: dict[tuple[object, ...], Variant] = {}
    for width in WIDTHS:
        for register in registers:
            variant = _variant(sequence.subjects, entries, width, register, mode, spec)
            if variant is not None:
                key = tuple(each.key() for each in variant.program.instructions)
                found.setdefault(key, variant)
    return tuple(found.values())


def why_none(sequence: Sequence, mode: Mode, spec: Spec) -> str:
    """Return why the words stand for no program in a mode."""
    for subject in sequence.subjects:
        entry = _entry(subject, spec)
        if isinstance(entry, Instruction) and (not entry.modes or mode in entry.modes):
            if all(next(_lines(subject, entry, width, "RAX", spec), None) is None for width in WIDTHS):
                return f"{subject.text} has no form with registers alone; run one in an example"
    return f"not available in {mode} mode"


def _entry(subject: Subject, spec: Spec) -> Instruction | Service:
    is_service = subject.instruction in spec.index.services
    return spec.service(subject.instruction) if is_service else spec.instruction(subject.instruction)


def _named_registers(entry: Instruction | Service, spec: Spec) -> set[str]:
    """Return the 64-bit registers that an instruction's own text names, as ECX in RDMSR."""
    if isinstance(entry, Service):
        return set()
    words = set(re.findall(r"\b[A-Z][A-Z0-9]+\b", entry.text.partition("Operation:")[2]))
    views = (spec.layout.views[word] for word in words if word in spec.layout.general)
    return {spec.layout.cells[view.slots[0].cell].name for view in views} if any(entry.kinds.values()) else set()


def _variant(
    subjects: tuple[Subject, ...],
    entries: list[Instruction | Service],
    width: int,
    register: str,
    mode: Mode,
    spec: Spec,
) -> Variant | None:
    bound: list[Element] = []
    around = Surroundings(spec, mode, {}, {}, {})
    for subject, entry in zip(subjects, entries, strict=True):
        if isinstance(entry, Service):
            bound.append(_call(subject, entry))
            continue
        line = next(_lines(subject, entry, width, register, spec), None)
        if line is None:
            return None
        try:
            bound.append(bind(line, around))
        except BindError:
            return None
    roles: dict[str, Meaning] = {}
    for entry, each in reversed(list(zip(entries, bound, strict=True))):
        if isinstance(each, Bound):
            roles.update(each.binding.names)
        elif isinstance(each, Call):
            roles.update((name, Formula(_open(name, each))) for name in spec.service(each.service).parameters)
        # The file of the mode may be another than the one that sentences are about.
        own = spec.instruction(each.stem) if isinstance(each, Bound) else entry
        roles.update((_role_name(words), Formula(value)) for words, value in own.roles.items())
    targets = tuple(
        (entry.target, spec.constants[subject.target])
        for subject, entry in zip(subjects, entries, strict=True)
        if subject.target and isinstance(entry, Instruction) and entry.target
    )
    start = START if mode == "64-bit" else START & 0xFFFFFFFF
    program = Program(tuple(bound), {}, mode, start)
    return Variant(program, roles, targets, tuple(each.requires for each in bound if each.requires))


def _call(subject: Subject, entry: Service) -> Call:
    """Return the call that a sentence names, with the arguments that the name fixes and all others arbitrary."""
    spelt = {name.lower(): arguments for name, arguments in entry.subjects.items()}
    given = spelt.get(subject.text.lower(), tuple(Name(each, subject.span) for each in entry.parameters))
    arguments = tuple(_arbitrary(each, entry) for each in given)
    return Call(entry.name, arguments, None, False, subject.text, subject.span)


def _arbitrary(argument: Expr, entry: Service) -> Expr:
    is_open = isinstance(argument, Name) and argument.name in entry.parameters
    return Free(argument.name, argument.span) if is_open and isinstance(argument, Name) else argument


def _open(name: str, call: Call) -> Expr:
    """Return what a parameter of a service is in a call: an arbitrary value by its name."""
    return Free(name, call.span)


def _role_name(words: str) -> str:
    """Return how a sentence's tree calls a role: ``the.selector``, ``destination``."""
    article, _, noun = words.partition(" ")
    return f"the.{noun}" if article == "the" else noun


def _lines(subject: Subject, entry: Instruction, width: int, register: str, spec: Spec) -> Iterator[Line]:
    if subject.bits not in (0, width):
        return
    word = subject.mnemonic or subject.text.split()[0].lower()
    for form in entry.forms:
        if word in form.mnemonics or not any(word in other.mnemonics for other in entry.forms):
            operands = [_operand(entry.kinds.get(name, ()), subject, width, register, spec) for name in form.operands]
            if None not in operands:
                fixed = tuple(each for each in operands if each is not None)
                yield Line(form.mnemonics[0], fixed, _text(form, fixed), subject.span)


def _operand(kinds: tuple[str, ...], subject: Subject, width: int, register: str, spec: Spec) -> Operand | None:
    if subject.segment is not None and subject.segment in kinds:
        return Register(subject.segment, subject.span)
    if f"r{width}" in kinds or "reg" in kinds:
        cell = spec.layout.views[register].slots[0].cell
        name = next(
            name
            for name, view in spec.layout.views.items()
            if name in spec.layout.general and view.slots[0].cell == cell and view.width == width
        )
        return Register(name, subject.span)
    if "address" in kinds:
        return Address(None, None, register, None, 1, subject.span)
    return None


def _text(form: Form, operands: tuple[Operand, ...]) -> str:
    words = ", ".join(
        f"%{each.name.lower()}" if isinstance(each, Register) else f"(%{str(each.base).lower()})"
        for each in operands
        if isinstance(each, (Register, Address))
    )
    return f"{form.mnemonics[0]} {words}".rstrip()
