"""Findings that the settings keep from being reported in whole files, each with its reason."""

from __future__ import annotations

import fnmatch
import os
import re
from collections.abc import Iterable
from pathlib import Path

from sphinx_fsgs.check.result import DocumentResult, Report, Result
from sphinx_fsgs.diagnostic import Diagnostic
from sphinx_fsgs.present.findings import unused_file_ignore
from sphinx_fsgs.present.settings import FileIgnore, Settings
from sphinx_fsgs.present.suppression import set_aside
from sphinx_fsgs.source import Span

_WILD = re.compile(r"[*?\[]")


def ignore_in_files(judged: DocumentResult, settings: Settings, base: Path | None = None) -> DocumentResult:
    """Return the results of a document without the findings that the settings ignore in the file they stand in.

    :param base: the folder that the paths of findings are relative to, by default the working directory.
    """
    if not settings.file_ignores:
        return judged

    def why(diagnostic: Diagnostic, _: Result | None) -> tuple[str, Span] | None:
        path = _below_root(diagnostic.span.path, settings, base)
        for each in settings.file_ignores:
            if diagnostic.code.startswith(each.code) and fnmatch.fnmatchcase(path, each.pattern):
                return each.reason, each.span
        return None

    return set_aside(judged, why)


def unused_in_files(report: Report, settings: Settings, base: Path | None = None) -> tuple[Diagnostic, ...]:
    """Return a finding for each setting that names one file, checked in this run, in which it had nothing to ignore.

    Nothing is said of a pattern, whose other files may not have been looked at, nor when a scope leaves out
    processors.
    """
    if not settings.file_ignores or settings.where is not None:
        return ()
    used = {each.by for document in report.documents for each in document.all_suppressed()}
    checked = {_below_root(document.path, settings, base) for document in report.documents}
    return tuple(unused_file_ignore(each.span, each.pattern, each.code) for each in _idle(settings, used, checked))


def _idle(settings: Settings, used: set[Span], checked: set[str]) -> Iterable[FileIgnore]:
    named = (each for each in settings.file_ignores if not _WILD.search(each.pattern))
    return (each for each in named if each.pattern in checked and each.span not in used)


def _below_root(path: str, settings: Settings, base: Path | None) -> str:
    here = Path.cwd() if base is None else base
    return Path(os.path.relpath(here / path, settings.root or here)).as_posix()
