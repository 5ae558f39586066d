"""Bytes among the statements of a run, decoded into the trees that text is read into, each part at its bytes.

Bytes that follow one another are one piece of code, whatever lines and labels they stand on. A jump in it, or an
address relative to RIP, can lead to an instruction of the same piece or to the place behind it: how far away anything
else is hangs on the lengths of the instructions between, and nobody has said these.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from sphinx_fsgs.diagnostic import Diagnostic
from sphinx_fsgs.records import dataclass
from sphinx_fsgs.source import Fragment, Line, Span
from sphinx_fsgs.syntax import codec
from sphinx_fsgs.syntax.assembly import Address, AsmStatement, Bytes, Immediate, Instruction, Label
from sphinx_fsgs.syntax.changed import changed
from sphinx_fsgs.syntax.codec import AUTHORITY, TARGET, Decoded, Undecodable
from sphinx_fsgs.syntax.example import Mode
from sphinx_fsgs.syntax.expression import Name
from sphinx_fsgs.syntax.lexicon import Lexicon
from sphinx_fsgs.syntax.parsed import Findings, Parsed
from sphinx_fsgs.syntax.read_assembly import read_assembly

NO_INSTRUCTION = "FSGS148"
NO_PLACE = "FSGS149"
PREFIX = "FSGS145"

_WORDS = frozenset((0xF0, 0xF2, 0xF3))
"""The prefixes that a text has a word for: LOCK, REPNE and REP."""
_HELP: Mapping[str, str] = {
    "FSGS140": 'the spec has no such instruction; annotate the block with "skip" if it is not to be run',
    "FSGS141": "the spec has no such register; use another",
    PREFIX: 'leave the prefix out, or annotate the block with "skip" if it is not to be run',
}
"""Ways out that hold for bytes, where those for text do not."""

MADE = ".byte+"
"""What the labels of places in bytes begin with; no text can have such a name."""

_TARGET = re.compile(rf"\b{TARGET}\b")

BITS: Mapping[Mode, int] = {"64-bit": 64, "compatibility": 32, "protected": 32}
"""The default size of the code segment in which bytes are read, in each mode."""


def decode(run: tuple[AsmStatement, ...], lexicon: Lexicon, mode: Mode) -> Parsed[tuple[AsmStatement, ...]]:
    """Do what :func:`~sphinx_fsgs.syntax.read_assembly.decoded` says."""
    if not codec.installed():
        return Parsed(run)
    findings = Findings(AUTHORITY)
    found: list[AsmStatement] = []
    for number, piece in enumerate(_pieces(run)):
        if isinstance(piece, _Piece):
            found.extend(_Reading(piece, lexicon, findings, mode, number).statements())
        else:
            found.append(piece)
    return Parsed(tuple(found), findings.done())


@dataclass(frozen=True, slots=True)
class _Piece:
    """Bytes that follow one another, where each stands, and the labels among them by their offset."""

    data: bytes
    spans: tuple[Span, ...]
    labels: tuple[tuple[int, Label], ...]

    def span(self, start: int, length: int) -> Span:
        """Return where some of the bytes stand."""
        return self.spans[start].to(self.spans[start + length - 1])


def _pieces(run: Sequence[AsmStatement]) -> Iterator[AsmStatement | _Piece]:
    """Yield the statements, those of each piece of code that bytes make as one, with the labels around it."""
    at = 0
    while at < len(run):
        first = next((number for number in range(at, len(run)) if not isinstance(run[number], Label)), at)
        if isinstance(run[first], Bytes):
            piece, at = _piece(run, at)
            yield piece
        else:
            yield run[at]
            at += 1


def _piece(run: Sequence[AsmStatement], start: int) -> tuple[_Piece, int]:
    """Return the piece that begins at a statement, and the number of the statement behind it."""
    values: list[int] = []
    spans: list[Span] = []
    labels: list[tuple[int, Label]] = []
    for number, statement in enumerate(run[start:], start):
        if isinstance(statement, Label):
            labels.append((len(values), statement))
        elif isinstance(statement, Bytes) and (statement.joined or not values):
            values += statement.values
            spans += statement.spans
        else:
            return _Piece(bytes(values), tuple(spans), tuple(labels)), number
    return _Piece(bytes(values), tuple(spans), tuple(labels)), len(run)


class _Reading:
    """One piece of code being decoded; its ``number`` tells it from the others of its run."""

    def __init__(self, piece: _Piece, lexicon: Lexicon, findings: Findings, mode: Mode, number: int) -> None:
        self.piece = piece
        self.lexicon = lexicon
        self.findings = findings
        self.mode = mode
        self.number = number
        everything = tuple(codec.decode(piece.data, BITS[mode]))
        self.found = tuple(each for each in everything if isinstance(each, Decoded))
        self.bad = next((each for each in everything if isinstance(each, Undecodable)), None)
        self.end = len(piece.data) if self.bad is None else self.bad.start
        self.boundaries = frozenset((*(each.start for each in self.found), self.end))
        self.written = {offset: label for offset, label in piece.labels if not label.name.isdigit()}
        self.made: dict[int, Label] = {}

    def statements(self) -> Iterator[AsmStatement]:
        """Yield the instructions, with the labels before each."""
        read = [(each.start, self._instruction(each)) for each in self.found]
        for offset, instruction in (*read, (self.end, None)):
            yield from (label for at, label in self.piece.labels if at == offset)
            if offset in self.made:
                yield self.made[offset]
            if instruction is not None:
                yield instruction
        for at, label in self.piece.labels:
            if at not in self.boundaries:
                yield label  # nobody is to miss it
            if at < self.end and at not in self.boundaries:
                message = f"the label {label.name} stands inside of an instruction"
                help = "put it before the first byte of the instruction, or correct the bytes"
                self.findings.error(NO_PLACE, label.span, message, help)
        if self.bad is not None:
            self._refuse(self.bad)

    # ---- instructions ----

    def _instruction(self, each: Decoded) -> Instruction | None:
        where = self.piece.span(each.start, each.length)
        text = self._text(each)
        code = self.piece.data[each.start : each.start + each.length]
        if each.idle:
            self._prefixes(each)
            return None
        if each.locked:
            return Instruction(self.lexicon.locked, (), text, where, code)
        tree = self._read(text, each, where)
        if tree is None:
            return None
        if not _TARGET.search(text):
            return self._placed(replace(tree, code=code), each, where, "")
        label = self._target(each, where)
        shown = _TARGET.sub(self._place(each), text)
        return self._placed(replace(tree, code=code, text=shown), each, where, label) if label else None

    def _text(self, each: Decoded) -> str:
        """Return the way of writing it of which the spec knows the name."""
        known = (text for text in each.texts if self._is_known(text))
        return next(known, each.texts[0])

    def _is_known(self, text: str) -> bool:
        words = text.lower().split()
        return words[0] in self.lexicon.mnemonics or " ".join(words[:2]) in self.lexicon.mnemonics

    def _read(self, text: str, each: Decoded, where: Span) -> Instruction | None:
        """Read the text of an instruction; what is wrong with it is wrong with the bytes."""
        parsed = read_assembly(Fragment((Line(text, where.path, where.line, where.column),)), self.lexicon)
        for found in parsed.diagnostics:
            span = self._repeating(each) if found.code == PREFIX else where
            message = f'these bytes are "{self._told(each)}": {found.message}'
            self.findings.error(found.code, span, message, _HELP.get(found.code, found.help))
        tree = parsed.tree[0] if parsed.tree and not parsed.diagnostics else None
        return tree if isinstance(tree, Instruction) else None

    def _repeating(self, each: Decoded) -> Span:
        """Return where the prefix stands that is a word of the text."""
        bytes_of_it = range(each.start, each.start + each.length)
        at = next((offset for offset in bytes_of_it if self.piece.data[offset] in _WORDS), each.start)
        return self.piece.spans[at]

    def _placed(self, tree: Instruction, each: Decoded, where: Span, label: str) -> Instruction:
        """Return an instruction whose parts stand at the bytes that hold them, and that leads to a label."""

        def at(span: Span) -> Callable[[object], object | None]:
            def change(part: object) -> object | None:
                if isinstance(part, Name) and part.name == TARGET:
                    return Name(label, span)
                return span if isinstance(part, Span) else None

            return change

        def change(part: object) -> object | None:
            if isinstance(part, Immediate):
                return changed(part, at(self._span(each.immediate, where)))
            if isinstance(part, Address):
                return changed(part, at(self._span(each.displacement or each.immediate, where)))
            return where if isinstance(part, Span) else None

        return changed(tree, change)

    def _span(self, held: range, otherwise: Span) -> Span:
        return self.piece.span(held.start, len(held)) if held else otherwise

    def _prefixes(self, each: Decoded) -> None:
        for offset in each.idle:
            message = f'the prefix {self.piece.data[offset]:#04x} says nothing about "{self._told(each)}"'
            self.findings.error(PREFIX, self.piece.spans[offset], message, "leave it out")

    # ---- places ----

    def _target(self, each: Decoded, where: Span) -> str:
        """Return the label that a jump, or an address relative to RIP, leads to; nothing where there can be none."""
        offset = each.target
        assert offset is not None
        if offset in self.boundaries:
            return self._label(offset)
        if self.bad is not None and offset > self.end:
            return ""  # what is there is reported as no instruction
        verb = "leads into the middle of an instruction" if 0 <= offset < self.end else "leads out of these bytes"
        message = f'"{self._told(each)}" {verb}'
        help = "write it as text, with a label" if each.immediate else "write it as text, with a label or a symbol"
        self.findings.error(NO_PLACE, self._span(each.displacement or each.immediate, where), message, help)
        return ""

    def _label(self, offset: int) -> str:
        """Return the name of the label at an offset, a made one where the text has none."""
        if offset in self.written:
            return self.written[offset].name
        if offset not in self.made:
            span = self.piece.spans[min(offset, len(self.piece.data) - 1)]
            self.made[offset] = Label(f"{MADE}{self.number}+{offset}", span, written=False)
        return self.made[offset].name

    def _told(self, each: Decoded) -> str:
        """Return how a reader is told what some bytes are."""
        return _TARGET.sub(self._place(each), self._text(each))

    def _place(self, each: Decoded) -> str:
        """Return the place that a text leads to: a label, or how far it is from the first byte."""
        label = self.written.get(-1 if each.target is None else each.target)
        return _distance(each) if label is None else label.name

    # ---- what is none ----

    def _refuse(self, bad: Undecodable) -> None:
        behind = len(self.piece.data) - bad.start
        if bad.cut:
            where = self.piece.span(bad.start, behind)
            message = "an instruction begins with these bytes and is not finished"
            self.findings.error(NO_INSTRUCTION, where, message, "write the rest of it, or leave these bytes out")
            return
        where = self.piece.span(bad.start, min(bad.length, behind))
        message = f"these bytes are no instruction in {self.mode} mode that is known"
        help = "correct the bytes; a new instruction can be written as text once the spec has it"
        found = Diagnostic(NO_INSTRUCTION, "error", where, message, AUTHORITY, help, tuple(self._elsewhere(bad)))
        self.findings.found.append(found)

    def _elsewhere(self, bad: Undecodable) -> Iterator[str]:
        """Yield what the bytes are in a mode with another size of code."""
        other = next(mode for mode, bits in BITS.items() if bits != BITS[self.mode])
        first = next(codec.decode(self.piece.data[bad.start :], BITS[other]), None)
        if isinstance(first, Decoded) and not first.locked:
            yield f'in {other} mode they are "{_TARGET.sub(_distance(first), first.texts[0])}"'
        rest = len(self.piece.data) - bad.start - bad.length
        if rest > 0:
            yield f"{rest} byte{'' if rest == 1 else 's'} behind them {'is' if rest == 1 else 'are'} not decoded"


def _distance(each: Decoded) -> str:
    """Return, as the assembler writes it, how far away from its first byte an instruction leads."""
    return "." if each.target is None else f".{each.target - each.start:+d}"
