"""The list that ``--coverage`` prints: what speaks of FS or GS, and what of it is understood."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from sphinx_fsgs.check.result import Report, Spoken
from sphinx_fsgs.present.ansi import plain

_LONGEST = 100


def render(report: Report) -> str:
    """Return one line for each thing said, ``path:line:column: kind: state: words``, and behind them the counts."""
    spoken = [each for document in report.documents for each in document.coverage]
    return "".join(f"{line}\n" for line in (*map(_line, spoken), *_counts(spoken)))


def data(spoken: Iterable[Spoken]) -> list[dict[str, object]]:
    """Return the list of one document as plain data, for JSON."""
    return [
        {
            "kind": each.kind,
            "path": each.span.path,
            "line": each.span.line,
            "column": each.span.column,
            "end_line": each.span.end_line,
            "end_column": each.span.end_column,
            "understood": each.understood,
            "reason": each.reason,
            "text": each.text,
        }
        for each in spoken
    ]


def _line(each: Spoken) -> str:
    words = " ".join(plain(each.text).split())
    shown = words if len(words) <= _LONGEST else words[: _LONGEST - 1] + "…"
    return f"{plain(each.span.path)}:{each.span.line}:{each.span.column}: {each.kind}: {_state(each)}: {shown}"


def _state(each: Spoken) -> str:
    return each.reason or "understood"


def _counts(spoken: list[Spoken]) -> Iterator[str]:
    """Yield how many there are of each kind, and of each reason the most frequent first."""
    if not spoken:
        yield "nothing speaks of FS or GS"
        return
    kinds = Counter(each.kind for each in spoken)
    for kind in sorted(kinds):
        good = sum(each.understood for each in spoken if each.kind == kind)
        yield f"{kind}: {kinds[kind]}, understood: {good}"
    reasons = Counter(each.reason for each in spoken if not each.understood)
    if reasons:
        ranked = sorted(reasons.items(), key=lambda item: (-item[1], item[0]))
        yield "not understood: " + ", ".join(f"{reason} {count}" for reason, count in ranked)
