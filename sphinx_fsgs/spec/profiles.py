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
    CONTRADICTION,
    NOT_ANSWERED,
    UNKNOWN_FEATURE,
    VARIES,
    WRONG_VALUE,
    Record,
    Sheet,
)

Evidence = Literal["documented", "dumped", "measured", "code", "stated", "inferred"]

EVIDENCE: Final[tuple[Evidence, ...]] = ("documented", "dumped", "measured", "code", "stated", "inferred")
"""How a fact is known, strongest claim to authority first: by a manual, a CPUID dump, a measurement, code
that depends on it, a statement of somebody who should know, or by inference from other facts."""

NO_EVIDENCE: Final = "unknown"
"""What stands for evidence where no source that could be opened tells a CPUID bit; both values are then possible."""

MARKETS: Final = ("client", "server")
"""For whom processors are made, where all of a profile are made for one of them; scopes say it with the same words."""

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
    """How a CPUID bit of a profile is known; where it is not, ``evidence`` is empty and ``cites`` is what was read."""

    evidence: Evidence | Literal[""]
    cites: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Profile:
    """A processor: identity and CPUID facts; what it does differently stands in the behaviours.

    ``line`` and ``order`` place it among its relatives, for ranges in scopes. ``launched`` is the year, or the
    earliest that it can be where it is not ``dated``. ``market`` is empty where the profile has processors of both, or
    no source says. ``cpuid`` maps each feature to true, false, or None where processors of this profile differ or no
    source says. ``cites`` is what its signatures and its year rest on, besides the dumps.
    """

    name: str
    title: str
    vendor: str
    line: str
    order: int
    launched: int
    dated: bool
    market: str
    signatures: tuple[Signature, ...]
    cites: tuple[str, ...]
    cpuid: Mapping[str, bool | None] = field(hash=False)
    known: Mapping[str, Known] = field(hash=False)

    def came_before(self, other: Profile) -> bool:
        """Return whether it is an older one of the same maker: in its line, or by the year if that is another line."""
        older = self.order < other.order if self.line == other.line else self.launched < other.launched
        return older and self.vendor == other.vendor

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
    bits = _cpuid(root, known)
    profile = Profile(
        name,
        root.text("title"),
        root.choice("vendor", known.vendors, "vendor"),
        root.text("line"),
        root.number("order"),
        *_year(root),
        root.choice("market", MARKETS, "market") if "market" in root else "",
        tuple(read_signature(record) for record in root.records("signatures")),
        root.cites(known.citations, optional=True),
        {feature: bit if isinstance(bit, bool) else None for feature, bit in bits.items()},
        _known(root, known, bits),
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


def _year(root: Record) -> tuple[int, bool]:
    """Return the year of the launch and whether it is that year, not just none before."""
    if "not_before" not in root:
        return root.number("launched", 1978, 9999), True
    if "launched" in root:
        root.complain(CONTRADICTION, "this has two years", "not_before", help="keep launched")
        root.number("launched", 1978, 9999)
    return root.number("not_before", 1978, 9999), False


def _cpuid(root: Record, names: Names) -> dict[str, bool | str]:
    """Return what the file says of each feature: true, false, ``varies`` or ``unknown``."""
    table = root.record("cpuid")
    bits: dict[str, bool | str] = {}
    for feature in table.keys():
        if feature in names.features:
            bits[feature] = table.bit(feature, (VARIES, NO_EVIDENCE))
        else:
            table.unknown(UNKNOWN_FEATURE, "feature", feature, names.features)
    for feature in sorted(names.features - bits.keys()):
        way_out = f'write {feature} = true, false, "varies" or "unknown"'
        table.complain(NOT_ANSWERED, f"{feature} is not answered", help=way_out)
    return bits


def _known(root: Record, names: Names, bits: Mapping[str, bool | str]) -> dict[str, Known]:
    known: dict[str, Known] = {}
    for record in root.records("evidence"):
        kind = record.choice("evidence", (*EVIDENCE, NO_EVIDENCE), "evidence")
        evidence: Evidence | Literal[""] = "" if kind == NO_EVIDENCE else cast(Evidence, kind)
        entry = Known(evidence, record.cites(names.citations))
        for feature in record.texts("features"):
            if feature not in names.features:
                record.unknown(UNKNOWN_FEATURE, "feature", feature, names.features, "features")
            elif known.setdefault(feature, entry) is not entry:
                record.complain(ANSWERED_TWICE, f"{feature} has evidence twice", "features", feature, help="keep one")
            elif (bits.get(feature) == NO_EVIDENCE) is not (kind == NO_EVIDENCE) and feature in bits:
                message = f"the bit of {feature} and its evidence do not agree on whether it is known"
                record.complain(CONTRADICTION, message, "features", feature, help='write "unknown" in both places')
        record.done()
    for feature in sorted(names.features - known.keys()):
        root.complain(NOT_ANSWERED, f"{feature} has no evidence", feature, help="name it in an [[evidence]] table")
    return known


def _check_name(root: Record, profile: Profile) -> None:
    if not _NAME.fullmatch(profile.name) or not profile.name.startswith(f"{profile.vendor}_"):
        way_out = f"call the file {profile.vendor}_… in small letters, digits and underscores"
        root.complain(WRONG_VALUE, f"{profile.name!r} is no name of a profile of {profile.vendor}", help=way_out)
    if profile.line and not (_NAME.fullmatch(profile.line) and profile.line.startswith(f"{profile.vendor}_")):
        way_out = f"write {profile.vendor}_…"
        root.complain(WRONG_VALUE, f"{profile.line!r} is no product line of {profile.vendor}", "line", help=way_out)
