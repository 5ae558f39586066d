"""The shortest names for sets of processors: in the language of scopes, and in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import combinations
from typing import Final

from sphinx_fsgs.records import dataclass
from sphinx_fsgs.spec.features import load_vendors
from sphinx_fsgs.spec.model import FEATURE_PREFIX, Spec
from sphinx_fsgs.spec.profiles import MARKETS, Profile

GENERAL: Final = "processors "
"""How the words begin that describe processors by a CPUID bit, or by for whom they are made."""

MANY: Final = 3
"""Of how many names a list may consist before a CPUID bit names it better, though nothing hung on that bit."""

EXCEPT: Final = "every processor except "
"""How the words begin that name all but some."""


@dataclass(frozen=True, slots=True)
class Wording:
    """A scope in the language of scopes, and in words; ``parts`` is of how many names it is made."""

    scope: str
    words: str
    parts: int


class ProcessorNames:
    """Names sets of processors. A set is a number with one bit for each, so that trying many names costs little."""

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        self._bits = {name: 1 << number for number, name in enumerate(spec.profiles)}
        self._all = (1 << len(self._bits)) - 1
        self._vendors = load_vendors(spec.folder)

    def name(self, wanted: frozenset[str], prefer: Sequence[str] = ()) -> Wording:
        """Return the shortest scope that selects exactly these processors; ``prefer`` lists questions it may be by."""
        members = self._set(wanted)
        if not members:
            return Wording("", "no processor", 0)
        if members == self._all:
            return Wording("", "every processor", 0)
        asked = [question.removeprefix(FEATURE_PREFIX) for question in prefer if question.startswith(FEATURE_PREFIX)]
        asked += [self.spec.behaviour(name).feature for name in prefer if name in self.spec.behaviour_names]
        if by_bits := tuple(self._by_bits(members, [each for each in asked if each])):
            return min(by_bits, key=_length)
        found = min(self._candidates(members, [each for each in asked if each]), key=_length)
        if found.parts > MANY:
            found = min(found, *self._candidates(members, tuple(self.spec.features)), key=_length)
        return found

    def _by_bits(self, wanted: int, features: Sequence[str]) -> Iterator[Wording]:
        """Yield the names by a bit that the verdict hung on, alone or of one maker's processors."""
        for members, bit in self._features(features):
            if members == wanted:
                yield bit
            for made, maker in self._families:
                if made & members == wanted != made:
                    yield Wording(f"{maker.scope} and {bit.scope}", _narrowed(maker.words, bit.words), 2)

    def _candidates(self, wanted: int, features: Iterable[str]) -> Iterator[Wording]:
        """Yield names of one word, of two, and the list by makers that there always is."""
        words = _shortest([*self._features(features), *self._simple])
        if wanted in words:
            yield words[wanted]
        around = [(members, each) for members, each in words.items() if members & wanted == wanted]
        for (one, first), (other, second) in combinations(around, 2):
            if one & other == wanted:
                # The general word first, what narrows it behind: amd and not FS_GS_NS.
                broad, narrow = sorted((first, second), key=_how_narrow)
                yield Wording(f"{broad.scope} and {narrow.scope}", _narrowed(broad.words, narrow.words), 2)
        inside = {each: word for each, word in words.items() if each & wanted == each and _how_narrow(word) < 2}
        for members, first in inside.items():
            rest = inside.get(wanted & ~members)
            if rest and members & -members == wanted & -wanted:  # each pair once, in the order of the spec
                yield Wording(f"{first.scope} or {rest.scope}", f"{first.words}, and {rest.words}", 2)
        yield self._by_vendor(wanted)

    def _set(self, names: Iterable[str]) -> int:
        return sum(self._bits[name] for name in names)

    def _features(self, features: Iterable[str]) -> Iterator[tuple[int, Wording]]:
        """Yield the names by CPUID bits. One that is open on some processor names only those that have it."""
        for feature in dict.fromkeys(features):
            bits = {name: profile.cpuid.get(feature) for name, profile in self.spec.profiles.items()}
            having = self._set(name for name, bit in bits.items() if bit)
            yield having, Wording(feature, f"{GENERAL}with {feature}", 1)
            if None not in bits.values():
                yield self._all & ~having, Wording(f"not {feature}", f"{GENERAL}without {feature}", 1)

    @cached_property
    def _simple(self) -> tuple[tuple[int, Wording], ...]:
        """Each name of one word, but for features, and what is left when it is taken away."""
        named = (*self._families, *self._markets(), *self._eras(), *self._ranges)
        rest = ((self._all & ~each, Wording(f"not {w.scope}", f"{EXCEPT}{w.words}", 1)) for each, w in named)
        return (*named, *rest)

    @cached_property
    def _families(self) -> tuple[tuple[int, Wording], ...]:
        made_by = {vendor: self._set(self._names(vendor)) for vendor in self._vendors}
        return tuple((made_by[name], Wording(name, entry.title, 1)) for name, entry in self._vendors.items())

    def _names(self, vendor: str) -> Iterator[str]:
        return (name for name, profile in self.spec.profiles.items() if profile.vendor == vendor)

    def _eras(self) -> Iterator[tuple[int, Wording]]:
        for bound in self.spec.profiles.values():
            alike = self._set(self._names(bound.vendor))
            before = self._set(each.name for each in self.spec.profiles.values() if each.came_before(bound))
            maker, name = self._vendors[bound.vendor].title, bound.title.partition(" ")[2]
            if before:
                yield before, Wording(f"before {bound.name}", f"{maker} before {name}", 1)
                yield alike & ~before, Wording(f"since {bound.name}", f"{maker} since {name}", 1)

    def _markets(self) -> Iterator[tuple[int, Wording]]:
        for market in MARKETS:
            members = self._set(name for name, profile in self.spec.profiles.items() if profile.market == market)
            yield members, Wording(market, f"{GENERAL}made as {market}s", 1)

    @cached_property
    def _ranges(self) -> tuple[tuple[int, Wording], ...]:
        return tuple(self._make_ranges())

    def _make_ranges(self) -> Iterator[tuple[int, Wording]]:
        lines: dict[str, list[Profile]] = {}
        for profile in self.spec.profiles.values():
            yield self._bits[profile.name], Wording(profile.name, profile.title, 1)
            lines.setdefault(profile.line, []).append(profile)
        for members in lines.values():
            members.sort(key=lambda each: each.order)
            for first, last in combinations(members, 2):
                names = self._set(each.name for each in members if first.order <= each.order <= last.order)
                yield names, Wording(f"{first.name}..{last.name}", f"{first.title} to {last.title}", 1)

    def _by_vendor(self, wanted: int) -> Wording:
        pieces: list[Wording] = []
        for members, whole in self._families:
            inside = wanted & members
            named, missing = self._cover(inside), self._cover(members & ~inside)
            if inside == members:
                pieces.append(whole)
            else:
                pieces.extend([_without(whole, missing)] if len(named) > len(missing) + 1 else named)
        found = joined(pieces)
        return Wording(found.scope, found.words, found.parts + 1)

    def _cover(self, wanted: int) -> list[Wording]:
        left, found = wanted, []
        for members, wording in sorted(self._ranges, key=lambda each: -each[0].bit_count()):
            if members & left == members:
                left &= ~members
                found.append((members & -members, wording))
        return [wording for _, wording in sorted(found, key=lambda each: each[0])]


def joined(found: Sequence[Wording]) -> Wording:
    """Return several names as one."""
    scope = " or ".join(each.scope for each in found)
    words = ", ".join(each.words for each in found[:-1])
    parts = sum(each.parts for each in found)
    last = ", and" if any(" except " in each.words for each in found[:-1]) else " and"
    return Wording(scope, f"{words}{last} {found[-1].words}" if words else found[-1].words, parts)


def _without(whole: Wording, missing: Sequence[Wording]) -> Wording:
    """Return the name of a family without some of its processors."""
    rest = joined(missing)
    scope = f"({rest.scope})" if len(missing) > 1 else rest.scope
    return Wording(f"{whole.scope} and not {scope}", f"{whole.words} except {rest.words}", 1 + rest.parts)


def _shortest(named: Iterable[tuple[int, Wording]]) -> dict[int, Wording]:
    """Return the shortest name of each set, the first of those that are equally short."""
    found: dict[int, Wording] = {}
    for members, wording in named:
        if members not in found or _length(wording) < _length(found[members]):
            found[members] = wording
    return found


def _length(wording: Wording) -> tuple[int, int]:
    return wording.parts, len(wording.scope)


def _how_narrow(wording: Wording) -> int:
    return 2 if wording.words.startswith(EXCEPT) else int(wording.words.startswith(GENERAL))


def _narrowed(one: str, other: str) -> str:
    """Return two descriptions as one: ``AMD processors with FS_GS_NS``."""
    if other.startswith(EXCEPT):
        return f"{one} {'and' if one.startswith(EXCEPT) else 'except'} {other.removeprefix(EXCEPT)}"
    return f"{one} and {other.removeprefix(GENERAL)}" if one.startswith(GENERAL) else f"{one} {other}"
