"""``fsgs profile from-cpuid FILE``: the beginnings of a profile from a raw dump, and what CPUID does not tell."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from sphinx_fsgs.present.commands.common import open_session, settings_here
from sphinx_fsgs.present.console import Console
from sphinx_fsgs.present.selection import CLEAN, UNUSABLE
from sphinx_fsgs.spec.dumps import Dump, read_dump
from sphinx_fsgs.spec.features import load_vendors
from sphinx_fsgs.spec.model import Spec


def execute(file: str, console: Console) -> int:
    """Print a profile as far as the dump tells it, and on standard error what is left to answer."""
    settings = settings_here(console)
    session = open_session(settings, console) if settings else None
    if session is None:
        return UNUSABLE
    try:
        dump = read_dump(Path(file).read_text(encoding="utf-8", errors="replace"))
    except OSError as error:
        console.err(f"fsgs profile: {file} cannot be read: {error.strerror or error}")
        return UNUSABLE
    if dump is None:
        console.err(f"fsgs profile: {file} is no dump of CPUID; write one with cpuid -r, or take one of InstLatx64")
        return UNUSABLE
    vendor = _maker(session.spec, dump)
    if not vendor:
        console.err(f'fsgs profile: no maker of spec/vendors.toml gives "{dump.vendor}" in leaf 0; add it there first')
        return UNUSABLE
    console.out("\n".join(_profile(session.spec, dump, vendor)) + "\n")
    for line in _left(session.spec, dump, vendor):
        console.err(line)
    return CLEAN


def _maker(spec: Spec, dump: Dump) -> str:
    return next((name for name, each in load_vendors(spec.folder).items() if each.cpuid == dump.vendor), "")


def _profile(spec: Spec, dump: Dump, vendor: str) -> Iterator[str]:
    """Yield the lines of a profile; what a dump cannot know is left out, and the checks of the spec ask for it."""
    names = ", ".join(f'"{name}"' for name in spec.features)
    yield "# To be added: title, line, order, launched (or not_before)."
    yield f'vendor = "{vendor}"'
    yield f'signatures = [{{ family = "{dump.family:02X}h", models = ["{dump.model:02X}h"] }}]'
    yield from ("", "[cpuid]")
    yield from (f"{name} = {str(dump.has(feature)).lower()}" for name, feature in spec.features.items())
    yield from ("", "[[evidence]]", 'evidence = "dumped"', "cites = []  # where the dump can be read")
    yield f"features = [{names}]"


def _left(spec: Spec, dump: Dump, vendor: str) -> Iterator[str]:
    if dump.guest:
        yield "a hypervisor took part in this dump: the bits are what it lets a guest see, not what the processor has"
    for name, profile in spec.profiles.items():
        if profile.vendor == vendor and profile.matches(dump.family, dump.model):
            other = [
                feature
                for feature, bit in profile.cpuid.items()
                if bit is not None and bit is not dump.has(spec.features[feature])
            ]
            differs = f"; the dump differs in {', '.join(other)}" if other else ", and the bits agree"
            yield f"this processor is one of {name}{differs}"
    yield "CPUID does not answer these; name the profile in an [[answer]] of each:"
    for name in sorted(spec.behaviour_names):
        yield f"    spec/behaviours/{name}.toml: {spec.behaviour(name).question}"
