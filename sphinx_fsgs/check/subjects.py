"""From the instructions that a sentence names to programs: every form of them, with arbitrary registers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import product

from sphinx_fsgs.check.asking import Asked
from sphinx_fsgs.check.spelled import ANY_REGISTERS, Tried, named_by, spelt
from sphinx_fsgs.machine.bind import BindError, Bound, Surroundings, bind
from sphinx_fsgs.machine.operands import Formula, Meaning
from sphinx_fsgs.machine.program import START, Call, Element, Program
from sphinx_fsgs.machine.setup import Start, assign, name_new
from sphinx_fsgs.records import dataclass
from sphinx_fsgs.spec.model import FEATURE_PREFIX, Spec
from sphinx_fsgs.syntax.claim import Sequence, Subject
from sphinx_fsgs.syntax.example import Mode
from sphinx_fsgs.syntax.expression import Expr, Free, Name, Number
from sphinx_fsgs.syntax.instruction import Instruction
from sphinx_fsgs.syntax.service import Service


@dataclass(frozen=True, slots=True)
class Variant:
    """One program that a subject stands for, and what ``the selector``, ``its destination``, … are in it.

    ``targets`` gives the cells that ``to MSR_…`` sets, with the numbers; ``registers`` are those that were chosen.
    """

    program: Program
    roles: Mapping[str, Meaning]
    targets: tuple[tuple[str, int], ...]
    requires: tuple[str, ...]
    registers: tuple[str, ...] = ()

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


def variants(sequence: Sequence, mode: Mode, spec: Spec, tried: Tried = ANY_REGISTERS) -> tuple[Variant, ...]:
    """Return every program that the words stand for; none when no form fits this mode.

    Instructions of a sequence take the same register, and operands of one size.
    """
    if len(sequence.subjects) > 1:
        tried = replace(tried, named=tried.named | named_in(sequence, spec), apart=False)
    choices = [_elements(subject, tried, mode, spec) for subject in sequence.subjects]
    found: dict[tuple[object, ...], Variant] = {}
    for chosen in product(*choices):
        elements = tuple(each.element for each in chosen)
        key = tuple(each.key() for each in elements)
        if key not in found and _together(chosen):
            found[key] = _variant(sequence.subjects, elements, chosen, mode, spec)
    return tuple(found.values())


def named_in(sequence: Sequence, spec: Spec) -> frozenset[str]:
    """Return the registers that the instructions' own texts name."""
    entries = (_entry(subject, spec) for subject in sequence.subjects)
    named = (named_by(each, spec.layout) for each in entries if isinstance(each, Instruction))
    return frozenset().union(*named)


def why_none(sequence: Sequence, mode: Mode, spec: Spec) -> str:
    """Return why the words stand for no program in a mode."""
    for subject in sequence.subjects:
        entry = _entry(subject, spec)
        if isinstance(entry, Instruction) and (not entry.modes or mode in entry.modes):
            if not spelt(subject, entry, ANY_REGISTERS, mode, spec):
                return f"{subject.text} has no form with registers or memory alone; run one in an example"
    return f"not available in {mode} mode"


def _entry(subject: Subject, spec: Spec) -> Instruction | Service:
    is_service = subject.instruction in spec.index.services
    return spec.service(subject.instruction) if is_service else spec.instruction(subject.instruction)


@dataclass(frozen=True, slots=True)
class _Chosen:
    """One way to run an instruction; ``width`` and ``registers`` are nothing where it has no operands to choose."""

    element: Element
    width: int = 0
    registers: tuple[str, ...] = ()


def _elements(subject: Subject, tried: Tried, mode: Mode, spec: Spec) -> tuple[_Chosen, ...]:
    entry = _entry(subject, spec)
    if isinstance(entry, Service):
        return (_Chosen(_call(subject, entry)),)
    around = Surroundings(spec, mode, {}, {}, {})
    found: dict[tuple[object, ...], _Chosen] = {}
    for each in spelt(subject, entry, tried, mode, spec):
        try:
            bound = bind(each.line, around)
        except BindError:
            continue
        width = each.width if each.registers else 0
        found.setdefault((width, bound.key()), _Chosen(bound, width, each.registers))
    return tuple(found.values())


def _together(chosen: Iterable[_Chosen]) -> bool:
    """Return whether these belong to one program: all that take registers take the same, at the same size."""
    return len({(each.width, each.registers) for each in chosen if each.registers}) <= 1


def _variant(
    subjects: tuple[Subject, ...], elements: tuple[Element, ...], chosen: Iterable[_Chosen], mode: Mode, spec: Spec
) -> Variant:
    entries = [_entry(subject, spec) for subject in subjects]
    roles: dict[str, Meaning] = {}
    for entry, each in reversed(list(zip(entries, elements, strict=True))):
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
    program = Program(elements, {}, mode, start)
    requires = tuple(each.requires for each in elements if each.requires)
    registers = next((each.registers for each in chosen if each.registers), ())
    return Variant(program, roles, targets, requires, registers)


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
