"""What a document says in words, and where: sentences, items, terms, and rows of every kind of table."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sphinx_fsgs.document.passages import Passage
from sphinx_fsgs.document.plain import plain, sentences
from sphinx_fsgs.document.reader import read_file
from sphinx_fsgs.source import fragment_of


def passages_of(tmp_path: Path, text: str) -> tuple[Passage, ...]:
    path = tmp_path / "page.rst"
    path.write_text(text, encoding="utf-8")
    return read_file(path, shown_as="page.rst").passages


def said(passages: tuple[Passage, ...]) -> list[tuple[str, int, int, str]]:
    return [(each.kind, each.span.line, each.span.column, each.text) for each in passages]


def test_sentences_are_told_apart_and_stand_at_their_places(tmp_path: Path) -> None:
    text = "One sentence, e.g. this\none. *Two* of\nthem ``here.now`` end? swapgs is third::\n\n\tcode\n"
    found = said(passages_of(tmp_path, text))
    assert found == [
        ("sentence", 1, 1, "One sentence, e.g. this one."),
        ("sentence", 2, 7, "Two of them here.now end?"),
        ("sentence", 3, 24, "swapgs is third:"),
    ]


def test_a_section_indented_by_a_blank_is_prose_and_its_statements_are_a_quote(tmp_path: Path) -> None:
    text = "Head\n====\n\n A sentence of prose.  Another.\n\n   set_it(GS, 1);\n   get_it(GS);\n"
    found = passages_of(tmp_path, text)
    assert said(found) == [
        ("title", 1, 1, "Head"),
        ("sentence", 4, 2, "A sentence of prose."),
        ("sentence", 4, 24, "Another."),
        ("quote", 6, 4, "set_it(GS, 1); get_it(GS);"),
    ]
    assert [each.text for each in found[1].headings] == ["Head"]


def test_items_know_their_list_and_what_stands_below_them_knows_the_item(tmp_path: Path) -> None:
    text = "- SWAPGS: swaps. It is\n  old.\n\n  * inner\n\n- second\n"
    found = passages_of(tmp_path, text)
    assert said(found) == [
        ("item", 1, 3, "SWAPGS: swaps."),
        ("sentence", 1, 18, "It is old."),
        ("item", 4, 5, "inner"),
        ("item", 6, 3, "second"),
    ]
    first, below, inner, second = found
    assert below.within == inner.within == (first.order,)
    assert (first.group, first.place, second.group, second.place) == (first.group, 0, first.group, 1)


def test_a_term_comes_with_what_it_is_said_to_be(tmp_path: Path) -> None:
    found = passages_of(tmp_path, "``swapgs``\n    Swaps both.\n\n:FS: is a segment.\n")
    assert [tuple(cell.text for cell in each.cells if cell) for each in found if each.kind == "term"] == [
        ("swapgs", "Swaps both."),
        ("FS", "is a segment."),
    ]
    assert (found[0].span.line, found[0].span.column) == (1, 3)
    assert (found[2].span.line, found[2].span.column) == (4, 2)


def test_names_of_fields_that_come_again_stand_where_they_stand(tmp_path: Path) -> None:
    found = passages_of(tmp_path, "The Purpose: none\n\n:Purpose: One.\n\nText.\n\n:Purpose: Two.\n")
    assert [each.span.line for each in found if each.kind == "term"] == [3, 7]


SIMPLE = "  ====  =====\n  a     Read a\n  a b   Read b\n        again\n  a     \n  ====  =====\n"
GRID = """\
+------+------------+
| name | what       |
+======+============+
| a    | Read a,    |
|      | a again    |
+------+------------+
| a b  | - item     |
+------+------------+
"""
LIST = ".. list-table::\n\n   * - a\n     - Read a\n   * - b\n     - Read b\n"
FLAT = ".. flat-table:: A title\n   :header-rows: 1\n\n   * - a\n     - Read a\n   * - b\n     - :cspan:`1` Read b\n"
CSV = '.. csv-table::\n   :header: "x", "y"\n\n   "a", "Read a"\n   b, Read b\n'


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        (SIMPLE, [(2, 3, "a | Read a"), (3, 3, "a b | Read b again"), (5, 3, "a | ")]),
        (GRID, [(2, 3, "name | what"), (4, 3, "a | Read a, a again"), (7, 3, "a b | item")]),
        (LIST, [(3, 8, "a | Read a"), (5, 8, "b | Read b")]),
        (FLAT, [(4, 8, "a | Read a"), (6, 8, "b | Read b | ")]),
        (CSV, [(2, 14, "x | y"), (4, 5, "a | Read a"), (5, 4, "b | Read b")]),
    ],
    ids=["simple", "grid", "list", "flat", "csv"],
)
def test_rows_of_each_kind_of_table(tmp_path: Path, text: str, rows: list[tuple[int, int, str]]) -> None:
    found = [each for each in passages_of(tmp_path, text) if each.kind == "row"]
    assert [(each.span.line, each.span.column, each.text) for each in found] == rows


def test_a_cell_that_reaches_down_counts_for_each_row(tmp_path: Path) -> None:
    text = "+---+---+\n| a | b |\n|   +---+\n|   | c |\n+---+---+\n"
    assert [each.text for each in passages_of(tmp_path, text)] == ["a | b", "a | c"]


def test_the_head_of_a_table_is_told_from_its_body(tmp_path: Path) -> None:
    assert [each.header for each in passages_of(tmp_path, GRID)] == [True, False, False]


def test_comments_blocks_and_arguments_of_unknown_directives_say_nothing(tmp_path: Path) -> None:
    text = ".. no sentence.\n\n.. c:function:: int swap(int gs)\n\n   Swaps.\n\n::\n\n  mov %gs:0, %eax\n"
    assert said(passages_of(tmp_path, text)) == [("sentence", 5, 4, "Swaps.")]


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("``_readgsbase_u64``\\ s", "_readgsbase_u64s"),
        ("**all** of *it*, 2*3*4", "all of it, 2*3*4"),
        (":ref:`words <target>` and :c:func:`swap`", "words and swap"),
        ("`a link <https://example.org/>`_ or `other`__", "a link or other"),
        ("|sub| [1]_", "sub"),
        ("see ::", "see"),
        ("joined_ to it__, __seg_gs and x_", "joined to it, __seg_gs and x"),
        ("long *ptr, char *other", "long *ptr, char *other"),
    ],
)
def test_markup_is_left_out(source: str, shown: str) -> None:
    words = plain(fragment_of(source).lines)
    assert words is not None
    assert words.text == shown


@given(st.text(alphabet="aG *`|:\\.!_[]<>()\n", min_size=1, max_size=60))
def test_each_character_of_the_words_is_the_one_at_its_place(source: str) -> None:
    lines = source.split("\n")
    words = plain(fragment_of(source).lines)
    for fragment in (words, *sentences(words)) if words else ():
        for offset, character in enumerate(fragment.text):
            if character != "\n":
                line, column = fragment.place(offset)
                assert lines[line - 1][column - 1] == character


@given(st.text(alphabet="ab .?\n", max_size=60))
def test_sentences_lose_no_word(source: str) -> None:
    words = plain(fragment_of(source).lines)
    if words:
        assert " ".join(each.text for each in sentences(words)).split() == words.text.split()
