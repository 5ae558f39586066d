"""The directive ``disagreements``: the table of ``spec/disagreements.toml``, an entry each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from sphinx_fsgs.spec.disagreements import FILE, Disagreement, load_disagreements
from sphinx_fsgs.spec.model import Spec


class Disagreements(SphinxDirective):
    """``.. disagreements::`` shows each subject with who is right, who is wrong, and what decides."""

    def run(self) -> list[nodes.Node]:
        """Return a definition list."""
        spec = Spec()
        self.env.note_dependency(str(spec.folder / FILE))
        shown = nodes.definition_list(classes=["fsgs-disagreements"])
        for entry in load_disagreements(spec.folder).values():
            body = nodes.definition("", nodes.paragraph("", entry.rule), _fields(spec, entry))
            shown += nodes.definition_list_item("", nodes.term("", entry.subject), body)
        return [shown]


def _fields(spec: Spec, entry: Disagreement) -> nodes.field_list:
    fields = nodes.field_list()
    for name, value in _rows(spec, entry):
        paragraph = nodes.paragraph("", "", *value)
        fields += nodes.field("", nodes.field_name("", name), nodes.field_body("", paragraph))
    return fields


def _rows(spec: Spec, entry: Disagreement) -> Iterator[tuple[str, Sequence[nodes.Node]]]:
    if entry.right:
        yield "Right", [nodes.Text(", ".join(entry.right))]
    if entry.wrong:
        yield "Otherwise", [nodes.Text(", ".join(entry.wrong))]
    if entry.unicorn:
        deviating = (", ".join(sorted(each.instructions)) or "any instruction" for each in entry.unicorn)
        yield "In random programs", [nodes.Text("; ".join(dict.fromkeys(deviating)))]
    if entry.vectors:
        yield "Recordings", [nodes.Text(str(len(entry.vectors)))]
    cited: list[nodes.Node] = []
    for key in entry.cites:
        citation = spec.citations[key]
        cited += [nodes.Text(", ")] if cited else []
        cited.append(nodes.reference("", key, refuri=citation.url, internal=False) if citation.url else nodes.Text(key))
    yield "Decided by", cited


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive."""
    app.add_directive("disagreements", Disagreements)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
