"""The tree of an instruction file: its header fields and its Operation."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from typing import TYPE_CHECKING, cast

from sphinx_fsgs.records import dataclass
from sphinx_fsgs.source import Fragment, Line, Span
from sphinx_fsgs.syntax.expression import Expr
from sphinx_fsgs.syntax.operation import Block, read_expression, read_operation
from sphinx_fsgs.syntax.reader import grammar, parse

if TYPE_CHECKING:
    from lark import Token, Tree

SIZES: Mapping[str, int] = {"b": 8, "w": 16, "l": 32, "q": 64}
"""The operand size in bits that each suffix of AT&T syntax gives."""

FIELDS = (
    "Names",
    "Encoding",
    "Locked",
    "Requires",
    "Modes",
    "Leaves",
    "Syntax",
    "Intel",
    "Operand",
    "Target",
    "Role",
    "Cites",
)
_FIELD = re.compile(r"^([A-Z][a-z]+):[ \t]*(.*?)[ \t]*$")


@dataclass(frozen=True, slots=True)
class Form:
    """One ``Syntax:`` line: mnemonics, suffixes ("" for none), operands, and what its ``where`` binds."""

    mnemonics: tuple[str, ...]
    suffixes: tuple[str, ...]
    operands: tuple[str, ...]
    bindings: tuple[tuple[str, Expr], ...]
    span: Span = field(compare=False)

    def spellings(self) -> Iterator[tuple[str, str]]:
        """Yield each mnemonic as written, with the suffix in it."""
        for mnemonic in self.mnemonics:
            for suffix in self.suffixes:
                yield mnemonic + suffix, suffix


@dataclass(frozen=True, slots=True)
class Instruction:
    """An instruction of the spec. ``stem`` is the name of its file; sizes and kinds as in instruction.lark."""

    stem: str
    title: str
    names: tuple[str, ...]
    encodings: tuple[str, ...]
    requires: str
    modes: tuple[str, ...]
    target: str
    leaves: bool
    forms: tuple[Form, ...]
    kinds: Mapping[str, tuple[str, ...]]
    roles: Mapping[str, Expr]
    cites: tuple[str, ...]
    operation: Block
    path: str
    text: str


class HeaderError(Exception):
    """A line of the header is not one; ``span`` says which, ``help`` how to write it."""

    def __init__(self, message: str, span: Span, help: str) -> None:
        super().__init__(message)
        self.message = message
        self.span = span
        self.help = help


def read_instruction(fragment: Fragment, stem: str) -> Instruction:
    """Read an instruction file.

    :raises HeaderError: when a header line is malformed or one is missing.
    :raises NotationError: when a field's value or the Operation leaves its notation.
    """
    lines = [line for line in fragment.lines if line.text]
    if not lines:
        raise HeaderError("the file is empty", fragment.span(), "begin with NAME — Title")
    fields, rest = fields_of(lines)
    forms = tuple(_form(line) for line in fields.get("Syntax", ()))
    if not forms:
        raise HeaderError("no Syntax: line", fragment.span(), "say how the instruction is written in AT&T syntax")
    kinds = dict(_operand(line) for line in fields.get("Operand", ()))
    return Instruction(
        stem,
        lines[0].text,
        tuple(_split(fields, "Names")),
        tuple(_split(fields, "Encoding")),
        _one(fields, "Requires"),
        tuple(_split(fields, "Modes")),
        _one(fields, "Target"),
        _one(fields, "Leaves") == "yes",
        forms,
        kinds,
        dict(role_of(line) for line in fields.get("Role", ())),
        tuple(_split(fields, "Cites")),
        read_operation(Fragment(tuple(rest))) if rest else (),
        lines[0].path,
        fragment.text,
    )


def fields_of(lines: list[Line], names: Sequence[str] = FIELDS) -> tuple[dict[str, list[Line]], list[Line]]:
    """Return the fields of a header by name, its title apart, and the lines behind ``Operation:``.

    :raises HeaderError: at a line that is none of these fields.
    """
    found: dict[str, list[Line]] = {}
    for number, line in enumerate(lines[1:], 1):
        if line.text == "Operation:":
            return found, lines[number + 1 :]
        match = _FIELD.match(line.text)
        if match is None or match[1] not in names:
            word = Fragment((line,))
            raise HeaderError(f"not a header field: {line.text!r}", word.span(), f"one of {', '.join(names)}")
        value = Line(match[2], line.path, line.line, line.column + match.start(2), line.indent)
        found.setdefault(match[1], []).append(value)
    raise HeaderError("no Operation: line", Fragment((lines[-1],)).span(), "end the header with Operation:")


def _split(fields: Mapping[str, list[Line]], name: str) -> Iterator[str]:
    for line in fields.get(name, ()):
        yield from (each.strip() for each in line.text.split(","))


def _one(fields: Mapping[str, list[Line]], name: str) -> str:
    lines = fields.get(name, [])
    return lines[0].text if lines else ""


def _parse(line: Line, start: str) -> Tree[Token]:
    return parse(grammar("instruction", "syntax", "operand", "names"), Fragment((line,)), start)


def _words(tree: Tree[Token] | None) -> tuple[str, ...]:
    words = cast("list[Token | None]", tree.children) if tree is not None else []
    return tuple("" if each is None else str(each) for each in words)


def _form(line: Line) -> Form:
    parts = cast("list[Tree[Token] | Token | None]", _parse(line, "syntax").children)
    mnemonics, suffixes, operands = cast("list[Tree[Token] | None]", parts[:3])
    name, expression = cast("list[Token | None]", parts[3:])
    bindings = () if name is None or expression is None else ((str(name), _expression(line, expression)),)
    fragment = Fragment((line,))
    return Form(_words(mnemonics), _words(suffixes) or ("",), _words(operands), bindings, fragment.span())


def _expression(line: Line, token: Token) -> Expr:
    text = str(token)[1:]
    at = (token.start_pos or 0) + 1
    return read_expression(Fragment((Line(text, line.path, line.line, line.column + at, line.indent),)))


def _operand(line: Line) -> tuple[str, tuple[str, ...]]:
    name, *kinds = _words(_parse(line, "operand"))
    return name, tuple(kinds)


def role_of(line: Line) -> tuple[str, Expr]:
    """Return the words of a line ``WORDS = EXPRESSION`` and what they mean.

    :raises HeaderError: when there is no sign between them.
    :raises NotationError: when the right side leaves the notation.
    """
    words, equals, text = line.text.partition("=")
    if not equals:
        raise HeaderError("a role is WORDS = EXPRESSION", Fragment((line,)).span(), "Role: the selector = SRC[15:0]")
    at = line.column + len(words) + 1
    return words.strip(), read_expression(Fragment((Line(text, line.path, line.line, at, line.indent),)))
