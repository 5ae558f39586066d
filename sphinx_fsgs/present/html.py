"""A result as html: compact, told by word and shape and not by colour alone, without a script, valid as XHTML."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from html import escape

from sphinx_fsgs.check.result import Result, Trace, Verdict
from sphinx_fsgs.diagnostic import Counterexample, Diagnostic
from sphinx_fsgs.present.formats.text import effect
from sphinx_fsgs.present.formats.verdict import aside
from sphinx_fsgs.present.hosts import Names, counted, listed, on_hosts
from sphinx_fsgs.present.words import MARKS, VERDICTS_TOLD, left_out, overall

Row = tuple[str, ...]

NOT_JUDGED = "not checked, because its text cannot be understood"
"""What is shown of a result without a verdict; the finding stands where the text does."""


def render(result: Result, trace: bool = False, names: Names = listed) -> str:
    """Return the whole result as one block; ``trace`` opens the steps of the run."""
    verdict = overall(result)
    parts = [
        f'<div class="fsgs-result {_class(verdict)}">',
        *(_verdict(result, each, names) for each in VERDICTS_TOLD if result.on(each)),
        *((_counterexample(result.witness),) if result.witness else ()),
        *(part for each in result.diagnostics for part in _finding(each)),
        *(f'<p class="fsgs-finding">{escape(left_out(each))}</p>' for each in result.suppressed),
        *_runs(result.traces, trace),
        *_grounds(result),
        "</div>",
    ]
    return "\n".join(parts) + "\n"


def render_note(results: Sequence[Result], names: Names = listed) -> str:
    """Return one line for what a block was checked for, with the rest folded away."""
    worst = min(results, key=lambda each: VERDICTS_TOLD.index(overall(each)))
    verdict = overall(worst)
    inner = "\n".join(_entry(each, names) for each in results)
    summary = f"<summary>{_sign(verdict)} {_caption(results, worst, names)}</summary>"
    return f'<details class="fsgs-note {_class(verdict)}">\n{summary}\n<ul>\n{inner}\n</ul>\n</details>\n'


def render_mark(result: Result, names: Names = listed) -> str:
    """Return the sign behind a claim in running text; its title and hidden words say what it means."""
    verdict = overall(result)
    words = f"{verdict} {on_hosts(result, verdict, names)}" if result.verdicts else NOT_JUDGED
    return (
        f'<span class="fsgs-sign {_class(verdict)}" title="{escape(words)}">'
        f'<span aria-hidden="true">{MARKS[verdict]}</span><span class="fsgs-unseen"> ({escape(words)})</span></span>'
    )


def _class(verdict: Verdict) -> str:
    return "fsgs-" + verdict.replace("/", "")


def _sign(verdict: Verdict) -> str:
    return f'<span class="fsgs-sign" aria-hidden="true">{MARKS[verdict]}</span>'


def _caption(results: Sequence[Result], worst: Result, names: Names) -> str:
    verdict = overall(worst)
    if not worst.verdicts:
        return NOT_JUDGED
    if verdict in ("holds", "n/a"):
        judged = {host.profile for each in results for host in each.verdicts if host.verdict != "n/a"}
        return f"checked on {counted(judged)}"
    expected = ", as expected" if worst.expected == verdict else ""
    return escape(f"{verdict}{expected} {on_hosts(worst, verdict, names)}")


def _entry(result: Result, names: Names) -> str:
    name = escape(result.name or result.text)
    told = "; ".join(
        f"{MARKS[each]} {each} {on_hosts(result, each, names)}{aside(result, each)}"
        for each in VERDICTS_TOLD
        if result.on(each)
    )
    return f"<li>{name}: {escape(told or NOT_JUDGED)}</li>"


def _verdict(result: Result, verdict: Verdict, names: Names) -> str:
    rest = f"{on_hosts(result, verdict, names)}{aside(result, verdict)}"
    return f'<p class="fsgs-verdict {_class(verdict)}">{_sign(verdict)} <strong>{verdict}</strong> {escape(rest)}</p>'


def _finding(diagnostic: Diagnostic) -> Iterator[str]:
    yield f'<p class="fsgs-finding"><code>{diagnostic.code}</code> {escape(diagnostic.message)}</p>'
    if diagnostic.notes:
        yield _list(diagnostic.notes)
    if diagnostic.counterexample:
        yield _counterexample(diagnostic.counterexample)
    if diagnostic.elsewhere:
        yield _list(diagnostic.elsewhere)


def _counterexample(run: Counterexample) -> str:
    changes = dict(run.after)
    cells = list(dict.fromkeys((*dict(run.before), *changes)))
    states = [(cell, dict(run.before).get(cell, ""), changes.get(cell, "")) for cell in cells]
    caption = f"On {run.profile}, for example"
    steps = [(str(step.line or ""), step.text, effect(step)) for step in run.steps]
    return "\n".join(
        filter(
            None, (_table(caption, ("cell", "before", "after"), states), _table("", ("line", "step", "effect"), steps))
        )
    )


def _runs(traces: Iterable[Trace], opened: bool) -> Iterator[str]:
    """Return the first run; the others differ in nothing that a reader of a page looks for."""
    for trace in list(traces)[:1]:
        before, after = dict(trace.before), dict(trace.after)
        states = [(cell, before.get(cell, ""), after.get(cell, "")) for cell in dict.fromkeys((*before, *after))]
        steps = [(str(step.line or ""), step.text, effect(step)) for step in trace.steps]
        yield _fold(
            f"what ran, on {trace.profile}",
            _table("", ("cell", "before", "after"), states) + _table("", ("line", "step", "effect"), steps),
            opened,
        )


def _grounds(result: Result) -> Iterator[str]:
    told = [note for each in result.diagnostics for note in each.notes]
    untold = [each for each in result.disputes if not any(each.text in note for note in told)]
    disputes = tuple(f"disputed: {each.text} [{', '.join(each.citations)}]" for each in untold)
    hidden = [each for each in result.inferred if not any(each.says in note for note in told)]
    disputes += tuple(f"inferred: {each.says} on {', '.join(each.profiles)}" for each in hidden)
    lines = (
        *(f"assuming {each}" for each in result.assuming),
        *(f"depends on {each}" for each in result.depends_on),
        *disputes,
        *(f"see {each}" for each in result.citations),
    )
    if lines:
        yield _fold("what it rests on", _list(lines), bool(disputes))


def _fold(summary: str, inner: str, opened: bool) -> str:
    state = ' open="open"' if opened else ""
    return f"<details{state}>\n<summary>{escape(summary)}</summary>\n{inner}\n</details>"


def _list(lines: Iterable[str]) -> str:
    return "<ul>\n" + "\n".join(f"<li>{escape(line)}</li>" for line in lines) + "\n</ul>"


def _table(caption: str, heads: Row, rows: Sequence[Row]) -> str:
    if not rows:
        return ""
    title = f"<caption>{escape(caption)}</caption>\n" if caption else ""
    head = "".join(f'<th scope="col">{escape(each)}</th>' for each in heads)
    body = "\n".join("<tr>" + "".join(f"<td>{_cell(each)}</td>" for each in row) + "</tr>" for row in rows)
    return (
        f'<table class="docutils align-default fsgs-table">\n{title}<thead><tr>{head}</tr></thead>\n'
        f"<tbody>\n{body}\n</tbody>\n</table>\n"
    )


def _cell(text: str) -> str:
    return f"<code>{escape(text)}</code>" if text else ""
