"""Lark trees to the statements of examples; apart from ``read_example`` so that importing that needs no Lark."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, cast

from lark import v_args

from sphinx_fsgs.records import dataclass
from sphinx_fsgs.source import Fragment
from sphinx_fsgs.syntax.build_state import State
from sphinx_fsgs.syntax.example import (
    Assume,
    Assumption,
    Bind,
    Claimed,
    Describe,
    Entered,
    EntryRules,
    Faults,
    Holds,
    InMode,
    Mode,
    NoFault,
    NoTable,
    NothingElse,
    Permit,
    Place,
    Prints,
    Property,
    Ran,
    ReadOnly,
    Serialises,
    ShutsDown,
    Signals,
    Symbol,
    Unchanged,
    Unmapped,
    Window,
)
from sphinx_fsgs.syntax.expression import Binary, Expr, Name, Number
from sphinx_fsgs.syntax.lexicon import Lexicon
from sphinx_fsgs.syntax.names import Names, flattened
from sphinx_fsgs.syntax.parsed import Findings
from sphinx_fsgs.syntax.pieces import one_line, unescaped
from sphinx_fsgs.syntax.places import Places

if TYPE_CHECKING:
    from lark.lexer import Token
    from lark.tree import Meta

_PRIVILEGE = {"kernel": 0, "user": 3}
_ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "last": -1}
_TIMES = {"once": 1, "twice": 2}


@dataclass(frozen=True, slots=True)
class Claim:
    """One line of a claiming section without its scope."""

    claimed: Claimed
    window: Window | None
    when: Expr | None


@v_args(meta=True)
class Statements(State):
    """Turns one statement of ``example.lark`` into trees, all names looked up."""

    def __init__(self, fragment: Fragment, lexicon: Lexicon, findings: Findings, names: Names, places: Places) -> None:
        super().__init__(fragment, lexicon.functions)
        self._lexicon = lexicon
        self._findings = findings
        self._names = names
        self._places = places

    # ---- before

    def bind(self, meta: Meta, parts: list[Expr]) -> Assumption:
        place, value = self._names.compared(parts[0], parts[1])
        self._names.check_place(place)
        return Bind(place, value, self.span(meta))

    def assume(self, meta: Meta, parts: list[Expr]) -> Assumption:
        return Assume(self._names.condition(parts[0]), self.span(meta))

    def symbol(self, meta: Meta, parts: list[Token | Expr]) -> Assumption:
        name = str(parts[0])
        if name in self._lexicon.cells or name in self._lexicon.segments:
            message = f'"{name}" is a cell: conditions would mean that one, and the assembler this symbol'
            help_text = f"give the symbol another name, or write {name} = ... for what the cell holds"
            self._findings.error("FSGS115", self.span(cast("Token", parts[0])), message, help_text)
        return Symbol(name, self._names.value(cast(Expr, parts[1])), self.span(meta))

    def unmapped(self, meta: Meta, parts: list[Expr]) -> Assumption:
        return Unmapped(self._names.value(parts[0]), self.span(meta))

    def read_only(self, meta: Meta, parts: list[Expr]) -> Assumption:
        return ReadOnly(self._names.value(parts[0]), self.span(meta))

    def privilege(self, meta: Meta, tokens: list[Token]) -> Assumption:
        span = self.span(meta)
        level = Number(_PRIVILEGE[tokens[0].split()[1]], span)
        return Assume(Binary("=", Name("CPL", span), level, span), span)

    def mode(self, meta: Meta, tokens: list[Token]) -> Assumption:
        return InMode(cast(Mode, str(tokens[0])), self.span(meta))

    def permit(self, meta: Meta, tokens: list[Token]) -> Assumption:
        what = cast('Literal["memory may fault", "may overlap", "faults are delivered"]', one_line(str(tokens[0])))
        return Permit(what, self.span(meta))

    def describe(self, meta: Meta, parts: list[Token | Expr | Property]) -> Assumption:
        table, index, kind, *rest = parts
        vector = isinstance(index, str)
        return Describe(
            cast('Literal["GDT", "LDT", "IDT"]', str(table)),
            self._vector(cast("Token", index)) if vector else self._names.value(cast(Expr, index)),
            cast('Literal["data", "code", "system", "interrupt gate", "trap gate", "none"]', one_line(str(kind))),
            tuple(cast(Property, each) for each in rest),
            self.span(meta),
        )

    def _vector(self, token: Token) -> Expr:
        """Return the number of an exception by its name."""
        span = self.span(token)
        self._check_fault(token)
        return Number(self._lexicon.vectors.get(str(token), 0), span)

    def flag(self, meta: Meta, tokens: list[Token]) -> Property:
        return Property(one_line(str(tokens[0])), None, self.span(meta))

    def field(self, meta: Meta, parts: list[Token | Expr]) -> Property:
        return Property(str(parts[0]), self._names.value(cast(Expr, parts[1])), self.span(meta))

    def entered(self, meta: Meta, tokens: list[Token]) -> Assumption:
        event, origin = tokens
        if (str(event), str(origin)) not in self._lexicon.entries:
            known = {word for word, _ in self._lexicon.entries if word != "called"}
            help_text = f"write one of {', '.join(sorted(known))}"
            self._findings.unknown("FSGS116", self.span(event), f"event from {origin}", str(event), known, help_text)
        return Entered(str(event), cast('Literal["user", "kernel"]', str(origin)), self.span(meta))

    def called(self, meta: Meta, tokens: list[Token]) -> Assumption:
        return Entered("called", "", self.span(meta))

    def no_table(self, meta: Meta, parts: list[Token]) -> Assumption:
        return NoTable("LDT", self.span(meta))

    # ---- conditions

    def claim(self, meta: Meta, parts: list[object]) -> Claim:
        claimed, window, when = parts
        condition = None if when is None else self._names.condition(cast(Expr, when))
        return Claim(cast(Claimed, claimed), cast("Window | None", window), condition)

    def holds(self, meta: Meta, parts: list[Expr]) -> Claimed:
        return Holds(self._names.condition(parts[0]), self.span(meta))

    def cells(self, meta: Meta, parts: list[Expr]) -> tuple[Expr, ...]:
        return tuple(self._cell(each) for part in parts for each in flattened(part))

    def unchanged(self, meta: Meta, parts: list[tuple[Expr, ...]]) -> Claimed:
        return Unchanged(parts[0], self.span(meta))

    def nothing_else(self, meta: Meta, parts: list[tuple[Expr, ...] | None]) -> Claimed:
        return NothingElse(parts[0] or (), self.span(meta))

    def faults(self, meta: Meta, parts: list[Token | Expr | None]) -> Claimed:
        vector, error = parts
        token = cast("Token", vector)
        self._check_fault(token)
        code = None if error is None else self._names.value(cast(Expr, error))
        return Faults(str(token), code, self.span(meta))

    def _check_fault(self, token: Token) -> None:
        known = set(self._lexicon.faults)
        if token not in known:
            help_text = "write a fault that the spec has, such as #GP"
            self._findings.unknown("FSGS108", self.span(token), "fault", str(token), known, help_text)

    def shutdown(self, meta: Meta, parts: list[Token]) -> Claimed:
        return ShutsDown(self.span(meta))

    def signals(self, meta: Meta, tokens: list[Token]) -> Claimed:
        name = str(tokens[0])
        if name not in self._lexicon.signals:
            known = set(self._lexicon.signals)
            self._findings.unknown(
                "FSGS108", self.span(meta), "signal", name, known, "write a signal that the spec has"
            )
        return Signals(name, self.span(meta))

    def entry_rules(self, meta: Meta, parts: list[Token]) -> Claimed:
        return EntryRules(self.span(meta))

    def no_fault(self, meta: Meta, parts: list[Token]) -> Claimed:
        return NoFault(self.span(meta))

    def ran(self, meta: Meta, tokens: list[Token]) -> Claimed:
        word = tokens[1].split()[0]
        times = _TIMES[word] if word in _TIMES else int(word)
        return Ran(self._mnemonic(tokens[0]), times, self.span(meta))

    def never_ran(self, meta: Meta, tokens: list[Token]) -> Claimed:
        return Ran(self._mnemonic(tokens[0]), 0, self.span(meta))

    def prints(self, meta: Meta, tokens: list[Token]) -> Claimed:
        texts = [unescaped(each[1:-1]) for each in tokens if each.type == "STRING"]
        lines = "".join(texts).removesuffix("\n").split("\n") if texts else ()
        return Prints(tuple(lines), self.span(meta))

    def serialises(self, meta: Meta, tokens: list[Token | None]) -> Claimed:
        return Serialises(self._mnemonic(tokens[0]) if tokens[0] else None, False, self.span(meta))

    def does_not_serialise(self, meta: Meta, tokens: list[Token | None]) -> Claimed:
        return Serialises(self._mnemonic(tokens[0]) if tokens[0] else None, True, self.span(meta))

    # ---- places

    def at(self, meta: Meta, parts: list[Token | Place]) -> Window:
        *excepted, place = parts
        return Window(cast(Place, place), None, bool(excepted), self.span(meta))

    def between(self, meta: Meta, parts: list[Token | Place]) -> Window:
        *excepted, first, last = parts
        return Window(cast(Place, first), cast(Place, last), bool(excepted), self.span(meta))

    def end(self, meta: Meta, parts: list[Token]) -> Place:
        return Place("end", "end", 0, self.span(meta))

    def place(self, meta: Meta, tokens: list[Token | None]) -> Place:
        ordinal, word = tokens
        assert word is not None
        return self._places.find(str(word), _ORDINALS[ordinal] if ordinal else 0, self.span(word), self._findings)

    def access(self, meta: Meta, tokens: list[Token | None]) -> Place:
        ordinal, segment = tokens
        assert segment is not None
        name = self._lexicon.registers.get(segment[1:].lower(), "")
        if name not in self._lexicon.segments:
            known = {f"%{word}" for word, each in self._lexicon.registers.items() if each in self._lexicon.segments}
            self._findings.unknown(
                "FSGS141", self.span(segment), "segment register", str(segment), known, "write %gs access or the like"
            )
        return Place("segment access", name, _ORDINALS[ordinal] if ordinal else 0, self.span(meta))

    def _cell(self, expr: Expr) -> Expr:
        return expr if isinstance(expr, Name) and expr.name == "memory" else self._names.place(expr)

    def _mnemonic(self, token: Token) -> str:
        return self._places.mnemonic(str(token), self.span(token), self._findings)
