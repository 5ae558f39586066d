"""What is gathered of the spec for readers is all that there is, and each source stands where it is needed."""

from __future__ import annotations

import functools
import re
from pathlib import Path

import pytest

from sphinx_fsgs.check.article import Article, Block, Bullets, Examples, Fields, Inline, Paragraph, Sources, Table
from sphinx_fsgs.check.asking import Asked, Oracle, share
from sphinx_fsgs.check.entries.articles import Entry, article_of, entries_of, instruction
from sphinx_fsgs.check.entries.definitions import definition_entries
from sphinx_fsgs.check.entries.groups import GROUPS, groups
from sphinx_fsgs.check.entries.indexes import EVIDENCE_MARKS, EVIDENCE_MEANINGS, alike, article_of_index
from sphinx_fsgs.check.entries.instruction import InstructionEntry
from sphinx_fsgs.check.judge import Judge
from sphinx_fsgs.check.scopes import Namer
from sphinx_fsgs.machine.forms import samples
from sphinx_fsgs.machine.program import START, Program
from sphinx_fsgs.machine.setup import begin
from sphinx_fsgs.machine.symbolic import MemoryRules
from sphinx_fsgs.machine.values import BoundReached
from sphinx_fsgs.spec.model import Spec
from sphinx_fsgs.spec.profiles import EVIDENCE
from sphinx_fsgs.spec.reach import reach_of

SPEC = Spec()
WORDS = (*SPEC.index.stems, *sorted(SPEC.behaviour_names), *SPEC.profiles)


@functools.cache
def entry(word: str) -> Entry:
    (found,) = entries_of(SPEC, word)
    return found


def article(word: str) -> Article:
    return article_of(SPEC, entry(word))


def inlines(block: Block) -> list[Inline]:
    match block:
        case Paragraph():
            return [block.words]
        case Fields():
            return [words for _, words in block.rows]
        case Table():
            return [cell for row in block.rows for cell in row]
        case Bullets():
            return list(block.items)
        case _:
            return []


@pytest.mark.parametrize("word", WORDS)
def test_what_is_cited_stands_among_the_sources_and_nothing_else_does(word: str) -> None:
    said = article(word)
    pieces = [piece for block in said.blocks() for words in inlines(block) for piece in words]
    keys = {piece.target for piece in pieces if piece.style == "cite"}
    (sources,) = (block for block in said.blocks() if isinstance(block, Sources))
    known = {each.key for each in sources.entries}
    assert keys <= known and len(known) == len(sources.entries)
    if said.kind != "instruction":  # what the lines of an Operation cite stands in its text alone
        assert keys == known


@pytest.mark.parametrize("stem", SPEC.index.stems)
def test_every_instruction_has_each_part_that_applies(stem: str) -> None:
    said, found, read = article(stem), entry(stem), SPEC.instruction(stem)
    assert isinstance(found, InstructionEntry)
    titles = [section.title for section in said.sections]
    questions = [each for each in reach_of(SPEC, stem).questions if each in SPEC.behaviour_names]
    assert titles[:2] == ["Operation", "Exceptions"] and titles[2].startswith("Serialisation")
    assert ("Questions on which processors differ" in titles) == bool(questions)
    assert [each.name for each in found.questions] == questions
    assert titles[-2:] == ["Examples that use it", "Sources"]
    assert found.encodings and found.syntax == tuple(re.findall(r"^Syntax:\s+(.*?)\s*$", read.text, re.MULTILINE))
    assert {each.key for each in found.sources} >= {*read.cites, *(key for each in found.checks for key in each.cites)}
    assert [block.stem for block in said.blocks() if isinstance(block, Examples)] == [stem]


@pytest.mark.parametrize("stem", SPEC.index.stems)
def test_an_instruction_asks_nothing_and_does_nothing_that_its_page_does_not_name(stem: str) -> None:
    reach, judge, oracle = reach_of(SPEC, stem), Judge(SPEC), Oracle(SPEC)
    bound = samples(SPEC, stem, "64-bit")[:6]
    events: set[str] = set()

    def run(answers: Asked) -> int:
        for each in bound:
            start = begin(SPEC, "64-bit", answers, MemoryRules())
            try:
                finished = judge.finish(Program((each,), {}, "64-bit", START), start, answers)
            except BoundReached:  # REP goes round for ever from all states; what it asks, it has asked
                continue
            events.update(name for seen in finished.seen for step in seen.steps for name, _ in step.events)
        return 0

    asked = {each for each in share(oracle, SPEC.profiles, run).asked if each in SPEC.behaviour_names}
    assert asked <= set(reach.questions)
    assert events <= set(reach.events)


def test_every_instruction_stands_in_one_group_and_those_of_the_bases_come_first() -> None:
    found = groups(SPEC)
    assert list(found) == list(GROUPS) and all(found.values())
    assert sorted(stem for stems in found.values() for stem in stems) == sorted(SPEC.index.stems)
    assert {"SWAPGS", "LKGS", "WRMSR", "MOV_LOAD", "WRFSBASE_WRGSBASE", "ERETU"} <= {*found["bases"]}
    assert {"MOV_TO_CR4", "LFENCE", "CLI", "ERETS"} <= {*found["system"]}
    assert {"ADD", "JMP", "STOS", "PUSHF"} <= {*found["general"]}


def test_no_two_instructions_are_called_alike_in_a_list() -> None:
    names = [instruction(SPEC, stem) for stem in SPEC.index.stems]
    assert len(names) == len(set(names))


def test_the_table_of_questions_has_each_answer_with_its_evidence() -> None:
    (table,) = (block for block in article_of_index(SPEC, "behaviours").blocks() if isinstance(block, Table))
    columns = tuple(alike(SPEC))
    assert sorted(profile for column in columns for profile in column) == sorted(SPEC.profiles)
    assert table.heads[1:] == tuple(Namer(SPEC).name(column).words for column in columns)
    assert [row[0][0].text for row in table.rows] == sorted(SPEC.behaviour_names)
    for name, row in zip(sorted(SPEC.behaviour_names), table.rows, strict=True):
        for column, cell in zip(columns, row[1:], strict=True):
            for answer in map(SPEC.behaviour(name).answer_of, column):
                mark = f"{EVIDENCE_MARKS[answer.evidence]}{' !' * bool(answer.disputed)}" if answer.evidence else ""
                assert "".join(piece.text for piece in cell) == (f"{answer.value} {mark}" if mark else "?")


def test_every_kind_of_evidence_has_a_mark_of_its_own_and_the_meaning_that_the_spec_gives_it() -> None:
    assert set(EVIDENCE_MARKS) == set(EVIDENCE_MEANINGS) == set(EVIDENCE)
    assert len({*EVIDENCE_MARKS.values()}) == len(EVIDENCE)
    readme = (SPEC.folder / "README.md").read_text(encoding="utf-8")
    assert dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", readme, re.MULTILINE)).items() >= EVIDENCE_MEANINGS.items()


def test_every_definition_is_shown_once_and_whole() -> None:
    files = sorted((SPEC.folder / "procedures").glob("*.insn"))
    found = definition_entries(SPEC)
    assert [each.name for each in found] == [
        name for path in files for name in re.findall(r"^(?:FUNCTION|PROCEDURE) (\w+)", path.read_text(), re.MULTILINE)
    ]
    shown = {path.name: "".join(each.text for each in found if each.file == path.name) for path in files}
    for path in files:
        assert _letters(shown[path.name]) == _letters(_without_loose_comments(path))


def _letters(text: str) -> str:
    return "".join(text.split())


def _without_loose_comments(path: Path) -> str:
    """Return a file without the comments that do not stand right above a definition."""
    return re.sub(r"^\(\*(?:(?!\*\)).)*\*\)\n(?!FUNCTION|PROCEDURE|\(\*)", "", path.read_text(), flags=re.M | re.S)
