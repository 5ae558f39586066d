"""Which profiles a scope selects, and the shortest scope that selects given profiles."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from sphinx_fsgs.spec.features import load_vendors
from sphinx_fsgs.spec.model import FEATURE_PREFIX, Spec
from sphinx_fsgs.spec.profiles import Profile
from sphinx_fsgs.syntax.scope import Both, Named, Not, Range, Scope


def selects(scope: Scope, profile: Profile, spec: Spec) -> bool:
    """Return whether a scope takes in a profile; a CPUID bit that varies within a profile counts as absent."""
    if isinstance(scope, Named):
        return _named(scope, profile)
    if isinstance(scope, Range):
        first, last = spec.profiles[scope.first], spec.profiles[scope.last]
        return profile.line == first.line and first.order <= profile.order <= last.order
    if isinstance(scope, Not):
        return not selects(scope.inner, profile, spec)
    left, right = selects(scope.left, profile, spec), selects(scope.right, profile, spec)
    return left and right if isinstance(scope, Both) else left or right


def _named(scope: Named, profile: Profile) -> bool:
    if scope.kind == "profile":
        return profile.name == scope.name
    if scope.kind == "family":
        return profile.vendor == scope.name
    if scope.kind == "feature":
        return profile.cpuid.get(scope.name) is True
    return True  # the platform is the bare processor, the only one so far


def selected(scope: Scope | None, spec: Spec) -> tuple[str, ...]:
    """Return the profiles that a scope selects, all of them where there is no scope."""
    return tuple(name for name, profile in spec.profiles.items() if scope is None or selects(scope, profile, spec))


GENERAL = "processors "
"""How the words begin that describe processors by a CPUID bit."""


@dataclass(frozen=True, slots=True)
class Wording:
    """A scope in the language of scopes, and in words."""

    scope: str
    words: str
    parts: int


class Namer:
    """Finds the shortest names for sets of profiles."""

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        self.all = tuple(spec.profiles)
        self._vendors = load_vendors(spec.folder)

    def name(self, profiles: Iterable[str], prefer: Sequence[str] = ()) -> Wording:
        """Return the shortest scope that selects exactly these profiles.

        ``prefer`` lists questions that the verdicts hung on; CPUID bits among them are tried first.
        """
        wanted = frozenset(profiles)
        if not wanted:
            return Wording("", "no processor", 0)
        if wanted == frozenset(self.all):
            return Wording("", "every processor", 0)
        found = list(self._candidates(wanted, prefer))
        return min(found, key=lambda each: (each.parts, len(each.scope)))

    def _candidates(self, wanted: frozenset[str], prefer: Sequence[str]) -> Iterator[Wording]:
        simple = [*self._features(prefer), *self._families(), *self._ranges()]
        for members, wording in simple:
            if members == wanted:
                yield wording
        for (one, first), (other, second) in combinations(simple, 2):
            if one & other == wanted:
                # The general word first, what narrows it behind: amd and not FS_GS_NS.
                broad, narrow = sorted((first, second), key=lambda each: each.words.startswith(GENERAL))
                yield Wording(f"{broad.scope} and {narrow.scope}", _narrowed(broad.words, narrow.words), 2)
            if one | other == wanted and not one & other:
                yield Wording(f"{first.scope} or {second.scope}", f"{first.words}, and {second.words}", 2)
        yield self._by_vendor(wanted)

    def _features(self, prefer: Sequence[str]) -> Iterator[tuple[frozenset[str], Wording]]:
        asked = [question.removeprefix(FEATURE_PREFIX) for question in prefer if question.startswith(FEATURE_PREFIX)]
        asked += [self.spec.behaviour(name).feature for name in prefer if name in self.spec.behaviour_names]
        for feature in dict.fromkeys(each for each in asked if each):
            bits = {name: profile.cpuid.get(feature) for name, profile in self.spec.profiles.items()}
            if None in bits.values():
                continue
            having = frozenset(name for name, bit in bits.items() if bit)
            yield having, Wording(feature, f"{GENERAL}with {feature}", 1)
            yield frozenset(self.all) - having, Wording(f"not {feature}", f"{GENERAL}without {feature}", 1)

    def _families(self) -> Iterator[tuple[frozenset[str], Wording]]:
        for vendor, entry in self._vendors.items():
            members = frozenset(name for name, profile in self.spec.profiles.items() if profile.vendor == vendor)
            yield members, Wording(vendor, entry.title, 1)

    def _ranges(self) -> Iterator[tuple[frozenset[str], Wording]]:
        lines: dict[str, list[Profile]] = {}
        for profile in self.spec.profiles.values():
            yield frozenset({profile.name}), Wording(profile.name, profile.title, 1)
            lines.setdefault(profile.line, []).append(profile)
        for members in lines.values():
            members.sort(key=lambda each: each.order)
            for first, last in combinations(members, 2):
                names = frozenset(each.name for each in members if first.order <= each.order <= last.order)
                yield names, Wording(f"{first.name}..{last.name}", f"{first.title} to {last.title}", 1)

    def _by_vendor(self, wanted: frozenset[str]) -> Wording:
        pieces: list[Wording] = []
        for members, whole in self._families():
            inside = wanted & members
            if inside == members:
                pieces.append(whole)
            elif inside:
                pieces.extend(self._cover(inside))
        scope = " or ".join(piece.scope for piece in pieces)
        words = ", ".join(piece.words for piece in pieces[:-1])
        return Wording(scope, f"{words} and {pieces[-1].words}" if words else pieces[-1].words, len(pieces) + 1)

    def _cover(self, wanted: frozenset[str]) -> list[Wording]:
        left, found = set(wanted), []
        ranges = sorted(self._ranges(), key=lambda each: -len(each[0]))
        for members, wording in ranges:
            if members <= left:
                left -= members
                found.append((min(self.all.index(each) for each in members), wording))
        return [wording for _, wording in sorted(found, key=lambda each: each[0])]


def _narrowed(one: str, other: str) -> str:
    """Return two descriptions as one: ``AMD processors with FS_GS_NS``."""
    return f"{one} and {other.removeprefix(GENERAL)}" if one.startswith(GENERAL) else f"{one} {other}"


def distinguishing(holds: Iterable[str], fails: Iterable[str], asked: Sequence[str], namer: Namer) -> Wording | None:
    """Return the weakest qualifier: the shortest scope that holds exactly where the claim does.

    None when the claim fails everywhere.
    """
    wanted = frozenset(holds)
    return namer.name(wanted, asked) if wanted and frozenset(fails) else None
