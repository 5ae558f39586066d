"""Findings that are not reported: moved aside with the reason for it, never dropped."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from sphinx_fsgs.check.result import DocumentResult, Result, Suppressed
from sphinx_fsgs.diagnostic import Diagnostic
from sphinx_fsgs.document.ignores import Ignore, is_never_ignored, read_ignores, unused
from sphinx_fsgs.document.model import Document
from sphinx_fsgs.source import Span

Why = Callable[[Diagnostic, Result | None], tuple[str, Span] | None]
"""Says why a finding (of a result, or of the document itself) is not reported, and where that is written."""


def suppress(document: Document, judged: DocumentResult, whole: bool = True) -> DocumentResult:
    """Return the results with the findings set aside that the document's own ``ignore`` comments name.

    :param whole: whether all processors were looked at; else nobody knows which ignore has nothing to ignore.
    """
    ignores, wrong = read_ignores(document.annotations)
    if not ignores:
        return replace(judged, diagnostics=(*judged.diagnostics, *wrong)) if wrong else judged
    used: set[Ignore] = set()

    def why(diagnostic: Diagnostic, result: Result | None) -> tuple[str, Span] | None:
        for ignore in ignores:
            if ignore.code == diagnostic.code and _speaks_of(ignore, diagnostic, result):
                used.add(ignore)
                return ignore.reason, ignore.span
        return None

    kept = set_aside(judged, why)
    left = tuple(unused(each) for each in ignores if each not in used) if whole else ()
    return replace(kept, diagnostics=(*kept.diagnostics, *wrong, *left))


def set_aside(judged: DocumentResult, why: Why) -> DocumentResult:
    """Return the results without the findings for which ``why`` has a reason; these are kept as suppressed."""
    results = tuple(_of_result(each, why) for each in judged.results)
    said, aside = _divided(judged.diagnostics, None, why)
    return replace(judged, results=results, diagnostics=said, suppressed=(*judged.suppressed, *aside))


def _of_result(result: Result, why: Why) -> Result:
    said, aside = _divided(result.diagnostics, result, why)
    return replace(result, diagnostics=said, suppressed=(*result.suppressed, *aside)) if aside else result


def _divided(
    diagnostics: tuple[Diagnostic, ...], result: Result | None, why: Why
) -> tuple[tuple[Diagnostic, ...], tuple[Suppressed, ...]]:
    said: list[Diagnostic] = []
    aside: list[Suppressed] = []
    for each in diagnostics:
        reason = None if is_never_ignored(each.code) else why(each, result)
        if reason is None:
            said.append(each)
        else:
            aside.append(Suppressed(each, *reason))
    return tuple(said), tuple(aside)


def _speaks_of(ignore: Ignore, diagnostic: Diagnostic, result: Result | None) -> bool:
    """Whether the finding stands in the lines that follow the comment, or is about an example that begins there."""
    places = [diagnostic.span] if result is None else [diagnostic.span, result.span]
    return ignore.region is not None and any(_begins_in(ignore.region, place) for place in places)


def _begins_in(region: Span, place: Span) -> bool:
    start = (place.line, place.column)
    return region.path == place.path and (region.line, region.column) <= start <= (region.end_line, region.end_column)
