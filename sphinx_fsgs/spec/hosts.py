"""Hosts: a processor on a platform, by the one name under which verdicts know it."""

from __future__ import annotations

from dataclasses import dataclass

from sphinx_fsgs.spec.platforms import BARE

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
