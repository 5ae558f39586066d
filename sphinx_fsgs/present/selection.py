"""Which findings are reported, and what exit status a report comes to."""

from __future__ import annotations

from dataclasses import replace

from sphinx_fsgs.check.result import DocumentResult, Report, Result, Suppressed
from sphinx_fsgs.diagnostic import Diagnostic
from sphinx_fsgs.present.formats.concise import findings
from sphinx_fsgs.present.settings import Settings
from sphinx_fsgs.present.words import undecided_reasons

CLEAN, FAILED, UNUSABLE = 0, 1, 2

_OUR_BUGS = ("FSGS901",)


def select(report: Report, settings: Settings) -> Report:
    """Return the report without the findings that the settings leave out; verdicts stay as they are."""
    documents = tuple(_document(each, settings) for each in report.documents)
    return replace(report, documents=documents, diagnostics=_kept(report.diagnostics, settings))


def _document(document: DocumentResult, settings: Settings) -> DocumentResult:
    results = tuple(
        replace(each, diagnostics=_kept(each.diagnostics, settings), suppressed=_aside(each.suppressed, settings))
        for each in document.results
    )
    return replace(
        document,
        results=results,
        diagnostics=_kept(document.diagnostics, settings),
        suppressed=_aside(document.suppressed, settings),
    )


def _kept(diagnostics: tuple[Diagnostic, ...], settings: Settings) -> tuple[Diagnostic, ...]:
    return tuple(each for each in diagnostics if settings.reports(each.code))


def _aside(suppressed: tuple[Suppressed, ...], settings: Settings) -> tuple[Suppressed, ...]:
    return tuple(each for each in suppressed if settings.reports(each.diagnostic.code))


def status(report: Report, settings: Settings) -> int:
    """Return the exit status of a report from which nothing was left out yet.

    2 when the tool failed on a document; 1 when a selected finding is an error, or when a verdict that is
    none to be glad of has no finding at all; under ``strict`` also for a warning, for what the sources
    leave undecided and for what a processor does not have.
    """
    said = findings(select(report, settings))
    if any(each.code in _OUR_BUGS for each in said):
        return UNUSABLE
    results = report.results()
    if any(each.severity == "error" for each in said) or any(map(_unspoken, results)):
        return FAILED
    if settings.strict and (any(each.severity == "warning" for each in said) or any(map(is_open, results))):
        return FAILED
    return CLEAN


def _unspoken(result: Result) -> bool:
    """Whether the result is bad and nobody says so: a net under the findings, so that silence is never success."""
    if result.diagnostics or result.suppressed or result.expected in ("fails", "undecided"):
        return False
    bounds = any(reason != "sources" for reason in undecided_reasons(result))
    return bool(result.on("fails")) or bounds or not (result.on("holds") or result.on("undecided"))


def is_open(result: Result) -> bool:
    """Return whether the result is one that only ``strict`` counts as a failure."""
    unsettled = bool(result.on("undecided")) and result.expected != "undecided"
    return unsettled or bool(result.on("n/a"))
