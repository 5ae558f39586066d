"""A claim from two sides that stand apart: a name, and the words of a cell, a bullet or a sentence about it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from sphinx_fsgs.source import Fragment, Line
from sphinx_fsgs.syntax.claim import ClaimTree
from sphinx_fsgs.syntax.lexicon import Lexicon
from sphinx_fsgs.syntax.pieces import one_line
from sphinx_fsgs.syntax.read_claim import understood
from sphinx_fsgs.syntax.shapes import shapes, third_person

_FIRST = re.compile(r"[A-Za-z-]+")


def compose(name: str, at: Fragment, words: Fragment, lexicon: Lexicon) -> ClaimTree | str:
    """Return the claim that a name and words about it make, or in one word why they make none."""
    why = "no-form"
    for predicate in _predicates(one_line(words.text).rstrip(".")):
        tree = understood(Fragment((_line(name, at), _line(predicate, words))), lexicon)
        if not isinstance(tree, str):
            return replace(tree, span=at.span().to(words.span()))
        why = tree if why == "no-form" else why
    return why


def _predicates(words: str) -> Iterator[str]:
    """Yield the predicates that words may be: a known shape, an order turned into a statement, as they stand."""
    if shaped := shapes().predicates(words):
        yield from shaped
        return
    if first := _FIRST.match(words):
        yield third_person(first.group().lower()) + words[first.end() :]
        yield first.group().lower() + words[first.end() :]


def _line(text: str, at: Fragment) -> Line:
    return replace(at.lines[0], text=text, glued=False)
