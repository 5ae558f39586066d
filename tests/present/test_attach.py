"""Results find the place of what they are about."""

from __future__ import annotations

from pathlib import Path

import pytest
from docutils import nodes
from docutils.frontend import get_default_settings
from docutils.parsers.rst import Parser, directives, roles
from docutils.utils import new_document

from sphinx_fsgs.document.collect import collect
from sphinx_fsgs.document.markup import DIRECTIVES, ROLES, fsgs_annotation, fsgs_claim
from sphinx_fsgs.present.attach import attach, settle
from sphinx_fsgs.present.nodes import fsgs_result, results_of
from tests.present import fake

PAGE = """\
Page
====

* item

  .. fsgs: example in-list
     after
         no fault

  Code::

     swapgs

.. fsgs:claim:: the same words

.. fsgs:claim:: the same words

+-----------------------------------+
| a :fsgs:claim:`claim in a table`  |
+-----------------------------------+

Two blocks::

   nop

.. fsgs: example over-two
   :blocks: 2

   after
       no fault

First::

   nop

Second::

   nop

.. fsgs: example of-its-own
   run
       nop
   after
       no fault
"""


@pytest.fixture
def doctree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> nodes.document:
    for name, directive in DIRECTIVES.items():
        monkeypatch.setitem(directives._directives, f"fsgs:{name}", directive)  # type: ignore[attr-defined]
    for name, role in ROLES.items():
        monkeypatch.setitem(roles._roles, f"fsgs:{name}", role)  # type: ignore[attr-defined]
    path = tmp_path / "page.rst"
    path.write_text(PAGE)
    tree = new_document(str(path), get_default_settings(Parser))
    Parser().parse(PAGE, tree)
    document = collect(tree, path, shown_as="page.rst")
    attach(tree, document, fake.check_document(fake.FakeSession(), document))
    settle(tree)
    return tree


def test_each_result_stands_where_it_belongs(doctree: nodes.document) -> None:
    found = [
        (node["shape"], [each.name or each.text for each in results_of(node)]) for node in doctree.findall(fsgs_result)
    ]
    assert found == [
        ("note", ["in-list"]),
        ("block", ["the same words"]),
        ("block", ["the same words"]),
        ("mark", ["claim in a table"]),
        ("note", ["over-two"]),
    ]


def test_a_note_stands_below_its_last_block(doctree: nodes.document) -> None:
    notes = [node for node in doctree.findall(fsgs_result) if node["shape"] == "note"]
    before = [node.parent[node.parent.index(node) - 1] for node in notes]
    assert [(type(node), node.astext()) for node in before] == [
        (nodes.literal_block, "swapgs"),
        (nodes.literal_block, "nop"),
    ]
    announced, target = before[1].parent[before[1].parent.index(before[1]) - 2 :][:2]
    assert announced.astext() == "Second:"
    assert isinstance(target, nodes.target) and [target["refid"]] == before[1]["ids"] == ["fsgs-over-two"]


def test_nothing_but_standard_nodes_and_results_are_left(doctree: nodes.document) -> None:
    assert not [*doctree.findall(fsgs_annotation), *doctree.findall(fsgs_claim)]
    ours = {type(node) for node in doctree.findall() if type(node).__module__.startswith("sphinx_fsgs")}
    assert ours == {fsgs_result}
