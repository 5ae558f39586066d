"""The few words and counts that every host prints alike."""

from __future__ import annotations

from sphinx_fsgs.check.result import VERDICTS, HostVerdict, Report, Result, Summary, Suppressed, Verdict

# Shape as well as word, so that no verdict is told by its colour alone.
MARKS: dict[Verdict, str] = {"holds": "✓", "fails": "✗", "vacuous": "∅", "undecided": "?", "n/a": "–"}

VERDICTS_TOLD: tuple[Verdict, ...] = ("fails", "vacuous", "undecided", "holds", "n/a")
"""The verdicts in the order in which a reader is told: what needs attention first."""


def plural(count: int, one: str, many: str = "") -> str:
    """Return ``3 documents`` or ``1 document``."""
    return f"{count} {one if count == 1 else many or one + 's'}"


def overall(result: Result) -> Verdict:
    """Return the verdict that a reader needs to know first: the worst one on any processor in scope."""
    return next((verdict for verdict in VERDICTS_TOLD if result.on(verdict)), "vacuous")


def left_out(suppressed: Suppressed) -> str:
    """Return what a page says where a finding is not reported."""
    return f"{suppressed.diagnostic.code} is not reported here: {suppressed.reason}"


def summary_line(summary: Summary) -> str:
    """Return the line that ends every run: what was looked at, and how it came out."""
    counts = dict(summary.verdicts)
    verdicts = ", ".join(f"{counts[verdict]} {verdict}" for verdict in VERDICTS if counts.get(verdict))
    looked = [
        plural(summary.documents, "document"),
        plural(summary.examples, "example"),
        plural(summary.claims, "claim"),
    ]
    found = [plural(summary.errors, "error")] if summary.errors else []
    found += [plural(summary.warnings, "warning")] if summary.warnings else []
    found = found or ["no findings"]
    found += [f"{summary.suppressed} suppressed"] if summary.suppressed else []
    if summary.not_understood:
        found += [f"{plural(summary.not_understood, 'passage')} about FS or GS not understood"]
    judged = f": {verdicts} (per processor)" if verdicts else ""
    return f"checked {', '.join(looked[:-1])} and {looked[-1]}{judged}; {', '.join(found)}"


def stats_line(report: Report, seconds: float) -> str:
    """Return what ``--stats`` adds: distinct runs, questions to the solver, time."""
    summary = report.summary()
    verdicts = sum(count for _, count in summary.verdicts)
    return (
        f"{plural(summary.runs, 'distinct run')} gave {plural(verdicts, 'verdict')}, "
        f"{plural(summary.solver_calls, 'solver call')}, {seconds:.2f} s"
    )


def undecided_reasons(result: Result) -> tuple[str, ...]:
    """Return the reasons of undecided verdicts, each once, in order."""
    return tuple(dict.fromkeys(_reason(result, host) for host in result.verdicts if host.verdict == "undecided"))


def _reason(result: Result, host: HostVerdict) -> str:
    return host.reason or result.reason or host.because
