"""Scopes: which processors they select, and the shortest scope for given processors."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sphinx_fsgs.check.scopes import Namer, distinguishing, selected
from sphinx_fsgs.check.session import Session
from sphinx_fsgs.source import fragment_of
from sphinx_fsgs.spec.errors import SpecError
from sphinx_fsgs.spec.model import FEATURE_PREFIX, Spec
from sphinx_fsgs.syntax.read_scope import read_scope
from sphinx_fsgs.syntax.scope import Scope
from tests.check.support import ALL, BEFORE_FSGSBASE, FAMILIES, FS_GS_NS, INTEL, LA57, LINUX, ON, expand

OLD = ("linux_tls", "linux_legacy", "linux_nofsgsbase")


@pytest.fixture(scope="module")
def spec(session: Session) -> Spec:
    return session.spec


@pytest.fixture(scope="module")
def namer(spec: Spec) -> Namer:
    return Namer(spec)


def _scope(text: str, spec: Spec) -> Scope:
    parsed = read_scope(fragment_of(text), spec.lexicon)
    assert parsed.tree is not None, parsed.diagnostics
    return parsed.tree


@pytest.mark.parametrize(
    ("text", "profiles"),
    [
        ("intel", ("intel",)),
        ("amd_zen2", ("amd_zen2",)),
        ("amd_zen1..amd_zen3", ("amd_zen1", "amd_zen2", "amd_zen3")),
        ("intel_haswell..intel_skylake", ("intel_haswell", "intel_broadwell", "intel_skylake")),
        ("FSGSBASE", ("FSGSBASE",)),
        ("LKGS", ("FRED",)),
        ("LA57", ("LA57",)),
        ("not LA57", ("all", "-LA57")),
        ("WRMSRNS", ("WRMSRNS",)),
        ("server", (*LA57, "intel_sierraforest", "intel_clearwaterforest")),
        ("client and LKGS", ("intel_pantherlake", "intel_wildcatlake", "intel_novalake")),
        ("hygon", ("hygon_dhyana",)),
        ("since amd_zen4", ("FS_GS_NS",)),
        ("AMD and starting with Zen 4", ("FS_GS_NS",)),
        ("starting with AMD Zen 4", ("FS_GS_NS",)),
        ("before Zen 2", ("keeps base",)),
        ("Zen 2", ("amd_zen2",)),
        ("Haswell or amd_k8", ("intel_haswell", "amd_k8")),
        ("since Diamond Rapids and not client", ("intel_diamondrapids_x", "intel_clearwaterforest")),
        ("FRED-capable processors", ("FRED",)),
        ("AMD processors and not (FRED-capable CPUs)", ("amd", "-amd_zen6")),
        ("FS_GS_NS", ("FS_GS_NS",)),
        ("not FSGSBASE", ("not FSGSBASE",)),
        ("amd and not FS_GS_NS", ("amd", "-FS_GS_NS")),
        ("intel and (LKGS or not FSGSBASE)", ("FRED", "not FSGSBASE", "-amd")),
        ("intel or amd_k8", ("intel", "amd_k8")),
        ("bare", ("all",)),
        ("bare and amd_k8", ("amd_k8",)),
        # A bit that varies within a profile cannot be relied upon.
        ("NSCB", ("FS_GS_NS",)),
        ("intel and amd", ()),
        ("linux_fsgsbase", ("linux_fsgsbase",)),
        ("linux", ("linux",)),
        ("linux < 5.9", ("linux_tls", "linux_legacy")),
        ("linux >= 4.7", ("linux", "-linux_tls")),
        ("linux < 4.7 and amd_k8", ("amd_k8 on linux_tls",)),
        ("linux_fred or linux_fsgsbase and intel_skylake", ("linux_fred", "intel_skylake on linux_fsgsbase")),
        ("bare or linux_fred", ("all", "linux_fred")),
        ("linux and not FSGSBASE", tuple(f"{name} on {each}" for name in BEFORE_FSGSBASE for each in OLD)),
    ],
)
def test_selection(text: str, profiles: tuple[str, ...], spec: Spec) -> None:
    found = selected(_scope(text, spec), spec)
    assert frozenset(found) == expand(profiles)
    assert list(found) == [name for name in (*ALL, *LINUX) if name in found], "in the order of the spec"


@pytest.mark.parametrize(
    ("words", "profiles"),
    [
        ("starting with Zen 4", ("FS_GS_NS",)),
        ("before Zen 2", ("keeps base",)),
        ("on AMD processors before Zen 2", ("keeps base",)),
        ("on intel or since amd_zen2", ("intel", "amd", "-keeps base")),
        ("on amd and not (since Zen 2)", ("keeps base",)),
        ("on FRED-capable processors", ("FRED",)),
        ("on processors with FRED", ("FRED",)),
        ("on Intel processors without FSGSBASE", ("not FSGSBASE", "-amd")),
        ("on amd since amd_zen4 without LKGS", ("amd_zen4", "amd_zen5")),
    ],
)
def test_sentences_mean_the_same_sets(words: str, profiles: tuple[str, ...], session: Session) -> None:
    result = session.prove(f"RDMSR raises #GP(0) at CPL 3 {words}")
    assert not result.diagnostics
    assert frozenset(result.on("holds")) == expand(profiles)


def test_an_unknown_processor_is_told_with_the_nearest(session: Session) -> None:
    (finding,) = session.prove("RDMSR raises #GP(0) at CPL 3 before Zen 22").diagnostics
    assert (finding.code, finding.message) == ("FSGS180", 'unknown processor "Zen 22"')
    assert "AMD Zen 2" in finding.help


def test_no_scope_selects_all(spec: Spec) -> None:
    assert selected(None, spec) == ALL


@pytest.mark.parametrize(
    ("profiles", "scope", "words"),
    [
        (("all",), "", "every processor"),
        ((), "", "no processor"),
        (("intel",), "intel", "Intel"),
        (("amd",), "amd", "AMD"),
        (("amd_zen2", "amd_zen3"), "amd_zen2..amd_zen3", "AMD Zen 2 to AMD Zen 3"),
        (("amd_k8",), "amd_k8", "AMD K8"),
        (("intel", "amd", "-keeps base"), "intel or since amd_zen2", "Intel, and AMD since Zen 2"),
        (("intel", "amd"), "not hygon", "every processor except Hygon"),
        (("amd", "-amd_zen2"), "amd and not amd_zen2", "AMD except AMD Zen 2"),
        (("amd", "-amd_k8"), "since amd_k10", "AMD since K10"),
        (("LA57", "intel_sierraforest", "intel_clearwaterforest"), "server", "processors made as servers"),
        # A list of many is named by a CPUID bit, though nothing hung on it.
        (("FRED",), "FRED", "processors with FRED"),
        (("FSGSBASE", "-amd_zen1"), "FSGSBASE and not amd_zen1", "processors with FSGSBASE except AMD Zen 1"),
        (("amd_k8", "amd_zen1"), "amd_k8 or amd_zen1", "AMD K8, and AMD Zen 1"),
    ],
)
def test_the_shortest_name(profiles: tuple[str, ...], scope: str, words: str, namer: Namer) -> None:
    found = namer.name(expand(profiles))
    assert (found.scope, found.words) == (scope, words)


@pytest.mark.parametrize(
    ("profiles", "asked", "scope"),
    [
        (("FS_GS_NS",), "wrmsr_base_serialises", "FS_GS_NS"),
        (("all", "-FS_GS_NS"), "wrmsr_base_serialises", "not FS_GS_NS"),
        (("amd", "-FS_GS_NS"), "wrmsr_base_serialises", "amd and not FS_GS_NS"),
        (("FSGSBASE",), FEATURE_PREFIX + "FSGSBASE", "FSGSBASE"),
        (("FRED",), FEATURE_PREFIX + "LKGS", "LKGS"),
        # Whether NSCB is set on Zen 3 depends on the firmware, so it names nothing there.
        (("amd_zen3", "amd_zen4", "amd_zen5"), "null_selector_clears_base", "amd_zen3..amd_zen5"),
    ],
)
def test_a_bit_that_the_verdict_hung_on_is_the_better_name(
    profiles: tuple[str, ...], asked: str, scope: str, namer: Namer
) -> None:
    assert namer.name(expand(profiles), [asked]).scope == scope


@given(
    members=st.sets(st.sampled_from(ALL)), families=st.sets(st.sampled_from(sorted(FAMILIES.keys() - {"linux", *ON})))
)
def test_every_name_selects_exactly_what_it_names(
    members: set[str], families: set[str], namer: Namer, spec: Spec
) -> None:
    asked = [FEATURE_PREFIX + "FSGSBASE", "wrmsr_base_serialises", FEATURE_PREFIX + "LKGS"]
    members ^= expand(families)
    assume(members)
    wording = namer.name(members, asked)
    scope = _scope(wording.scope, spec) if wording.scope else None
    assert frozenset(selected(scope, spec)) == members, wording
    assert len(wording.scope) <= sum(len(name) + 4 for name in members)


def test_a_range_never_leaves_its_line(namer: Namer) -> None:
    wording = namer.name(frozenset({"intel_core2", "intel_nehalem", "amd_k8"}))
    assert frozenset(wording.scope.split(" or ")) == {"intel_core2..intel_nehalem", "amd_k8"}


class TestWeakestQualifier:
    """The shortest scope that holds exactly where the claim does."""

    def test_is_a_bit_where_a_bit_says_it(self, namer: Namer) -> None:
        found = distinguishing(FS_GS_NS, [*INTEL, "amd_zen3"], ["wrmsr_base_serialises"], namer)
        assert found is not None and found.scope == "FS_GS_NS"

    def test_is_none_where_the_claim_fails_everywhere(self, namer: Namer) -> None:
        assert distinguishing([], ALL, [], namer) is None

    def test_is_none_where_it_fails_nowhere(self, namer: Namer) -> None:
        assert distinguishing(ALL, [], [], namer) is None

    def test_leaves_out_processors_of_which_nothing_is_known(self, namer: Namer, spec: Spec) -> None:
        found = distinguishing(["amd_zen4", "amd_zen5"], ["amd_zen1", "amd_zen2"], [], namer)
        assert found is not None
        assert frozenset(selected(_scope(found.scope, spec), spec)) == {"amd_zen4", "amd_zen5"}


def test_a_session_within_a_scope_judges_only_there() -> None:
    session = Session.open(where="amd_zen4..amd_zen5")
    result = session.prove("SWAPGS swaps GS.base and GS_SHADOW")
    assert result.on("holds") == ("amd_zen4", "amd_zen5")
    assert len(result.verdicts) == 2


@pytest.mark.parametrize(
    ("where", "code"), [("intel and amd", "FSGS182"), ("amd_zen33", "FSGS180"), ("intel and", "FSGS181")]
)
def test_a_session_without_processors_is_refused(where: str, code: str) -> None:
    with pytest.raises(SpecError) as caught:
        Session.open(where=where)
    assert [each.code for each in caught.value.diagnostics] == [code]


@pytest.mark.parametrize(
    ("hosts", "scope", "words"),
    [
        (("linux",), "linux", "Linux"),
        (("linux_tls", "linux_legacy"), "linux < 5.9", "Linux before 5.9"),
        (("linux", "-linux_tls"), "linux >= 4.7", "Linux from 4.7 on"),
        (("linux_fred",), "linux_fred", "Linux with FRED"),
        (("linux_fsgsbase", "linux_fred"), "linux_fsgsbase or linux_fred", "Linux with FSGSBASE and Linux with FRED"),
        (("amd_k8 on linux_tls",), "amd_k8 and linux_tls", "AMD K8 on Linux before 4.7"),
        (("all", "linux_fred"), "bare or linux_fred", "the bare processor and Linux with FRED"),
    ],
)
def test_the_words_for_hosts(hosts: tuple[str, ...], scope: str, words: str, namer: Namer) -> None:
    found = namer.name(expand(hosts))
    assert (found.scope, found.words) == (scope, words)


def test_the_scope_of_any_hosts_selects_exactly_them(namer: Namer, spec: Spec) -> None:
    """Of every two platforms, with each family of processors on both or on one of them."""
    by_platform: dict[str, list[str]] = {}
    for each in spec.hosts:
        by_platform.setdefault(each.platform, []).append(str(each))
    for one, other in itertools.combinations(by_platform, 2):
        for first, second in itertools.product(("intel", "amd", ""), repeat=2):
            hosts = {name for name in by_platform[one] if name.startswith(first)}
            hosts |= {name for name in by_platform[other] if name.startswith(second)}
            if hosts and not all(name in ALL for name in hosts):
                scope = namer.name(hosts).scope
                assert frozenset(selected(_scope(scope, spec), spec)) == hosts, scope


def test_a_bound_within_a_platform_is_refused(session: Session) -> None:
    for text, platform in (("linux < 5.0", "linux_legacy"), ("linux >= 6.9", "linux_fsgsbase")):
        found = session.prove(f"RDGSBASE raises #UD on {text}").diagnostics
        assert {each.code for each in found} == {"FSGS183"}
        assert any(platform in each.message for each in found)
