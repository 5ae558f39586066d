"""Behaviours: what each processor answers, and what the loader refuses."""

from __future__ import annotations

import pickle
import shutil
from collections.abc import Iterable
from pathlib import Path

import pytest

from sphinx_fsgs.spec.behaviours import behaviour_names, load_behaviour, load_behaviours
from sphinx_fsgs.spec.consistency import check_tables
from sphinx_fsgs.spec.errors import SpecError
from sphinx_fsgs.spec.profiles import load_profiles
from tests.check import support

INTEL, AMD, HYGON = (frozenset(names) for names in (support.INTEL, support.AMD, support.HYGON))
NSCB = frozenset({"amd_zen2", "amd_zen3", "amd_zen4", "amd_zen5", "amd_zen6"})
NONSERIALISING = frozenset({"amd_zen4", "amd_zen5", "amd_zen6"})
BY_DE_CFG = AMD - {"amd_k8", "amd_griffin", "amd_zen3", *NONSERIALISING}

# What the sources say, as a table of its own: behaviour -> answer -> profiles.
EXPECTED: dict[str, dict[str, frozenset[str]]] = {
    "null_selector_clears_base": {"no": AMD - NSCB, "yes": INTEL | NSCB, "unknown": HYGON},
    "null_selector_clears_limit": {"no": AMD - NSCB, "yes": INTEL | NSCB, "unknown": HYGON},
    "null_selector_clears_attributes": {"yes": INTEL | AMD | HYGON},
    "wrmsr_base_serialises": {"no": NONSERIALISING, "yes": INTEL | AMD - NONSERIALISING | HYGON},
    "wrmsr_base_checks_processor_width": {"yes": INTEL, "unknown": AMD | HYGON},
    "wrbase_checks_processor_width": {"no": INTEL, "unknown": AMD | HYGON},
    "mfence_serialises": {"no": INTEL, "yes": AMD | HYGON},
    "lfence_orders_execution": {"unknown": BY_DE_CFG | HYGON, "yes": INTEL | AMD - BY_DE_CFG},
    "far_pointer_of_64_bits": {"yes": INTEL, "no": AMD | HYGON},
    "push_segment_writes_two_bytes": {
        "yes": INTEL - {"intel_knightslanding"},
        "unknown": AMD | HYGON | {"intel_knightslanding"},
    },
    "lgdt_checks_processor_width": {"yes": INTEL, "unknown": AMD | HYGON},
    "sysret_checks_target": {"yes": INTEL, "no": AMD | HYGON},
    "sysret_loads_stack_segment": {"yes": INTEL, "no": AMD | HYGON},
    "syscall_outside_64_bit_mode": {"no": INTEL, "yes": AMD | HYGON},
    "return_clears_null_selectors": {"yes": INTEL | AMD | HYGON},
}


@pytest.fixture
def spec(repository: Path) -> Path:
    return repository / "spec"


@pytest.fixture
def copy(spec: Path, tmp_path: Path) -> Path:
    """The tables of the spec, to be broken."""
    for path in (*spec.rglob("*.toml"), *spec.rglob("*.insn")):
        target = tmp_path / path.relative_to(spec)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    return tmp_path


def test_every_table_is_sound_and_they_agree(spec: Path) -> None:
    assert check_tables(spec) == ()


@pytest.mark.parametrize("name", EXPECTED)
def test_the_answers_are_those_of_the_sources(name: str, spec: Path) -> None:
    behaviour = load_behaviour(spec, name)
    found: dict[str, set[str]] = {}
    for profile in load_profiles(spec):
        found.setdefault(behaviour.answer_of(profile).value, set()).add(profile)
    assert found == EXPECTED[name]


def test_no_behaviour_goes_without_an_expectation(spec: Path) -> None:
    assert set(behaviour_names(spec)) == EXPECTED.keys()


def test_a_dispute_is_told_with_the_answer(spec: Path) -> None:
    behaviour = load_behaviour(spec, "wrmsr_base_serialises")
    against = {
        profile: [cite for dispute in behaviour.answer_of(profile).disputed for cite in dispute.cites]
        for profile in ("intel_skylake", "amd_k8", "amd_zen2", "amd_zen3", "amd_zen4")
    }
    assert against == {
        "intel_skylake": [],
        "amd_k8": ["ml:moger-2025-06-16"],
        "amd_zen2": ["ml:moger-2025-06-16"],
        "amd_zen3": ["ml:moger-2025-06-16", "ml:cooper-2026-06-08"],
        "amd_zen4": ["apm2:7.6.4"],
    }


def test_behaviour_and_its_cpuid_bit_are_two_things(spec: Path) -> None:
    behaviour = load_behaviour(spec, "null_selector_clears_base")
    answers = {profile: behaviour.answer_of(profile) for profile in ("amd_zen1", "amd_zen2", "amd_zen3", "amd_zen4")}
    assert [(answer.value, answer.enumerated) for answer in answers.values()] == [
        ("no", False),
        ("yes", False),
        ("yes", None),
        ("yes", True),
    ]


def test_what_is_unknown_has_no_evidence(spec: Path) -> None:
    for behaviour in load_behaviours(spec).values():
        for answer in behaviour.replies:
            assert bool(answer.evidence) == answer.is_known, behaviour.name


def test_behaviours_can_be_sent_to_another_process(spec: Path) -> None:
    behaviours = load_behaviours(spec)
    again = pickle.loads(pickle.dumps(behaviours))
    assert again == behaviours
    assert again["wrmsr_base_serialises"].answer_of("amd_zen4").value == "no"
    with pytest.raises(KeyError):
        again["wrmsr_base_serialises"].answer_of("amd_zen9")


def listed(names: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in sorted(names))


GOOD = f"""\
question = "Does it?"
answers = ["yes", "no"]
why = "It matters."
enumerated = "NSCB says so."
feature = "NSCB"

[[answer]]
profiles = [{listed(INTEL)}]
value = "yes"
evidence = "code"
enumerated = false
cites = ["sdm:MOV"]

[[answer]]
profiles = ["amd_zen1", "amd_zen2", {listed(HYGON | AMD - NSCB - {"amd_zen1"})}]
value = "no"
evidence = "documented"
enumerated = false
cites = ["apm2:4.5.3"]

[[answer.disputed]]
cites = ["xen:cpu/amd.c"]
text = "Says otherwise."

[[answer]]
profiles = ["amd_zen3"]
value = "unknown"
enumerated = "varies"
cites = ["apm2:4.5.3"]

[[answer]]
profiles = ["amd_zen4", "amd_zen5", "amd_zen6"]
value = "yes"
evidence = "dumped"
enumerated = true
cites = ["instlatx64:087af2c"]
"""

WRONG = [
    ('"amd_zen1", ', "", ("FSGS919", 1, "amd_zen1 is not answered", "name it in an [[answer]]")),
    ('"amd_zen4", ', '"amd_zen3", ', ("FSGS918", 32, "amd_zen3 is answered twice", "keep one of the answers")),
    ('"amd_zen4", ', '"amd_zen44", ', ("FSGS917", 32, "unknown profile 'amd_zen44'", 'did you mean "amd_zen4"?')),
    ('"amd_zen1", ', '"amd_zen1", "amd_zen1", ', ("FSGS914", 15, "profiles lists 'amd_zen1' twice", "name it once")),
    ('value = "no"', 'value = "maybe"', ("FSGS920", 16, "unknown answer 'maybe'", "known: no, unknown, yes")),
    ('evidence = "code"', 'evidence = "coed"', ("FSGS920", 10, "unknown evidence 'coed'", 'did you mean "code"?')),
    ('evidence = "code"\n', "", ("FSGS913", 7, "'evidence' is missing", "give evidence as a text")),
    (
        'value = "unknown"',
        'value = "unknown"\nevidence = "inferred"',
        ("FSGS914", 28, "nothing is evidence for what is unknown", "remove this line"),
    ),
    ("xen:cpu/amd.c", "xen:cpu/adm.c", ("FSGS915", 22, "unknown citation 'xen:cpu/adm.c'", "xen:cpu/amd.c")),
    ('text = "Says', 'txt = "Says', ("FSGS912", 23, "unknown key 'txt'", 'did you mean "text"?')),
    ('text = "Says otherwise."\n', "", ("FSGS913", 21, "'text' is missing", "give text as a text")),
    ("[[answer.disputed]]", "[[answer.disputes]]", ("FSGS912", 21, "unknown key 'disputes'", "disputed")),
    ('feature = "NSCB"', 'feature = "NCSB"', ("FSGS916", 5, "unknown feature 'NCSB'", 'did you mean "NSCB"?')),
    ("why = ", "wy = ", ("FSGS912", 3, "unknown key 'wy'", 'did you mean "why"?')),
    ("enumerated = true", 'enumerated = "yes"', ("FSGS914", 35, "'enumerated' is not true, false or", "write it as")),
    ('["yes", "no"]', '["yes"]', ("FSGS914", 2, "these are not the possible answers", "list at least two")),
    ('"no"]', '"unknown"]', ("FSGS914", 2, "these are not the possible answers", "unknown is always possible")),
    ('["instlatx64:087af2c"]', '"instlatx64"', ("FSGS914", 36, "'cites' is not a list of texts", "write it as")),
]


@pytest.mark.parametrize(("old", "new", "expected"), WRONG, ids=[f"{each[2][0]}-{each[2][1]}" for each in WRONG])
def test_a_wrong_behaviour_is_refused(copy: Path, old: str, new: str, expected: tuple[str, int, str, str]) -> None:
    assert old in GOOD
    path = copy / "behaviours" / "question.toml"
    path.write_text(GOOD, encoding="utf-8")
    load_behaviour(copy, "question")
    path.write_text(GOOD.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(SpecError) as caught:
        load_behaviour(copy, "question")
    code, line, message, way_out = expected
    assert [
        each
        for each in caught.value.diagnostics
        if (each.code, each.span.line) == (code, line) and message in each.message and way_out in each.help
    ], [(each.code, each.span.line, each.message, each.help) for each in caught.value.diagnostics]


def test_the_place_of_a_problem_is_its_word(copy: Path) -> None:
    path = copy / "behaviours" / "question.toml"
    path.write_text(GOOD.replace('"amd_zen4", ', '"amd_zen44", '), encoding="utf-8")
    with pytest.raises(SpecError) as caught:
        load_behaviour(copy, "question")
    span = caught.value.diagnostics[-1].span
    line = path.read_text(encoding="utf-8").splitlines()[span.line - 1]
    assert line[span.column - 1 : span.end_column - 1] == "amd_zen44"
    assert str(caught.value).splitlines()[-1] == f"{path}:32: unknown profile 'amd_zen44'"


def test_all_problems_of_a_behaviour_are_reported_at_once(copy: Path) -> None:
    text = GOOD.replace('"code"', '"coed"').replace("apm2:4.5.3", "apm2:9.9.9").replace("why", "whi")
    (copy / "behaviours" / "question.toml").write_text(text, encoding="utf-8")
    with pytest.raises(SpecError) as caught:
        load_behaviour(copy, "question")
    assert [(each.code, each.span.line) for each in caught.value.diagnostics] == [
        ("FSGS913", 1),
        ("FSGS912", 3),
        ("FSGS920", 10),
        ("FSGS915", 19),
        ("FSGS915", 29),
    ]


def test_a_new_processor_must_be_answered_everywhere(copy: Path) -> None:
    zen = (copy / "profiles" / "amd_zen6.toml").read_text(encoding="utf-8")
    (first,) = (line for line in zen.splitlines() if line.startswith("signatures"))
    new = zen.replace("order = 60", "order = 70").replace(first, 'signatures = [{ family = "1Bh", models = ["00h"] }]')
    (copy / "profiles" / "amd_zen7.toml").write_text(new, encoding="utf-8")
    found = check_tables(copy)
    assert [(each.code, each.message) for each in found] == [("FSGS919", "amd_zen7 is not answered")] * len(EXPECTED)


def test_an_answer_may_not_claim_a_bit_that_the_processor_lacks(copy: Path) -> None:
    path = copy / "behaviours" / "question.toml"
    text = GOOD.replace('enumerated = false\ncites = ["sdm:MOV"]', 'enumerated = true\ncites = ["sdm:MOV"]')
    path.write_text(text, encoding="utf-8")
    found = check_tables(copy)
    assert {(each.code, each.span.line) for each in found} == {("FSGS923", 8)}
    assert len(found) == len(INTEL)
    assert "intel_core2 does not have the bit that enumerates question" in [each.message for each in found]


def test_the_tables_report_a_broken_file_once_and_go_on(copy: Path) -> None:
    (copy / "state" / "cpuid.toml").unlink()
    (copy / "vendors.toml").write_text("[intel\n", encoding="utf-8")
    found = check_tables(copy)
    assert [(each.code, Path(each.span.path).name) for each in found] == [
        ("FSGS910", "cpuid.toml"),
        ("FSGS911", "vendors.toml"),
    ]
