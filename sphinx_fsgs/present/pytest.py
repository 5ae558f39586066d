"""The pytest plugin: one item for each example or claim of a document and each processor.

On with ``--fsgs`` or the ini option ``fsgs_files``. pytest imports this module in every run, so that it
imports nothing of ours but when it is on.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from _pytest._code.code import TerminalRepr

    from sphinx_fsgs.check.result import DocumentResult, HostVerdict, Result
    from sphinx_fsgs.check.session import Session
    from sphinx_fsgs.diagnostic import Diagnostic
    from sphinx_fsgs.present.settings import Settings

_SUFFIX = ".rst"
_LONGEST = 70


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--fsgs`` and ``fsgs_files``."""
    group = parser.getgroup("fsgs", "documents about FS and GS")
    group.addoption("--fsgs", action="store_true", help="check the examples and claims of *.rst files")
    parser.addini(
        "fsgs_files", "globs of documents whose examples and claims are checked in every run", type="linelist"
    )


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Take a document if the plugin is on for it."""
    config = parent.config
    globs = config.getini("fsgs_files")
    named = any(fnmatch.fnmatch(_below_root(file_path, config), glob) for glob in globs)
    asked = config.getoption("--fsgs") and file_path.suffix == _SUFFIX and (not globs or named)
    return FsgsFile.from_parent(parent, path=file_path) if asked or named else None


def _below_root(path: Path, config: pytest.Config) -> str:
    return path.relative_to(config.rootpath).as_posix() if path.is_relative_to(config.rootpath) else path.as_posix()


class Failed(Exception):
    """An example or a claim is not as the document says; the text is all there is to be said about it."""


class FsgsFile(pytest.File):
    """A document. Its results are computed when it is collected, since the processors in scope are among them."""

    def collect(self) -> Iterator[pytest.Item]:
        """Yield an item for each result and processor, and one for what is wrong besides."""
        from sphinx_fsgs.present.runner import Input, check_one

        session, settings = _session(self.config)

        def check(path: Path, shown_as: str) -> DocumentResult:
            from sphinx_fsgs.present.file_ignores import ignore_in_files
            from sphinx_fsgs.present.pipeline import check_file

            return ignore_in_files(check_file(session, path, shown_as), settings, self.config.rootpath)

        shown_as = _below_root(self.path, self.config)
        judged = check_one(Input(shown_as, True), lambda _, shown: check(self.path, shown))
        seen: set[str] = set()
        for result in judged.results:
            yield from self._items(result, _name(result, seen), settings)
        if errors := _errors(judged.diagnostics, settings):
            yield FsgsItem.from_parent(self, name="document", line=errors[0].span.line, failure=self._text(errors))

    def _items(self, result: Result, name: str, settings: Settings) -> Iterator[pytest.Item]:
        errors = _errors(result.diagnostics, settings)
        blamed = False
        for host in result.verdicts:
            skipped = _skipped(host)
            said = result.diagnostics or result.suppressed
            bad = not skipped and host.verdict != result.expected and bool(errors or not said)
            blamed = blamed or bad
            yield FsgsItem.from_parent(
                self,
                name=f"{name}[{host.profile}]",
                line=result.span.line,
                failure=self._text(_about(host, errors), host) if bad else "",
                skipped=(skipped or _set_aside(result)) if result.expected != host.verdict and not bad else "",
            )
        if errors and not blamed:
            yield FsgsItem.from_parent(self, name=f"{name}[*]", line=result.span.line, failure=self._text(errors))

    def _text(self, errors: list[Diagnostic], host: HostVerdict | None = None) -> str:
        from sphinx_fsgs.present.formats.text import finding
        from sphinx_fsgs.present.sources import Sources

        texts = Sources(
            [(_below_root(self.path, self.config), self.path.read_text(encoding="utf-8", errors="replace"))]
        )
        head = [f"{host.verdict} on {host.profile}{f': {host.because}' if host.because else ''}"] if host else []
        return "\n".join([*head, *(finding(each, texts) for each in errors)])


class FsgsItem(pytest.Item):
    """One example or claim on one processor."""

    def __init__(self, name: str, parent: FsgsFile, line: int, failure: str = "", skipped: str = "") -> None:
        super().__init__(name, parent)
        self._line = line
        self._failure = failure
        self._skipped = skipped

    def runtest(self) -> None:
        """Tell what came out when the document was collected."""
        if self._skipped:
            pytest.skip(self._skipped)
        if self._failure:
            raise Failed(self._failure)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: object = None) -> str | TerminalRepr:
        """Return the diagnostic instead of a traceback of ours."""
        return str(excinfo.value) if isinstance(excinfo.value, Failed) else super().repr_failure(excinfo)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Return file, line from 0, and name."""
        return self.path, self._line - 1, self.name


_SESSION: pytest.StashKey[tuple[Session, Settings]] = pytest.StashKey()


def _session(config: pytest.Config) -> tuple[Session, Settings]:
    """Return the session of this run of pytest, opened by the first document."""
    from sphinx_fsgs.present.opening import open_session
    from sphinx_fsgs.present.settings import SettingsError, find_settings
    from sphinx_fsgs.spec.errors import SpecError

    if _SESSION not in config.stash:
        try:
            settings = find_settings(config.rootpath)
            config.stash[_SESSION] = (open_session(settings), settings)
        except (SettingsError, SpecError) as error:
            raise pytest.UsageError(f"fsgs: {error}") from None
    return config.stash[_SESSION]


def _name(result: Result, seen: set[str]) -> str:
    """Return a name that no other result of the document has: its own, the claim's words, or with the line."""
    words = (result.name or " ".join(result.text.split())[:_LONGEST] or result.kind).replace("::", ":")
    name = words if words not in seen else f"{words} (line {result.span.line}:{result.span.column})"
    seen.add(name)
    return name


def _errors(diagnostics: tuple[Diagnostic, ...], settings: Settings) -> list[Diagnostic]:
    return [each for each in diagnostics if each.severity == "error" and settings.reports(each.code)]


def _set_aside(result: Result) -> str:
    """Return why nothing is reported although the verdict is not the expected one, or an empty string."""
    return "; ".join(f"{each.diagnostic.code} is not reported: {each.reason}" for each in result.suppressed)


def _about(host: HostVerdict, errors: list[Diagnostic]) -> list[Diagnostic]:
    """Return the findings that name this processor, or all when none names any."""
    return [each for each in errors if host.profile in each.fails_on] or errors


def _skipped(host: HostVerdict) -> str:
    """Return why there is nothing to pass or fail, or an empty string."""
    if host.verdict == "n/a":
        return f"n/a on {host.profile}{f': {host.because}' if host.because else ''}"
    if host.verdict == "undecided" and host.reason == "sources":
        return f"undecided on {host.profile}: the sources do not say"
    return ""
