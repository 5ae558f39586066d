"""``flat-table``, the kernel's own kind of list table, for documents that are read with docutils alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from docutils import nodes
from docutils.parsers.rst import Directive, directives
from docutils.parsers.rst.states import Inliner


class FlatTableDirective(Directive):
    """A list of rows, each a list of cells; rows may be shorter than others, cells may span."""

    has_content = True
    optional_arguments = 1
    final_argument_whitespace = True
    option_spec = {
        "name": directives.unchanged,
        "class": directives.unchanged,
        "header-rows": directives.nonnegative_int,
        "stub-columns": directives.nonnegative_int,
        "widths": directives.unchanged,
        "fill-cells": directives.flag,
    }

    def run(self) -> list[nodes.Node]:
        """Return the table; what is no list of lists is returned as it is."""
        container = nodes.Element()
        container.document = self.state.document
        self.state.nested_parse(self.content, self.content_offset, container)
        rows = [child for each in container.children if isinstance(each, nodes.bullet_list) for child in each.children]
        lists = [_cells(row) for row in rows if isinstance(row, nodes.list_item)]
        if not lists or not all(lists):
            return container.children
        heads = int(self.options.get("header-rows", 0))
        table = nodes.table()
        if self.arguments:
            words, _ = self.state.inline_text(self.arguments[0], self.lineno)
            table += nodes.title(self.arguments[0], "", *words)
        group = nodes.tgroup(cols=max(map(len, lists)))
        group += [nodes.colspec(colwidth=1) for _ in range(max(map(len, lists)))]
        parts: tuple[tuple[nodes.Element, list[list[nodes.list_item]]], ...] = (
            (nodes.thead(), lists[:heads]),
            (nodes.tbody(), lists[heads:]),
        )
        for part, members in parts:
            part.extend(_row(cells) for cells in members)
            if members:
                group += part
        table += group
        return [table]


def span_role(
    name: str,
    rawtext: str,
    text: str,
    lineno: int,
    inliner: Inliner,
    options: Mapping[str, object] | None = None,
    content: Sequence[str] | None = None,
) -> tuple[list[nodes.Node], list[nodes.system_message]]:
    """Read ``:cspan:`` and ``:rspan:``: how many further columns or rows a cell reaches over, no words of it."""
    span = int(text) if text.isascii() and text.isdigit() and len(text) < 4 else 0
    return [nodes.inline(rawtext, "", reach={"cspan": "morecols", "rspan": "morerows"}[name.lower()], by=span)], []


def _cells(row: nodes.list_item) -> list[nodes.list_item]:
    lists = [child for child in row.children if isinstance(child, nodes.bullet_list)]
    return [cell for each in lists[:1] for cell in each.children if isinstance(cell, nodes.list_item)]


def _row(cells: Sequence[nodes.list_item]) -> nodes.row:
    row = nodes.row()
    for cell in cells:
        entry = nodes.entry("", *cell.children)
        for mark in entry.findall(nodes.inline):
            if mark.get("reach") and mark["by"]:
                entry[str(mark["reach"])] = int(mark["by"])
        row += entry
    return row
