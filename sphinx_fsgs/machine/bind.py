"""From a line of assembly to an instruction of the spec with its operands: which form it is, and what size."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import field

from sphinx_fsgs.diagnostic import Diagnostic
from sphinx_fsgs.machine.operands import Binding, Constant, Effective, Formula, InCells, InMemory, Meaning, RecordRef
from sphinx_fsgs.machine.values import MAX_NUMBER, in_words
from sphinx_fsgs.records import dataclass
from sphinx_fsgs.source import Span
from sphinx_fsgs.spec.layout import View
from sphinx_fsgs.spec.model import Spec
from sphinx_fsgs.syntax.assembly import Address, Immediate, Indirect, Instruction, Operand, Register, Target
from sphinx_fsgs.syntax.example import Mode
from sphinx_fsgs.syntax.expression import Binary, Expr, Name, Number, Unary
from sphinx_fsgs.syntax.instruction import SIZES, Form
from sphinx_fsgs.syntax.instruction import Instruction as Entry

IMPOSSIBLE_OPERANDS = "FSGS150"
SIZE_UNKNOWN = "FSGS151"
UNKNOWN_SYMBOL = "FSGS152"
NOT_IN_THIS_MODE = "FSGS153"
VALUE_TOO_WIDE = "FSGS154"
UNKNOWN_LABEL = "FSGS155"

_AUTHORITY = "the Syntax: and Operand: lines of the spec"

ENCODED = 32
"""Bits of a number or a displacement in an instruction; its sign fills the rest of what is wider."""


@dataclass(frozen=True, slots=True)
class Bound:
    """An instruction ready to run: ``stem`` names its file, ``leaves`` that a jump out of the code is normal."""

    stem: str
    mnemonic: str
    text: str
    binding: Binding
    requires: str
    leaves: bool
    uses_segment: frozenset[str]
    span: Span = field(compare=False)

    def key(self) -> tuple[object, ...]:
        """Return something hashable that tells whether two do the same."""
        return (self.stem, self.binding.key())


class BindError(Exception):
    """A line cannot be bound; ``diagnostic`` says why."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.message)
        self.diagnostic = diagnostic


class _NoFit(Exception):
    """This form does not fit; the reason is kept in case that none does."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the line stands in: the mode, the symbols of the assembler, and the addresses of labels."""

    spec: Spec
    mode: Mode
    symbols: Mapping[str, int]
    labels: Mapping[str, int]
    local: Mapping[tuple[str, bool], int]  # numeric label, forward -> address, as seen from the line


def bind(line: Instruction, around: Surroundings) -> Bound:
    """Return what a line of assembly means.

    :raises BindError: when no form of the instruction takes these operands.
    """
    stems = around.spec.index.mnemonics.get(line.mnemonic, ())
    reasons: list[str] = []
    nearly: list[BindError] = []
    for stem in stems:
        entry = around.spec.instruction(stem)
        for form, suffix in _forms(entry, line.mnemonic):
            try:
                return _Attempt(entry, form, suffix, line, around).result()
            except _NoFit as error:
                reasons.append(str(error))
            except BindError as error:
                nearly.append(error)  # this form would do, but for one thing; another may do as it is
    if nearly:
        raise nearly[0]
    raise BindError(_misfit(line, stems, reasons, around.spec))


def _forms(entry: Entry, mnemonic: str) -> Iterator[tuple[Form, str]]:
    for form in entry.forms:
        for spelling, suffix in form.spellings():
            if spelling == mnemonic:
                yield form, suffix


def _misfit(line: Instruction, stems: tuple[str, ...], reasons: list[str], spec: Spec) -> Diagnostic:
    known = [_syntax(spec.instruction(stem)) for stem in stems]
    reason = reasons[0] if len(set(reasons)) == 1 else "no form of it takes these operands"
    notes = tuple(f"the spec has: {text}" for text in known)
    message = f"{line.mnemonic} does not take these operands: {reason}"
    return Diagnostic(IMPOSSIBLE_OPERANDS, "error", line.span, message, _AUTHORITY, "write one of its forms", notes)


def _syntax(entry: Entry) -> str:
    operands = {name: "|".join(kinds) for name, kinds in entry.kinds.items()}
    first = entry.forms[0]
    return " ".join((first.mnemonics[0], ", ".join(operands.get(name, name) for name in first.operands))).strip()


class _Attempt:
    """One form tried on one line."""

    def __init__(self, entry: Entry, form: Form, suffix: str, line: Instruction, around: Surroundings) -> None:
        self.entry = entry
        self.form = form
        self.line = line
        self.around = around
        self.layout = around.spec.layout
        self.pairs = list(zip(form.operands, line.operands, strict=False))
        if len(form.operands) != len(line.operands):
            count = len(form.operands)
            raise _NoFit(f"it takes {count} operand{'' if count == 1 else 's'}, not {len(line.operands)}")
        self.size = SIZES.get(suffix, 0) or self._size_of_registers()

    def result(self) -> Bound:
        """Return the bound line."""
        if sum(isinstance(operand, (Address, Indirect)) for _, operand in self.pairs) > 1:
            raise _NoFit("only one operand can be in memory")
        names: dict[str, Meaning] = {}
        for name, operand in self.pairs:
            names[name] = self._operand(self.entry.kinds.get(name, ()), operand)
        names.update((name, self._formula(value)) for name, value in self.form.bindings)
        if self.entry.modes and self.around.mode not in self.entry.modes:  # the operands fit, so it was meant
            raise BindError(self._elsewhere())
        if self.around.mode != "64-bit" and self.size == SIZES["q"]:
            raise BindError(self._only_64_bit(f"{self.line.mnemonic} of {self.size} bits", self.line.span))
        sizes = {"AddressSize": self._address_size(names)}
        if self.size:
            sizes["OperandSize"] = self.size
        binding = Binding(self.around.mode, sizes, names)
        used = frozenset(self.segments(names))
        entry, line = self.entry, self.line
        return Bound(entry.stem, line.mnemonic, line.text, binding, entry.requires, entry.leaves, used, line.span)

    def segments(self, names: Mapping[str, Meaning]) -> Iterator[str]:
        """Yield the segment registers that memory operands go through."""
        return (each.segment for each in names.values() if isinstance(each, InMemory))

    def _address_size(self, names: Mapping[str, Meaning]) -> int:
        """Return the size of an address in memory, that of the mode where no operand says another."""
        sizes = [each.address.size for each in names.values() if isinstance(each, InMemory)]
        return sizes[0] if sizes else self._widest()

    def _elsewhere(self) -> Diagnostic:
        modes = " and ".join(self.entry.modes)
        message = f"{self.line.mnemonic} is described in {modes} mode only, not in {self.around.mode} mode"
        help_text = "leave the mode out, or keep this block out of the checks with `.. fsgs: skip REASON`"
        return Diagnostic(NOT_IN_THIS_MODE, "error", self.line.span, message, "the Modes: line of the spec", help_text)

    def _only_64_bit(self, what: str, span: Span) -> Diagnostic:
        message = f"{what} exists in 64-bit mode only, not in {self.around.mode} mode"
        help_text = f"use {self._widest()} bits, or leave the mode out"
        return Diagnostic(NOT_IN_THIS_MODE, "error", span, message, "the assembler: operands by mode", help_text)

    def _widest(self) -> int:
        """Return how many bits an address has, and what a near branch takes."""
        return 64 if self.around.mode == "64-bit" else 32

    def _formula(self, value: Expr) -> Meaning:
        if isinstance(value, Number):
            return Constant(value.value)
        if isinstance(value, Name) and value.name in self.layout.records:
            return RecordRef(value.name)
        return Formula(value)

    # ---- sizes ----

    def _size_of_registers(self) -> int:
        sizes = set()
        for name, operand in self.pairs:
            kinds = self.entry.kinds.get(name, ())
            if isinstance(operand, Register) and self._is_sized(kinds, operand.name):
                view = self.layout.view(operand.name)
                if view is not None:
                    sizes.add(view.width)
        if len(sizes) > 1:
            raise _NoFit(f"its registers have {' and '.join(map(str, sorted(sizes)))} bits")
        return sizes.pop() if sizes else self._size_of_kinds()

    def _size_of_kinds(self) -> int:
        fixed = set()
        for name, operand in self.pairs:
            kinds = self.entry.kinds.get(name, ())
            for kind in () if self._stands_apart(kinds) else kinds:
                # A number of no size of its own takes that of what could stand in its place.
                number = isinstance(operand, Immediate) and ("imm" in kinds or len(_widths(kinds)) == 1)
                matches = number or isinstance(operand, (Address, Indirect)) and kind[0] == "m"
                if kind.lstrip("imr").isdigit() and matches:
                    fixed.add(int(kind.lstrip("imr")))
        return fixed.pop() if len(fixed) == 1 else 0

    def _is_sized(self, kinds: tuple[str, ...], name: str) -> bool:
        """Whether a register says the size: it is one of any of its size, or of several by name that have others."""
        if name in kinds:
            return len({self.layout.views[kind].width for kind in kinds if kind in self.layout.views}) > 1
        registers = any(kind == "reg" or (kind[0] == "r" and kind[1:].isdigit()) for kind in kinds)
        return registers and not self._stands_apart(kinds)

    def _stands_apart(self, kinds: tuple[str, ...]) -> bool:
        """Whether an operand has one size of its own beside one that says the operand size, as a count of 8 bits."""
        others = (self.entry.kinds.get(name, ()) for name in self.form.operands)
        return len(_widths(kinds)) == 1 and any(len(_widths(each)) > 1 for each in others)

    def _needed(self) -> int:
        if not self.size:
            where, authority = self.line.span, "the assembler: AT&T suffixes"
            message = f"how many bits {self.line.mnemonic} moves is not said"
            help_text = f"write {', '.join(self.line.mnemonic + suffix for suffix in SIZES)}"
            raise BindError(Diagnostic(SIZE_UNKNOWN, "error", where, message, authority, help_text))
        return self.size

    # ---- operands ----

    def _operand(self, kinds: tuple[str, ...], operand: Operand) -> Meaning:
        if isinstance(operand, Register):
            return self._register(kinds, operand)
        if isinstance(operand, Immediate):
            return self._immediate(kinds, operand)
        if isinstance(operand, Target) or "rel" in kinds and not isinstance(operand, Indirect):
            return self._target(kinds, operand)
        if isinstance(operand, Indirect):
            return self._indirect(kinds, operand)
        return self._memory(kinds, operand)

    def _register(self, kinds: tuple[str, ...], operand: Register) -> Meaning:
        name = operand.name
        if name in self.layout.segments:
            if name in kinds:
                return RecordRef(name)
            raise _NoFit(f"%{name.lower()} cannot stand here")
        view = self.layout.views[name]
        if self.around.mode != "64-bit" and name in self.layout.only_64_bit:
            raise BindError(self._only_64_bit(f"%{name.lower()}", operand.span))
        if name in kinds and not (self._is_sized(kinds, name) and view.width != self._needed()):
            return InCells(view)
        if name in self.layout.control:
            raise _NoFit(f"%{name.lower()} cannot stand here")
        if "reg" in kinds and view.width == self._needed():
            return InCells(view)
        if f"r{view.width}" in kinds and (view.width == self.size or self._stands_apart(kinds)):
            return InCells(view)
        raise _NoFit(f"%{name.lower()} cannot stand here")

    def _immediate(self, kinds: tuple[str, ...], operand: Immediate) -> Meaning:
        fitting = [kind for kind in kinds if kind.startswith("imm")]
        if not fitting:
            raise _NoFit("a number cannot stand here")
        value = self.number(operand.value)
        own = [int(kind[3:]) for kind in fitting if kind != "imm"]
        width = own[0] if own else self._needed()
        if not -(1 << width - 1) <= value < 1 << width:
            message = f"{in_words(value)} has more than {width} bits"
            raise BindError(self._problem(VALUE_TOO_WIDE, operand.span, message, "use a wider operand size"))
        if not own and not _is_extended(value, width):
            message = (
                f"{in_words(value)} is no number of {ENCODED} bits with its sign, and {self.line.mnemonic} takes one"
            )
            help_text = "load it into a register first, with movabs"
            raise BindError(self._problem(VALUE_TOO_WIDE, operand.span, message, help_text))
        return Constant(value & ((1 << width) - 1), width)

    def _target(self, kinds: tuple[str, ...], operand: Operand) -> Meaning:
        if "rel" not in kinds:
            raise _NoFit("a label cannot stand here")
        if isinstance(operand, Target):
            address = self.around.local.get((operand.label, operand.forward))
            name = f"{operand.label}{'f' if operand.forward else 'b'}"
        elif isinstance(operand, Address) and operand.base is None and isinstance(operand.displacement, Name):
            name = operand.displacement.name
            given = (self.around.labels, self.around.symbols, self.around.spec.constants)
            address = next((names[name] for names in given if name in names), None)
        else:
            raise _NoFit("a jump needs a label")
        if address is None:
            from sphinx_fsgs.diagnostic import suggestion

            help_text = suggestion(name, self.around.labels) or "define the label, or give it with `let NAME = VALUE`"
            raise BindError(self._problem(UNKNOWN_LABEL, operand.span, f"there is no label {name}", help_text))
        return Constant(address, 64)

    def _indirect(self, kinds: tuple[str, ...], operand: Indirect) -> Meaning:
        if "indirect" not in kinds:
            raise _NoFit("* cannot stand here")
        self.size = self._widest()
        if isinstance(operand.operand, Register):
            view = self.layout.views.get(operand.operand.name)
            if view is None or view.width != self.size:
                raise _NoFit(f"an address has {self.size} bits, and %{operand.operand.name.lower()} has not")
            return InCells(view)
        return self._memory((f"m{self.size}",), operand.operand)

    def _memory(self, kinds: tuple[str, ...], operand: Address) -> Meaning:
        fixed = [int(kind[1:]) for kind in kinds if kind[0] == "m" and kind[1:].isdigit()]
        whole = "moffs" in kinds and operand.base is None and operand.index is None
        if not fixed and not whole and not {"mem", "address"} & set(kinds):
            raise _NoFit("memory cannot stand here")
        width = fixed[0] if fixed else self._needed()
        if operand.size and operand.size != width and "address" not in kinds:
            raise _NoFit(f"its memory has {width} bits, not {operand.size}")
        effective = self._effective(operand)
        if not whole and operand.base != "RIP":
            self._reachable(effective, operand)
        defaults = self.layout.default_segment
        segment = operand.segment or defaults.get(operand.base or "", defaults["otherwise"])
        return InMemory(segment, effective, width)

    def _effective(self, operand: Address) -> Effective:
        if operand.base == "RIP" and operand.index is None and operand.displacement is not None:
            # symbol(%rip) means the symbol, however far away it is.
            return Effective(None, None, 1, self.number(operand.displacement), 64)
        base, index = (
            None if name is None else self._address_register(name, operand) for name in (operand.base, operand.index)
        )
        displacement = 0 if operand.displacement is None else self.number(operand.displacement)
        sizes = {view.width for view in (base, index) if view is not None}
        if len(sizes) > 1:
            raise _NoFit("base and index of an address have one size")
        size = sizes.pop() if sizes else self._widest()
        return Effective(base, index, operand.scale, displacement, size)

    def _reachable(self, effective: Effective, operand: Address) -> None:
        value, size = effective.displacement, effective.size
        if not -(1 << size - 1) <= value < 1 << size or not _is_extended(value, size):
            sign = " with its sign" if size > ENCODED else ""
            message = (
                f"the displacement {in_words(value)} is no number of {ENCODED} bits{sign}, and an address adds one"
            )
            help_text = "load the address into a register first, with movabs"
            raise BindError(self._problem(VALUE_TOO_WIDE, operand.span, message, help_text))

    def _address_register(self, name: str, operand: Address) -> View:
        view = self.layout.views.get(name)
        allowed = (64, 32) if self.around.mode == "64-bit" else (32,)
        if view is None or view.width not in allowed or name in self.layout.control:
            raise BindError(
                self._problem(
                    IMPOSSIBLE_OPERANDS, operand.span, f"%{name.lower()} addresses no memory in this mode", ""
                )
            )
        return view

    # ---- numbers ----

    def number(self, value: Expr) -> int:
        """Return the value of a constant expression of the assembler."""
        if isinstance(value, Number):
            return value.value
        if isinstance(value, Name):
            return self._symbol(value)
        if isinstance(value, Unary) and value.op == "-":
            return -self.number(value.operand)
        if isinstance(value, Binary) and value.op in _ARITHMETIC:
            found = _ARITHMETIC[value.op](self.number(value.left), self.number(value.right))
            if found.bit_length() > MAX_NUMBER:
                message = f"a number of more than {MAX_NUMBER} bits"
                raise BindError(self._problem(VALUE_TOO_WIDE, value.span, message, "give a smaller one"))
            return found
        message = "the assembler takes constants here"
        raise BindError(
            self._problem(UNKNOWN_SYMBOL, value.span, message, "write a number or an expression of numbers")
        )

    def _symbol(self, name: Name) -> int:
        for known in (self.around.symbols, self.around.labels, self.around.spec.constants):
            if name.name in known:
                return known[name.name]
        raise _no_value(name, self.around, ())

    def _problem(self, code: str, span: Span, message: str, help_text: str) -> Diagnostic:
        return Diagnostic(code, "error", span, message, _AUTHORITY, help_text)


def _widths(kinds: tuple[str, ...]) -> set[int]:
    """Return the sizes that an operand can have."""
    if {"reg", "mem"} & set(kinds):
        return set(SIZES.values())
    return {int(kind.lstrip("imr")) for kind in kinds if kind.lstrip("imr").isdigit()}


def _is_extended(value: int, width: int) -> bool:
    """Whether the encoded bits of a number of ``width`` bits, filled up with their sign, are the number."""
    return width <= ENCODED or (value + (1 << ENCODED - 1)) & (1 << width) - 1 < 1 << ENCODED


def check_name(name: Name, around: Surroundings) -> None:
    """Check that a name in an argument of a call means something: a cell, a constant or a symbol.

    A label is none: where code lies is nominal, and no result may hang on it.

    :raises BindError: when it does not.
    """
    known = (around.symbols, around.spec.constants)
    if around.spec.layout.view(name.name) is None and not any(name.name in each for each in known):
        raise _no_value(name, around, around.spec.layout.views)


def _no_value(name: Name, around: Surroundings, cells: Iterable[str]) -> BindError:
    from sphinx_fsgs.diagnostic import suggestion

    near = suggestion(name.name, [*around.symbols, *around.labels, *around.spec.constants, *cells])
    help_text = near or f"give it a value in `before`: let {name.name} = VALUE"
    message = f"the symbol {name.name} has no value"
    return BindError(Diagnostic(UNKNOWN_SYMBOL, "error", name.span, message, _AUTHORITY, help_text))


def _shift(count: int) -> int:
    return max(0, min(count, MAX_NUMBER + 1))


_ARITHMETIC: Mapping[str, Callable[[int, int], int]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "|": lambda a, b: a | b,
    "&": lambda a, b: a & b,
    "^": lambda a, b: a ^ b,
    "<<": lambda a, b: a << _shift(b),
    ">>": lambda a, b: a >> _shift(b),
}
