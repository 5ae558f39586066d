"""How lists of processors are written for people: short, and never forty names."""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Sequence

from sphinx_fsgs.check.result import VERDICTS, Result, Verdict
from sphinx_fsgs.present.words import plural

Names = Callable[[Sequence[str]], str]
"""What puts a list of processors into words."""

_FEW = 4


def listed(profiles: Sequence[str]) -> str:
    """Return the processors by their names, or how many they are: what can be said without the spec."""
    if len(profiles) > _FEW:
        return counted(profiles)
    *front, last = profiles or ("no processor",)
    return f"{', '.join(front)} and {last}" if front else last


def counted(names: Collection[str]) -> str:
    """Return how many processors these hosts are, and on how many platforms where one is more than the processor."""
    from sphinx_fsgs.spec.hosts import BARE, host_of

    places = [host_of(each) for each in names]
    processors = plural(len({each.profile for each in places}), "processor")
    platforms = {each.platform for each in places}
    return processors if platforms <= {BARE} else f"{processors} on {plural(len(platforms), 'platform')}"


def naming(depends_on: Sequence[str] = ()) -> Names:
    """Return what finds the shortest words that the spec has for exactly some processors: families, ranges, features.

    :param depends_on: the questions on which the verdicts hang; CPUID bits among them are tried first.
    """
    return lambda profiles: _shortest(tuple(profiles), tuple(depends_on))


@functools.cache
def _shortest(profiles: tuple[str, ...], depends_on: tuple[str, ...]) -> str:
    from sphinx_fsgs.check.scopes import Namer
    from sphinx_fsgs.spec.hosts import host_of
    from sphinx_fsgs.spec.model import Spec

    spec = Spec()
    places = [host_of(each) for each in profiles]
    known_ones = all(each.profile in spec.profiles and each.platform in spec.platform_names for each in places)
    if not profiles or not known_ones:
        return listed(profiles)
    known = [each for each in depends_on if spec.is_question(each)]
    return Namer(spec).name(profiles, known).words


def words_for(result: Result) -> dict[tuple[str, ...], str]:
    """Return words for each group of processors that the result tells apart, so that a page can keep them."""
    names = naming(result.depends_on)
    groups = [result.on(verdict) for verdict in VERDICTS]
    return {group: names(group) for group in groups if group and len(group) != len(result.verdicts)}


def on_hosts(result: Result, verdict: Verdict, names: Names = listed) -> str:
    """Return where the result has that verdict: ``on all 11 processors``, ``on amd_k8 and amd_zen1``."""
    return f"on {hosts(result.on(verdict), len(result.verdicts), names)}"


def hosts(profiles: Sequence[str], of: int, names: Names = listed) -> str:
    """Return the processors in words; ``of`` is how many there are in scope."""
    if len(profiles) == of and of > 1:
        return f"all {counted(profiles)}"
    return names(profiles)
