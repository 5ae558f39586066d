"""The tree of a service file: what a platform does when code asks it for something.

Its header is like that of an instruction; behind ``Operation:`` stand definitions, one of them the
procedure of the service's own name, in which every way ends with ``RETURN``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from sphinx_fsgs.records import dataclass
from sphinx_fsgs.source import Fragment, Line
from sphinx_fsgs.syntax.expression import Call, Expr
from sphinx_fsgs.syntax.instruction import HeaderError, fields_of, role_of
from sphinx_fsgs.syntax.operation import Block, Definition, Fault, If, Procedure, Return, read_definitions

SERVICE_FIELDS = ("Line", "Result", "Succeeds", "Unreachable", "Subject", "Role", "Cites")

LINE = re.compile(r"^Line:[ \t]+\.(?:(\w+)[ \t]+)?(\w+)\(([\w, \t]*)\)[ \t]*$", re.MULTILINE)
"""How the line is written: its word, where that is another than the service's name, the name, the parameters."""


@dataclass(frozen=True, slots=True)
class Service:
    """Something that a platform does for code, such as a system call.

    ``word`` begins its line; ``result`` is the view that holds what it returns; ``succeeds`` says of a
    result, called RESULT, that it is none of failure, and ``unreachable`` is the one that says that memory named by an
    argument cannot be reached; ``subjects`` are the names by which sentences call
    it with the arguments that these fix, a bare parameter being left open.
    """

    name: str
    word: str
    title: str
    parameters: tuple[str, ...]
    result: str
    succeeds: Expr | None
    unreachable: Expr | None
    subjects: Mapping[str, tuple[Expr, ...]]
    roles: Mapping[str, Expr]
    cites: tuple[str, ...]
    body: Procedure
    definitions: tuple[Definition, ...]
    path: str
    text: str

    @property
    def written(self) -> str:
        """How its line is written in ``run``."""
        word = "" if self.word == self.name else f"{self.word} "
        return f".{word}{self.name}({', '.join(self.parameters)})"


def read_service(fragment: Fragment) -> Service:
    """Read a service file.

    :raises HeaderError: when a header line is malformed or missing, or a way does not end with RETURN.
    :raises NotationError: when a field or the definitions leave the notation.
    """
    lines = [line for line in fragment.lines if line.text]
    found = LINE.search(fragment.text)
    if found is None:
        raise HeaderError("no Line: that can be read", fragment.span(), "write Line: .syscall NAME(PARAMETERS)")
    fields, rest = fields_of(lines, SERVICE_FIELDS)
    word, name, parameters = found.groups()
    definitions = read_definitions(Fragment(tuple(rest)))
    own = next((each for each in definitions if isinstance(each, Procedure) and each.name == name), None)
    names = tuple(each.strip() for each in parameters.split(",") if each.strip())
    if own is None or own.parameters != names:
        raise HeaderError(f"no PROCEDURE {name}({', '.join(names)})", fragment.span(), "define what Line: names")
    _check_returns(own.body, Fragment(tuple(rest)))
    return Service(
        name,
        word or name,
        lines[0].text,
        names,
        _one(fields, "Result", fragment),
        _expression(fields, "Succeeds"),
        _expression(fields, "Unreachable"),
        dict(_subject(line) for line in fields.get("Subject", ())),
        dict(role_of(line) for line in fields.get("Role", ())),
        tuple(each.strip() for line in fields.get("Cites", ()) for each in line.text.split(",")),
        own,
        definitions,
        lines[0].path,
        fragment.text,
    )


def _one(fields: Mapping[str, list[Line]], name: str, fragment: Fragment) -> str:
    for line in fields.get(name, ()):
        return line.text
    raise HeaderError(f"no {name}: line", fragment.span(), f"add {name}:")


def _expression(fields: Mapping[str, list[Line]], name: str) -> Expr | None:
    return next((role_of(_named(line))[1] for line in fields.get(name, ())), None)


def _named(line: Line) -> Line:
    """Return a line that holds only an expression as one that ``role_of`` reads."""
    head = "it ="
    return Line(head + line.text, line.path, line.line, line.column - len(head), line.indent)


def _subject(line: Line) -> tuple[str, tuple[Expr, ...]]:
    name, value = role_of(line)
    if not isinstance(value, Call):
        raise HeaderError("a subject is NAME = SERVICE(ARGUMENTS)", Fragment((line,)).span(), "name the service")
    return name, value.arguments


def _check_returns(block: Block, whole: Fragment) -> None:
    """Refuse a way that does not end with RETURN, and a RETURN that is not at the end of its way."""
    for statement in block[:-1]:
        if any(isinstance(each, Return) for each in _inside(statement)):
            raise HeaderError("something stands behind a RETURN", statement.span, "put it into the other branch")
    last = block[-1] if block else None
    if isinstance(last, If):
        for _, branch in last.branches:
            _check_returns(branch, whole)
        _check_returns(last.otherwise, whole)
    elif not isinstance(last, (Return, Fault)):
        span = last.span if last is not None else whole.span()
        raise HeaderError("this way does not end with RETURN", span, "say what is given back")


def _inside(statement: object) -> list[object]:
    if not isinstance(statement, If):
        return [statement]
    blocks = [*(block for _, block in statement.branches), statement.otherwise]
    return [each for block in blocks for inner in block for each in _inside(inner)]
