"""How a build tells what was found: each time, all of it, with and without ``-W``.

Sphinx forgets the warnings of documents that it does not read again, so that a second build of wrong
documents would succeed. All findings are therefore kept and replayed in every build, and the exit status
is set besides.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from sphinx.util import logging
from sphinx.util.logging import is_suppressed_warning

from sphinx_fsgs.check.result import DocumentResult, Report
from sphinx_fsgs.diagnostic import Diagnostic
from sphinx_fsgs.present.ansi import plain
from sphinx_fsgs.present.file_ignores import unused_in_files
from sphinx_fsgs.present.formats.text import details
from sphinx_fsgs.present.selection import is_open, select
from sphinx_fsgs.present.settings import Settings
from sphinx_fsgs.present.words import summary_line
from sphinx_fsgs.records import dataclass

if TYPE_CHECKING:
    from sphinx.application import Sphinx

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Rules:
    fail: str
    most: int
    suppressed: tuple[str, ...]

    def hides(self, diagnostic: Diagnostic) -> bool:
        return bool(is_suppressed_warning("fsgs", diagnostic.code, list(self.suppressed)))


def replay(
    app: Sphinx, documents: Iterable[DocumentResult], settings: Settings, broken: Iterable[Diagnostic] = ()
) -> None:
    """Log all findings in the order of files and lines, set the exit status, and say what was checked.

    :param broken: what is wrong with the spec or the scope, because of which nothing was checked.
    """
    whole = Report("", "", tuple(documents))
    general = [*broken, *unused_in_files(whole, settings, Path(app.srcdir))]
    judged = select(whole, settings).documents
    rules = _Rules(app.config["fsgs_fail"], app.config["fsgs_max_errors"], tuple(app.config["suppress_warnings"]))
    placed = (replace(each, span=replace(each.span, path=_from_here(app, each.span.path))) for each in _all(judged))
    said = [each for each in (*general, *sorted(placed, key=Diagnostic.sort_key)) if not rules.hides(each)]
    loud = [each for each in said if each.severity != "note"] if rules.fail != "off" else []
    shown = loud[: rules.most] if rules.most > 0 else loud
    for each in shown:
        _log(each, rules)
    if len(shown) < len(loud):
        logger.warning("fsgs: %d more findings (fsgs_max_errors = %d)", len(loud) - len(shown), rules.most, type="fsgs")
    failed = any(each.severity == "error" for each in loud)
    if rules.fail == "error" and (failed or settings.strict and (loud or any(map(is_open, whole.results())))):
        app.statuscode = 1
    logger.info("fsgs: %s", summary_line(Report("", "", judged).summary()))


def complain(diagnostic: Diagnostic) -> None:
    """Log what is wrong with the settings: at once, and whatever they say of findings."""
    _log(diagnostic, _Rules("error", 0, ()))


def _all(documents: Iterable[DocumentResult]) -> Iterator[Diagnostic]:
    """Return each finding once: a file that two documents include is found wrong twice."""
    return iter(dict.fromkeys(each for document in documents for each in document.all_diagnostics()))


def _from_here(app: Sphinx, path: str) -> str:
    """Return a path below the sources as one writes it in the working directory."""
    return os.path.relpath(os.path.join(app.srcdir, path))


def _log(diagnostic: Diagnostic, rules: _Rules) -> None:
    span = diagnostic.span
    text = plain(f"{diagnostic.code}: {diagnostic.message}\n{details(diagnostic)}").rstrip("\n")
    say = logger.error if diagnostic.severity == "error" and rules.fail == "error" else logger.warning
    say("%s", text, location=f"{span.path}:{span.line}", type="fsgs", subtype=diagnostic.code)
