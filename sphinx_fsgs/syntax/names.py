"""What the words of a condition stand for: cells, constants, functions, symbols, or nothing known.

A word such as MSR_GS_BASE is both a register and the register's number. On the left of a comparison
it is the register; on the right it is the number, unless it is compared with a register of that
kind: ``ECX = MSR_GS_BASE`` is about a number, ``GS.base = MSR_KERNEL_GS_BASE`` about two registers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field, replace

from sphinx_fsgs.diagnostic import did_you_mean
from sphinx_fsgs.records import dataclass
from sphinx_fsgs.source import Span
from sphinx_fsgs.syntax.expression import (
    ADDRESS,
    COMPARISONS,
    CONTENT,
    Binary,
    Call,
    Concat,
    Conditional,
    Expr,
    Free,
    Memory,
    Msr,
    Name,
    Number,
    Slice,
    Unary,
    walk,
)
from sphinx_fsgs.syntax.lexicon import Lexicon
from sphinx_fsgs.syntax.parsed import Findings

CONDITION_FUNCTIONS = frozenset({"stack"})  # "assume stack(?sp)": room on both sides, a word of the language itself


@dataclass(frozen=True, slots=True)
class Names:
    """Resolves names in expressions; ``known`` are symbols and labels, ``the`` what ``the X`` may be.

    ``of_c`` are the variables of an example in C, which may also be followed (``*ptr``) and asked for their address.
    """

    lexicon: Lexicon
    findings: Findings
    known: frozenset[str] = field(default_factory=frozenset)
    the: frozenset[str] = field(default_factory=frozenset)
    of_c: frozenset[str] = field(default_factory=frozenset)

    def condition(self, expr: Expr) -> Expr:
        """Return the expression with canonical names of cells and with constants as numbers."""
        return self._resolve(expr, self._cell_first)

    def value(self, expr: Expr) -> Expr:
        """Return the same for an expression where a name of an MSR means its number."""
        return self._resolve(expr, self._constant_first)

    def compared(self, place: Expr, value: Expr) -> tuple[Expr, Expr]:
        """Return both sides of ``place = value``."""
        left = self.condition(place)
        return left, self._resolve(value, self._cell_first if self._is_msr(left) else self._constant_first)

    def place(self, expr: Expr) -> Expr:
        """Return a cell, a view, a pair or memory; anything else is a finding."""
        found = self.condition(expr)
        self.check_place(found)
        return found

    def check_place(self, expr: Expr) -> None:
        """Report an expression, already resolved, that is no cell, view, pair or memory."""
        whole = expr.value if isinstance(expr, Slice) else expr
        if not (isinstance(whole, (Name, Memory, Msr)) or isinstance(expr, Concat)):
            self.findings.error(
                "FSGS100", expr.span, "this is not a place", "name a cell such as GS.base, or u64[ADDRESS]"
            )

    def cell(self, name: str, span: Span) -> str:
        """Return the canonical name of a cell, or of ``memory``; an unknown one is a finding."""
        found = "memory" if name == "memory" else self.lexicon.cells.get(name, "")
        if not found:
            self._unknown(name, span)
        return found

    def _resolve(self, expr: Expr, word: Callable[[Name], Expr]) -> Expr:
        match expr:
            case Name():
                return word(expr)
            case Binary() if expr.op in COMPARISONS:
                return self._comparison(expr)
            case Binary():
                return replace(expr, left=self._resolve(expr.left, word), right=self._resolve(expr.right, word))
            case Unary():
                return replace(expr, operand=self._resolve(expr.operand, word))
            case Slice():
                return replace(expr, value=self._resolve(expr.value, word))
            case Concat():
                return replace(expr, high=self._resolve(expr.high, word), low=self._resolve(expr.low, word))
            case Memory():
                return replace(expr, address=self.value(expr.address))
            case Msr():
                return self._msr(expr)
            case Call():
                return self._call(expr, word)
            case Conditional() | Number() | Free():
                return expr

    def _comparison(self, expr: Binary) -> Expr:
        left, right = self.compared(expr.left, expr.right)
        return replace(expr, left=left, right=right)

    def _msr(self, expr: Msr) -> Expr:
        index = self.value(expr.index)
        if isinstance(index, Number):
            for name, number in self.lexicon.msrs.items():
                if number == index.value and name in self.lexicon.cells:
                    return Name(self.lexicon.cells[name], expr.span)
        return Msr(index, expr.span)

    def _call(self, expr: Call, word: Callable[[Name], Expr]) -> Expr:
        if expr.name in (CONTENT, ADDRESS):
            return self._of_c(expr, word)
        known = self.lexicon.functions | CONDITION_FUNCTIONS
        if expr.name not in known:
            end = Span(
                expr.span.path,
                expr.span.line,
                expr.span.column,
                expr.span.line,
                expr.span.column + len(expr.name),
            )
            self.findings.unknown(
                "FSGS105", end, "function", expr.name, set(known), "one of " + ", ".join(sorted(known))
            )
        return replace(expr, arguments=tuple(self._resolve(each, word) for each in expr.arguments))

    def _of_c(self, expr: Call, word: Callable[[Name], Expr]) -> Expr:
        if not self.of_c:
            message = f'"{expr.name}" in front of a name is C, and what runs here is not'
            self.findings.error("FSGS101", expr.span, message, "write u64[ADDRESS] for what lies in memory")
            return expr
        return replace(expr, arguments=tuple(self._resolve(each, word) for each in expr.arguments))

    def _cell_first(self, name: Name) -> Expr:
        if found := self.lexicon.cells.get(name.name):
            return Name(found, name.span)
        return self._other(name)

    def _constant_first(self, name: Name) -> Expr:
        if name.name in self.lexicon.constants and not self._is_given(name.name):
            return Number(self.lexicon.constants[name.name], name.span)
        return self._cell_first(name)

    def _other(self, name: Name) -> Expr:
        word = name.name
        if word in self.lexicon.constants and not self._is_given(word):
            return Number(self.lexicon.constants[word], name.span)
        if word not in self.known | self.of_c and not (word.startswith("the.") and word[4:] in self.the):
            self._unknown(word, name.span)
        return name

    def _is_given(self, word: str) -> bool:
        """Whether the example itself gives the word a value, which then counts before one of the spec or settings."""
        return word in self.known and word not in self.lexicon.cells

    def _unknown(self, word: str, span: Span) -> None:
        if word in self.lexicon.segments:
            self.findings.error("FSGS101", span, f'"{word}" has several parts', f"write {word}.selector or {word}.base")
        elif word.startswith("the."):
            words = ", ".join(f'"the {each}"' for each in sorted(self.the))
            self.findings.error("FSGS101", span, f'"the {word[4:]}" means nothing here', words or "name the cell")
        else:
            known = set(self.lexicon.cells) | set(self.lexicon.constants) | self.known | self.of_c
            self.findings.error("FSGS101", span, f'unknown cell "{word}"', _nearest(word, known))

    def _is_msr(self, place: Expr) -> bool:
        whole = place.value if isinstance(place, Slice) else place
        cells = {self.lexicon.cells[name] for name in self.lexicon.msrs if name in self.lexicon.cells}
        return isinstance(whole, Msr) or (isinstance(whole, Name) and whole.name in cells)


def _nearest(word: str, known: set[str]) -> str:
    """Return the way out for a cell that is none; of a part such as ``.base`` more than the part has to be near."""
    near = did_you_mean(word, known)
    head, dot, part = word.partition(".")
    parts = [each.partition(".") for each in known] if dot else []
    wholes = sorted({whole for whole, _, other in parts if other == part})
    if wholes and not did_you_mean(head, [near.partition(".")[0]]):
        return f"name what has it: {', '.join(f'{whole}.{part}' for whole in wholes)}"
    return f'did you mean "{near}"?' if near else "name a cell such as GS.base"


def flattened(expr: Expr) -> tuple[Expr, ...]:
    """Return the items of ``A and B`` in a list of cells."""
    if isinstance(expr, Binary) and expr.op == "AND":
        return flattened(expr.left) + flattened(expr.right)
    return (expr,)


def frees_in(expr: Expr) -> tuple[Free, ...]:
    """Return the ``?names`` that an expression mentions, in the order of the text."""
    return tuple(each for each in walk(expr) if isinstance(each, Free))
