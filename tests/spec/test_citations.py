"""Citations: where they lead, who uses them, and what is refused."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from sphinx_fsgs.spec.citations import citation_keys, load_citations
from sphinx_fsgs.spec.errors import SpecError

# As in grammar/operation.lark; a source begins with a letter, so that slices such as [15:0] are none.
CITED = re.compile(r"\[((?:[a-z][a-z0-9._-]*:[^\s,\]]+(?:,\s*)?)+)\]")
# A key anywhere: in an Operation, its header or a comment, in a list of a table or in a note.
MENTIONED = re.compile(r"[a-z0-9][a-z0-9._-]*:[^\s,\]\"')]+")


@pytest.fixture
def spec(repository: Path) -> Path:
    return repository / "spec"


def problems(folder: Path, text: str) -> list[tuple[str, int, int, str, str]]:
    """Return code, line, column, message and way out of everything wrong with these citations."""
    (folder / "citations.toml").write_text(text, encoding="utf-8")
    with pytest.raises(SpecError) as caught:
        load_citations(folder)
    return [(d.code, d.span.line, d.span.column, d.message, d.help) for d in caught.value.diagnostics]


def test_the_keys_are_found_without_parsing(spec: Path) -> None:
    assert citation_keys(spec) == load_citations(spec).keys()


def test_a_citation_says_where_to_look(spec: Path) -> None:
    citations = load_citations(spec)
    assert str(citations["apm2:7.6.4"]) == "AMD APM volume 2 (24593), revision 3.44, 7.6.4"
    xen = citations["xen:protmode_load_seg"]
    where = "xen/arch/x86/x86_emulate/x86_emulate.c, protmode_load_seg"
    assert str(xen) == f"xen-project/xen, {xen.commit}, {where}"
    assert citations["ml:cooper-2026-06-08"].author == "Andrew Cooper"


LIVING = {
    "15h:family-15h",
    "clang:D129881",
    "gcc:conditionals",
    "gcc:porting-14",
    "hw:intel-la57",
    "man:arch_prctl",
    "wp:amd-cores",
    "wp:excavator",
    "wp:steamroller",
}
"""Pages of which nobody names an edition: they are as they are today."""


def test_a_citation_says_which_edition_and_where_in_it(spec: Path) -> None:
    citations = load_citations(spec).values()
    undated = {each.key for each in citations if each.document and not each.revision and not each.date}
    assert undated == LIVING
    placeless = [each.key for each in citations if each.document and not (each.section or each.url or each.date)]
    assert placeless == []
    manuals = [each for each in citations if each.key.startswith(("sdm", "apm"))]
    assert len(manuals) > 100
    assert [each.key for each in manuals if not each.section] == []


def test_what_nobody_opened_is_said_to_be_quoted(spec: Path) -> None:
    """The other pages of the SDM can be opened where their addresses lead."""
    sdm = [each for each in load_citations(spec).values() if each.key.startswith("sdm")]
    assert {each.key for each in sdm if each.quoted} == {each.key for each in sdm if not each.url} == {"sdm3:4.5.3"}
    assert str(next(each for each in sdm if each.quoted)).endswith(", a generator of tests for an emulator")


def test_addresses_are_public(spec: Path) -> None:
    addresses = [citation.url for citation in load_citations(spec).values() if citation.url]
    assert len(addresses) > 40
    assert [url for url in addresses if not re.fullmatch(r"https://[a-z0-9.-]+\.[a-z]+/\S+", url)] == []


def test_the_operations_cite_what_exists(spec: Path) -> None:
    keys = citation_keys(spec)
    cited = {
        (path.name, key)
        for path in spec.rglob("*.insn")
        for group in CITED.findall(path.read_text(encoding="utf-8"))
        for key in re.split(r",\s*", group)
    }
    assert ("SWAPGS.insn", "sdm:SWAPGS") in cited
    assert [each for each in sorted(cited) if each[1] not in keys] == []


def test_the_tables_cite_what_exists(spec: Path) -> None:
    keys = citation_keys(spec)
    cited = {
        (path.name, key)
        for path in spec.rglob("*.toml")
        for key in cites_in(tomllib.loads(path.read_text(encoding="utf-8")))
    }
    assert ("cpuid.toml", "sdm:LKGS") in cited
    assert [each for each in sorted(cited) if each[1] not in keys] == []


def test_every_citation_is_used(spec: Path) -> None:
    """What no line of the spec rests on stands for nothing: it would say that somebody had read it, and no more."""
    used: set[str] = set()
    for path in spec.rglob("*.*"):
        if path.name != "citations.toml":
            used |= set(MENTIONED.findall(path.read_text(encoding="utf-8")))
    assert {"sdm:SWAPGS", "linux:put_user", "sdm3:5.4.1.1"} <= used
    assert sorted(citation_keys(spec) - used) == []


def test_a_commit_is_named_by_its_hash(spec: Path) -> None:
    """Not by a branch or a word such as "latest", which lead somewhere else tomorrow."""
    commits = {each.key: each.commit for each in load_citations(spec).values() if each.commit}
    assert len(commits) > 20
    assert {key: commit for key, commit in commits.items() if not re.fullmatch(r"[0-9a-f]{7,40}", commit)} == {}


def cites_in(value: object) -> Iterator[str]:
    """Yield the entries of every list called ``cites``, at any depth."""
    if isinstance(value, dict):
        yield from value.get("cites", [])
        for inner in value.values():
            yield from cites_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from cites_in(inner)


def test_every_problem_is_named_at_its_line(tmp_path: Path) -> None:
    text = (
        '["sdm:MOV"]\n'
        'title = "Move"\n'
        'document = "Intel SDM volume 2"\n'
        'sektion = "MOV"\n'
        "\n"
        '["sdm:POP"]\n'
        "document = 3\n"
        "\n"
        '["xen:x"]\n'
        'title = "x"\n'
        'repository = "xen-project/xen"\n'
        "\n"
        '["No Key"]\n'
        'title = ""\n'
        'document = "d"\n'
    )
    assert problems(tmp_path, text) == [
        ("FSGS912", 4, 1, "unknown key 'sektion'", 'did you mean "section"?'),
        ("FSGS913", 6, 1, "'title' is missing", "give title as a text"),
        ("FSGS913", 6, 1, "sdm:POP names neither a document nor a repository", "say where to look"),
        ("FSGS914", 7, 1, "'document' is not a text", "write it as a text"),
        ("FSGS913", 9, 1, "xen:x names a repository without a commit", "give commit or revision"),
        ("FSGS914", 13, 1, "'No Key' is not a citation key", 'write it like "sdm:SWAPGS"'),
        ("FSGS914", 14, 1, "'title' is not a text", "write it as a text"),
    ]


def test_what_stands_outside_a_table_is_refused(tmp_path: Path) -> None:
    assert problems(tmp_path, 'titel = "x"\n') == [
        ("FSGS912", 1, 1, "'titel' belongs to no table", "put it below a [table]")
    ]


def test_wrong_toml_is_reported_where_it_is(tmp_path: Path) -> None:
    ((code, line, column, message, _),) = problems(tmp_path, '["sdm:MOV"]\ntitle = "Move\n')
    assert (code, line, column) == ("FSGS911", 2, 14)
    assert message.startswith("not TOML: ") and "at line" not in message


def test_a_key_given_twice_is_reported(tmp_path: Path) -> None:
    ((code, line, *_),) = problems(tmp_path, '["a:b"]\ntitle = "x"\ndocument = "d"\n["a:b"]\ntitle = "y"\n')
    assert (code, line) == ("FSGS911", 4)


@pytest.mark.parametrize("content", [None, b"\xff\xfe[\x00"])
def test_an_unreadable_file_is_reported(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "citations.toml").write_bytes(content)
    for load in (load_citations, citation_keys):
        with pytest.raises(SpecError) as caught:
            load(tmp_path)
        (found,) = caught.value.diagnostics
        assert (found.code, found.span.line) == ("FSGS910", 1)
        assert found.span.path == str(tmp_path / "citations.toml")
        assert found.help
