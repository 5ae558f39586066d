"""What a doctree can hold that no file of the document does, and what the model says of it."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
from docutils import nodes
from docutils.frontend import get_default_settings
from docutils.parsers.rst import Parser
from docutils.utils import new_document

from sphinx_fsgs.document.collect import collect
from sphinx_fsgs.document.markup import fsgs_annotation, fsgs_claim, split_words
from sphinx_fsgs.document.reader import read_file
from tests.document.dump import dump, place


@pytest.fixture
def doctree(tmp_path: Path) -> nodes.document:
    return new_document(str(tmp_path / "page.rst"), get_default_settings(Parser))


def test_generated_text_has_the_place_that_docutils_gives(doctree: nodes.document, tmp_path: Path) -> None:
    """A ``rst_prolog`` of Sphinx, for one, is in no file."""
    comment = nodes.comment("fsgs: claim X\n   y", "fsgs: claim X\n   y")
    comment.source, comment.line = "<rst_prolog>", 7
    doctree += comment
    (note,) = collect(doctree, tmp_path / "page.rst", shown_as="page.rst", text="Text.\n").annotations
    assert note.argument and [(line.path, line.line, line.text) for line in note.argument.lines] == [
        ("<rst_prolog>", 7, "X"),
        ("<rst_prolog>", 8, "y"),
    ]


def test_a_docstring_is_found_in_its_module(doctree: nodes.document, tmp_path: Path) -> None:
    module = tmp_path / "code.py"
    module.write_text('def f():\n    """A function.\n\n    .. fsgs: claim X\n    """\n')
    comment = nodes.comment("fsgs: claim X", "fsgs: claim X")
    comment.source, comment.line = f"{module}:docstring of code.f", 4
    doctree += comment
    found = collect(doctree, tmp_path / "page.rst", shown_as="docs/page.rst", text=".. automodule:: code\n")
    (note,) = found.annotations
    assert (note.span.path, place(note.span)) == ("docs/code.py", "4:5-4:21")
    assert found.dependencies == (module.resolve(),)


def test_a_comment_of_markdown_has_no_dots(doctree: nodes.document, tmp_path: Path) -> None:
    doctree += nodes.comment("fsgs: claim X", "fsgs: claim X")
    (note,) = collect(doctree, tmp_path / "page.md", shown_as="page.md", text="% fsgs: claim X\n").annotations
    assert place(note.span) == "1:3-1:16"


def test_the_file_itself_may_be_unreadable(doctree: nodes.document, tmp_path: Path) -> None:
    found = collect(doctree, tmp_path / "page.rst")
    assert [diagnostic.code for diagnostic in found.diagnostics] == ["FSGS601"]


def test_text_of_other_files_is_no_block(tmp_path: Path) -> None:
    (tmp_path / "code.S").write_text("\tswapgs\n")
    (tmp_path / "page.rst").write_text(
        ".. include:: code.S\n   :literal:\n\n.. include:: code.S\n   :code: asm\n\n::\n\n nop\n"
    )
    assert [block.fragment.text for block in read_file(tmp_path / "page.rst").blocks] == ["nop"]


def test_skipped_and_unclaimed_blocks(tmp_path: Path) -> None:
    (tmp_path / "page.rst").write_text(
        ".. fsgs: skip an outline\n\n::\n\n one\n\n.. fsgs: example x\n\n::\n\n two\n\nText::\n\n three\n"
    )
    document = read_file(tmp_path / "page.rst")
    assert [block.fragment.text for block in document.skipped] == ["one"]
    assert [block.fragment.text for block in document.unclaimed] == ["three"]


def test_a_document_can_be_sent_to_another_process(tmp_path: Path) -> None:
    document = read_file(Path(__file__).parent / "places" / "nested.rst")
    assert dump(pickle.loads(pickle.dumps(document))) == dump(document)


def test_nodes_survive_pickling_and_show_only_words(doctree: nodes.document) -> None:
    doctree += fsgs_annotation(".. fsgs:claim:: X", head="claim", serial=1)
    paragraph = nodes.paragraph()
    paragraph += fsgs_claim(":fsgs:claim:`words <X>`", "words", head="claim", serial=2)
    doctree += paragraph
    annotation, copied = pickle.loads(pickle.dumps(doctree.children))
    assert annotation.rawsource == ".. fsgs:claim:: X"
    assert (annotation.astext(), copied.astext()) == ("", "words")


@pytest.mark.parametrize(
    ("text", "words", "claim"),
    [
        ("SWAPGS faults", "SWAPGS faults", "SWAPGS faults"),
        ("it faults <SWAPGS faults>", "it faults", "SWAPGS faults"),
        ("it <X when RCX < 3 and RDX > 2>", "it", "X when RCX < 3 and RDX > 2"),
        ("X when RCX < 3", "X when RCX < 3", "X when RCX < 3"),
        ("X when RCX << 3 >", "X when RCX << 3 >", "X when RCX << 3 >"),
        ("X when RCX <= RDX>", "X when RCX <= RDX>", "X when RCX <= RDX>"),
        ("two\nlines <X\ny>", "two\nlines", "X\ny"),
        ("<X>", "<X>", "<X>"),
        ("", "", ""),
    ],
)
def test_words_and_claim(text: str, words: str, claim: str) -> None:
    shown, part = split_words(text)
    assert (shown, text[part]) == (words, claim)
