"""Profiles and CPUID features: every fact against the dumps of real processors, and what the loader refuses."""

from __future__ import annotations

import csv
import pickle
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from sphinx_fsgs.files import data_dir
from sphinx_fsgs.spec.consistency import check_tables
from sphinx_fsgs.spec.errors import SpecError
from sphinx_fsgs.spec.features import Feature, feature_names, load_features, load_vendors
from sphinx_fsgs.spec.profiles import (
    Profile,
    Signature,
    load_profile,
    load_profiles,
    profile_names,
)

Dump = dict[str, str]

# Columns of the dumps that are named otherwise than the features.
COLUMNS = {"LM": "long_mode"}

# The processors of which no dump is public, with what the sources say of their bits.
NOT_DUMPED = {
    "intel_novalake",
    "intel_diamondrapids_x",
    "intel_sierraforest",
    "intel_clearwaterforest",
    "amd_zen6",
}

# A dump of an emulator that does not say so: the width of its addresses is that of no processor with long mode.
NO_WIDTH = {"Virtual_CPU_/AuthenticAMD0600F01_X1_x64_CPUID.txt"}


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


@pytest.fixture(scope="session")
def dumps(shared: Path) -> list[Dump]:
    """Every dump of a real processor; one that a hypervisor took part in says little about the silicon."""
    with (shared / "facts" / "cpuid_dumps.tsv").open(encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file, delimiter="\t") if row["hypervisor_bit"] == "0"]


def dumps_of(profile: Profile, spec: Path, dumps: list[Dump]) -> Iterator[Dump]:
    """Yield the dumps of the processors that the profile says are its own."""
    cpuid = load_vendors(spec)[profile.vendor].cpuid
    for row in dumps:
        family, model = (int(row[key].removesuffix("h"), 16) for key in ("family", "model"))
        if row["vendor"] == cpuid and profile.matches(family, model):
            yield row


def test_the_profiles_in_their_order(spec: Path) -> None:
    """Makers as in their file; of each the oldest first, and those of one line as that line has them."""
    profiles = load_profiles(spec)
    assert sorted(profiles) == list(profile_names(spec))
    makers = list(dict.fromkeys(each.vendor for each in profiles.values()))
    assert makers == list(load_vendors(spec))
    years = [(makers.index(each.vendor), each.launched) for each in profiles.values()]
    assert years == sorted(years)


def test_every_dump_is_one_of_a_profile(spec: Path, dumps: list[Dump]) -> None:
    """All but those of other makers, of processors without long mode, and of the first of Intel that had it."""
    profiles, makers = load_profiles(spec).values(), {each.cpuid for each in load_vendors(spec).values()}
    owned = {row["dump"] for profile in profiles for row in dumps_of(profile, spec, dumps)}
    rest = [row for row in dumps if row["vendor"] in makers and row["dump"] not in owned]
    assert {row["family"] for row in rest if row["long_mode"] == "1"} == {"Fh"}, "NetBurst"
    assert len(owned) > 400


@pytest.mark.parametrize("name", profile_names(data_dir("spec")))
def test_each_cpuid_fact_agrees_with_the_dumps(name: str, spec: Path, dumps: list[Dump]) -> None:
    profile = load_profile(spec, name)
    rows = list(dumps_of(profile, spec, dumps))
    assert bool(rows) is (name not in NOT_DUMPED)
    dumped = {feature for feature, known in profile.known.items() if known.evidence == "dumped"}
    assert dumped == (profile.known.keys() if rows else set())
    if not rows:
        return
    seen = {
        feature: {row[COLUMNS.get(feature, feature)] == "1" for row in rows}  # "-" where there is no such leaf
        for feature in profile.cpuid
    }
    stated = {feature: {bit} if bit is not None else {False, True} for feature, bit in profile.cpuid.items()}
    assert seen == stated


def test_the_dumps_tell_the_widths_that_the_profiles_imply(spec: Path, dumps: list[Dump]) -> None:
    for profile in load_profiles(spec).values():
        widths = {row["lin_bits"] for row in dumps_of(profile, spec, dumps) if row["dump"] not in NO_WIDTH}
        assert not widths or widths == {True: {"57"}, False: {"48"}, None: {"48", "57"}}[profile.cpuid["LA57"]], (
            profile.name
        )


def test_the_bits_of_the_features_agree_with_the_dumps(spec: Path, dumps: list[Dump]) -> None:
    """The one leaf that the dumps give whole is taken apart as the spec says."""
    features = [each for each in load_features(spec).values() if each.leaf == 0x80000021]
    assert {each.name for each in features} == {"FS_GS_NS", "LFENCE_ALWAYS", "NSCB"}
    rows = [row for row in dumps if row["80000021_EAX"] != "-"]
    assert len(rows) > 40
    for row in rows:
        value = int(row["80000021_EAX"], 16)
        assert {each.name: value >> each.bit & 1 for each in features} == {
            each.name: int(row[each.name]) for each in features
        }, row["dump"]


def test_lines_are_in_order_of_launch(spec: Path) -> None:
    profiles = load_profiles(spec).values()
    for line in {profile.line for profile in profiles}:
        members = sorted((each for each in profiles if each.line == line), key=lambda each: each.order)
        assert [each.launched for each in members] == sorted(each.launched for each in members)


def test_one_profile_costs_one_parse(spec: Path, copy: Path) -> None:
    """What is not asked for may be broken: it is not read."""
    for broken in ("profiles/amd_zen1.toml", "behaviours/wrmsr_base_serialises.toml"):
        (copy / broken).write_text("= nothing", encoding="utf-8")
    assert load_profile(copy, "amd_zen4") == load_profile(spec, "amd_zen4")


def test_profiles_can_be_sent_to_another_process_and_be_keys(spec: Path) -> None:
    profiles = load_profiles(spec)
    assert pickle.loads(pickle.dumps(profiles)) == profiles
    assert len(set(profiles.values())) == len(profiles)


def test_features_say_their_place(spec: Path) -> None:
    features = load_features(spec)
    assert features.keys() == feature_names(spec)
    assert features["LKGS"].place == "CPUID.(EAX=07H,ECX=1):EAX[18]"
    assert features["FS_GS_NS"].place == "CPUID.(EAX=80000021H):EAX[1]"
    assert "WRMSR_XX_BASE_NS" in features["FS_GS_NS"].aliases
    assert isinstance(features["LM"], Feature)


def test_a_signature_is_family_and_models() -> None:
    signature = Signature(0x19, ((0x10, 0x1F), (0x61, 0x61)))
    assert [model for model in range(0x70) if signature.matches(0x19, model)] == [*range(0x10, 0x20), 0x61]
    assert not signature.matches(0x17, 0x10)


def problems(folder: Path, name: str) -> list[tuple[str, int, str, str]]:
    """Return code, line, message and way out of everything wrong with the profile."""
    with pytest.raises(SpecError) as caught:
        load_profile(folder, name)
    assert {each.span.path for each in caught.value.diagnostics} == {str(folder / "profiles" / f"{name}.toml")}
    return [(each.code, each.span.line, each.message, each.help) for each in caught.value.diagnostics]


GOOD = """\
title = "AMD Zen 4"
vendor = "amd"
line = "amd_zen"
order = 40
launched = 2022
signatures = [{ family = "19h", models = ["10h-1Fh"] }]

[cpuid]
LM = true
FSGSBASE = true
LA57 = "varies"
SERIALIZE = false
FRED = false
LKGS = false
WRMSRNS = false
FS_GS_NS = true
LFENCE_ALWAYS = true
NSCB = true

[[evidence]]
evidence = "dumped"
cites = ["instlatx64:087af2c"]
features = ["LM", "FSGSBASE", "LA57", "SERIALIZE", "FRED", "LKGS", "WRMSRNS", "FS_GS_NS", "LFENCE_ALWAYS", "NSCB"]
"""

WRONG = [
    ('vendor = "amd"', 'vendor = "adm"', ("FSGS920", 2, "unknown vendor 'adm'", 'did you mean "amd"?')),
    ("order = 40", 'order = "4"', ("FSGS914", 4, "'order' is not a number", "write it as a number")),
    ("order = 40", "order = true", ("FSGS914", 4, "'order' is not a number", "write it as a number")),
    ("launched = 2022", "launched = 22", ("FSGS914", 5, "launched = 22 is out of range", "it is from 1978 to 9999")),
    ("launched", "lauched", ("FSGS912", 5, "unknown key 'lauched'", 'did you mean "launched"?')),
    ("launched = 2022", "launched = 2022\nnot_before = 2021", ("FSGS923", 6, "this has two years", "keep launched")),
    (
        "launched = 2022",
        "not_before = 202",
        ("FSGS914", 5, "not_before = 202 is out of range", "it is from 1978 to 9999"),
    ),
    (
        "launched = 2022",
        'launched = 2022\nmarket = "desk"',
        ("FSGS920", 6, "unknown market 'desk'", "known: client, server"),
    ),
    (
        "launched = 2022",
        'launched = 2022\ncites = ["xen:cpu/adm.c"]',
        ("FSGS915", 6, "unknown citation 'xen:cpu/adm.c'", 'did you mean "xen:cpu/amd.c"?'),
    ),
    (
        "LKGS = false",
        'LKGS = "unknown"',
        (
            "FSGS923",
            23,
            "the bit of LKGS and its evidence do not agree on whether it is known",
            'write "unknown" in both places',
        ),
    ),
    (
        '"dumped"',
        '"unknown"',
        (
            "FSGS923",
            23,
            "the bit of LM and its evidence do not agree on whether it is known",
            'write "unknown" in both places',
        ),
    ),
    ("launched = 2022\n", "", ("FSGS913", 1, "'launched' is missing", "give launched as a number")),
    ('"10h-1Fh"', '"1Fh-10h"', ("FSGS914", 6, "'1Fh-10h' is no models", 'write "19h" or, of models, "10h-1Fh"')),
    ('"10h-1Fh"', '"10-1F"', ("FSGS914", 6, "'10-1F' is no models", 'write "19h" or, of models, "10h-1Fh"')),
    ('"19h"', '"19h-1Ah"', ("FSGS914", 6, "'19h-1Ah' is no family", 'write "19h" or, of models, "10h-1Fh"')),
    ("[{ fam", "[{ x = 1, fam", ("FSGS912", 6, "unknown key 'x'", "known: family, models")),
    ('"amd_zen"', '"zen"', ("FSGS914", 3, "'zen' is no product line of amd", "write amd_…")),
    ("LKGS = false", "LGKS = false", ("FSGS916", 14, "unknown feature 'LGKS'", 'did you mean "LKGS"?')),
    (
        "LKGS = false\n",
        "",
        ("FSGS919", 8, "LKGS is not answered", 'write LKGS = true, false, "varies" or "unknown"'),
    ),
    (
        "LKGS = false",
        'LKGS = "no"',
        (
            "FSGS914",
            14,
            '\'LKGS\' is not true, false, "varies" or "unknown"',
            'write it as true, false, "varies" or "unknown"',
        ),
    ),
    ('"dumped"', '"dumpd"', ("FSGS920", 21, "unknown evidence 'dumpd'", 'did you mean "dumped"?')),
    (
        "instlatx64:087af2c",
        "instlatx64:087af2d",
        ("FSGS915", 22, "unknown citation 'instlatx64:087af2d'", 'did you mean "instlatx64:087af2c"?'),
    ),
    ('["instlatx64:087af2c"]', "[]", ("FSGS914", 22, "cites is empty", "name at least one")),
    (
        '"LKGS", ',
        "",
        ("FSGS919", 14, "LKGS has no evidence", "name it in an [[evidence]] table"),
    ),
    ('"LM", ', '"LM", "LMM", ', ("FSGS916", 23, "unknown feature 'LMM'", 'did you mean "LM"?')),
    ('"LM", ', '"LM", "LM", ', ("FSGS914", 23, "features lists 'LM' twice", "name it once")),
    (
        "[[evidence]]",
        '[[evidence]]\nevidence = "stated"\ncites = ["ppr:56713"]\nfeatures = ["LM"]\n[[evidence]]',
        ("FSGS918", 27, "LM has evidence twice", "keep one"),
    ),
]


@pytest.mark.parametrize(("old", "new", "expected"), WRONG, ids=[each[1][:24] or each[0][:12] for each in WRONG])
def test_a_wrong_profile_is_refused(copy: Path, old: str, new: str, expected: tuple[str, int, str, str]) -> None:
    assert GOOD.count(old)
    path = copy / "profiles" / "amd_zen4.toml"
    path.write_text(GOOD, encoding="utf-8")
    load_profile(copy, "amd_zen4")
    path.write_text(GOOD.replace(old, new, 1), encoding="utf-8")
    assert expected in problems(copy, "amd_zen4")


def test_all_problems_of_a_profile_are_reported_at_once(copy: Path) -> None:
    wrong = GOOD.replace('"amd"', '"adm"').replace("order = 40", "order = -1").replace("FRED = false", "FERD = false")
    (copy / "profiles" / "amd_zen4.toml").write_text(wrong, encoding="utf-8")
    codes = [(code, line) for code, line, *_ in problems(copy, "amd_zen4")]
    assert {("FSGS920", 2), ("FSGS914", 4), ("FSGS916", 13), ("FSGS919", 8)} <= set(codes)


def test_a_profile_is_named_after_its_vendor(copy: Path) -> None:
    (copy / "profiles" / "zen4.toml").write_text(GOOD, encoding="utf-8")
    assert problems(copy, "zen4") == [
        (
            "FSGS914",
            1,
            "'zen4' is no name of a profile of amd",
            "call the file amd_… in small letters, digits and underscores",
        )
    ]


def test_a_profile_that_is_not_there_is_reported(copy: Path) -> None:
    assert [(code, line) for code, line, *_ in problems(copy, "amd_zen9")] == [("FSGS910", 1)]


def test_two_profiles_do_not_claim_one_processor_or_one_place(copy: Path) -> None:
    path = copy / "profiles" / "amd_zen4.toml"
    path.write_text(GOOD.replace('"10h-1Fh"', '"10h-20h"').replace("order = 40", "order = 30"), encoding="utf-8")
    found = [(each.code, each.span.line, each.message) for each in check_tables(copy)]
    assert found == [
        ("FSGS921", 4, "amd_zen3 and amd_zen4 have the same place in amd_zen"),
        ("FSGS922", 6, "amd_zen3 and amd_zen4 claim the same processors"),
    ]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("bit = 18", "bit = 32", ("FSGS914", "bit = 32 is out of range")),
        ("bit = 18", "bit = 17", ("FSGS921", "LKGS and FRED both claim CPUID.(EAX=07H,ECX=1):EAX[17]")),
        ('"NULL_SEL_CLR_BASE"', '"FS_GS_NS"', ("FSGS921", "NSCB and FS_GS_NS both claim FS_GS_NS")),
        ('register = "ECX"', 'register = "ECZ"', ("FSGS920", "unknown register 'ECZ'")),
        ('cites = ["sdm:SERIALIZE"', 'cites = ["sdm:SERIALISE"', ("FSGS915", "unknown citation 'sdm:SERIALISE'")),
    ],
)
def test_a_wrong_feature_is_refused(copy: Path, old: str, new: str, expected: tuple[str, str]) -> None:
    path = copy / "state" / "cpuid.toml"
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(SpecError) as caught:
        load_features(copy)
    ((code, message),) = [(each.code, each.message) for each in caught.value.diagnostics]
    assert (code, message) == expected
    line = text.splitlines()[caught.value.diagnostics[0].span.line - 1]
    assert old.split(" = ")[0].strip('"') in line


def test_a_vendor_has_the_string_of_cpuid(copy: Path) -> None:
    assert {name: vendor.cpuid for name, vendor in load_vendors(copy).items()} == {
        "intel": "GenuineIntel",
        "amd": "AuthenticAMD",
        "hygon": "HygonGenuine",
    }
    (copy / "vendors.toml").write_text('[intel]\ntitle = "Intel"\ncpuid = "GenuineIntel!"\n', encoding="utf-8")
    with pytest.raises(SpecError, match="twelve characters"):
        load_vendors(copy)
