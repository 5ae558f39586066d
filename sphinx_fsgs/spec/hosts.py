"""Hosts: a processor on a platform, by the one name under which verdicts know it; and what is known without a table."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from sphinx_fsgs.records import dataclass
from sphinx_fsgs.spec.tables import header_names

BARE = "bare"
"""The platform of which nothing lies beneath the code."""

Version = tuple[int, ...]
_SIGNAL = re.compile(r'^signal = "(\w+)"$', re.MULTILINE)
_ON = " on "

PLATFORM_PREFIX = "platform "
"""How the question is written at which value a platform holds a place: ``platform CR4.FSGSBASE``."""

OPEN = -1
"""The answer that it does not hold it."""


@dataclass(frozen=True, slots=True)
class Host:
    """A processor, and what runs beneath the code on it. On the bare processor the host is called like it."""

    profile: str
    platform: str = BARE

    def __str__(self) -> str:
        return self.profile if self.platform == BARE else f"{self.profile}{_ON}{self.platform}"


def host_of(name: str) -> Host:
    """Return the host of that name."""
    profile, _, platform = name.partition(_ON)
    return Host(profile, platform or BARE)


def platform_files(folder: Path) -> Mapping[str, Path]:
    """Return the files of the platforms by name, none of them read: families by name, their members as listed."""
    found = sorted((folder / "platforms").glob("*/*.toml"))
    return {path.stem: path for path in found if path.stem.startswith(f"{path.parent.name}_")}


def question_names(folder: Path) -> frozenset[str]:
    """Return the names of the questions to platforms, without parsing the files."""
    files = (folder / "platforms").glob("*/questions.toml")
    return frozenset(name for path in files for name in header_names(path))


def signal_names(folder: Path) -> frozenset[str]:
    """Return the signals that exceptions become, without parsing the files."""
    files = (folder / "platforms").glob("*/signals.toml")
    return frozenset(name for path in files for name in _SIGNAL.findall(path.read_text(encoding="utf-8")))


def version_text(version: Version) -> str:
    """Return a version as it is written."""
    return ".".join(map(str, version))
