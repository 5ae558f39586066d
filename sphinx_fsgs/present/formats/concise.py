"""One line for each finding: ``path:line:column: CODE message``."""

from __future__ import annotations

from sphinx_fsgs.check.result import Report, Suppressed
from sphinx_fsgs.diagnostic import Diagnostic
from sphinx_fsgs.present.ansi import plain


def render(report: Report) -> str:
    """Return one line for each error and warning, in the order of the text; nothing when there is none."""
    return "".join(line(each) + "\n" for each in findings(report) if each.severity != "note")


def line(diagnostic: Diagnostic) -> str:
    """Return the finding as one line without its end."""
    span = diagnostic.span
    message = " ".join(plain(diagnostic.message).split())
    return f"{plain(span.path)}:{span.line}:{span.column}: {diagnostic.severity} {diagnostic.code}: {message}"


def suppressed(report: Report) -> str:
    """Return one line for each finding that is not reported, with the reason for that and where it is written."""
    return "".join(_suppressed(each) + "\n" for document in report.documents for each in document.all_suppressed())


def _suppressed(each: Suppressed) -> str:
    span, by = each.diagnostic.span, each.by
    message = " ".join(plain(each.diagnostic.message).split())
    reason = f"{plain(each.reason)} ({plain(by.path)}:{by.line})"
    return f"{plain(span.path)}:{span.line}:{span.column}: suppressed {each.diagnostic.code}: {message}: {reason}"


def findings(report: Report) -> tuple[Diagnostic, ...]:
    """Return all findings of a report: its own first, then those of each document, each document in its order."""
    said = [*sorted(report.diagnostics, key=Diagnostic.sort_key)]
    for document in report.documents:
        said.extend(document.all_diagnostics())
    return tuple(said)
