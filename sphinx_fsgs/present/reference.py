"""Directives that show the spec itself: an instruction's Operation, and what each processor answers."""

from __future__ import annotations

import functools
import textwrap
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from docutils import nodes
from docutils.parsers.rst import Directive
from sphinx.util.docutils import SphinxDirective

from sphinx_fsgs.document.markup import kept
from sphinx_fsgs.present.shown import instruction_named, question_named
from sphinx_fsgs.spec.behaviours import Answer, Behaviour
from sphinx_fsgs.spec.exceptions import ExceptionRow, exceptions_of
from sphinx_fsgs.spec.model import Spec
from sphinx_fsgs.syntax.instruction import Instruction


@functools.cache
def the_spec() -> Spec:
    """Return the spec of the installation."""
    return Spec()


class _SpecDirective(SphinxDirective):
    """One argument, which names something in the spec.

    Whatever else is written is kept as it is, for the reading of the document to report it as every host does.
    """

    optional_arguments = 1
    final_argument_whitespace = True
    has_content = True

    def named(self, find: Callable[[Spec, str], str | None]) -> str | None:
        """Return what the argument names, None when it is not one argument alone that names something."""
        return None if self.content or not self.arguments else find(the_spec(), self.arguments[0])

    def cited(self, keys: Sequence[str]) -> list[nodes.Node]:
        """Return the citations as inline nodes, those with an address as references."""
        shown: list[nodes.Node] = []
        for key in keys:
            shown += [nodes.Text(", ")] if shown else []
            shown.append(_citation(the_spec(), key))
        return shown


def _citation(spec: Spec, key: str) -> nodes.Node:
    citation = spec.citations.get(key)
    if citation is None or not citation.url:
        return nodes.Text(key)
    return nodes.reference("", key, refuri=citation.url, reftitle=f"{citation.title}; {citation}", internal=False)


class OperationDirective(_SpecDirective):
    """``.. fsgs:operation:: LKGS``: how it is written, what it does, what it raises, who says so."""

    def run(self) -> list[nodes.Node]:
        """Return the instruction as standard nodes."""
        spec, stem = the_spec(), self.named(instruction_named)
        if stem is None:
            return kept(self)
        instruction = spec.instruction(stem)
        self.env.note_dependency(instruction.path)
        text = _operation_text(instruction.path)
        shown = nodes.container(classes=["fsgs-operation"], ids=[nodes.make_id(f"fsgs-operation-{stem}")])
        shown += nodes.paragraph("", "", nodes.strong("", instruction.title))
        shown += _header(instruction)
        shown += nodes.literal_block(text, text, language="none")
        raised = exceptions_of(spec, stem)
        if raised:
            shown += _table(("exception", "when", "by"), [self._exception(each) for each in raised])
        if raised or instruction.cites:
            shown += _sources(spec, (*instruction.cites, *(key for each in raised for key in each.cites)))
        return [shown]

    def _exception(self, row: ExceptionRow) -> list[list[nodes.Node]]:
        when: nodes.Node = nodes.literal("", row.when_text) if row.when_text else nodes.Text("always")
        return [[nodes.literal("", row.title)], [when], self.cited(row.cites)]


def _header(instruction: Instruction) -> nodes.field_list:
    """Return encoding, requirement and modes, those that the file states."""
    rows = (
        ("Encoding", ", ".join(instruction.encodings)),
        ("Requires", instruction.requires),
        ("Modes", ", ".join(instruction.modes)),
    )
    fields = nodes.field_list()
    for name, value in rows:
        if value:
            body = nodes.field_body("", nodes.paragraph("", value))
            fields += nodes.field("", nodes.field_name("", name), body)
    return fields


def _operation_text(path: str) -> str:
    """Return what stands behind ``Operation:``, as its file writes it."""
    text = Path(path).read_text(encoding="utf-8")
    return textwrap.dedent(text.partition("\nOperation:\n")[2]).strip("\n")


class AnswersDirective(_SpecDirective):
    """``.. fsgs:answers:: null_selector_clears_base``: the question, and what each processor answers to it."""

    def run(self) -> list[nodes.Node]:
        """Return the question and a table of its answers as standard nodes."""
        spec, name = the_spec(), self.named(question_named)
        if name is None:
            return kept(self)
        behaviour = spec.behaviour(name)
        self.env.note_dependency(str(spec.folder / "behaviours" / f"{name}.toml"))
        shown = nodes.container(classes=["fsgs-answers"], ids=[nodes.make_id(f"fsgs-answers-{name}")])
        shown += nodes.paragraph("", "", nodes.strong("", behaviour.question))
        shown += nodes.paragraph("", _line(behaviour.why))
        shown += _table(("answer", "processors", "evidence", "enumerated", "citations"), self._rows(behaviour))
        shown += nodes.paragraph("", _line(behaviour.enumerated))
        remarks = _remarks(behaviour)
        shown += [remarks] if remarks.children else []
        shown += _sources(spec, (key for answer in behaviour.replies for key in _cites(answer)))
        return [shown]

    def _rows(self, behaviour: Behaviour) -> list[list[list[nodes.Node]]]:
        return [self._row(answer) for answer in behaviour.replies]

    def _row(self, answer: Answer) -> list[list[nodes.Node]]:
        return [
            [nodes.Text(answer.value)],
            [nodes.Text(", ".join(answer.profiles))],
            [nodes.Text(answer.evidence or "none")],
            [nodes.Text({True: "yes", False: "no", None: "on some"}[answer.enumerated])],
            self.cited(answer.cites),
        ]


def _cites(answer: Answer) -> tuple[str, ...]:
    return (*answer.cites, *(key for dispute in answer.disputed for key in dispute.cites))


def _remarks(behaviour: Behaviour) -> nodes.bullet_list:
    """Return what is to be known besides, and who says otherwise."""
    remarks = nodes.bullet_list()
    for answer in behaviour.replies:
        said = ([answer.note] if answer.note else []) + [
            f"Disputed by {', '.join(each.cites)}: {each.text}" for each in answer.disputed
        ]
        if said:
            remarks += nodes.list_item("", nodes.paragraph("", f"{', '.join(answer.profiles)}: {' '.join(said)}"))
    return remarks


def _sources(spec: Spec, keys: Iterable[str]) -> nodes.field_list:
    """Return the citations in full, each once."""
    fields = nodes.field_list(classes=["fsgs-sources"])
    for key in dict.fromkeys(keys):
        citation = spec.citations.get(key)
        text = f"{citation.title}. {citation}" if citation else ""
        body: nodes.Node = nodes.Text(text)
        if citation and citation.url:
            body = nodes.reference("", text, refuri=citation.url, internal=False)
        fields += nodes.field("", nodes.field_name("", key), nodes.field_body("", nodes.paragraph("", "", body)))
    return fields


def _line(text: str) -> str:
    return " ".join(text.split())


def _table(heads: Sequence[str], rows: Sequence[Sequence[Sequence[nodes.Node]]]) -> nodes.table:
    """Return a table with one head row; a cell is the inline nodes of its one paragraph."""
    group = nodes.tgroup("", cols=len(heads))
    group += [nodes.colspec(colwidth=_column(cells)) for cells in zip(*rows, strict=True)]
    group += nodes.thead("", _row([[nodes.Text(head)] for head in heads]))
    group += nodes.tbody("", *(_row(row) for row in rows))
    return nodes.table("", group, classes=["fsgs-table"])


def _column(cells: Sequence[Sequence[nodes.Node]]) -> int:
    """Return a width in characters that the longest cell needs, within reason.

    Never near 1: there the text writer of Sphinx 5.3 divides a word into nothing and itself for ever.
    """
    return min(max((sum(len(node.astext()) for node in cell) for cell in cells), default=0), 48) + 12


def _row(cells: Sequence[Sequence[nodes.Node]]) -> nodes.row:
    return nodes.row("", *(nodes.entry("", nodes.paragraph("", "", *cell)) for cell in cells))


REFERENCE_DIRECTIVES: dict[str, type[Directive]] = {"operation": OperationDirective, "answers": AnswersDirective}
"""The directives of the domain that only show the spec, by their name behind ``fsgs:``."""
