"""Rows, bullets and sentences that say what an instruction, a register or an intrinsic is or does, as claims.

Nobody marked them, so all of it has to be understood: every word is consumed by exactly one claim form, the
name is explicit, and nothing in it or around it (a hedge, a question, a quotation, a condition in a heading)
makes it say something else. Whatever is not so is left alone, with the reason in one word.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Literal

from sphinx_fsgs.document.compose import compose
from sphinx_fsgs.document.context import Context, pronoun
from sphinx_fsgs.document.named import Named, Names
from sphinx_fsgs.document.passages import Passage
from sphinx_fsgs.records import dataclass
from sphinx_fsgs.source import Fragment, Span
from sphinx_fsgs.syntax.attribute import Attribute, attributes
from sphinx_fsgs.syntax.claim import ClaimTree, Subject, ValuePart, WordPart
from sphinx_fsgs.syntax.claim import Sequence as Subjects
from sphinx_fsgs.syntax.expression import Number
from sphinx_fsgs.syntax.lexicon import Lexicon
from sphinx_fsgs.syntax.pieces import one_line
from sphinx_fsgs.syntax.read_claim import understood
from sphinx_fsgs.syntax.scope import Named as Family
from sphinx_fsgs.syntax.shapes import shapes

Origin = Literal["table", "prose"]

_CLAUSES = re.compile(r"\s*[,;]\s*(?:and\s+)?")


@dataclass(frozen=True, slots=True)
class Recognised:
    """A claim that nobody marked. ``name`` and ``words`` are its two sides where it was put together of such.

    ``repeats`` is the nearest row above it that names the same.
    """

    origin: Origin
    tree: ClaimTree
    span: Span
    name: Named | None = None
    words: Fragment | None = None
    repeats: Span | None = None
    others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """What became of a passage: claims, or in one word why it makes none; and attributes that nobody can read.

    ``reason`` is empty when all of the passage was understood, or when it names nothing that a claim is about.
    """

    passage: Passage
    claims: tuple[Recognised, ...] = ()
    attributes: tuple[Attribute, ...] = ()
    reason: str = ""


def recognise(passages: Sequence[Passage], lexicon: Lexicon, apart: Sequence[Span] = ()) -> Iterator[Reading]:
    """Yield what became of each passage that names something the lexicon knows.

    :param apart: where annotations stand, whose own words are no prose.
    """
    reader = _Reader(lexicon, Context(passages, Names.of(lexicon)))
    for passage in passages:
        if passage.kind not in ("sentence", "item", "term", "row") or any(_meets(passage.span, each) for each in apart):
            continue
        if (reading := reader.read(passage)) is not None:
            yield reading


@dataclass(frozen=True, slots=True)
class _Reader:
    lexicon: Lexicon
    context: Context

    def read(self, passage: Passage) -> Reading | None:
        """Return what became of one passage, None when it names nothing."""
        wrong = tuple(self._attributes(passage))
        if self.context.continues(passage):
            return Reading(passage, (), wrong) if wrong else None
        head = self.context.head(passage)
        if head is not None:
            self.context.heads[passage.order] = head[0]
        if passage.header or not self.context.speaks(passage):
            self.context.lose(passage)
            return Reading(passage, (), wrong, "no-form") if wrong else None
        found = self._read(passage, head)
        if isinstance(found, str):
            self.context.lose(passage)
            return Reading(passage, (), wrong, found)
        return Reading(passage, found, wrong)

    def _attributes(self, passage: Passage) -> Iterator[Attribute]:
        fragments: Iterable[Fragment | None] = passage.cells if passage.kind == "row" else (passage.fragment,)
        for fragment in fragments:
            if fragment is not None:
                yield from (each for each in attributes(fragment, self.lexicon) if not each.sound)

    def _read(self, passage: Passage, head: tuple[Named, Fragment | None] | None) -> tuple[Recognised, ...] | str:
        said = (each for each in (passage.fragment, *passage.cells) if each is not None)
        if why := next(filter(None, (shapes().why_silent(one_line(each.text)) for each in said)), ""):
            return why
        around, makers = self.context.limits(passage)
        if why := shapes().why_apart(around) or ("condition" if len(makers) > 1 else ""):
            return why
        found = self._claims(passage, head)
        if isinstance(found, str):
            return found
        if why := next(filter(None, (_too_loose(each.tree, self.lexicon) for each in found)), ""):
            return why
        return tuple(_narrowed(_meant(each), makers) for each in found)

    def _claims(self, passage: Passage, head: tuple[Named, Fragment | None] | None) -> tuple[Recognised, ...] | str:
        if passage.kind == "row":
            return self._row(passage)
        if head is not None and head[1] is not None:
            return self._said_of(head[0], head[1], "prose")
        if passage.kind == "term" or (head is not None and passage.kind == "item"):
            return ()
        return self._sentence(passage)

    # ---- rows ----

    def _row(self, passage: Passage) -> tuple[Recognised, ...] | str:
        name = self.context.row_name(passage)
        if name is None:
            return "no-name"
        if not self._plain_columns(passage):
            return "header"
        found: list[Recognised] = []
        for cell in passage.cells[1:]:
            claims = self._said_of(name, cell, "table") if cell is not None else ()
            if isinstance(claims, str):
                return claims
            found.extend(claims)
        named = [(row, other) for row in self.context.rows(passage) if (other := self.context.row_name(row))]
        same = [row for row, other in named if row.order < passage.order and other.subject == name.subject]
        repeats = same[-1].fragment.span() if same else None
        others = tuple(other.subject for _, other in named)
        return tuple(replace(each, repeats=repeats, others=others) for each in found)

    def _plain_columns(self, passage: Passage) -> bool:
        """Return whether no head of a column limits what its cells say."""
        heads = (cell for row in self.context.rows(passage) if row.header for cell in row.cells if cell is not None)
        return all(shapes().neutral.fullmatch(one_line(cell.text)) for cell in heads)

    # ---- items and sentences ----

    def _said_of(self, name: Named, words: Fragment, origin: Origin) -> tuple[Recognised, ...] | str:
        """Return the claims that words make about a name: one, or one for each part between commas."""
        whole = compose(name.subject, name.fragment, words, self.lexicon)
        if not isinstance(whole, str):
            return (Recognised(origin, whole, _across(name.fragment, words), name, words),)
        found: list[Recognised] = []
        for part in _parts(words):
            tree = compose(name.subject, name.fragment, part, self.lexicon)
            if isinstance(tree, str):
                return whole
            found.append(Recognised(origin, tree, _across(name.fragment, part), name, part))
        return tuple(found)

    def _sentence(self, passage: Passage) -> tuple[Recognised, ...] | str:
        fragment = passage.fragment
        if any(shapes().why_apart(each.text) for each in self.context.beside(passage)):
            return "condition"
        if start := pronoun(passage):
            subject, words = self.context.subject(passage), fragment.part(start, len(fragment.text))
            tree = compose(subject.subject, fragment, words, self.lexicon) if subject and words else "subject"
        else:
            tree = understood(fragment, self.lexicon)
            head = self.context.above(passage) if tree == "no-form" else None
            if head is not None:
                tree = compose(head.subject, fragment, fragment, self.lexicon)
            elif not isinstance(tree, str) and not self._explicit(tree):
                tree = "subject"
        if isinstance(tree, str):
            return tree
        for each in _subjects(tree):
            self.context.spoke_of(passage, Named(fragment, each.text))
        return (Recognised("prose", tree, fragment.span(0, len(fragment.text.rstrip().rstrip(".")))),)

    def _explicit(self, tree: ClaimTree) -> bool:
        """Return whether all instructions are named as such."""
        mnemonics = [each.mnemonic or each.text.split()[0] for each in _subjects(tree)]
        return all(self.context.names.explicit(each) for each in mnemonics)


def _too_loose(tree: ClaimTree, lexicon: Lexicon) -> str:
    """Return why words that a claim form would take at their word are no claim where nobody marked them.

    "LKGS raises #UD" tells of a fault that there can be, "FSGSBASE is enumerated" of a bit that there is, and
    what is equivalent in prose may differ in registers that nobody looks at. A number beside a register is its
    number only if some register has that.
    """
    narrowed = tree.when is not None or tree.cpl is not None or tree.mode != "64-bit"
    if (tree.role("fault") and not narrowed) or (tree.role("other") and not tree.role("cells")):
        return "condition"
    if tree.role("feature") and not (tree.role("leaf") or tree.role("generation")):
        return "condition"
    numbers = [part.value for role in ("index", "number") for part in tree.role(role) if isinstance(part, ValuePart)]
    of_msr = any(isinstance(part, WordPart) and part.word in lexicon.msrs for part in tree.role("msr"))
    known = set((lexicon.msrs if of_msr else lexicon.constants).values())
    return "" if all(isinstance(each, Number) and each.value in known for each in numbers) else "value"


def _subjects(tree: ClaimTree) -> Iterator[Subject]:
    for role in ("subject", "other"):
        for part in tree.role(role):
            if isinstance(part, Subjects):
                yield from part.subjects


def _meant(claim: Recognised) -> Recognised:
    """Return the claim as prose means it: what is equivalent is so where it completes."""
    return replace(claim, tree=replace(claim.tree, whenever=True)) if claim.tree.role("other") else claim


def _narrowed(claim: Recognised, makers: tuple[str, ...]) -> Recognised:
    """Return the claim on the processors of the maker that a heading names, if it does not name any itself."""
    if not makers or claim.tree.scope is not None:
        return claim
    return replace(claim, tree=replace(claim.tree, scope=Family(makers[0], "family", claim.tree.span)))


def _parts(words: Fragment) -> Iterator[Fragment]:
    start = 0
    for match in [*_CLAUSES.finditer(words.text), None]:
        part = words.part(start, match.start() if match else len(words.text))
        if part is not None:
            yield part
        start = match.end() if match else start


def _across(one: Fragment, other: Fragment) -> Span:
    return one.span().to(other.span(0, len(other.text.rstrip().rstrip("."))))


def _meets(one: Span, other: Span) -> bool:
    return one.path == other.path and one.line <= other.end_line and other.line <= one.end_line
