"""The one node of ours that the pages hold, and its replacement for every builder that is not html."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

from docutils import nodes

from sphinx_fsgs.check.result import Result
from sphinx_fsgs.diagnostic import Counterexample
from sphinx_fsgs.present.formats.text import counterexample_table
from sphinx_fsgs.present.formats.verdict import aside, render_trace
from sphinx_fsgs.present.hosts import Names, listed, on_hosts, words_for
from sphinx_fsgs.present.words import VERDICTS_TOLD, left_out

Shape = Literal["block", "note", "mark"]
"""How much is shown: below a directive all, below a block that a comment annotates a line, behind a role a sign."""


class fsgs_result(nodes.General, nodes.Element):
    """Results of the check, kept as they are until a builder writes them.

    ``results`` are :class:`~sphinx_fsgs.check.result.Result` objects, ``shape`` is how they are shown,
    ``words`` how their processors are called.
    """


def result_node(results: Iterable[Result], shape: Shape, trace: bool = False) -> fsgs_result:
    """Return a node for results; ``trace`` asks for the steps of the run."""
    held = tuple(results)
    words = {group: said for result in held for group, said in words_for(result).items()}
    return fsgs_result("", results=held, shape=shape, trace=trace, words=words)


def results_of(node: fsgs_result) -> tuple[Result, ...]:
    """Return the results that a node holds."""
    held: tuple[Result, ...] = node["results"]
    return held


def names_of(node: fsgs_result) -> Names:
    """Return what puts processors into words as it was possible when the document was read."""
    words: dict[tuple[str, ...], str] = node["words"]
    return lambda profiles: words.get(tuple(profiles)) or listed(profiles)


def standard_nodes(node: fsgs_result) -> list[nodes.Node]:
    """Return what shows the results in any format: standard nodes, or none where comments stay invisible."""
    if node["shape"] != "block":
        return []
    return [part for result in results_of(node) for part in _parts(result, bool(node["trace"]), names_of(node))]


def _parts(result: Result, trace: bool, names: Names) -> Iterator[nodes.Node]:
    for verdict in VERDICTS_TOLD:
        if result.on(verdict):
            said = f"{verdict} {on_hosts(result, verdict, names)}{aside(result, verdict)}"
            yield nodes.paragraph("", said, classes=["fsgs-verdict"])
    if result.witness:
        yield _run(result.witness)
    for diagnostic in result.diagnostics:
        yield nodes.paragraph("", f"{diagnostic.code}: {diagnostic.message}")
        if diagnostic.counterexample:
            yield _run(diagnostic.counterexample)
    for suppressed in result.suppressed:
        yield nodes.paragraph("", left_out(suppressed))
    for each in result.traces[:1] if trace else ():
        yield _table(render_trace(each).replace("→", "->"))  # pdflatex has no glyph for the arrow


def _run(counterexample: Counterexample) -> nodes.literal_block:
    return _table(f"on {counterexample.profile}, for example\n" + "\n".join(counterexample_table(counterexample)))


def _table(text: str) -> nodes.literal_block:
    return nodes.literal_block(text, text.rstrip("\n"), language="none")
