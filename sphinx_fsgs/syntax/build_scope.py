"""Lark trees to scopes; apart from ``read_scope`` so that importing that needs no Lark."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lark import Transformer, v_args

from sphinx_fsgs.source import Fragment, Span
from sphinx_fsgs.syntax.lexicon import Lexicon
from sphinx_fsgs.syntax.parsed import Findings
from sphinx_fsgs.syntax.scope import Both, Either, Era, Named, Not, Range, Scope, Versions

if TYPE_CHECKING:
    from lark.lexer import Token
    from lark.tree import Meta


@v_args(meta=True)
class Scopes(Transformer):  # type: ignore[type-arg]  # leaves become dataclasses, not trees
    """Turns a parse of ``scope.lark`` into a scope; unknown words go to ``findings``."""

    def __init__(self, fragment: Fragment, lexicon: Lexicon, findings: Findings) -> None:
        super().__init__()
        self._fragment = fragment
        self._lexicon = lexicon
        self._findings = findings

    def either(self, meta: Meta, parts: list[Scope]) -> Scope:
        return Either(parts[0], parts[1], self._span(meta))

    def both(self, meta: Meta, parts: list[Scope]) -> Scope:
        return Both(parts[0], parts[1], self._span(meta))

    def not_(self, meta: Meta, parts: list[Scope]) -> Scope:
        return Not(parts[0], self._span(meta))

    def range(self, meta: Meta, tokens: list[Token]) -> Scope:
        first, last = tokens
        for each in tokens:
            if each not in self._lexicon.profiles:
                self._unknown(each, "profile", set(self._lexicon.profiles))
        return Range(str(first), str(last), self._span(meta))

    def since(self, meta: Meta, tokens: list[Token]) -> Scope:
        return Era(self._profile(tokens[0]), "since", self._span(meta))

    def earlier(self, meta: Meta, tokens: list[Token]) -> Scope:
        return Era(self._profile(tokens[0]), "before", self._span(meta))

    def _profile(self, token: Token) -> str:
        """Return the profile that a name or a title means."""
        found = str(token) if token in self._lexicon.profiles else self._lexicon.processor(str(token))
        if not found:
            self._unknown(token, "processor", {*self._lexicon.profiles, *self._lexicon.titles.values()})
        return found

    def versions(self, meta: Meta, tokens: list[Token]) -> Scope:
        family, op, version = tokens
        if family not in self._lexicon.families_of_platforms:
            self._unknown(family, "family of platforms", set(self._lexicon.families_of_platforms))
        numbers = tuple(int(each) for each in version.split("."))
        return Versions(str(family), "<" if op == "<" else "≥", numbers, self._span(meta))

    def named(self, meta: Meta, tokens: list[Token]) -> Scope:
        word, known = str(tokens[0]), self._lexicon
        if word in known.profiles:
            return Named(word, "profile", self._span(meta))
        if word in known.families:
            return Named(word, "family", self._span(meta))
        if word in known.markets:
            return Named(word, "market", self._span(meta))
        if word in known.platforms:
            return Named(word, "platform", self._span(meta))
        feature = word.removesuffix(CAPABLE)
        if feature in known.features:
            return Named(known.features[feature], "feature", self._span(meta))
        if word.lower() in known.families:
            return Named(word.lower(), "family", self._span(meta))
        if profile := known.processor(word):
            return Named(profile, "profile", self._span(meta))
        self._unknown(tokens[0], "profile, family, feature or platform", _all_words(known))
        return Named(word, "feature", self._span(meta))

    def _unknown(self, token: Token, kind: str, words: set[str]) -> None:
        span = self._fragment.span(token.start_pos or 0, token.end_pos)
        self._findings.unknown("FSGS180", span, kind, str(token), words, _SCOPES)

    def _span(self, meta: Meta) -> Span:
        return self._fragment.span(meta.start_pos, meta.end_pos)


CAPABLE = "-capable"
"""What prose may put behind a feature: ``FRED-capable processors``."""

_SCOPES = 'a scope is made of profiles, families, features, platforms, "and", "or" and "not"'


def _all_words(lexicon: Lexicon) -> set[str]:
    return {*lexicon.profiles, *lexicon.families, *lexicon.markets, *lexicon.platforms, *lexicon.features}
