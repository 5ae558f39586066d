"""What is recognised in documents that mark nothing, what is found wrong in it, and what is left alone."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sphinx_fsgs.check.session import Session
from sphinx_fsgs.document.reader import read_file
from sphinx_fsgs.document.recognise import Reading, recognise
from sphinx_fsgs.present.pipeline import check_document
from sphinx_fsgs.syntax.shapes import third_person

FOLDER = Path(__file__).parent
SILENT = sorted((FOLDER / "silent").glob("*.rst"))
CASES: dict[str, list[dict[str, Any]]] = tomllib.loads((FOLDER / "recognised.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def session() -> Session:
    return Session.open()


def _page(folder: Path, text: str) -> Path:
    path = folder / "page.rst"
    path.write_text(text, encoding="utf-8")
    return path


def _readings(path: Path, session: Session) -> list[Reading]:
    return list(recognise(read_file(path, shown_as="page.rst").passages, session.lexicon))


@pytest.mark.parametrize("case", CASES["recognised"], ids=lambda case: case["claims"][0])
def test_what_is_understood_is_read_as_these_claims_and_holds(
    case: dict[str, Any], tmp_path: Path, session: Session
) -> None:
    path = _page(tmp_path, case["text"])
    readings = _readings(path, session)
    assert [claim.tree.text for each in readings for claim in each.claims] == case["claims"]
    assert {each.reason for each in readings} == {""}
    judged = check_document(session, read_file(path, shown_as="page.rst"))
    assert judged.all_diagnostics() == ()
    assert [each.text for each in judged.results] == case["claims"]
    assert {each.origin for each in judged.results} <= {"table", "prose"}


@pytest.mark.parametrize("case", CASES["found"], ids=lambda case: case["text"].strip().splitlines()[-1])
def test_what_is_false_is_found_at_its_place_with_a_way_out(
    case: dict[str, Any], tmp_path: Path, session: Session
) -> None:
    document = read_file(_page(tmp_path, case["text"]), shown_as="page.rst")
    (found,) = check_document(session, document).all_diagnostics()
    assert (found.code, found.span.line, found.span.column) == (case["code"], case["line"], case["column"])
    assert found.help == case["help"]
    assert case.get("note", "") in ("", *found.notes)
    fix = [found.fix.span.line, found.fix.span.column, found.fix.replacement] if found.fix else None
    assert fix == case.get("fix")


@pytest.mark.parametrize("case", [each for each in CASES["found"] if "fix" in each], ids=lambda case: case["code"])
def test_the_fix_leaves_nothing_to_find(case: dict[str, Any], tmp_path: Path, session: Session) -> None:
    path = _page(tmp_path, case["text"])
    (found,) = check_document(session, read_file(path, shown_as="page.rst")).all_diagnostics()
    assert found.fix is not None
    lines = case["text"].splitlines()
    at = found.fix.span
    line = lines[at.line - 1]
    lines[at.line - 1] = line[: at.column - 1] + found.fix.replacement + line[at.end_column - 1 :]
    path.write_text("\n".join(lines), encoding="utf-8")
    assert check_document(session, read_file(path, shown_as="page.rst")).all_diagnostics() == ()


@pytest.mark.parametrize("path", SILENT, ids=lambda path: path.stem)
def test_what_is_not_said_outright_is_left_alone(path: Path, session: Session) -> None:
    document = read_file(path, shown_as=path.name)
    assert document.passages
    assert check_document(session, document).all_diagnostics() == ()


@pytest.mark.parametrize("path", SILENT, ids=lambda path: path.stem)
def test_what_is_left_alone_has_a_reason(path: Path, session: Session) -> None:
    readings = _readings(path, session)
    assert readings or path.stem == "attributes"
    assert all(each.claims or each.reason or each.passage.kind in ("item", "term") for each in readings)


def test_what_an_annotation_says_is_no_prose_beside_it(tmp_path: Path, session: Session) -> None:
    text = "Here :fsgs:claim:`SWAPGS swaps GS.base and GS_SHADOW`.\n\n.. fsgs: claim SWAPGS is privileged\n"
    document = read_file(_page(tmp_path, text), shown_as="page.rst")
    judged = check_document(session, document)
    assert [each.origin for each in judged.results] == ["role", "comment"]


def test_the_kernels_page_as_it_stands(shared: Path, session: Session) -> None:
    judged = check_document(session, read_file(shared / "sources" / "fsgs.rst"))
    unmarked = [each for each in judged.all_diagnostics() if each.code in ("FSGS630", "FSGS631", "FSGS632")]
    assert [(each.code, each.span.line, each.span.column, each.fix and each.fix.replacement) for each in unmarked] == [
        ("FSGS631", 133, 3, "_readgsbase_u64"),
        ("FSGS630", 185, 3, "__attribute__((address_space(256)))"),
        ("FSGS630", 186, 3, "__attribute__((address_space(257)))"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        ".. fsgs: ignore FSGS631 the slip is what this page is about\n\n========  ===============\n"
        "RDFSBASE  Read the GS base\n========  ===============\n",
        ".. fsgs: ignore FSGS632 so the patch has it\n\nSWAPGS changes only GS.base.\n",
    ],
    ids=["row", "sentence"],
)
def test_a_comment_keeps_a_finding_from_being_reported(text: str, tmp_path: Path, session: Session) -> None:
    document = read_file(_page(tmp_path, text), shown_as="page.rst")
    judged = check_document(session, document)
    assert judged.all_diagnostics() == ()
    assert [len(each.suppressed) for each in judged.results] == [1]


@pytest.mark.parametrize(
    ("verb", "said"), [("read", "reads"), ("copy", "copies"), ("display", "displays"), ("touch", "touches")]
)
def test_an_order_becomes_a_statement(verb: str, said: str) -> None:
    assert third_person(verb) == said


WORDS = [
    "SWAPGS", "RDGSBASE", "_readfsbase_u64()", "MSR_GS_BASE", "__seg_gs", "__attribute__((address_space(256))", "reads",
    "the", "GS", "base", "GS.base", "and", "swaps", "0xC0000102", "is", "privileged", "when", "on", "amd", ".", ":",
    "-", ",", "\n", "\n\n", "- ", "It", "#UD", "raises", "(", ")", "``", "*",
]  # fmt: skip


@given(st.lists(st.sampled_from(WORDS), max_size=14))
@settings(max_examples=60, deadline=None)
def test_no_text_is_too_much(words: list[str]) -> None:
    session = Session.open()
    from sphinx_fsgs.document.passages import Passage
    from sphinx_fsgs.source import fragment_of

    fragment = fragment_of(" ".join(words) or "x")
    for kind in ("sentence", "item", "row", "term"):
        cells = (fragment, fragment) if kind in ("row", "term") else ()
        passage = Passage(kind, fragment, fragment.span(), cells, (), (), 0, 1, 0, 1)  # type: ignore[arg-type]
        for reading in recognise((passage,), session.lexicon):
            assert not (reading.claims and reading.reason)
