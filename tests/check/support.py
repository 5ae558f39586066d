"""What the tests of verdicts share: the processors by family, sets of verdicts, and documents to judge."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping
from pathlib import Path

from sphinx_fsgs.check.result import VERDICTS, DocumentResult, Result
from sphinx_fsgs.check.session import Session
from sphinx_fsgs.present.pipeline import check_file

INTEL = ("intel_core2", "intel_ivybridge", "intel_skylake", "intel_sapphirerapids_x", "intel_pantherlake")
AMD = ("amd_k8", "amd_zen1", "amd_zen2", "amd_zen3", "amd_zen4", "amd_zen5")
ALL = (*INTEL, *AMD)
FSGSBASE = tuple(name for name in ALL if name not in ("intel_core2", "amd_k8"))
PLATFORMS = {
    "linux_tls": ALL,
    "linux_legacy": ALL,
    "linux_nofsgsbase": ALL,
    "linux_fsgsbase": FSGSBASE,
    "linux_fred": ("intel_pantherlake",),
}
ON = {platform: tuple(f"{name} on {platform}" for name in names) for platform, names in PLATFORMS.items()}
LINUX = tuple(name for names in ON.values() for name in names)
FAMILIES = {"intel": INTEL, "amd": AMD, "all": ALL, **ON, "linux": LINUX}

Verdicts = dict[str, frozenset[str]]


def expand(names: Iterable[str]) -> frozenset[str]:
    """Return hosts, with the name of a family or a platform standing for all of its own and ``-x`` taking one away."""
    found: set[str] = set()
    for name in names:
        if name.startswith("-"):
            found -= {*FAMILIES.get(name[1:], (name[1:],))}
        else:
            found |= {*FAMILIES.get(name, (name,))}
    return frozenset(found)


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
