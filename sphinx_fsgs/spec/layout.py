"""The state of the processor: which cells there are, and every name by which a part of them is known."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import cast

from sphinx_fsgs.diagnostic import Diagnostic
from sphinx_fsgs.records import dataclass
from sphinx_fsgs.source import Span
from sphinx_fsgs.spec.errors import SpecError
from sphinx_fsgs.spec.tables import AUTHORITY, Sheet

MALFORMED_STATE = "FSGS924"


@dataclass(frozen=True, slots=True)
class Cell:
    """One architectural place. ``requires`` names the CPUID feature without which it is always zero.

    ``counted`` is false for cells that ``nothing else changes`` does not speak of; a ``transient`` cell
    holds until the next instruction ends; one ``by_platform`` may be held at one value by what runs beneath.
    """

    index: int
    name: str
    width: int
    requires: str = ""
    counted: bool = True
    transient: bool = False
    by_platform: bool = False


@dataclass(frozen=True, slots=True)
class Slot:
    """A part of a view: bits ``high`` to ``low`` of a cell, or a constant where ``cell`` is negative."""

    cell: int
    high: int
    low: int
    constant: int = 0

    @property
    def width(self) -> int:
        """Its width in bits."""
        return self.high - self.low + 1


@dataclass(frozen=True, slots=True)
class View:
    """A name for parts of cells beside each other, the most significant first.

    ``zero_extends`` says that writing it clears the rest of its one cell, as a 32-bit register does.
    """

    name: str
    slots: tuple[Slot, ...]
    zero_extends: bool = False

    @property
    def width(self) -> int:
        """Its width in bits."""
        return sum(slot.width for slot in self.slots)


@dataclass(frozen=True, slots=True)
class MsrName:
    """A model-specific register that the spec knows."""

    index: int
    cell: str
    names: tuple[str, ...]
    cites: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Layout:
    """All cells, and what each name stands for.

    ``views`` has an entry for each cell and each part, by its canonical name; ``aliases`` leads from
    other spellings to those; ``constants`` are fields that are not state, such as ``FS.is_stack``. Of the general
    registers and their parts, ``only_64_bit`` are those that no other mode has. ``tables`` are those of descriptors, by
    what an example writes for their entries; ``structures`` are all that a register leads to, by the same words.
    """

    cells: tuple[Cell, ...]
    views: Mapping[str, View]
    aliases: Mapping[str, str]
    records: frozenset[str]
    segments: tuple[str, ...]
    constants: Mapping[str, int]
    tables: Mapping[str, str]
    structures: Mapping[str, str]
    msrs: tuple[MsrName, ...]
    general: frozenset[str]
    only_64_bit: frozenset[str]
    default_segment: Mapping[str, str]
    control: tuple[str, ...]

    def canonical(self, name: str) -> str | None:
        """Return the canonical spelling of a cell or view, None when there is none of that name."""
        return name if name in self.views else self.aliases.get(name)

    def view(self, name: str) -> View | None:
        """Return what a name stands for, None when it is no place."""
        known = self.canonical(name)
        return None if known is None else self.views[known]


class _Builder:
    def __init__(self) -> None:
        self.cells: list[Cell] = []
        self.views: dict[str, View] = {}
        self.aliases: dict[str, str] = {}
        self.constants: dict[str, int] = {}
        self.records: list[str] = []
        self.uncounted: frozenset[str] = frozenset()
        self.transient: frozenset[str] = frozenset()
        self.by_platform: frozenset[str] = frozenset()

    def cell(self, name: str, width: int, requires: str = "") -> Cell:
        counted, held = name not in self.uncounted, name in self.by_platform
        cell = Cell(len(self.cells), name, width, requires, counted, name in self.transient, held)
        self.cells.append(cell)
        self.views[name] = View(name, (Slot(cell.index, width - 1, 0),))
        return cell

    def part(self, name: str, text: str, zero_extends: bool = False) -> None:
        """Define a view such as ``CS.selector[1:0]``; of a view, the part of its one slot."""
        found = re.fullmatch(r"([\w.]+)\[(\d+)(?::(\d+))?\]", text)
        if found is None:
            raise ValueError(f"{name}: {text!r} is not CELL[high:low]")
        whole = self.views[found[1]].slots[0]
        high, low = int(found[2]), int(found[3] or found[2])
        self.views[name] = View(name, (Slot(whole.cell, whole.low + high, whole.low + low),), zero_extends)


def load_layout(folder: Path) -> Layout:
    """Read ``state/registers.toml`` and ``state/msrs.toml``.

    :raises SpecError: when either cannot be used.
    """
    registers = Sheet(folder / "state" / "registers.toml")
    msrs = Sheet(folder / "state" / "msrs.toml")
    try:
        return _build(registers.data, msrs.data)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        span = Span(str(registers.path), 1, 1, 1, 1)
        message = f"the tables of the state do not fit together: {error}"
        help_text = "compare with the form described in spec/README.md"
        raise SpecError([Diagnostic(MALFORMED_STATE, "error", span, message, AUTHORITY, help_text)]) from None


def _table(data: object) -> Mapping[str, object]:
    if not isinstance(data, dict):
        raise TypeError(f"{data!r} is not a table")
    return cast("Mapping[str, object]", data)


def _build(data: Mapping[str, object], msr_data: Mapping[str, object]) -> Layout:
    build = _Builder()
    kinds = _table(data["kinds"])
    build.uncounted = frozenset(_texts(kinds["uncounted"]))
    build.transient = frozenset(_texts(kinds["transient"]))
    build.by_platform = frozenset(_texts(kinds["by_platform"]))
    for name, width in _table(data["cells"]).items():
        build.cell(name, _number(width))
    _general(build, _table(data["general"]), _table(data["general_rules"])["write_32"] == "zero-extends")
    for name, bits in _table(data["bits"]).items():
        _bits(build, name, _table(bits))
    segments = _segments(build, _table(data["segments"]))
    tables, others = _tables(build, _table(data["tables"]))
    msrs = tuple(_msr(build, _table(each)) for each in cast("list[object]", msr_data["msr"]))
    for name, text in _table(data["views"]).items():
        build.part(name, str(text))
    rules = _table(data["general_rules"])
    general = {name: (name, *_texts(row)) for name, row in _table(data["general"]).items()}
    prefixed = set(_texts(rules["with_prefix"]))
    only_64_bit = {*general, *prefixed, *(each for name in prefixed for each in general.get(name, ()))}
    defaults = {name: str(value) for name, value in _table(data["default_segment"]).items() if name != "cites"}
    return Layout(
        tuple(build.cells),
        build.views,
        build.aliases,
        frozenset(build.records),
        segments,
        build.constants,
        tables,
        {**tables, **others},
        msrs,
        frozenset(name for names in general.values() for name in names if name),
        frozenset(only_64_bit),
        defaults,
        tuple(_texts(_table(data["control"])["names"])),
    )


def _texts(value: object) -> list[str]:
    if not isinstance(value, list):
        raise TypeError(f"{value!r} is not a list")
    return [str(each) for each in value]


def _number(value: object) -> int:
    if not isinstance(value, int):
        raise TypeError(f"{value!r} is not a number")
    return value


def _general(build: _Builder, rows: Mapping[str, object], zero_extends: bool) -> None:
    for name, row in rows.items():
        names = _texts(row)
        for part, high, low in zip(names, (31, 15, 7, 15), (0, 0, 0, 8), strict=True):
            if part:
                build.part(part, f"{name}[{high}:{low}]", zero_extends and high == 31)


def _bits(build: _Builder, register: str, rows: Mapping[str, object]) -> None:
    width, rest = _number(rows["width"]), rows["rest"]
    named: dict[int, tuple[str, int]] = {}  # highest bit -> cell, lowest bit
    for name, row in rows.items():
        if name in ("width", "rest", "cites"):
            continue
        table = _table(row) if isinstance(row, dict) else {"bit": row}
        bit = table["bit"]
        high, low = (_number(each) for each in bit) if isinstance(bit, list) else (_number(bit), _number(bit))
        build.cell(f"{register}.{name}", high - low + 1, str(table.get("requires", "")))
        named[high] = (f"{register}.{name}", low)
    others = build.cell(f"{register}.rest", width).index if rest == "arbitrary" else -1
    constant = 0 if rest == "arbitrary" else _number(rest)
    slots: list[Slot] = []
    high = width - 1
    while high >= 0:
        if high in named:
            cell, low = named[high]
            slots.append(build.views[cell].slots[0])
        else:
            low = max((top for top in named if top < high), default=-1) + 1
            slots.append(Slot(others, high, low, constant >> low & ((1 << high - low + 1) - 1)))
        high = low - 1
    build.views[register] = View(register, tuple(slots))


def _segments(build: _Builder, rows: Mapping[str, object]) -> tuple[str, ...]:
    names = tuple(_texts(rows["names"]))
    for name in names:
        build.records.append(name)
        for field, width in _table(rows["fields"]).items():
            build.cell(f"{name}.{field}", _number(width))
        for view, text in _table(rows["views"]).items():
            build.part(f"{name}.{view}", f"{name}.{text}")
        for constant, values in _table(rows["constants"]).items():
            by_name = _table(values)
            build.constants[f"{name}.{constant}"] = _number(by_name.get(name, by_name["otherwise"]))
    return names


def _tables(build: _Builder, rows: Mapping[str, object]) -> tuple[dict[str, str], dict[str, str]]:
    """Return the tables of descriptors, and the other structures that a register leads to."""
    entries = {name: str(register) for name, register in _table(rows["entries"]).items()}
    others = {name: str(register) for name, register in _table(rows["others"]).items()}
    for register in (*entries.values(), *others.values()):
        build.records.append(register)
        for field, width in _table(rows[register]).items():
            build.cell(f"{register}.{field}", _number(width))
        for view, text in _table(_table(rows["views"]).get(register, {})).items():
            build.part(f"{register}.{view}", f"{register}.{text}")
        for constant, value in _table(rows["constants"]).items():
            build.constants[f"{register}.{constant}"] = _number(value)
    return entries, others


def _msr(build: _Builder, row: Mapping[str, object]) -> MsrName:
    cell, names = str(row["cell"]), tuple(_texts(row["names"]))
    if cell not in build.views:
        build.cell(cell, _number(row["width"]))
    for name in names:
        build.aliases[name] = cell
    return MsrName(_number(row["index"]), cell, names, tuple(_texts(row["cites"])))
