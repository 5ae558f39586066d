"""Reading C as documents print it: comments, preprocessor lines, ``....``, then one statement at a time.

There are no loops and no function bodies: what begins one is reported and passed over as a whole. What
cannot be read is missing from the tree, so a block that nobody runs can still be looked at.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import accumulate
from typing import cast

from sphinx_fsgs.diagnostic import Diagnostic
from sphinx_fsgs.source import Fragment, Line
from sphinx_fsgs.syntax.c import CDirective, CElided, CExpr, CIf, CStatement
from sphinx_fsgs.syntax.errors import Language, parse
from sphinx_fsgs.syntax.parsed import MAX_FINDINGS, Findings, Parsed
from sphinx_fsgs.syntax.pieces import cut, one_line

AUTHORITY = "the statements of C that are read"

UNREADABLE = "FSGS170"
NOT_A_STATEMENT = "FSGS171"
TOO_DEEP = "FSGS106"
TOO_MUCH = "FSGS114"

MAX_NESTED = 30
"""Statements within statements are read so deep."""

_STARTS = ("simple", "condition")
_SIMPLE = Language("c", "simple", UNREADABLE, AUTHORITY, _STARTS)
_CONDITION = Language("c", "condition", UNREADABLE, AUTHORITY, _STARTS)

_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)|//[^\n]*|\"(?:\\.|[^\"\\\n])*\"?|'(?:\\.|[^'\\\n])*'?", re.DOTALL)
_BLANK = re.compile(r"\s+")
_DIRECTIVE = re.compile(r"#(?:[^\n]*\\\n)*[^\n]*")
_PARTS = re.compile(r"#\s*(\w*)\s*([A-Za-z_]\w*(?![\w(]))?(.*)", re.DOTALL)
_ELIDED = re.compile(r"(?:\.{3,}|…)[ \t]*;?")
_WORD = re.compile(r"[A-Za-z_]\w*")
_PUNCTUATION = re.compile(r"\"(?:\\.|[^\"\\\n])*\"?|'(?:\\.|[^'\\\n])*'?|[()\[\]{};\n]")
_BREAKS = re.compile(r"\n(?=[ \t]*(?:#|\.{3,}|…))")
"""Where a statement without a semicolon ends at the latest."""

_BLOCKS = frozenset("for while do switch struct union enum typedef".split())
"""Words that begin what is no statement of ours and may hold braces."""
_ALONE = frozenset("return goto break continue case default".split())
_WAY_OUT = 'leave it out, write "...." for it, or keep the block out of the checks with `.. fsgs: skip REASON`'


def read_c(fragment: Fragment) -> Parsed[tuple[CStatement, ...]]:
    """Read statements of C; those that cannot be read are missing from the tree and stand in the findings."""
    findings = Findings(AUTHORITY)
    reader = _Reader(fragment, _without_comments(fragment.text), findings)
    statements = reader.statements(0)
    return Parsed(tuple(statements), findings.done())


@dataclass(slots=True)
class _Reader:
    """A place in the text of a block; ``text`` is that without comments, at the same offsets."""

    fragment: Fragment
    text: str
    findings: Findings
    at: int = 0
    texts: dict[str, str] = field(default_factory=dict)
    _masked: Fragment = field(init=False)
    _rows: list[int] = field(init=False)

    def __post_init__(self) -> None:
        lines = zip(self.fragment.lines, self.text.split("\n"), strict=True)
        self._masked = Fragment(
            tuple(Line(text, line.path, line.line, line.column, line.indent) for line, text in lines)
        )
        lengths = (len(line.text) + 1 for line in self._masked.lines[:-1])
        self._rows = list(accumulate(lengths, initial=0))

    def statements(self, depth: int) -> list[CStatement]:
        """Read until the brace that closes these, or the end."""
        found: list[CStatement] = []
        while not self._done() and not (depth and self.text[self.at] == "}"):
            found.extend(self.statement(depth))
        return found

    def statement(self, depth: int) -> tuple[CStatement, ...]:
        """Read one statement, which in braces may be several; none when it cannot be read."""
        text = self.text
        if depth > MAX_NESTED:
            self._error(TOO_DEEP, self.at, self.at + 1, f"statements nested more than {MAX_NESTED} levels deep")
            self.at = len(text)
        elif len(self.findings.found) >= MAX_FINDINGS:
            self._error(TOO_MUCH, self.at, self.at + 1, "too much of this cannot be read; the rest is left out")
            self.at = len(text)
        elif text[self.at] in ";}":
            self.at += 1
        elif text[self.at] == "{":
            return self._braces(depth)
        elif text[self.at] == "#":
            return self._directive()
        elif elided := _ELIDED.match(text, self.at):
            self.at = elided.end()
            return (CElided(self.fragment.span(elided.start(), elided.end())),)
        else:
            return self._worded(depth)
        return ()

    def _worded(self, depth: int) -> tuple[CStatement, ...]:
        word = _WORD.match(self.text, self.at)
        first = word.group() if word else ""
        if first == "if":
            return self._if(depth)
        if first in _BLOCKS or first in _ALONE or first == "else":
            start, end = self.at, self.at + len(first)
            self._error(NOT_A_STATEMENT, start, end, f'"{first}" is not among the statements that are read')
            self._pass_over()
            return ()
        return self._simple()

    def _braces(self, depth: int) -> tuple[CStatement, ...]:
        opening = self.at
        self.at += 1
        found = self.statements(depth + 1)
        if self.at >= len(self.text):
            self._error(UNREADABLE, opening, opening + 1, "this brace is not closed", 'close it with "}"')
        self.at += 1
        return tuple(found)

    def _if(self, depth: int) -> tuple[CStatement, ...]:
        start = self.at
        opening = self._skip_blanks(start + len("if"))
        closing = self._matching(opening) if self.text[opening : opening + 1] == "(" else -1
        if closing < 0:
            self._error(UNREADABLE, start, start + 2, "the condition lacks its parentheses", "write if (CONDITION)")
            self._pass_over()
            return ()
        condition = self._parsed(_CONDITION, opening + 1, closing)
        self.at = closing + 1
        then = () if self._done() else self.statement(depth + 1)
        otherwise: tuple[CStatement, ...] = ()
        word = None if self._done() else _WORD.match(self.text, self.at)
        if word and word.group() == "else":
            self.at = word.end()
            otherwise = () if self._done() else self.statement(depth + 1)
        if condition is None:
            return ()
        head = self.fragment.span(start, closing + 1)
        text = one_line(self.text[start : closing + 1])
        return (CIf(cast(CExpr, condition), then, otherwise, text, head),)

    def _simple(self) -> tuple[CStatement, ...]:
        start = self.at
        end = self._end(start)
        self.at = end if self.text[end : end + 1] in ("{", "}") else end + 1
        if self.text[end : end + 1] == "{":
            self._error(NOT_A_STATEMENT, start, end, "bodies of functions are not read")
            self._pass_over()
            return ()
        closed = self.text[end : end + 1] == ";"
        found = self._parsed(_SIMPLE, start, end)
        if found is not None and not closed:
            where = len(self.text[:end].rstrip())
            self._error(UNREADABLE, where, where, "a semicolon is missing", "end the statement with a semicolon")
        return () if found is None or not closed else (cast(CStatement, found),)

    def _directive(self) -> tuple[CStatement, ...]:
        found = _DIRECTIVE.match(self.text, self.at)
        assert found is not None
        start, self.at = self.at, found.end()
        parts = _PARTS.match(found.group())
        assert parts is not None
        word, name, rest = parts[1], parts[2] or "", parts[3]
        span = self.fragment.span(start, start + len(found.group().rstrip()))
        value: CExpr | None = None
        if name and word == "define" and rest.strip():
            value = self._quietly(start + parts.start(3), start + parts.end(3))
            if value is None:
                self.texts[name] = one_line(rest)
        elif word in ("if", "elif"):
            value = self._quietly(start + parts.start(2) if name else start + parts.start(3), start + parts.end(3))
        return (CDirective(word, name, one_line(rest), value, span),)

    # ---- where things end

    def _done(self) -> bool:
        self.at = self._skip_blanks(self.at)
        return self.at >= len(self.text)

    def _skip_blanks(self, start: int) -> int:
        blank = _BLANK.match(self.text, start)
        return blank.end() if blank else start

    def _end(self, start: int) -> int:
        """Return where a statement ends: at a semicolon or a brace outside parentheses, or where a line must begin.

        With a parenthesis that is not closed, the first semicolon ends it.
        """
        depth, semicolon = 0, -1
        for at in self._code(start):
            character = self.text[at]
            depth += (character in "([") - (character in ")]")
            if character == "\n":
                if _BREAKS.match(self.text, at):
                    return at if semicolon < 0 else semicolon
            elif character in ";{}" and depth <= 0:
                return at
            elif character == ";" and semicolon < 0:
                semicolon = at
        return len(self.text) if semicolon < 0 else semicolon

    def _matching(self, opening: int) -> int:
        """Return where the parenthesis or brace that opens here is closed, -1 if nowhere."""
        depth = 0
        for at in self._code(opening):
            depth += (self.text[at] in "({") - (self.text[at] in ")}")
            if not depth:
                return at
        return -1

    def _code(self, start: int) -> Iterator[int]:
        """Yield the offsets of punctuation and ends of lines from here on; strings hold none."""
        return (match.start() for match in _PUNCTUATION.finditer(self.text, start) if match.group()[0] not in "\"'")

    def _pass_over(self) -> None:
        """Go behind what cannot be read: its semicolon, or the braces that come first."""
        end = self._end(self.at)
        if self.text[end : end + 1] == "{":
            closing = self._matching(end)
            end = len(self.text) if closing < 0 else closing
        elif self.text[end : end + 1] == "}":
            end -= 1
        self.at = max(end + 1, self.at + 1)

    # ---- the grammar

    def _parsed(self, language: Language, start: int, end: int) -> object | None:
        if not self.text[start:end].strip():
            self._error(UNREADABLE, start, end, "something is missing here", "write an expression")
            return None
        piece = self._with_texts(self._cut(start, end))
        tree = parse(language, piece)
        if isinstance(tree, Diagnostic):
            self.findings.found.append(tree)
            return None
        from sphinx_fsgs.syntax.build_c import CTrees

        result: object = CTrees(piece).transform(tree)
        return result

    def _cut(self, start: int, end: int) -> Fragment:
        """Return a piece of the text without comments; only its own lines are looked at."""
        first, last = bisect_right(self._rows, start) - 1, bisect_right(self._rows, max(end - 1, start))
        offset = self._rows[first]
        return cut(Fragment(self._masked.lines[first:last]), start - offset, end - offset)

    def _with_texts(self, piece: Fragment) -> Fragment:
        """Return a piece with the texts of macros that stand for no value, each at the place of its name."""
        if not self.texts or not any(name in piece.text for name in self.texts):
            return piece
        return Fragment(tuple(part for line in piece.lines for part in self._parts(line)))

    def _parts(self, line: Line) -> Iterator[Line]:
        at = 0
        for match in _WORD.finditer(line.text):
            if match.group() in self.texts:
                yield Line(line.text[at : match.start()], line.path, line.line, line.column + at)
                yield Line(self.texts[match.group()], line.path, line.line, line.column + match.start())
                at = match.end()
        yield Line(line.text[at:], line.path, line.line, line.column + at, line.indent)

    def _quietly(self, start: int, end: int) -> CExpr | None:
        """Return an expression, None when the text is none, which a macro may well be."""
        before = len(self.findings.found)
        found = self._parsed(_CONDITION, start, end)
        del self.findings.found[before:]
        return cast("CExpr | None", found)

    def _error(self, code: str, start: int, end: int, message: str, help: str = _WAY_OUT) -> None:
        self.findings.error(code, self.fragment.span(start, end), message, help)


def _without_comments(text: str) -> str:
    """Return the text with its comments blanked, every line at its place."""

    def blanked(match: re.Match[str]) -> str:
        found = match.group()
        return re.sub(r"[^\n]", " ", found) if found.startswith("/") else found

    return _COMMENT.sub(blanked, text)
