"""Many documents, one report: which files there are, and that a bug of ours in one does not hide the others."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from sphinx_fsgs.check.result import DocumentResult, Report
from sphinx_fsgs.diagnostic import Diagnostic
from sphinx_fsgs.present.findings import internal, not_rst, nothing_checked, top_of, unreadable_folder
from sphinx_fsgs.records import dataclass

SUFFIX = ".rst"

READ = ("", SUFFIX, ".rest", ".txt", ".inc")
"""The suffixes of a file that is read when it is named."""

# The file cannot be opened, is no text, is too large, is in another format.
_UNREADABLE = ("FSGS601", "FSGS602", "FSGS606", "FSGS609")

Check = Callable[[Path, str], DocumentResult]
"""What checks one file: its path, and the path as the user wrote it."""


@dataclass(frozen=True, slots=True)
class Input:
    """A file to check; ``named`` says that the user wrote its name, not that of a folder above it.

    ``problem`` is set for a folder that cannot be listed, and says why.
    """

    path: str
    named: bool
    problem: str = ""


def inputs(paths: Iterable[str]) -> Iterator[Input]:
    """Return the files to check, each once: those named, and every ``*.rst`` below a folder that is named.

    Folders whose name begins with a dot and links to folders are not entered.
    """
    seen: set[str] = set()
    for each in _expand(paths):
        identity = os.path.realpath(each.path)
        if identity not in seen:
            seen.add(identity)
            yield each


def _expand(paths: Iterable[str]) -> Iterator[Input]:
    for path in paths:
        if os.path.isdir(path):
            yield from _below(path)
        else:
            yield Input(path, True)


def _below(top: str) -> Iterator[Input]:
    problems: list[OSError] = []
    for folder, folders, files in os.walk(top, onerror=problems.append):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        paths = (os.path.normpath(os.path.join(folder, name)) for name in sorted(files) if name.endswith(SUFFIX))
        # A link that leads nowhere is reported when it is read; a pipe or a device would make us wait for ever.
        yield from (Input(path, False) for path in paths if os.path.isfile(path) or os.path.islink(path))
    for problem in problems:
        yield Input(str(problem.filename), False, problem.strerror or str(problem))


def walking_order(path: str) -> tuple[tuple[bool, str], ...]:
    """Order paths as a folder is searched: in each folder its files, then the folders in it."""
    *folders, name = path.split("/")
    return (*((True, folder) for folder in folders), (False, name))


def check_all(files: Sequence[Input], check: Check, tool: str, spec: str, asked_for: str = ".") -> Report:
    """Return the report on all files, with a finding when there was nothing to check in any of them.

    :param asked_for: the path that stands for the run in that finding when there is not even a file.
    """
    return report_of(tuple(check_one(each, check) for each in files), tool, spec, asked_for)


def report_of(documents: tuple[DocumentResult, ...], tool: str, spec: str, asked_for: str = ".") -> Report:
    """Return the report on documents that have been checked, as :func:`check_all` does."""
    said: tuple[Diagnostic, ...] = ()
    if not any(document.results or document.all_diagnostics() for document in documents):
        said = (nothing_checked(documents[0].path if documents else asked_for),)
    return Report(tool, spec, documents, said)


def check_one(file: Input, check: Check) -> DocumentResult:
    """Return what is to be said about one file; an exception is FSGS901, raised again when FSGS_DEBUG is set."""
    if file.problem:
        return DocumentResult(file.path, (), (unreadable_folder(file.path, file.problem),))
    if file.named and os.path.isfile(file.path) and os.path.splitext(file.path)[1].lower() not in READ:
        return DocumentResult(file.path, (), (not_rst(file.path),))
    try:
        return check(Path(file.path), file.path)
    except Exception as error:
        return DocumentResult(file.path, (), (internal(top_of(file.path), error),))


def could_not_be_read(files: Sequence[Input], report: Report) -> bool:
    """Return whether a file that the user named, or a folder at or below one, could not be read at all."""
    named = {each.path for each in files if each.named}
    return any(each.problem for each in files) or any(
        document.path in named and any(_refuses(each, document.path) for each in document.diagnostics)
        for document in report.documents
    )


def _refuses(diagnostic: Diagnostic, path: str) -> bool:
    return diagnostic.code in _UNREADABLE and diagnostic.span.path == path
