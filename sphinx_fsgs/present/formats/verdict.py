"""One result for a person at a terminal: the verdicts, what they rest on, and what was run."""

from __future__ import annotations

from collections.abc import Iterator

from sphinx_fsgs.check.result import Result, Trace, Verdict
from sphinx_fsgs.diagnostic import Step
from sphinx_fsgs.present.ansi import Palette, plain
from sphinx_fsgs.present.formats.text import counterexample_table, effect
from sphinx_fsgs.present.hosts import Names, listed, on_hosts
from sphinx_fsgs.present.sources import width
from sphinx_fsgs.present.words import MARKS, VERDICTS_TOLD, undecided_reasons

COLOURS: dict[Verdict, str] = {
    "holds": "green",
    "fails": "red",
    "vacuous": "yellow",
    "undecided": "yellow",
    "n/a": "dim",
}
_PLAIN = Palette()


def render(result: Result, palette: Palette = _PLAIN, names: Names = listed) -> str:
    """Return the verdicts of a result with what they rest on; its findings are left to the other formats.

    :param names: what puts a list of processors into words.
    """
    return "".join(line.rstrip() + "\n" for line in _lines(result, palette, names))


def _lines(result: Result, palette: Palette, names: Names) -> Iterator[str]:
    for verdict in VERDICTS_TOLD:
        if result.on(verdict):
            mark = palette.paint(f"{MARKS[verdict]} {verdict}", "bold", COLOURS[verdict])
            yield f"{mark} {on_hosts(result, verdict, names)}{aside(result, verdict)}"
    if result.witness is not None:
        yield f"  {palette.paint('for example', 'bold')} on {result.witness.profile}"
        yield from (f"    {row}" for row in counterexample_table(result.witness, palette))
    for label, texts in (("assuming", result.assuming), ("depends on", result.depends_on)):
        if texts:
            yield f"  {palette.paint(label + ':', 'bold')} {plain(', '.join(texts))}"
    for dispute in result.disputes:
        yield f"  {palette.paint('disputed:', 'bold')} {plain(dispute.text)} [{', '.join(dispute.citations)}]"
    for told in result.inferred:
        on = ", ".join(told.profiles)
        yield f"  {palette.paint('inferred:', 'bold')} {told.says} on {on} [{', '.join(told.citations)}]"
    if result.citations:
        yield f"  {palette.paint('see:', 'bold')} {', '.join(result.citations)}"


def aside(result: Result, verdict: Verdict) -> str:
    """Return what a verdict has in brackets: the evidence, the reason, why there is none."""
    if verdict == "holds":
        return f" ({result.evidence})"
    if verdict == "undecided":
        return f" ({', '.join(undecided_reasons(result))})"
    reasons = dict.fromkeys(host.because for host in result.verdicts if host.verdict == verdict and host.because)
    return f" ({'; '.join(map(plain, reasons))})" if verdict != "fails" and reasons else ""


def render_trace(trace: Trace, palette: Palette = _PLAIN) -> str:
    """Return a run as a table: each step with what it changed, then the cells that differ in the end.

    After a single step the end is left out, since the step says it all.
    """
    steps = [(plain(step.text), _effect(step, palette)) for step in trace.steps]
    lines = [palette.paint(f"  when {plain(trace.when)}", "dim")] if trace.when else []
    lines += _columns(steps)
    changes = [(cell, f"{old} → {new}" if old else new) for cell, old, new in changed(trace)]
    if changes and len(steps) != 1:
        lines += [palette.paint("  in the end", "dim"), *_columns(changes)]
    return "".join(line.rstrip() + "\n" for line in lines)


def _columns(rows: list[tuple[str, str]]) -> list[str]:
    first = max((width(text) for text, _ in rows), default=0)
    return [f"  {left}{' ' * (first - width(left))}   {right}" for left, right in rows]


def _effect(step: Step, palette: Palette) -> str:
    return palette.paint(effect(step), "red") if step.fault else effect(step) or "no change"


def changed(trace: Trace) -> Iterator[tuple[str, str, str]]:
    """Return the cells that a run left different: name, value before (empty where nothing said), value after."""
    before = dict(trace.before)
    for cell, value in trace.after:
        old = before.get(cell, "")
        if old != value:
            yield plain(cell), plain(old), plain(value)
