"""Citations as a reader needs them: in full, each once."""

from __future__ import annotations

from collections.abc import Iterable

from sphinx_fsgs.records import dataclass
from sphinx_fsgs.spec.model import Spec


@dataclass(frozen=True, slots=True)
class Source:
    """A citation: its key, what was found there, where it is, and its address where it has one."""

    key: str
    title: str
    place: str
    url: str


def sources(spec: Spec, keys: Iterable[str]) -> tuple[Source, ...]:
    """Return what the keys stand for, each once and in the order in which they are first met."""
    known = spec.citations
    found = (known[key] for key in dict.fromkeys(keys) if key in known)
    return tuple(Source(each.key, each.title, str(each), each.url) for each in found)
