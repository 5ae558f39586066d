"""A file, read by docutils alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from docutils import nodes
from docutils.frontend import get_default_settings
from docutils.parsers.rst import Parser
from docutils.utils import DependencyList, new_document

from sphinx_fsgs.diagnostic import Diagnostic
from sphinx_fsgs.document import findings
from sphinx_fsgs.document.collect import collect
from sphinx_fsgs.document.locate import Source
from sphinx_fsgs.document.model import Document
from sphinx_fsgs.document.project import project_of
from sphinx_fsgs.document.text import load, split_lines
from sphinx_fsgs.document.tolerant import Session, tolerance
from sphinx_fsgs.source import Span
from sphinx_fsgs.syntax.vocabulary import Vocabulary

_SILENT = 5
_ERROR, _SEVERE = 3, 4


def read_file(
    path: Path,
    *,
    shown_as: str | None = None,
    root: Path | None = None,
    text: str | None = None,
    words: Vocabulary | None = None,
) -> Document:
    """Return what the rst file at ``path`` holds; what is wrong with it is among the diagnostics.

    :param shown_as: how the user wrote the path; spans carry it.
    :param root: the folder below which ``include`` may read; by default the project that holds the file.
    :param text: the text of the file if it is at hand; else it is read.
    :param words: as for :func:`~sphinx_fsgs.document.collect.collect`.
    """
    shown = shown_as if shown_as is not None else str(path)
    loaded = load(path, shown) if text is None else text
    if isinstance(loaded, Diagnostic):
        return Document(shown, (), (), (loaded,))
    session = Session(path.resolve(), shown, (root or project_of(path)).resolve())
    try:
        document = _parse(loaded, session)
        found = collect(document, path, shown_as=shown, text=loaded, words=words)
    except RecursionError:
        return Document(shown, (), (), (findings.too_deep(Span(shown, 1, 1, 1, 1)),))
    diagnostics = sorted({*found.diagnostics, *session.diagnostics}, key=Diagnostic.sort_key)
    return replace(found, diagnostics=tuple(diagnostics))


def _parse(text: str, session: Session) -> nodes.document:
    settings = get_default_settings(Parser)
    settings.report_level = settings.halt_level = _SILENT
    settings.file_insertion_enabled, settings.raw_enabled = True, False
    settings.input_encoding = "utf-8-sig"
    settings.record_dependencies = DependencyList()
    settings.syntax_highlight = "none"
    document = new_document(str(session.path), settings)

    def observe(message: nodes.system_message) -> None:
        if not session.guessing and _loses_text(message):
            session.diagnostics.append(findings.lost_text(_place(message, text, session), _words(message)))

    document.reporter.attach_observer(observe)
    with tolerance(session):
        Parser().parse("\n".join(split_lines(text)), document)
    return document


def _words(message: nodes.system_message) -> str:
    return " ".join(message.children[0].astext().split())


def _place(message: nodes.system_message, text: str, session: Session) -> Span:
    """Return where the text stands that the message quotes, since its line is sometimes one too far."""
    span = session.span(message.get("source"), message.get("line"))
    quoted = next((child.astext() for child in message.children if isinstance(child, nodes.literal_block)), "")
    if not quoted.strip() or span.path != session.shown:
        return span
    places = [found.span() for found in Source(session.path, session.shown, text).find(quoted, "block", False)]
    return min(places, key=lambda place: abs(place.line - span.line), default=span)


def _loses_text(message: nodes.system_message) -> bool:
    """Whether docutils dropped text: an error that quotes the source has it instead of the document."""
    level = int(message["level"])
    quotes = any(isinstance(child, nodes.literal_block) for child in message.children)
    return level >= _SEVERE or (level >= _ERROR and quotes)
