"""What the names of an Operation stand for once its instruction is bound to operands and a mode."""

from __future__ import annotations

from collections.abc import Mapping

from sphinx_fsgs.records import dataclass
from sphinx_fsgs.spec.layout import View
from sphinx_fsgs.syntax.example import Mode
from sphinx_fsgs.syntax.expression import Expr


@dataclass(frozen=True, slots=True)
class Constant:
    """A number; ``width`` None where it takes the width of its place."""

    value: int
    width: int | None = None


@dataclass(frozen=True, slots=True)
class InCells:
    """A register or a part of one."""

    view: View


@dataclass(frozen=True, slots=True)
class InMemory:
    """A memory operand: ``width`` bits at an effective address in a segment."""

    segment: str
    address: Effective
    width: int


@dataclass(frozen=True, slots=True)
class Effective:
    """base + index * scale + displacement, cut to ``size`` bits and zero-extended to 64."""

    base: View | None
    index: View | None
    scale: int
    displacement: int
    size: int


@dataclass(frozen=True, slots=True)
class RecordRef:
    """A segment register or table as a whole; its fields follow a dot."""

    name: str


@dataclass(frozen=True, slots=True)
class Formula:
    """What a ``where`` of the syntax binds: an expression over cells."""

    expression: Expr


@dataclass(frozen=True, slots=True)
class Local:
    """A Python variable of the compiled code."""

    code: str
    width: int | None
    is_truth: bool = False
    is_plain: bool = False


Meaning = Constant | InCells | InMemory | RecordRef | Formula | Local


@dataclass(frozen=True, slots=True)
class Binding:
    """What surrounds an Operation: mode, sizes in bits, and the meaning of its operands' names."""

    mode: Mode
    sizes: Mapping[str, int]
    names: Mapping[str, Meaning]

    def key(self) -> tuple[object, ...]:
        """Return something hashable that tells equal bindings."""
        return (self.mode, tuple(sorted(self.sizes.items())), tuple(sorted(self.names.items(), key=lambda row: row[0])))
