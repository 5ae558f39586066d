"""What the tests of verdicts share: the processors by family, sets of verdicts, and documents to judge."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping
from pathlib import Path

from sphinx_fsgs.check.result import VERDICTS, DocumentResult, Result
from sphinx_fsgs.check.session import Session
from sphinx_fsgs.files import data_dir
from sphinx_fsgs.present.pipeline import check_file
from sphinx_fsgs.spec.hosts import host_of
from sphinx_fsgs.spec.profiles import load_profiles

PROFILES = load_profiles(data_dir("spec"))
INTEL, AMD, HYGON = (
    tuple(name for name, profile in PROFILES.items() if profile.vendor == vendor)
    for vendor in ("intel", "amd", "hygon")
)
ALL = (*INTEL, *AMD, *HYGON)
BEFORE_FSGSBASE = (
    "intel_core2", "intel_nehalem", "intel_westmere", "intel_sandybridge", "intel_bonnell", "intel_silvermont",
    "intel_airmont", "amd_k8", "amd_k10", "amd_griffin", "amd_llano", "amd_bobcat", "amd_jaguar", "amd_bulldozer",
    "amd_piledriver",
)  # fmt: skip
FSGSBASE = tuple(name for name in ALL if name not in BEFORE_FSGSBASE)
FRED = ("intel_pantherlake", "intel_wildcatlake", "intel_novalake", "intel_diamondrapids_x", "amd_zen6")
LA57 = ("intel_icelake_x", "intel_sapphirerapids_x", "intel_emeraldrapids_x", "intel_graniterapids_x",
        "intel_diamondrapids_x")  # fmt: skip
LA57_OPEN = ("intel_novalake", "amd_zen4", "amd_zen5", "amd_zen6")
WRMSRNS = (*(name for name in FRED if name in INTEL), "intel_sierraforest", "intel_clearwaterforest")
FS_GS_NS = ("amd_zen4", "amd_zen5", "amd_zen6")
KEEPS_BASE = ("amd_k8", "amd_k10", "amd_griffin", "amd_llano", "amd_bobcat", "amd_jaguar", "amd_bulldozer",
              "amd_piledriver", "amd_steamroller", "amd_excavator", "amd_zen1")  # fmt: skip
PLATFORMS = {
    "linux_tls": ALL,
    "linux_legacy": ALL,
    "linux_nofsgsbase": ALL,
    "linux_fsgsbase": FSGSBASE,
    "linux_fred": tuple(name for name in ALL if name in FRED),
}
ON = {platform: tuple(f"{name} on {platform}" for name in names) for platform, names in PLATFORMS.items()}
LINUX = tuple(name for names in ON.values() for name in names)
FAMILIES = {
    "intel": INTEL,
    "amd": AMD,
    "hygon": HYGON,
    "all": ALL,
    "FSGSBASE": FSGSBASE,
    "not FSGSBASE": BEFORE_FSGSBASE,
    "FRED": FRED,
    "LA57": LA57,
    "LA57 open": LA57_OPEN,
    "WRMSRNS": WRMSRNS,
    "FS_GS_NS": FS_GS_NS,
    "keeps base": KEEPS_BASE,
    **ON,
    "linux": LINUX,
}
"""Sets of processors as the facts name them, held against the spec by the tests; a name of one stands for all of it."""

Verdicts = dict[str, frozenset[str]]


def expand(names: Iterable[str]) -> frozenset[str]:
    """Return hosts, with the name of a family or a platform standing for all of its own and ``-x`` taking one away."""
    found: set[str] = set()
    for name in names:
        if name.startswith("-"):
            found -= members(name[1:])
        else:
            found |= members(name)
    return frozenset(found)


def members(name: str) -> set[str]:
    """Return the hosts of a name; ``LA57 on linux_tls`` are processors of a set on that platform, where it has them."""
    processors, _, platform = name.partition(" on ")
    if platform:
        return {each for each in ON[platform] if host_of(each).profile in FAMILIES.get(processors, (processors,))}
    return {*FAMILIES.get(name, (name,))}


def expected(sets: Mapping[str, Iterable[str]]) -> Verdicts:
    """Return sets of profiles by verdict, those that are not empty."""
    return {verdict: expand(names) for verdict, names in sets.items()}


def verdicts(result: Result) -> Verdicts:
    """Return what a Result says, as :func:`expected` gives it."""
    return {verdict: frozenset(result.on(verdict)) for verdict in VERDICTS if result.on(verdict)}


def judge(session: Session, folder: Path, text: str) -> DocumentResult:
    """Return what a document, indented as the test likes, comes to."""
    path = folder / "page.rst"
    path.write_text(textwrap.dedent(text), encoding="utf-8")
    return check_file(session, path, shown_as="page.rst")


def example(
    session: Session,
    folder: Path,
    code: str,
    *,
    after: str = "",
    before: str = "",
    always: str = "",
    never: str = "",
    sometimes: str = "",
    options: str = "",
) -> Result:
    """Return the Result of one example in a comment before a literal block; sections are lines, ``;`` between them."""
    lines = ["Page", "====", "", ".. fsgs: example one"]
    lines += [f"   {line.strip()}" for line in options.split(";") if line.strip()]
    sections = {"before": before, "after": after, "always": always, "never": never, "sometimes": sometimes}
    for name, content in sections.items():
        if content:
            lines += [f"   {name}", *(f"       {line.strip()}" for line in content.split(";"))]
    lines += ["", "Code::", "", *(f"    {line.strip()}" for line in code.split(";")), ""]
    document = judge(session, folder, "\n".join(lines))
    assert not document.diagnostics, document.diagnostics
    (result,) = document.results
    return result


def codes(result: Result) -> list[str]:
    """Return the codes of a Result's findings."""
    return [each.code for each in result.diagnostics]
