"""What a name in an Operation stands for."""

from __future__ import annotations

from collections.abc import Mapping

from sphinx_fsgs.diagnostic import suggestion
from sphinx_fsgs.machine.compile.errors import CompileError
from sphinx_fsgs.machine.compile.frame import Frame
from sphinx_fsgs.machine.compile.lines import Lines
from sphinx_fsgs.machine.emit import Code
from sphinx_fsgs.machine.operands import Constant, InCells, InMemory, Local, Meaning, RecordRef
from sphinx_fsgs.source import Span
from sphinx_fsgs.spec.layout import View
from sphinx_fsgs.spec.model import FEATURE_PREFIX
from sphinx_fsgs.syntax.expression import Expr, Name
from sphinx_fsgs.syntax.operation import Place

MODES: Mapping[str, str] = {
    "in_64_bit_mode": "64-bit",
    "in_compatibility_mode": "compatibility",
    "in_protected_mode": "protected",
}


class Names(Frame):
    """Looks names up."""

    def reference(self, expr: Expr, out: Lines) -> Meaning:
        """Return what an argument by reference stands for."""
        if isinstance(expr, Name):
            return self.meaning(expr.name, out, expr.span)
        raise CompileError("a place is passed here, so it must be named", expr.span)

    def meaning(self, name: str, out: Lines, span: Span) -> Meaning:
        """Return what a name stands for here."""
        found = self.lookup(name, out)
        if found is None:
            known = (*out.names, *self.spec.layout.views, *self.spec.layout.aliases, *self.spec.behaviour_names, *MODES)
            features = (FEATURE_PREFIX + feature for feature in self.spec.feature_names)
            raise CompileError(f"unknown name {name}", span, suggestion(name, (*known, *features)))
        return found

    def lookup(self, name: str, out: Lines) -> Meaning | None:
        """Return what a name stands for here, None when nothing is known of it."""
        if name in out.names:
            return out.names[name]
        head, dot, field = name.partition(".")
        whole = out.names.get(head) if dot else None
        if isinstance(whole, RecordRef):
            return self.lookup(f"{whole.name}.{field}", out)
        if isinstance(whole, InMemory) and field == "segment":
            return RecordRef(whole.segment)
        layout = self.spec.layout
        if name in layout.constants:
            return Constant(layout.constants[name])
        if name in layout.records:
            return RecordRef(name)
        if name in MODES:
            return Constant(int(MODES[name] == self.mode), 1)
        view = layout.view(name)
        if view is not None:
            return InCells(view)
        if self.spec.is_question(name):
            return Local(f"A[{name!r}]", 1, is_plain=True)
        if name in self.spec.own_constants:
            return Constant(self.spec.own_constants[name])
        return None

    def place_width(self, place: Place, out: Lines) -> int:
        """Return the width of a place in bits."""
        if isinstance(place, Name):
            meaning = self.meaning(place.name, out, place.span)
            if isinstance(meaning, InCells):
                return meaning.view.width
            if isinstance(meaning, InMemory):
                return meaning.width
        raise CompileError("this place cannot be undefined", place.span)

    def read_view(self, view: View) -> Code:
        """Return the reading of a place in cells."""
        text, width = "", 0
        for slot in view.slots:
            if slot.cell < 0:
                part = str(slot.constant)
            else:
                cell = self.spec.layout.cells[slot.cell]
                part = self.emitter.cell(slot.cell)
                if slot.width != cell.width:
                    part = self.emitter.part(part, slot.high, slot.low, cell.width)
            text = part if not width else self.emitter.pair(text, width, part, slot.width)
            width += slot.width
        return Code(text, width)
