"""Profiles: what a processor is called, how it is recognised, and what its CPUID says."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from typing import Final, Literal, cast

from sphinx_fsgs.records import dataclass
from sphinx_fsgs.spec.citations import citation_keys
from sphinx_fsgs.spec.features import feature_names, vendor_names
from sphinx_fsgs.spec.tables import (
    ANSWERED_TWICE,
    NOT_ANSWERED,
    UNKNOWN_FEATURE,
    WRONG_VALUE,
    Record,
    Sheet,
)

Evidence = Literal["documented", "dumped", "measured", "code", "stated", "inferred"]

EVIDENCE: Final[tuple[Evidence, ...]] = ("documented", "dumped", "measured", "code", "stated", "inferred")
"""How a fact is known, strongest claim to authority first: by a manual, a CPUID dump, a measurement, code
that depends on it, a statement of somebody who should know, or by inference from other facts."""

_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_HEX = re.compile(r"([0-9A-F]+)h(?:-([0-9A-F]+)h)?")


@dataclass(frozen=True, slots=True)
class Signature:
    """Processors of one family and some models, as CPUID leaf 1 displays them (extended fields added)."""

    family: int
    models: tuple[tuple[int, int], ...]  # from, to; both included

    def matches(self, family: int, model: int) -> bool:
        """Return whether a processor of that displayed family and model belongs here."""
        return family == self.family and any(first <= model <= last for first, last in self.models)


@dataclass(frozen=True, slots=True)
class Known:
    """How a CPUID bit of a profile is known."""

    evidence: Evidence
    cites: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Profile:
    """A processor: identity and CPUID facts; what it does differently stands in the behaviours.

    ``line`` and ``order`` place it among its relatives, for ranges in scopes. ``cpuid`` maps each
    feature to true, false, or None where processors of this profile differ.
    """

    name: str
    title: str
    vendor: str
    line: str
    order: int
    launched: int
    signatures: tuple[Signature, ...]
    cpuid: Mapping[str, bool | None] = field(hash=False)
    known: Mapping[str, Known] = field(hash=False)

    def matches(self, family: int, model: int) -> bool:
        """Return whether a processor of the profile's vendor with that family and model is of this profile."""
        return any(signature.matches(family, model) for signature in self.signatures)


@dataclass(frozen=True, slots=True)
class Names:
    """The names that tables refer to, gathered without parsing the tables that define them."""

    vendors: tuple[str, ...]
    features: frozenset[str]
    citations: frozenset[str]
    profiles: tuple[str, ...]


def profile_names(folder: Path) -> tuple[str, ...]:
    """Return the names of all profiles, alphabetically: the names of the files in ``spec/profiles``."""
    return tuple(sorted(path.stem for path in (folder / "profiles").glob("*.toml")))


def load_names(folder: Path) -> Names:
    """Return what the tables below ``folder`` may refer to.

    :raises SpecError: when a file that defines names cannot be read.
    """
    return Names(vendor_names(folder), feature_names(folder), citation_keys(folder), profile_names(folder))


def load_profile(folder: Path, name: str, names: Names | None = None) -> Profile:
    """Return one profile; only its own file is parsed.

    :param names: as :func:`load_names` gives them, to save the work when several are read.
    :raises SpecError: with everything that is wrong with the file, or when there is none.
    """
    known = names or load_names(folder)
    sheet = Sheet(folder / "profiles" / f"{name}.toml")
    root = sheet.root
    profile = Profile(
        name,
        root.text("title"),
        root.choice("vendor", known.vendors, "vendor"),
        root.text("line"),
        root.number("order"),
        root.number("launched", 1978, 9999),
        tuple(read_signature(record) for record in root.records("signatures")),
        _cpuid(root, known),
        _known(root, known),
    )
    _check_name(root, profile)
    root.done()
    sheet.finish()
    return profile


def load_profiles(folder: Path) -> dict[str, Profile]:
    """Return all profiles by name: vendors in their order, and in each the oldest first.

    :raises SpecError: with everything that is wrong with the first file that cannot be used.
    """
    names = load_names(folder)
    profiles = [load_profile(folder, name, names) for name in names.profiles]
    profiles.sort(key=lambda each: (names.vendors.index(each.vendor), each.launched, each.line, each.order))
    return {profile.name: profile for profile in profiles}


def read_signature(record: Record) -> Signature:
    """Return the processors that a table such as ``{ family = "17h", models = ["00h-0Fh"] }`` selects."""
    family = _range(record, "family", record.text("family"))
    models = tuple(_range(record, "models", text) for text in record.texts("models"))
    record.done()
    return Signature(family[0], models)


def _range(record: Record, key: str, text: str) -> tuple[int, int]:
    """Return the ends of ``10h-1Fh``, or a number twice."""
    match = _HEX.fullmatch(text)
    first, last = (int(match[1], 16), int(match[2] or match[1], 16)) if match else (0, -1)
    if text and (first > last or (key == "family" and first != last)):
        record.complain(WRONG_VALUE, f"{text!r} is no {key}", key, text, help='write "19h" or, of models, "10h-1Fh"')
    return first, last


def _cpuid(root: Record, names: Names) -> dict[str, bool | None]:
    table = root.record("cpuid")
    bits: dict[str, bool | None] = {}
    for feature in table.keys():
        if feature in names.features:
            bits[feature] = table.maybe(feature)
        else:
            table.unknown(UNKNOWN_FEATURE, "feature", feature, names.features)
    for feature in sorted(names.features - bits.keys()):
        way_out = f'write {feature} = true, false or "varies"'
        table.complain(NOT_ANSWERED, f"{feature} is not answered", help=way_out)
    return bits


def _known(root: Record, names: Names) -> dict[str, Known]:
    known: dict[str, Known] = {}
    for record in root.records("evidence"):
        kind = cast(Evidence, record.choice("evidence", EVIDENCE, "evidence"))
        entry = Known(kind, record.cites(names.citations))
        for feature in record.texts("features"):
            if feature not in names.features:
                record.unknown(UNKNOWN_FEATURE, "feature", feature, names.features, "features")
            elif known.setdefault(feature, entry) is not entry:
                record.complain(ANSWERED_TWICE, f"{feature} has evidence twice", "features", feature, help="keep one")
        record.done()
    for feature in sorted(names.features - known.keys()):
        root.complain(NOT_ANSWERED, f"{feature} has no evidence", feature, help="name it in an [[evidence]] table")
    return known


def _check_name(root: Record, profile: Profile) -> None:
    if not _NAME.fullmatch(profile.name) or not profile.name.startswith(f"{profile.vendor}_"):
        way_out = f"call the file {profile.vendor}_… in small letters, digits and underscores"
        root.complain(WRONG_VALUE, f"{profile.name!r} is no name of a profile of {profile.vendor}", help=way_out)
    if not _NAME.fullmatch(profile.line) or not profile.line.startswith(f"{profile.vendor}_"):
        way_out = f"write {profile.vendor}_…"
        root.complain(WRONG_VALUE, f"{profile.line!r} is no product line of {profile.vendor}", "line", help=way_out)
