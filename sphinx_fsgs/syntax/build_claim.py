"""Lark trees to the parts of claims. What a rule is called in a form's grammar is the role of its parts.

========== ======================================= ====================================================
role       parts                                   where
========== ======================================= ====================================================
subject    one Sequence                            all forms about instructions
other      one Sequence                            equivalent: what the subject is said to equal
cells      CellParts                               changes, can, transfer (written), equivalent (compared)
only       a WordPart                              changes: present when nothing else may change
verb       WordPart swaps, copies, zero-extends,   transfer
           sign-extends or sets
           WordPart reads or writes                intrinsic
           WordPart changes or sets                can
width      ValuePart, in bits                      transfer: "a 32-bit base"; can: "a 64-bit value"
source     CellPart or WordPart such as base       transfer: what is copied or extended
value      ValuePart                               transfer: what a cell is set to
fault      FaultPart; no vector: "no fault"        faults
feature    WordPart, canonical                     enumerated
leaf       ValuePart                               enumerated, as are subleaf and bit
register   WordPart, EAX to EDX                    enumerated
msr        WordPart as written; a constant's       numbered
           name too where it has a number
index      ValuePart, of an MSR                    numbered
number     ValuePart                               numbered
space      WordPart, as the spec spells it         address
segment    WordPart, a segment register            address
generation WordPart, one blank between words       introduced
limit      WordPart only, privileged or any        allowed
========== ======================================= ====================================================

``its destination`` and ``its source`` are the CellParts ``destination`` and ``source``.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import NoneType
from typing import TYPE_CHECKING

from sphinx_fsgs.records import dataclass
from sphinx_fsgs.source import Fragment, Span
from sphinx_fsgs.syntax.claim import CellPart, FaultPart, Part, Sequence, Subject, ValuePart, WordPart
from sphinx_fsgs.syntax.clauses import FAMILY
from sphinx_fsgs.syntax.expression import Number
from sphinx_fsgs.syntax.lexicon import Lexicon
from sphinx_fsgs.syntax.names import Names
from sphinx_fsgs.syntax.parsed import Findings

if TYPE_CHECKING:
    from lark import Token, Tree

_OWN = frozenset({"destination", "source"})


@dataclass(frozen=True, slots=True)
class Core:
    """A sentence without its clauses."""

    parts: tuple[tuple[str, tuple[Part, ...]], ...]
    negated: bool


def build_core(tree: Tree[Token], fragment: Fragment, lexicon: Lexicon, findings: Findings) -> Core:
    """Return the parts of a sentence by their roles; unknown words go to ``findings``."""
    return _Builder(fragment, lexicon, findings).core(tree)


@dataclass(frozen=True, slots=True)
class _Builder:
    fragment: Fragment
    lexicon: Lexicon
    findings: Findings

    def core(self, tree: Tree[Token]) -> Core:
        roles: dict[str, tuple[Part, ...]] = {}
        negated = False
        for child in _trees(tree):
            role, _, word = str(child.data).partition("_")
            if role == "negated":
                negated = not negated
            elif word:
                stated = self._stated(role, word.replace("_", "-"), self._span(child))
                roles[role] = stated if role != "only" else (WordPart("only", self._span(child)),)
                if role == "only":
                    roles["cells"] = ()
            else:
                roles[role] = tuple(self._parts(role, child))
        for part in roles.get("msr", ()):
            if isinstance(part, WordPart):
                self._has_number(part, constant="index" not in roles)
        return Core(tuple(roles.items()), negated)

    def _stated(self, role: str, word: str, span: Span) -> tuple[Part, ...]:
        """Return a part that a rule states by itself, without words of its own."""
        if role == "fault":
            return (FaultPart("", None, span),)
        if word.isdecimal():
            return (ValuePart(Number(int(word), span), span),)
        return (WordPart(word, span),)

    def _parts(self, role: str, tree: Tree[Token]) -> Iterator[Part]:
        if role == "fault":
            yield self._fault(tree)
            return
        for child in tree.children:
            if isinstance(child, str):
                yield self._word(role, child)
            elif child is not None:
                yield self._sequence(child) if child.data == "sequence" else self._cell(child)

    def _word(self, role: str, token: Token) -> Part:
        span = self._token(token)
        if token.type.endswith("NUMBER"):
            return ValuePart(Number(_number(token), span), span)
        word = str(token)
        if token.type.endswith("ERROR"):
            name = word.lstrip("- ")
            known = {each: each for each in self.lexicon.constants if each.startswith("E")}
            number = self.lexicon.constants.get(self._known(name, span, "error", known), 0)
            return ValuePart(Number(-number, span), span)
        if token.type.endswith(("VERSION", "PLACE", "FLAG")):
            return WordPart(word, span)
        if role == "feature":
            return WordPart(self._known(word, span, "CPUID feature", dict(self.lexicon.features)), span)
        if role == "msr":
            return WordPart(word, span)
        if role == "space":
            return WordPart(self._known(_bare_space(word), span, "address space", self._spaces()), span)
        if role == "generation":
            return WordPart(self._generation(" ".join(word.split()), span), span)
        if role == "segment":
            return WordPart(
                self._known(word.upper(), span, "segment", {each: each for each in self.lexicon.segments}), span
            )
        return WordPart(" ".join(word.upper().split()) if role == "register" else word.lower(), span)

    def _known(self, word: str, span: Span, kind: str, known: dict[str, str]) -> str:
        if word not in known:
            self.findings.unknown("FSGS165", span, kind, word, set(known), "write it as the spec does")
        return known.get(word, word)

    def _generation(self, words: str, span: Span) -> str:
        if words.casefold() not in self.lexicon.generations and not FAMILY.fullmatch(words):
            known = {each.title() for each in self.lexicon.generations}
            help = "name a generation, such as Ivy Bridge, or Family 17h"
            self.findings.unknown("FSGS165", span, "generation of processors", words, known, help)
        return words

    def _has_number(self, part: WordPart, constant: bool) -> None:
        """Check that a name is that of an MSR, or where no MSR need be meant, of a constant."""
        constants = {name: name for name in self.lexicon.constants} if constant else {}
        self._known(part.word, part.span, "constant" if constant else "MSR", self._msrs() | constants)

    def _spaces(self) -> dict[str, str]:
        return {each: each for each in self.lexicon.spaces}

    def _msrs(self) -> dict[str, str]:
        """Return the spellings of MSRs: those with a number, and other names of the same cells."""
        cells = self.lexicon.cells
        same = {cells[name] for name in self.lexicon.msrs if name in cells}
        return {name: name for name in (*self.lexicon.msrs, *(each for each in cells if cells[each] in same))}

    def _cell(self, tree: Tree[Token]) -> CellPart:
        token = tree.children[0]
        assert isinstance(token, str)
        span = self._token(token)
        if tree.data == "own":
            word = token.lower()
            if word not in _OWN:
                self.findings.unknown(
                    "FSGS101", span, "part of an instruction", word, set(_OWN), "its source or destination"
                )
            return CellPart(word, self._span(tree))
        name = str(token)
        if tree.data == "field":
            name, span = f"{name}.{str(tree.children[1]).split()[0].lower()}", self._span(tree)
        return CellPart(Names(self.lexicon, self.findings).cell(name, span) or name, span)

    def _fault(self, tree: Tree[Token]) -> FaultPart:
        vector, error = tree.children
        assert isinstance(vector, str)
        if vector not in self.lexicon.faults:
            self.findings.unknown(
                "FSGS108",
                self._token(vector),
                "fault",
                str(vector),
                set(self.lexicon.faults),
                "write a fault that the spec has, such as #GP",
            )
        code = Number(_number(error), self._token(error)) if isinstance(error, str) else None
        return FaultPart(str(vector), code, self._span(tree))

    def _sequence(self, tree: Tree[Token]) -> Sequence:
        return Sequence(tuple(self._subject(each) for each in _trees(tree)), self._span(tree))

    def _subject(self, tree: Tree[Token]) -> Subject:
        if tree.data == "intrinsic":
            return self._intrinsic(tree)
        words = [each for each in tree.children if isinstance(each, str)]
        aims = [each for each in _trees(tree) if each.data in ("target", "source")]
        span = self.fragment.span(words[0].start_pos or 0, (words[-1].end_pos if not aims else aims[0].meta.end_pos))
        name = " ".join(words)
        target = str(aims[0].children[0]) if aims else None
        subjects = self.lexicon.subjects
        aimed = f"{name} {'from' if aims and aims[0].data == 'source' else 'to'} {target}"
        whole = aimed.lower()
        if target is not None and whole in subjects:
            return Subject(subjects[whole], self._segment(target), None, aimed, span)
        stem = subjects.get(name.lower(), "")
        if not stem:
            self._unknown_subject(words)
        if target is not None:
            target = self._target(target, self._token(aims[0].children[0]))
            aimed = f"{aimed.rpartition(' ')[0]} {target}"
        return Subject(stem, self._segment(words[-1]), target, name if target is None else aimed, span)

    def _intrinsic(self, tree: Tree[Token]) -> Subject:
        """Return the instruction that a compiler makes of a call."""
        token = tree.children[0]
        assert isinstance(token, str)
        name, span = token.partition("(")[0].strip(), self._token(token)
        known = self.lexicon.intrinsics.get(name)
        if known is None:
            help = "name an intrinsic that the spec has"
            self.findings.unknown("FSGS165", span, "intrinsic", name, set(self.lexicon.intrinsics), help)
            return Subject("", None, None, f"{name}()", span)
        return Subject(known.instruction, None, None, f"{name}()", span, known.mnemonic, known.bits)

    def _unknown_subject(self, words: list[Token]) -> None:
        """Report the first word behind a known instruction, or else the whole name."""
        for end in range(len(words) - 1, 0, -1):
            if " ".join(words[:end]).lower() in self.lexicon.subjects:
                known = " ".join(words[:end])
                message = f'"{words[end]}" is not expected here'
                self.findings.error("FSGS161", self._token(words[end]), message, f'"{known}" is followed by a verb')
                return
        where = self.fragment.span(words[0].start_pos or 0, words[-1].end_pos)
        spelt = {each.upper() for each in self.lexicon.subjects}
        longer = sorted(each for each in spelt if each.startswith(f"{words[0].upper()} "))
        if len(words) == 1 and longer:
            self.findings.error(
                "FSGS162", where, f"{words[0]} is several instructions", f"name one of them: {', '.join(longer)}"
            )
            return
        help = "name an instruction that the spec has"
        self.findings.unknown("FSGS162", where, "instruction", " ".join(words), spelt, help)

    def _segment(self, word: str) -> str | None:
        return word.upper() if word.upper() in self.lexicon.segments else None

    def _target(self, word: str, span: Span) -> str:
        """Return the name of a register that has a number; ``GS.base`` is one by its other name."""
        if word in self.lexicon.msrs or word in self.lexicon.constants:
            return word
        cell = self.lexicon.cells.get(word)
        same = (name for name in self.lexicon.msrs if cell and self.lexicon.cells.get(name) == cell)
        found = next(same, "")
        if not found:
            self.findings.unknown("FSGS165", span, "MSR", word, set(self._msrs()), "write it as the spec does")
        return found or word

    def _token(self, token: object) -> Span:
        return self.fragment.span(getattr(token, "start_pos", 0) or 0, getattr(token, "end_pos", None))

    def _span(self, tree: Tree[Token]) -> Span:
        if tree.meta.empty:
            return self.fragment.span()
        return self.fragment.span(tree.meta.start_pos, tree.meta.end_pos)


def _trees(tree: Tree[Token]) -> list[Tree[Token]]:
    return [each for each in tree.children if not isinstance(each, (str, NoneType))]


def _bare_space(word: str) -> str:
    """Return an address space as the spec spells it: without blanks, and without the attribute around it."""
    tight = "".join(word.split())
    return tight[15:-2] if tight.startswith("__attribute__((") else tight


def _number(token: str) -> int:
    digits = token.replace("_", "").lower()
    if digits.endswith("h"):  # as the manuals write hexadecimal numbers
        return int(digits[:-1], 16)
    return int(digits, 16) if digits.startswith("0x") else int(digits, 10)
