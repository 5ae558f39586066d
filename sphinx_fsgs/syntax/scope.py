"""The trees of scopes: expressions over profiles, families, ranges, features and platforms."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from sphinx_fsgs.source import Span


@dataclass(frozen=True, slots=True)
class Named:
    """A profile, a family, a CPUID feature or a platform; which of them, the lexicon has checked."""

    name: str
    kind: Literal["profile", "family", "feature", "platform"]
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Range:
    """``first..last`` along one product line, both included."""

    first: str
    last: str
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


Scope = Named | Range | Not | Both | Either
