"""Writing: cells, parts of them, model-specific registers, memory."""

from __future__ import annotations

from sphinx_fsgs.machine import terms
from sphinx_fsgs.machine.compile.errors import CompileError
from sphinx_fsgs.machine.compile.expressions import Expressions
from sphinx_fsgs.machine.compile.lines import Lines
from sphinx_fsgs.machine.emit import Code
from sphinx_fsgs.machine.operands import InCells, InMemory
from sphinx_fsgs.source import Span
from sphinx_fsgs.spec.layout import Slot, View
from sphinx_fsgs.syntax.expression import Memory, Msr, Name, Slice
from sphinx_fsgs.syntax.operation import Place


class Places(Expressions):
    """Emits the writing of a value to a place."""

    def assign(self, place: Place, value: Code, out: Lines, span: Span) -> None:
        """Emit the writing of a value to a place."""
        if isinstance(place, Memory):
            size = self.fixed(place.size, out)
            self.store(place.segment, self.expression(place.address, out), size, self.fit(value, size, span), out, span)
        elif isinstance(place, Msr):
            self.write_msr(self.expression(place.index, out), self.fit(value, 64, span), out)
        elif isinstance(place, Slice):
            if not isinstance(place.value, Name):
                raise CompileError("only a part of a named place can be written", span)
            whole = self.meaning(place.value.name, out, span)
            high, low = self.fixed(place.high, out), self.fixed(place.low, out)
            if not isinstance(whole, InCells) or len(whole.view.slots) != 1:
                raise CompileError("only a part of a cell can be written", span)
            slot = whole.view.slots[0]
            part = Slot(slot.cell, slot.low + high, slot.low + low)
            self.write_slot(part, self.fit(value, high - low + 1, span), out)
        else:
            meaning = self.meaning(place.name, out, span)
            if isinstance(meaning, InCells):
                self.write_view(meaning.view, self.fit(value, meaning.view.width, span), out)
            elif isinstance(meaning, InMemory):
                address = self.effective(meaning.address, out)
                fitted = self.fit(value, meaning.width, span, narrowing=True)
                self.store(meaning.segment, address, meaning.width, fitted, out, span)
            else:
                raise CompileError(f"{place.name} is no place", span)

    def write_view(self, view: View, value: Code, out: Lines) -> None:
        """Emit the writing of all slots of a view."""
        if view.zero_extends:
            slot = view.slots[0]
            width = self.spec.layout.cells[slot.cell].width
            extended = self.emitter.zero_extend(self.emitter.as_number(value), view.width, width)
            self.write_slot(Slot(slot.cell, width - 1, 0), Code(extended, width), out)
            return
        held = out.keep(value) if len(view.slots) > 1 else value
        low = view.width
        for slot in view.slots:
            low -= slot.width
            if slot.cell >= 0:
                text = self.emitter.part(held.text, low + slot.width - 1, low, view.width)
                self.write_slot(slot, Code(text, slot.width) if len(view.slots) > 1 else held, out)

    def write_slot(self, slot: Slot, value: Code, out: Lines) -> None:
        """Emit the writing of a part of a cell."""
        self.wrote = True
        cell = self.spec.layout.cells[slot.cell]
        text = self.emitter.as_number(value)
        whole = slot.width == cell.width
        if self.emitter.symbolic:
            guard = out.guards.writes
            part = "" if whole else f", {slot.high}, {slot.low}"
            out.write(f"m.write{'_part' if part else ''}({slot.cell}, {text}, {guard}{part})")
        elif whole:
            out.write(f"s[{slot.cell}] = {text}")
        else:
            mask = terms.ones(cell.width) ^ terms.ones(slot.width) << slot.low
            moved = f"({text} << {slot.low})" if slot.low else text
            out.write(f"s[{slot.cell}] = s[{slot.cell}] & {mask} | {moved}")

    def write_msr(self, index: Code, value: Code, out: Lines) -> None:
        """Emit the writing of a model-specific register by number."""
        self.wrote = True
        text = self.emitter.as_number(value)
        if self.emitter.symbolic:
            out.write(f"m.write_msr({index.text}, {text}, {out.guards.writes})")
            return
        held = out.keep(index)
        cell = self.fresh("k")
        self.globals["MSRS"] = self.msr_cells()
        out.write(f"{cell} = MSRS.get({held.text})")
        out.write(f"if {cell} is None:\n m.write_msr({held.text}, {text})\nelse:\n s[{cell}] = {text}")
