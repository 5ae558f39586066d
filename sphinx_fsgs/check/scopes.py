"""Which hosts a scope selects, and the shortest scope that selects given hosts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from sphinx_fsgs.check.names import ProcessorNames, Wording, joined
from sphinx_fsgs.spec.hosts import BARE, Host, Version, host_of, version_text
from sphinx_fsgs.spec.model import Spec
from sphinx_fsgs.syntax.scope import Both, Either, Era, Named, Not, Range, Scope, Versions

if TYPE_CHECKING:
    from sphinx_fsgs.spec.platforms import Platform


def selects(scope: Scope, host: Host, spec: Spec) -> bool:
    """Return whether a scope takes in a host; a CPUID bit that varies within a profile counts as absent."""
    if isinstance(scope, Named):
        return _named(scope, host, spec)
    if isinstance(scope, Range):
        first, last, profile = (spec.profiles[name] for name in (scope.first, scope.last, host.profile))
        return profile.line == first.line and first.order <= profile.order <= last.order
    if isinstance(scope, Era):
        profile, bound = spec.profiles[host.profile], spec.profiles[scope.profile]
        return profile.vendor == bound.vendor and profile.came_before(bound) is (scope.op == "before")
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
    if scope.kind == "market":
        return profile.market == scope.name
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


class Namer:
    """Finds the shortest names for sets of hosts, by their names."""

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        self.all = tuple(spec.profiles)
        self._names = ProcessorNames(spec)

    def name(self, names: Iterable[str], prefer: Sequence[str] = ()) -> Wording:
        """Return the shortest scope that selects exactly these hosts.

        ``prefer`` lists questions that the verdicts hung on; CPUID bits among them are tried first.
        """
        names = tuple(names)
        hosts = [host_of(each) for each in names]
        if all(each.platform == BARE for each in hosts):
            return self._names.name(frozenset(names), prefer)
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
            who = self._names.name(some, prefer)
            scope = f"{_bracketed(who)} and {_bracketed(place)}"
            found.append(Wording(scope, f"{who.words} on {place.words}", who.parts + place.parts))
        return joined(found)

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
        return joined(sorted(single, key=lambda each: order.index(each.scope)))


def _side(wanted: frozenset[str], members: Sequence[Platform], version: Version) -> str:
    """Return on which side of a version exactly these platforms lie, if each lies on one side; else nothing."""
    before = {each.name for each in members if each.end is not None and each.end <= version}
    since = {each.name for each in members if each.first is not None and each.first >= version}
    if len(before) + len(since) < len(members):
        return ""
    return "<" if wanted == before else ">=" if wanted == since else ""


def _bracketed(wording: Wording) -> str:
    return f"({wording.scope})" if " or " in wording.scope else wording.scope


def distinguishing(holds: Iterable[str], fails: Iterable[str], asked: Sequence[str], namer: Namer) -> Wording | None:
    """Return the weakest qualifier: the shortest scope that holds exactly where the claim does.

    None when the claim fails everywhere.
    """
    wanted = frozenset(holds)
    return namer.name(wanted, asked) if wanted and frozenset(fails) else None
