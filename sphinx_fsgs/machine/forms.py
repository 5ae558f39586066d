"""Every way to write an instruction that its ``Syntax:`` and ``Operand:`` lines allow, one sample of each.

What can be written is found by trying: each kind of operand gives a few operands, and the binder says
which of their combinations one of the forms takes. So nothing here knows an instruction by name.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace

from sphinx_fsgs.machine.bind import BindError, Bound, Surroundings, bind
from sphinx_fsgs.machine.program import START, STRIDE
from sphinx_fsgs.source import Span
from sphinx_fsgs.spec.model import Spec
from sphinx_fsgs.syntax.assembly import Address, Immediate, Indirect, Instruction, Operand, Register, Target
from sphinx_fsgs.syntax.example import Mode
from sphinx_fsgs.syntax.expression import Number, Unary
from sphinx_fsgs.syntax.instruction import SIZES, Form
from sphinx_fsgs.syntax.print_assembly import att_text

_LABEL = "1"
_DISPLACEMENT = 8
_WIDE = 1 << 40
"""More than 32 bits and their sign can say, so that no narrower form takes it."""
TARGET = START + 2 * STRIDE
"""Where the sample of a jump goes: behind the instruction that follows it."""


def samples(spec: Spec, stem: str, mode: Mode) -> tuple[Bound, ...]:
    """Return one bound line for each binding that the operation can have in a mode; none if it has none there.

    :raises SpecError: when the file of the instruction cannot be used.
    """
    entry = spec.instruction(stem)
    if entry.modes and mode not in entry.modes:
        return ()
    found: dict[tuple[object, ...], Bound] = {}
    for form in entry.forms:
        for bound in form_samples(spec, stem, form, mode):
            found.setdefault(bound.binding.key(), bound)
    return tuple(found.values())


def form_samples(spec: Spec, stem: str, form: Form, mode: Mode) -> Iterator[Bound]:
    """Yield a bound line for each spelling of one ``Syntax:`` line and each combination of operands that fits."""
    kinds = spec.instruction(stem).kinds
    choices = [
        tuple(_operands(spec, kinds.get(name, ()), number, mode, form.span))
        for number, name in enumerate(form.operands)
    ]
    mask = (1 << 64) - 1 if mode == "64-bit" else (1 << 32) - 1
    around = Surroundings(spec, mode, {}, {}, {(_LABEL, True): TARGET & mask})
    for mnemonic, _ in form.spellings():
        for operands in itertools.product(*choices):
            line = Instruction(mnemonic, operands, att_text(mnemonic, operands), form.span)
            try:
                bound = bind(line, around)
            except BindError:
                continue  # a combination that nobody can write
            if bound.stem == stem:
                yield bound


def _operands(spec: Spec, kinds: tuple[str, ...], number: int, mode: Mode, span: Span) -> Iterator[Operand]:
    """Yield operands of these kinds; the number of the operand chooses the registers, so that two differ."""
    layout = spec.layout
    widest = 64 if mode == "64-bit" else 32
    general = [view for name, view in layout.views.items() if name in layout.general]
    by_width = {width: [view for view in general if view.width == width] for width in SIZES.values()}
    memory = Address(None, Number(_DISPLACEMENT, span), by_width[widest][-1 - number].name, None, 1, span)
    for kind in kinds:
        if kind in layout.segments or kind in layout.general or kind in layout.control:
            yield Register(kind, span)
        elif kind == "reg" or kind.startswith("r") and kind[1:].isdigit():
            widths = [int(kind[1:])] if kind != "reg" else [width for width in by_width if width <= widest]
            yield from (Register(by_width[width][number].name, span) for width in widths)
        elif kind == "imm64":
            yield Immediate(Number(_WIDE, span), span)
        elif kind.startswith("imm"):
            yield Immediate(Number(1, span), span)
            yield Immediate(Unary("-", Number(2, span), span), span)
        elif kind == "rel":
            yield Target(_LABEL, True, span)
        elif kind == "indirect":
            yield Indirect(Register(by_width[widest][number].name, span), span)
            yield Indirect(memory, span)
        else:
            yield replace(memory, base=None, displacement=Number(_WIDE, span)) if kind == "moffs" else memory
