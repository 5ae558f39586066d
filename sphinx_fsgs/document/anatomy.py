"""The parts of an annotation: argument, options, body; and what docutils swallowed with them.

Sections and statements are not read here: only the names of sections are known, to tell a section
from text that got into a comment by its indentation.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from sphinx_fsgs.diagnostic import Diagnostic
from sphinx_fsgs.document import findings
from sphinx_fsgs.document.markup import SHOWING
from sphinx_fsgs.document.model import FLAGS, OPTIONS, SECTIONS, Option
from sphinx_fsgs.source import Fragment, Line

_OPTION = re.compile(r":(?P<name>[A-Za-z][\w-]*):(?:[ \t]+(?P<value>.*))?$")
_RUNS_ON = ("claim", "skip", "ignore", *SHOWING)
"""Heads whose argument goes on over the following lines and that have no body."""


@dataclass(slots=True)
class Parts:
    """What an annotation consists of; ``broken`` when it swallowed text, so that it cannot be relied on."""

    argument: list[Line] = field(default_factory=list)
    options: list[Option] = field(default_factory=list)
    body: list[Line] = field(default_factory=list)
    diagnostics: list[Diagnostic] = field(default_factory=list)
    broken: bool = False

    @property
    def argument_fragment(self) -> Fragment | None:
        """The argument, or None when it is empty."""
        return Fragment(tuple(self.argument)) if self.argument else None

    @property
    def body_fragment(self) -> Fragment | None:
        """The body, or None when it is empty."""
        return Fragment(tuple(self.body)) if self.body else None


def cut(line: Line, start: int, end: int | None = None) -> Line:
    """Return characters ``start`` to ``end`` of a line, without blanks around them, in their place."""
    text = line.text[start:end]
    start += len(text) - len(text.lstrip())
    return Line(text.strip(), line.path, line.line, line.column + start, line.indent + start)


def dissect(head: str, lines: Sequence[Line], what: str) -> Parts:
    """Divide ``lines``, the first of which is what stands behind the head; empty lines are blank ones.

    :param what: how to call the thing in a message: ``comment`` or ``directive``.
    """
    parts = Parts()
    if lines[0].text:
        parts.argument.append(lines[0])
    rest = list(lines[1:])
    if head in _RUNS_ON:
        _run_on(parts, rest)
    _options(parts, head, rest)
    if head in _RUNS_ON:
        _refuse(parts, next((line for line in rest if line.text), None), what)
    else:
        _body(parts, rest, what, sections=head != "claims")
    return parts


def own_run(body: Fragment | None) -> tuple[bool, bool]:
    """Return whether the body has a ``run`` section, and whether that holds the line ``the block``."""
    lines = body.lines if body else ()
    level = min((line.indent for line in lines), default=0)
    runs = inside = block = False
    for line in lines:
        if line.indent == level:
            inside = _bare(line) == "run"
            runs = runs or inside
        elif inside and _bare(line) == "the block":
            block = True
    return runs, block


def _bare(line: Line) -> str:
    """The words of a line without a comment behind them."""
    return re.sub(r"(^|\s)#(\s.*)?$", "", line.text).strip()


def _run_on(parts: Parts, rest: list[Line]) -> None:
    if not parts.argument:
        _drop_blank(rest)
    while rest and rest[0].text and not rest[0].text.startswith(":"):
        parts.argument.append(rest.pop(0))


def _drop_blank(rest: list[Line]) -> None:
    while rest and not rest[0].text:
        rest.pop(0)


def _options(parts: Parts, head: str, rest: list[Line]) -> None:
    _drop_blank(rest)
    while rest and rest[0].text.startswith(":"):
        line, more = rest.pop(0), []
        while rest and rest[0].text and rest[0].indent > line.indent:
            more.append(rest.pop(0))
        _option(parts, head, line, more)
        _drop_blank(rest)


def _option(parts: Parts, head: str, line: Line, more: list[Line]) -> None:
    match = _OPTION.match(line.text)
    if not match:
        parts.diagnostics.append(
            findings.bad_option(findings.span_of(line), "this is no option", 'write ":name: value", a blank after ":"')
        )
        return
    name = match["name"]
    span = findings.span_of(line, 0, match.end("name") + 1)
    first = [cut(line, match.start("value"))] if match["value"] else []
    value = Fragment((*first, *more)) if first or more else None
    option = Option(name, value, span.to(value.span()) if value else span)
    problem = _problem(parts, head, option)
    if problem:
        parts.diagnostics.append(
            findings.unknown_option(name, head, span)
            if problem == "unknown"
            else findings.bad_option(option.span, f'option ":{name}:" {problem}', f"see the options of {head}")
        )
        return
    parts.options.append(option)


def _problem(parts: Parts, head: str, option: Option) -> str:
    if option.name not in OPTIONS[head]:
        return "unknown"
    if any(other.name == option.name for other in parts.options):
        return "stands here twice"
    if option.name in FLAGS:
        return "takes no value" if option.value else ""
    if not option.value:
        return "needs a value"
    if option.name == "blocks" and not re.fullmatch("[1-9][0-9]?", option.value.text):
        return "is a number of literal blocks, from 1 to 99"
    return ""


def _body(parts: Parts, rest: list[Line], what: str, sections: bool) -> None:
    """Collect the body up to the first line that was not meant for it.

    Such a line comes after a blank one, and stands further left than the body or is a sentence where a
    section might begin; an error without a blank line before it is one in the body's own language.
    """
    level: int | None = None
    after_blank = bool(rest) and rest[0].line > _last_line(parts) + 1
    for line in rest:
        if not line.text:
            after_blank = True
            continue
        level = line.indent if level is None else level
        outside = line.indent < level or (sections and _is_prose(line, level))
        if (after_blank and outside) or line.text.startswith(".. "):
            _refuse(parts, line, what)
            return
        if line.indent <= level and _OPTION.match(line.text):
            parts.diagnostics.append(
                findings.bad_option(
                    findings.span_of(line), "an option below the sections", "move it above the first one"
                )
            )
        else:
            parts.body.append(line)
        after_blank = False


def _last_line(parts: Parts) -> int:
    """The line on which argument and options end, as far as they are known."""
    ends = [line.line for line in parts.argument] + [option.span.end_line for option in parts.options]
    return max(ends, default=0)


def _is_prose(line: Line, level: int) -> bool:
    """Whether a line where a section may begin is a sentence instead: sections are called by one word."""
    words = _bare(line).split()
    if line.indent > level or not words or words[0] in SECTIONS:
        return False
    return len(words) > 2 or line.text.endswith((".", "::"))


def _refuse(parts: Parts, line: Line | None, what: str) -> None:
    if line:
        parts.diagnostics.append(findings.swallowed(line, what))
        parts.broken = True
