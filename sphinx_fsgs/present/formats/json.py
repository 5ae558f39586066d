"""The report as JSON, version 1: for machines, and the same from every host."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from sphinx_fsgs.check.result import VERDICTS, DocumentResult, Report, Result, Summary, Suppressed
from sphinx_fsgs.diagnostic import Counterexample, Diagnostic, Fix, Step
from sphinx_fsgs.present import coverage

if TYPE_CHECKING:
    from sphinx_fsgs.machine.encode import Row

VERSION = 1


def render(report: Report, *, covered: bool = False, listing: Sequence[Row] | None = None) -> str:
    """Return the report as one JSON object; equal reports give equal text.

    :param covered: whether each document also lists what speaks of FS or GS.
    :param listing: the lines of a snippet with their bytes, if they are wanted.
    """
    data = as_data(report, covered=covered)
    if listing is not None:
        data["listing"] = [_row(each) for each in listing]
    return json.dumps(data, ensure_ascii=False, indent=1) + "\n"


def _row(row: Row) -> dict[str, object]:
    return {"line": row.span.line, "text": row.text, "bytes": None if row.encoded is None else str(row.encoded)}


def as_data(report: Report, *, covered: bool = False) -> dict[str, object]:
    """Return the report as plain data, its keys in the order of the format's description."""
    return {
        "version": VERSION,
        "tool": report.tool,
        "spec": report.spec,
        "documents": [*_without_document(report.diagnostics), *(_document(each, covered) for each in report.documents)],
        "summary": _summary(report.summary(), covered),
    }


def _document(document: DocumentResult, covered: bool) -> dict[str, object]:
    listed: dict[str, object] = {"coverage": coverage.data(document.coverage)} if covered else {}
    return {
        "path": document.path,
        "results": [_result(each, document.path) for each in document.results],
        "diagnostics": [_diagnostic(each, document.path) for each in document.all_diagnostics()],
        "suppressed": [_suppressed(each, document.path) for each in document.all_suppressed()],
        **listed,
    }


def _without_document(diagnostics: Iterable[Diagnostic]) -> Iterable[dict[str, object]]:
    """Findings about what never became a document (an unreadable file, the settings), under their own path."""
    by_path: dict[str, list[Diagnostic]] = {}
    for each in sorted(diagnostics, key=Diagnostic.sort_key):
        by_path.setdefault(each.span.path, []).append(each)
    for path, found in by_path.items():
        yield {
            "path": path,
            "results": [],
            "diagnostics": [_diagnostic(each, path) for each in found],
            "suppressed": [],
        }


def _result(result: Result, path: str) -> dict[str, object]:
    data: dict[str, object] = {
        "kind": result.kind,
        "name": result.name,
        "text": result.text,
        "origin": result.origin,
        "line": result.span.line,
        "column": result.span.column,
        "verdicts": {verdict: list(result.on(verdict)) for verdict in VERDICTS},
        "evidence": result.evidence,
        "assuming": list(result.assuming),
        "depends_on": list(result.depends_on),
        "paths": result.paths,
        "reason": result.reason,
        "witness": _counterexample(result.witness),
    }
    if result.span.path != path:  # it stands in an included file
        data["path"] = result.span.path
    return data


def _diagnostic(diagnostic: Diagnostic, path: str) -> dict[str, object]:
    span = diagnostic.span
    data: dict[str, object] = {
        "code": diagnostic.code,
        "severity": diagnostic.severity,
        "line": span.line,
        "column": span.column,
        "end_line": span.end_line,
        "end_column": span.end_column,
        "message": diagnostic.message,
        "claim": diagnostic.subject,
        "fails_on": list(diagnostic.fails_on),
        "holds_on": list(diagnostic.holds_on),
        "counterexample": _counterexample(diagnostic.counterexample),
        "citations": list(diagnostic.citations),
        "fix": _fix(diagnostic.fix),
    }
    if span.path != path:  # it stands in an included file
        data["path"] = span.path
    return data


def _suppressed(suppressed: Suppressed, path: str) -> dict[str, object]:
    by = {"path": suppressed.by.path, "line": suppressed.by.line, "column": suppressed.by.column}
    return {**_diagnostic(suppressed.diagnostic, path), "reason": suppressed.reason, "by": by}


def _counterexample(counterexample: Counterexample | None) -> dict[str, object] | None:
    if counterexample is None:
        return None
    return {
        "profile": counterexample.profile,
        "before": dict(counterexample.before),
        "steps": [_step(each) for each in counterexample.steps],
        "after": dict(counterexample.after),
    }


def _step(step: Step) -> dict[str, object]:
    return {
        "text": step.text,
        "line": step.line,
        "changes": dict(step.changes),
        "fault": step.fault,
        "events": list(step.events),
    }


def _fix(fix: Fix | None) -> dict[str, object] | None:
    if fix is None:
        return None
    span = fix.span
    return {
        "message": fix.message,
        "line": span.line,
        "column": span.column,
        "end_line": span.end_line,
        "end_column": span.end_column,
        "replacement": fix.replacement,
    }


def _summary(summary: Summary, covered: bool) -> dict[str, object]:
    """Return the counts. Those of the solver are none of the documents': they hang on what the process did before."""
    counted: dict[str, object] = {"not_understood": summary.not_understood} if covered else {}
    return {
        "documents": summary.documents,
        "examples": summary.examples,
        "claims": summary.claims,
        "verdicts": dict(summary.verdicts),
        "errors": summary.errors,
        "warnings": summary.warnings,
        "runs": summary.runs,
        "suppressed": summary.suppressed,
        **counted,
    }
