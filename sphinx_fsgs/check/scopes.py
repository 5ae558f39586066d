"""Which hosts a scope selects, and the shortest scope that selects given hosts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING

from sphinx_fsgs.records import dataclass
from sphinx_fsgs.spec.features import load_vendors
from sphinx_fsgs.spec.hosts import BARE, Host, Version, host_of, version_text
from sphinx_fsgs.spec.model import FEATURE_PREFIX, Spec
from sphinx_fsgs.spec.profiles import Profile
from sphinx_fsgs.syntax.scope import Both, Either, Named, Not, Range, Scope, Versions

if TYPE_CHECKING:
    from sphinx_fsgs.spec.platforms import Platform


def selects(scope: Scope, host: Host, spec: Spec) -> bool:
    """Return whether a scope takes in a host; a CPUID bit that varies within a profile counts as absent."""
    if isinstance(scope, Named):
        return _named(scope, host, spec)
    if isinstance(scope, Range):
        first, last, profile = (spec.profiles[name] for name in (scope.first, scope.last, host.profile))
        return profile.line == first.line and first.order <= profile.order <= last.order
    if isinstance(scope, Versions):
        return host.platform != BARE and _on_that_side(scope, spec.platforms[host.platform])
    if isinstance(scope, Not):
        return not selects(scope.inner, host, spec)
    left, right = selects(scope.left, host, spec), selects(scope.right, host, spec)
    return left and right if isinstance(scope, Both) else left or right


def _named(scope: Named, host: Host, spec: Spec) -> bool:
    if scope.kind == "platform":
        family = "" if host.platform == BARE else spec.platforms[host.platform].family
        return scope.name in (host.platform, family)
    profile = spec.profiles[host.profile]
    if scope.kind == "profile":
        return profile.name == scope.name
    if scope.kind == "family":
        return profile.vendor == scope.name
    return profile.cpuid.get(scope.name) is True


def _on_that_side(scope: Versions, platform: Platform) -> bool:
    if platform.family != scope.family:
        return False
    if scope.op == "<":
        return platform.end is not None and platform.end <= scope.version
    return platform.first is not None and platform.first >= scope.version


def parts(scope: Scope) -> Iterator[Scope]:
    """Yield the names, ranges and versions of which a scope is made."""
    if isinstance(scope, Not):
        yield from parts(scope.inner)
    elif isinstance(scope, (Both, Either)):
        yield from parts(scope.left)
        yield from parts(scope.right)
    else:
        yield scope


def names_platform(scope: Scope | None) -> bool:
    """Return whether a scope says on which platforms; one that does not means the bare processor."""
    if scope is None:
        return False
    return any(isinstance(each, Versions) or getattr(each, "kind", "") == "platform" for each in parts(scope))


def selected(scope: Scope | None, spec: Spec, platforms: Sequence[str] = (BARE,)) -> tuple[str, ...]:
    """Return the hosts that a scope selects, by name: on the platforms that it names, or else on ``platforms``."""
    hosts = spec.hosts if names_platform(scope) or platforms != (BARE,) else _bare(spec)
    if not names_platform(scope):
        hosts = tuple(each for each in hosts if each.platform in platforms)
    return tuple(str(each) for each in hosts if scope is None or selects(scope, each, spec))


def _bare(spec: Spec) -> tuple[Host, ...]:
    return tuple(Host(name) for name in spec.profiles)


def cut_in_two(scope: Scope | None, spec: Spec) -> Iterator[tuple[Versions, Platform]]:
    """Yield each bound of versions that lies within a platform, with that platform: it selects neither part."""
    for each in parts(scope) if scope is not None else ():
        if isinstance(each, Versions):
            for platform in spec.platforms.values():
                after = platform.first is None or platform.first < each.version
                before = platform.end is None or platform.end > each.version
                if platform.family == each.family and after and before:
                    yield each, platform


GENERAL = "processors "
"""How the words begin that describe processors by a CPUID bit."""


@dataclass(frozen=True, slots=True)
class Wording:
    """A scope in the language of scopes, and in words."""

    scope: str
    words: str
    parts: int


class Namer:
    """Finds the shortest names for sets of hosts, by their names."""

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        self.all = tuple(spec.profiles)
        self._vendors = load_vendors(spec.folder)

    def name(self, names: Iterable[str], prefer: Sequence[str] = ()) -> Wording:
        """Return the shortest scope that selects exactly these hosts.

        ``prefer`` lists questions that the verdicts hung on; CPUID bits among them are tried first.
        """
        names = tuple(names)
        hosts = [host_of(each) for each in names]
        if all(each.platform == BARE for each in hosts):
            return self._processors(frozenset(names), prefer)
        return self._on_platforms(hosts, prefer)

    def _on_platforms(self, hosts: Sequence[Host], prefer: Sequence[str]) -> Wording:
        """Name hosts platform by platform: first the platforms whole, then what is left of others."""
        by_platform: dict[str, set[str]] = {}
        for each in hosts:
            by_platform.setdefault(each.platform, set()).add(each.profile)
        groups: dict[frozenset[str] | None, list[str]] = {}
        for platform, profiles in by_platform.items():
            whole = all(name in profiles for name in self.all if self.spec.has(platform, name))
            groups.setdefault(None if whole else frozenset(profiles), []).append(platform)
        found = []
        for some, platforms in groups.items():
            place = self._platforms(frozenset(platforms))
            if some is None:
                found.append(place)
                continue
            who = self._processors(some, prefer)
            scope = f"{_bracketed(who)} and {_bracketed(place)}"
            found.append(Wording(scope, f"{who.words} on {place.words}", who.parts + place.parts))
        return _joined(found)

    def _platforms(self, wanted: frozenset[str]) -> Wording:
        """Name platforms: a family, a side of a version, or one by one."""
        known = self.spec.platforms
        if wanted == {BARE}:
            return Wording(BARE, "the bare processor", 1)
        for family in self.spec.families:
            members = [each for each in known.values() if each.family == family]
            if wanted == {each.name for each in members}:
                return Wording(family, family.capitalize(), 1)
            for version in sorted({bound for each in members for bound in (each.first, each.end) if bound}):
                side = _side(wanted, members, version)
                if side and len(wanted) > 1:
                    words = f"{family.capitalize()} {'before' if side == '<' else 'from'} {version_text(version)}"
                    return Wording(f"{family} {side} {version_text(version)}", f"{words}{' on' * (side != '<')}", 1)
        single = [Wording(name, known[name].title if name in known else "the bare processor", 1) for name in wanted]
        order = (BARE, *known)
        return _joined(sorted(single, key=lambda each: order.index(each.scope)))

    def _processors(self, wanted: frozenset[str], prefer: Sequence[str]) -> Wording:
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
        return replace(_joined(pieces), parts=len(pieces) + 1)

    def _cover(self, wanted: frozenset[str]) -> list[Wording]:
        left, found = set(wanted), []
        ranges = sorted(self._ranges(), key=lambda each: -len(each[0]))
        for members, wording in ranges:
            if members <= left:
                left -= members
                found.append((min(self.all.index(each) for each in members), wording))
        return [wording for _, wording in sorted(found, key=lambda each: each[0])]


def _side(wanted: frozenset[str], members: Sequence[Platform], version: Version) -> str:
    """Return on which side of a version exactly these platforms lie, if each lies on one side; else nothing."""
    before = {each.name for each in members if each.end is not None and each.end <= version}
    since = {each.name for each in members if each.first is not None and each.first >= version}
    if len(before) + len(since) < len(members):
        return ""
    return "<" if wanted == before else ">=" if wanted == since else ""


def _bracketed(wording: Wording) -> str:
    return f"({wording.scope})" if " or " in wording.scope else wording.scope


def _joined(found: Sequence[Wording]) -> Wording:
    scope = " or ".join(each.scope for each in found)
    words = ", ".join(each.words for each in found[:-1])
    parts = sum(each.parts for each in found)
    return Wording(scope, f"{words} and {found[-1].words}" if words else found[-1].words, parts)


def _narrowed(one: str, other: str) -> str:
    """Return two descriptions as one: ``AMD processors with FS_GS_NS``."""
    return f"{one} and {other.removeprefix(GENERAL)}" if one.startswith(GENERAL) else f"{one} {other}"


def distinguishing(holds: Iterable[str], fails: Iterable[str], asked: Sequence[str], namer: Namer) -> Wording | None:
    """Return the weakest qualifier: the shortest scope that holds exactly where the claim does.

    None when the claim fails everywhere.
    """
    wanted = frozenset(holds)
    return namer.name(wanted, asked) if wanted and frozenset(fails) else None
