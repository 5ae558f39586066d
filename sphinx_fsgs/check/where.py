"""On which hosts an example or a claim is judged: its scope, what it asks of a platform, and the narrowing of a run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from sphinx_fsgs.check.scopes import cut_in_two, names_platform, selected
from sphinx_fsgs.diagnostic import Diagnostic
from sphinx_fsgs.machine.program import Program
from sphinx_fsgs.records import dataclass
from sphinx_fsgs.source import Span
from sphinx_fsgs.spec.hosts import BARE, host_of, version_text
from sphinx_fsgs.spec.model import Spec
from sphinx_fsgs.syntax.claim import ClaimTree, Sequence, WordPart
from sphinx_fsgs.syntax.example import Example, Signals
from sphinx_fsgs.syntax.printer import scope_text
from sphinx_fsgs.syntax.scope import Both, Scope, Versions

if TYPE_CHECKING:
    from sphinx_fsgs.spec.platforms import Platform

EMPTY_SCOPE = "FSGS182"
CUT_IN_TWO = "FSGS183"
NOT_THERE = "FSGS502"

_AUTHORITY = "the language of scopes"


@dataclass(frozen=True, slots=True)
class Needs:
    """What an item asks of a platform: the platforms that have it, and in words what it is."""

    platforms: tuple[str, ...] = (BARE,)
    what: str = ""


NOTHING = Needs()


def needs_of(example: Example, program: Program | None, spec: Spec) -> Needs:
    """Return what an example asks: its calls and its signals."""
    services = [each.service for each in program.calls] if program is not None else []
    signals = [each.claimed.name for each in example.conditions if isinstance(each.claimed, Signals)]
    families = {spec.index.services[each].family for each in services}
    families |= {family for name in signals for family in _signalling(name, spec)}
    return _needs(families, (*services, *signals), spec)


def needs_of_claim(tree: ClaimTree, spec: Spec) -> Needs:
    """Return what a claim asks: the services that are its subject, or a place where a feature is told."""
    parts = (part for _, row in tree.parts for part in row if isinstance(part, Sequence))
    names = [subject.instruction for part in parts for subject in part.subjects]
    services = [name for name in names if name in spec.index.services]
    told = {part.word for part in tree.role("place") if isinstance(part, WordPart)}
    if told:
        asked = (each for each in spec.platform_questions.values() if each.tells is not None and each.tells[1] in told)
        return _needs({each.family for each in asked}, sorted(told), spec)
    return _needs({spec.index.services[each].family for each in services}, services, spec)


def _signalling(name: str, spec: Spec) -> Iterator[str]:
    return (family for family, rows in spec.signals.items() if any(each.name == name for each in rows.values()))


def _needs(families: set[str], what: Iterable[str], spec: Spec) -> Needs:
    if not families:
        return NOTHING
    having = tuple(each.name for each in spec.platforms.values() if families == {each.family})
    return Needs(having, " and ".join(dict.fromkeys(what)))


def hosts_for(
    scope: Scope | None, narrowing: Scope | None, needs: Needs, span: Span, spec: Spec
) -> tuple[tuple[str, ...], list[Diagnostic]]:
    """Return the hosts by name, and what is wrong with the item's own scope.

    :param narrowing: a scope that the run was given for all its items.
    """
    where = scope.span if scope is not None else span
    cut = [_cut(bound, platform) for bound, platform in cut_in_two(scope, spec)]
    if cut:
        return (), cut
    own = selected(scope, spec, needs.platforms)
    if not own and scope is not None:
        return (), [selects_nothing(where, "")]
    lacking = sorted({host_of(each).platform for each in own} - set(needs.platforms)) if needs.what else []
    if lacking:
        return (), [_not_there(lacking, needs, where)]
    if narrowing is None:
        return own, []
    both = narrowing if scope is None else Both(scope, narrowing, span)
    found = selected(both, spec, needs.platforms)
    if needs.what and names_platform(both):
        found = tuple(each for each in found if host_of(each).platform in needs.platforms)
    return found, []


def selects_nothing(span: Span, text: str) -> Diagnostic:
    """Return the finding that a scope selects no host."""
    words = f" {text!r}" if text else ""
    message = f"the scope{words} selects no processor"
    return Diagnostic(EMPTY_SCOPE, "error", span, message, _AUTHORITY, "name processors that exist together")


def _cut(bound: Versions, platform: Platform) -> Diagnostic:
    """Return the finding that a bound leaves a part of a platform on each side."""
    version = version_text(bound.version)
    first = f"from {version_text(platform.first)}" if platform.first else "the first"
    end = f"before {version_text(platform.end)}" if platform.end else "on"
    message = f"{scope_text(bound)} cuts {platform.name} in two: {first} to {version}, and {version} {end}"
    known = [version_text(each) for each in (platform.first, platform.end) if each]
    help_text = f"write {bound.family} {bound.op} {' or '.join(known)}, or name the platforms"
    return Diagnostic(CUT_IN_TWO, "error", bound.span, message, "the versions of the spec's platforms", help_text)


def _not_there(lacking: Iterable[str], needs: Needs, span: Span) -> Diagnostic:
    message = f"{' and '.join(lacking)} has no {needs.what}"
    help_text = f"leave the platform out, or name one of {', '.join(needs.platforms)}"
    return Diagnostic(NOT_THERE, "error", span, message, "the platforms of the spec", help_text)
