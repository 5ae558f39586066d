"""Reading rst that was written for Sphinx with docutils alone.

Unknown directives are parsed as what they contain, unknown roles as their text; ``include`` reads
only below the root of the document, and nothing is fetched, run or passed through raw.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.parsers.rst import Directive, directives, roles
from docutils.parsers.rst.states import Inliner
from docutils.utils import Reporter

from sphinx_fsgs.diagnostic import Diagnostic
from sphinx_fsgs.document.locate import shown_beside
from sphinx_fsgs.document.markup import claim_role, directive_class
from sphinx_fsgs.source import Span


@dataclass(slots=True)
class Session:
    """One document being read: where it may include from, and what went wrong on the way."""

    path: Path
    shown: str
    root: Path
    diagnostics: list[Diagnostic] = field(default_factory=list)
    guessing: int = 0
    """How many directives that are unknown here are being parsed: complaints about their content are worth nothing."""

    def span(self, source: str | None, line: int | None) -> Span:
        """Return the place that docutils calls ``source`` and ``line``."""
        path = Path(source).resolve() if source else self.path
        shown = self.shown if path == self.path else shown_beside(self.path, self.shown, path)
        return Span(shown, line or 1, 1, line or 1, 1)


# docutils calls directives without a context of ours, and keeps its registry in module globals, so one
# document is read at a time in a process.
_sessions: list[Session] = []


def current() -> Session:
    """Return the document being read."""
    return _sessions[-1]


class _AnyOptions(dict[str, Callable[[str], Any]]):
    """An option specification that takes every option; a directive with an empty one would take none."""

    def __init__(self, known: Mapping[str, Callable[[str], Any]] | None = None) -> None:
        super().__init__(known or {"name": directives.unchanged})

    def __missing__(self, _name: str) -> Callable[[str], Any]:
        return directives.unchanged


class UnknownDirective(Directive):
    """Parses all that stands in a directive that docutils does not know, its argument and options included."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """Return what the content parses to; titles may occur, as in Sphinx's ``only``."""
        container = nodes.Element()
        container.document = self.state.document
        memo = self.state.memo
        styles, level = memo.title_styles, memo.section_level
        memo.title_styles, memo.section_level = [], 0
        _sessions[-1].guessing += 1
        try:
            self.state.nested_parse(self.content, self.content_offset, container, match_titles=True)
        finally:
            memo.title_styles, memo.section_level = styles, level
            _sessions[-1].guessing -= 1
        return container.children


class CodeDirective(Directive):
    """``code-block`` and ``sourcecode`` with Sphinx's options as well as docutils'."""

    has_content = True
    optional_arguments = 1
    final_argument_whitespace = True
    option_spec = _AnyOptions()

    def run(self) -> list[nodes.Node]:
        """Return the literal block, without highlighting."""
        code = "\n".join(self.content)
        node = nodes.literal_block(code, code)
        node.source, node.line = self.state_machine.get_source_and_line(self.lineno)
        return [node]


class RawDirective(Directive):
    """``raw``: kept as the text that it is, passed to nobody, never read from a file or an address."""

    has_content = True
    optional_arguments = 1
    final_argument_whitespace = True
    option_spec = _AnyOptions()

    def run(self) -> list[nodes.Node]:
        """Return the text as a raw node, or nothing when there is none."""
        text = "\n".join(self.content)
        return [nodes.raw(text, text, format="")] if text else []


class NothingDirective(Directive):
    """A directive that would read a file or an address that holds no rst of ours, or whose content is no text."""

    has_content = True
    optional_arguments = 1
    final_argument_whitespace = True
    option_spec = _AnyOptions()

    def run(self) -> list[nodes.Node]:
        """Return nothing."""
        return []


def _text_role(
    name: str,
    rawtext: str,
    text: str,
    lineno: int,
    inliner: Inliner,
    options: Mapping[str, object] | None = None,
    content: Sequence[str] | None = None,
) -> tuple[list[nodes.Node], list[nodes.system_message]]:
    """Stand in for a role that docutils does not know."""
    return [nodes.inline(rawtext, nodes.unescape(text))], []


_REPLACED: dict[str, type[Directive]] = {
    "code-block": CodeDirective,
    "sourcecode": CodeDirective,
    "code": CodeDirective,
    "raw": RawDirective,
    "highlight": NothingDirective,
    "toctree": NothingDirective,
    "default-domain": NothingDirective,
    "default-role": NothingDirective,
}


def _lenient(known: type[Directive]) -> type[Directive]:
    """Return a directive of docutils that also takes the options that Sphinx adds to it."""
    if not getattr(known, "option_spec", None):
        return known
    return type(known.__name__, (known,), {"option_spec": _AnyOptions(known.option_spec)})


@contextlib.contextmanager
def tolerance(session: Session) -> Iterator[None]:
    """Within this context docutils knows our markup, and is patient with what it does not know."""
    saved_directive, saved_role = directives.directive, roles.role
    # What others have registered in this process (Sphinx, its extensions) is not docutils', and is forgotten meanwhile.
    registries: list[dict[str, object]] = [vars(roles)["_roles"], vars(directives)["_directives"]]
    saved = [dict(registry) for registry in registries]
    for registry in registries:
        registry.clear()

    def directive(
        directive_name: str, language_module: Any, document: nodes.document
    ) -> tuple[Any, list[nodes.system_message]]:
        lowered = directive_name.lower()
        if lowered == "fsgs" or lowered.startswith("fsgs:"):
            return directive_class(lowered.removeprefix("fsgs").removeprefix(":")), []
        if lowered == "include":
            from sphinx_fsgs.document.include import IncludeDirective  # brings in what opens addresses: only if needed

            return IncludeDirective, []
        if lowered == "flat-table":
            from sphinx_fsgs.document.flat_table import FlatTableDirective  # few documents have one

            return FlatTableDirective, []
        if lowered in _REPLACED:
            return _REPLACED[lowered], []
        known, messages = saved_directive(directive_name, language_module, document)
        known = _lenient(known) if known else None
        if lowered == "csv-table" and known:
            return type("CsvTable", (_CsvTable, known), {}), messages
        return known or UnknownDirective, messages if known else []

    def role(
        role_name: str, language_module: Any, lineno: int, reporter: Reporter
    ) -> tuple[Any, list[nodes.system_message]]:
        if role_name.lower().startswith("fsgs:"):
            return claim_role, []
        if role_name.lower() in ("cspan", "rspan"):
            from sphinx_fsgs.document.flat_table import span_role

            return span_role, []
        known, messages = saved_role(role_name, language_module, lineno, reporter)
        return known or _text_role, messages if known else []

    directives.directive, roles.role = directive, role
    _sessions.append(session)
    try:
        yield
    finally:
        _sessions.pop()
        directives.directive, roles.role = saved_directive, saved_role
        for registry, known in zip(registries, saved, strict=True):
            registry.clear()
            registry.update(known)


class _CsvTable(Directive):
    """Mixed into ``csv-table``: its data may stand in the document only."""

    def run(self) -> list[nodes.Node]:
        """Return the table, or nothing when its data is elsewhere."""
        return [] if {"file", "url"} & self.options.keys() else [*super().run()]
