"""CPUID features and vendors: the words in which processors enumerate what they have, and who makes them."""

from __future__ import annotations

from pathlib import Path

from sphinx_fsgs.records import dataclass
from sphinx_fsgs.spec.citations import citation_keys
from sphinx_fsgs.spec.tables import SAME_NAME, WRONG_VALUE, Record, Sheet, header_names

_REGISTERS = ("EAX", "EBX", "ECX", "EDX")


@dataclass(frozen=True, slots=True)
class Feature:
    """One bit of CPUID, under the name that documents use, with other spellings of that name."""

    name: str
    title: str
    leaf: int
    subleaf: int
    register: str
    bit: int
    aliases: tuple[str, ...]
    cites: tuple[str, ...]

    @property
    def place(self) -> str:
        """Return the bit as manuals write it, such as ``CPUID.(EAX=07H,ECX=1):EAX[18]``."""
        leaf = f"EAX={self.leaf:02X}H" if self.leaf >= 0x80000000 else f"EAX={self.leaf:02X}H,ECX={self.subleaf}"
        return f"CPUID.({leaf}):{self.register}[{self.bit}]"


@dataclass(frozen=True, slots=True)
class Vendor:
    """A maker of processors: the word used in scopes, the word printed, and the string that CPUID leaf 0 gives."""

    name: str
    title: str
    cpuid: str


def feature_names(folder: Path) -> frozenset[str]:
    """Return the canonical names of the features, without parsing the file.

    :raises SpecError: when the file cannot be read.
    """
    return frozenset(header_names(folder / "state" / "cpuid.toml"))


def vendor_names(folder: Path) -> tuple[str, ...]:
    """Return the words for vendors in the order in which they are printed, without parsing the file.

    :raises SpecError: when the file cannot be read.
    """
    return header_names(folder / "vendors.toml")


def load_features(folder: Path) -> dict[str, Feature]:
    """Return all features by canonical name, in the order of the file.

    :raises SpecError: with everything that is wrong with ``spec/state/cpuid.toml``.
    """
    sheet = Sheet(folder / "state" / "cpuid.toml")
    citations = citation_keys(folder)
    features: dict[str, Feature] = {}
    spellings: dict[str, str] = {}
    places: dict[str, str] = {}
    for name, record in sheet.tables():
        feature = features[name] = _feature(name, record, citations)
        for spelling in (name, *feature.aliases):
            _once(record, spelling, name, spellings, spelling)
        _once(record, feature.place, name, places, "bit")
    sheet.finish()
    return features


def load_vendors(folder: Path) -> dict[str, Vendor]:
    """Return the vendors by name, in the order in which they are printed.

    :raises SpecError: with everything that is wrong with ``spec/vendors.toml``.
    """
    sheet = Sheet(folder / "vendors.toml")
    vendors: dict[str, Vendor] = {}
    for name, record in sheet.tables():
        vendors[name] = Vendor(name, record.text("title"), record.text("cpuid"))
        if len(vendors[name].cpuid) > 12:
            record.complain(WRONG_VALUE, "CPUID leaf 0 gives twelve characters", "cpuid", help="shorten it")
        record.done()
    sheet.finish()
    return vendors


def _feature(name: str, record: Record, citations: frozenset[str]) -> Feature:
    feature = Feature(
        name,
        record.text("title"),
        record.number("leaf", 0, 0xFFFFFFFF),
        record.number("subleaf", 0, 0xFFFFFFFF),
        record.choice("register", _REGISTERS, "register"),
        record.number("bit", 0, 31),
        record.texts("aliases", optional=True),
        record.cites(citations),
    )
    record.done()
    return feature


def _once(record: Record, claim: str, owner: str, owners: dict[str, str], where: str) -> None:
    other = owners.setdefault(claim, owner)
    if other != owner:
        record.complain(SAME_NAME, f"{owner} and {other} both claim {claim}", where, help="leave it to one of them")
