"""``fsgs check PATH…``"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

from sphinx_fsgs.check.result import DocumentResult, Report
from sphinx_fsgs.present.commands.common import open_session, settings_here
from sphinx_fsgs.present.console import Console
from sphinx_fsgs.present.formats import Format
from sphinx_fsgs.present.formats.concise import findings, suppressed
from sphinx_fsgs.present.runner import check_all, could_not_be_read, inputs
from sphinx_fsgs.present.selection import CLEAN, UNUSABLE, select, status
from sphinx_fsgs.present.settings import Settings
from sphinx_fsgs.present.words import stats_line, summary_line
from sphinx_fsgs.records import dataclass

if TYPE_CHECKING:
    from sphinx_fsgs.check.session import Session


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line says; None where it says nothing and the settings decide."""

    paths: tuple[str, ...]
    format: Format = "text"
    where: str | None = None
    select: tuple[str, ...] | None = None
    ignore: tuple[str, ...] | None = None
    strict: bool | None = None
    stats: bool = False
    show_suppressed: bool = False
    spec: bool = False
    coverage: bool = False


def options_of(values: Mapping[str, object]) -> Options:
    """Return the options among the attributes that argparse has set."""
    return Options(
        tuple(cast("list[str]", values["paths"])),
        cast(Format, values["format"]),
        cast("str | None", values["where"]),
        cast("tuple[str, ...] | None", values["select"]),
        cast("tuple[str, ...] | None", values["ignore"]),
        cast("bool | None", values["strict"]),
        bool(values["stats"]),
        bool(values["show_suppressed"]),
        bool(values["spec"]),
        bool(values["coverage"]),
    )


def execute(options: Options, console: Console) -> int:
    """Check, print, and return the exit status."""
    if not options.paths and not options.spec:
        console.err("fsgs check: give a file or a folder (or --spec); see fsgs check --help")
        return UNUSABLE
    settings = settings_here(console)
    if settings is None:
        return UNUSABLE
    settings = _override(settings, options)
    started = time.perf_counter()
    session = open_session(settings, console)
    if session is None:
        return UNUSABLE
    worst = _check_spec(session, console) if options.spec else CLEAN
    return max(worst, _check_documents(options, settings, session, console, started)) if options.paths else worst


def _override(settings: Settings, options: Options) -> Settings:
    """Return the settings with what the command line says in their place."""
    return replace(
        settings,
        where=settings.where if options.where is None else options.where,
        where_at=settings.where_at if options.where is None else None,
        select=settings.select if options.select is None else options.select,
        ignore=settings.ignore if options.ignore is None else options.ignore,
        strict=settings.strict if options.strict is None else options.strict,
    )


def _check_spec(session: Session, console: Console) -> int:
    found = session.check_spec()
    console.findings(found)
    errors = sum(each.severity == "error" for each in found)
    console.err(f"checked the spec {session.spec_digest[:12]}: {f'{errors} errors' if errors else 'no findings'}")
    return UNUSABLE if errors else CLEAN


def _check_documents(options: Options, settings: Settings, session: Session, console: Console, started: float) -> int:
    from sphinx_fsgs.present.pipeline import check_file

    def check(path: Path, shown_as: str) -> DocumentResult:
        judged = check_file(session, path, shown_as)
        if not settings.file_ignores:
            return judged
        from sphinx_fsgs.present.file_ignores import ignore_in_files

        return ignore_in_files(judged, settings)

    files = tuple(inputs(options.paths))
    digest = session.spec_digest if options.format == "json" else ""  # reads the whole spec, for machines only
    report = check_all(files, check, session.tool_version, digest, options.paths[0])
    if settings.file_ignores:
        from sphinx_fsgs.present.file_ignores import unused_in_files

        report = replace(report, diagnostics=(*report.diagnostics, *unused_in_files(report, settings)))
    shown = select(report, settings)
    console.out(_rendered(shown, options, console))
    if options.show_suppressed and options.format != "json":
        console.out(suppressed(shown))
    if options.coverage and options.format != "json":
        from sphinx_fsgs.present import coverage

        console.out(coverage.render(shown))
    # Machines read standard output, so that the closing lines for people go beside it.
    say = console.err if options.format == "json" else lambda text: console.out(text + "\n")
    if options.stats:
        say(stats_line(report, time.perf_counter() - started))
    say(summary_line(shown.summary()))
    return UNUSABLE if could_not_be_read(files, report) else status(report, settings)


def _rendered(report: Report, options: Options, console: Console) -> str:
    if options.format == "json":
        from sphinx_fsgs.present.formats import json

        return json.render(report, covered=options.coverage)
    if options.format == "concise":
        from sphinx_fsgs.present.formats import concise

        return concise.render(report)
    from sphinx_fsgs.present.formats import text
    from sphinx_fsgs.present.sources import Sources

    return text.render(report, Sources.of_files(each.span.path for each in findings(report)), console.palette)
