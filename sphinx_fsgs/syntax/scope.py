"""The trees of scopes: expressions over profiles, families, ranges, features, platforms and their versions."""

from __future__ import annotations

from dataclasses import field
from typing import Literal

from sphinx_fsgs.records import dataclass
from sphinx_fsgs.source import Span


@dataclass(frozen=True, slots=True)
class Named:
    """A profile, a family, a market, a CPUID feature or a platform; which of them, the lexicon has checked."""

    name: str
    kind: Literal["profile", "family", "market", "feature", "platform"]
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Range:
    """``first..last`` along one product line, both included."""

    first: str
    last: str
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Era:
    """``since amd_zen4``: the processors of one maker from that on, or ``before`` it, by their launch."""

    profile: str
    op: Literal["since", "before"]
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Versions:
    """``linux < 5.9``: the platforms of a family of which every version is on that side of the bound."""

    family: str
    op: Literal["<", "≥"]
    version: tuple[int, ...]
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Not:
    """Everything but the inner scope."""

    inner: Scope
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Both:
    """``left and right``."""

    left: Scope
    right: Scope
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Either:
    """``left or right``."""

    left: Scope
    right: Scope
    span: Span = field(compare=False)


Scope = Named | Range | Era | Versions | Not | Both | Either
