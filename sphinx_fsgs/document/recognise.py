"""Rows, bullets and sentences that say what an instruction, a register or an intrinsic is or does, as claims.

Nobody marked them, so all of it has to be understood: every word is consumed by exactly one claim form, the
name is explicit, and nothing in it or around it (a hedge, a question, a quotation, a condition in a heading)
makes it say something else. Whatever is not so is left alone, with the reason in one word.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from sphinx_fsgs.document.passages import Passage
from sphinx_fsgs.source import Fragment, Line, Span
from sphinx_fsgs.syntax.attribute import Attribute, attributes
from sphinx_fsgs.syntax.claim import ClaimTree, Subject, ValuePart, WordPart
from sphinx_fsgs.syntax.claim import Sequence as Subjects
from sphinx_fsgs.syntax.expression import Number
from sphinx_fsgs.syntax.lexicon import Lexicon
from sphinx_fsgs.syntax.pieces import one_line
from sphinx_fsgs.syntax.read_claim import understood
from sphinx_fsgs.syntax.scope import Named as Family
from sphinx_fsgs.syntax.shapes import Shapes, shapes, third_person
from sphinx_fsgs.syntax.vocabulary import base_segments

Origin = Literal["table", "prose"]

_WORD = re.compile(r"[A-Za-z_][\w.]*")
_HEAD = re.compile(r"\s*(?::|[-\u2013\u2014]+(?=\s))\s*")
_PRONOUN = re.compile(r"(?:It|This\s+instruction|The\s+instruction)(?=\s)")
_FIRST = re.compile(r"[A-Za-z-]+")
_CLAUSES = re.compile(r"\s*[,;]\s*(?:and\s+)?")


@dataclass(frozen=True, slots=True)
class Named:
    """What a cell or the head of an item names: as it is written, and as a claim writes it."""

    fragment: Fragment
    subject: str


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
    reader = _Reader(passages, lexicon)
    for passage in passages:
        if passage.kind in ("sentence", "item", "term", "row") and not any(
            _meets(passage.span, each) for each in apart
        ):
            if (reading := reader.read(passage)) is not None:
                yield reading


def compose(name: str, at: Fragment, words: Fragment, lexicon: Lexicon) -> ClaimTree | str:
    """Return the claim that a name and words about it make, or in one word why they make none."""
    why = "no-form"
    for predicate in _predicates(one_line(words.text).rstrip("."), shapes()):
        tree = understood(Fragment((_line(name, at), _line(predicate, words))), lexicon)
        if not isinstance(tree, str):
            return replace(tree, span=at.span().to(words.span()))
        why = tree if why == "no-form" else why
    return why


def _predicates(words: str, known: Shapes) -> Iterator[str]:
    """Yield the predicates that words may be: a known shape, an order turned into a statement, as they stand."""
    if shaped := known.predicates(words):
        yield from shaped
        return
    if first := _FIRST.match(words):
        yield third_person(first.group().lower()) + words[first.end() :]
        yield first.group().lower() + words[first.end() :]


def _line(text: str, at: Fragment) -> Line:
    return replace(at.lines[0], text=text, glued=False)


@dataclass(slots=True)
class _Reader:
    passages: Sequence[Passage]
    lexicon: Lexicon
    known: frozenset[str]
    strong: frozenset[str]
    heads: dict[int, Named]
    last: dict[int, Named]
    by_order: dict[int, Passage]
    groups: dict[int, list[Passage]]
    lost: set[int]
    doubtful: set[int]

    def __init__(self, passages: Sequence[Passage], lexicon: Lexicon) -> None:
        self.passages, self.lexicon = passages, lexicon
        self.known = frozenset(_names(lexicon))
        self.strong = frozenset(word for each in base_segments(lexicon) for word in (each, each.lower()))
        self.heads, self.last, self.groups = {}, {}, {}
        self.lost, self.doubtful = set(), set()
        self.by_order = {each.order: each for each in passages}
        for each in passages:
            self.groups.setdefault(each.group, []).append(each)

    @property
    def shapes(self) -> Shapes:
        """The patterns, which are read when the first name is met."""
        return shapes()

    def read(self, passage: Passage) -> Reading | None:
        """Return what became of one passage, None when it names nothing."""
        wrong = tuple(self._attributes(passage))
        if (term := self._term_of(passage)) is not None:
            if term in self.heads and term not in self.doubtful:
                self.last[passage.group] = self.heads[term]
            return Reading(passage, (), wrong) if wrong else None
        head = self._head(passage)
        if head is not None:
            self.heads[passage.order] = head[0]
        if passage.header or not self._speaks(passage):
            self._lose(passage)
            return Reading(passage, (), wrong, "no-form") if wrong else None
        found = self._read(passage, head)
        if isinstance(found, str):
            self._lose(passage)
            return Reading(passage, (), wrong, found)
        return Reading(passage, found, wrong)

    def _term_of(self, passage: Passage) -> int | None:
        """Return the term with which a sentence was read already: the first of its definition."""
        above = self.by_order.get(passage.within[-1]) if passage.within and passage.kind == "sentence" else None
        if above is None or above.kind != "term" or len(above.cells) < 2 or above.order not in self.heads:
            return None
        words = above.cells[1]
        return above.order if words is not None and words.span() == passage.fragment.span() else None

    def _lose(self, passage: Passage) -> None:
        """Note that a sentence was not understood: behind it nobody can say what "it" is."""
        if passage.kind == "sentence":
            self.lost.add(passage.group)
        elif passage.kind in ("item", "term") and self.heads.get(passage.order) is not None:
            self.doubtful.add(passage.order)

    def _read(self, passage: Passage, head: tuple[Named, Fragment | None] | None) -> tuple[Recognised, ...] | str:
        if why := self.shapes.why_silent(passage.text):
            return why
        around, makers = self._makers(passage)
        if why := self.shapes.why_apart(around) or ("condition" if len(makers) > 1 else ""):
            return why
        found = self._claims(passage, head)
        if isinstance(found, str):
            return found
        if why := next(filter(None, (self._too_loose(each.tree) for each in found)), ""):
            return why
        return tuple(_narrowed(_meant(each), makers) for each in found)

    def _too_loose(self, tree: ClaimTree) -> str:
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
        numbers = [
            part.value for role in ("index", "number") for part in tree.role(role) if isinstance(part, ValuePart)
        ]
        of_msr = any(isinstance(part, WordPart) and part.word in self.lexicon.msrs for part in tree.role("msr"))
        known = set((self.lexicon.msrs if of_msr else self.lexicon.constants).values())
        return "" if all(isinstance(each, Number) and each.value in known for each in numbers) else "value"

    def _claims(self, passage: Passage, head: tuple[Named, Fragment | None] | None) -> tuple[Recognised, ...] | str:
        if passage.kind == "row":
            return self._row(passage)
        if head is not None and head[1] is not None:
            return self._said_of(head[0], head[1], passage, "prose")
        if passage.kind == "term" or (head is not None and passage.kind == "item"):
            return ()
        return self._sentence(passage)

    # ---- rows ----

    def _row(self, passage: Passage) -> tuple[Recognised, ...] | str:
        first, *rest = passage.cells
        name = self._named(first) if first is not None else None
        if name is None:
            return "no-name"
        if not self._plain_columns(passage):
            return "header"
        filled = [cell for cell in rest if cell is not None]
        found: list[Recognised] = []
        for cell in filled:
            claims = self._said_of(name, cell, passage, "table")
            if isinstance(claims, str):
                return claims
            found.extend(claims)
        same = [row for row in self._rows(passage) if row.order < passage.order and self._names_same(row, name)]
        repeats = same[-1].cells[0].span() if same and same[-1].cells[0] is not None else None
        others = tuple(each.subject for row in self._rows(passage) for each in (self._first(row),) if each is not None)
        return tuple(replace(each, repeats=repeats, others=others) for each in found)

    def _rows(self, passage: Passage) -> Iterator[Passage]:
        return (each for each in self.groups[passage.group] if each.kind == "row")

    def _first(self, row: Passage) -> Named | None:
        return self._named(row.cells[0]) if row.cells and row.cells[0] is not None and not row.header else None

    def _names_same(self, row: Passage, name: Named) -> bool:
        other = self._first(row)
        return other is not None and other.subject == name.subject

    def _plain_columns(self, passage: Passage) -> bool:
        """Return whether no head of a column limits what its cells say."""
        heads = [each for each in self._rows(passage) if each.header]
        return all(
            self.shapes.neutral.fullmatch(one_line(cell.text))
            for row in heads
            for cell in row.cells
            if cell is not None
        )

    # ---- items and sentences ----

    def _said_of(self, name: Named, words: Fragment, passage: Passage, origin: Origin) -> tuple[Recognised, ...] | str:
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
        if any(self.shapes.why_apart(each.text) for each in self._beside(passage)):
            return "condition"
        if pronoun := _PRONOUN.match(fragment.text):
            subject, words = self._subject(passage), fragment.part(pronoun.end(), len(fragment.text))
            tree = compose(subject.subject, fragment, words, self.lexicon) if subject and words else "subject"
        else:
            tree = understood(fragment, self.lexicon)
            head = self._above(passage) if tree == "no-form" else None
            if head is not None:
                tree = compose(head.subject, fragment, fragment, self.lexicon)
            elif not isinstance(tree, str) and not self._explicit(tree):
                tree = "subject"
        if isinstance(tree, str):
            return tree
        for each in _subjects(tree):
            self.last[passage.group] = Named(fragment, each.text)
        return (Recognised("prose", tree, fragment.span(0, len(fragment.text.rstrip().rstrip(".")))),)

    def _subject(self, passage: Passage) -> Named | None:
        """Return what "it" is: what the paragraph named last, else what heads it; None behind words not understood."""
        if passage.group in self.lost:
            return None
        if passage.group in self.last:
            return self.last[passage.group]
        return self._above(passage) if passage.place == 0 or passage.within else None

    def _above(self, passage: Passage) -> Named | None:
        """Return the name that heads a paragraph: the item or term around it or just above it, or the title."""
        if passage.kind != "sentence" or passage.group in self.last or passage.group in self.lost:
            return None
        if passage.within:
            order = passage.within[-1]
            return self.heads.get(order) if order not in self.doubtful else None
        if passage.place:
            return None
        above = self.by_order.get(passage.order - 1)
        if above is not None and above.kind in ("item", "term") and above.order not in self.doubtful:
            return self.heads.get(above.order)
        title = above is not None and above.kind == "title" and bool(passage.headings)
        return self._named(passage.headings[-1]) if title else None

    def _explicit(self, tree: ClaimTree) -> bool:
        """Return whether instructions are named as such: "The call" is an English word, "CALL" is not."""
        mnemonics = [each.mnemonic or each.text.split()[0] for each in _subjects(tree)]
        return all(self._is_name(each) for each in mnemonics)

    def _is_name(self, mnemonic: str) -> bool:
        return mnemonic.split()[0].isupper() or any(each in mnemonic for each in self.strong)

    # ---- names ----

    def _head(self, passage: Passage) -> tuple[Named, Fragment | None] | None:
        """Return what an item or term is about, and what stands behind its colon or dash."""
        if passage.kind == "term":
            name = self._named(passage.fragment)
            words = passage.cells[1] if len(passage.cells) > 1 else None
            return None if name is None else (name, words)
        if passage.kind != "item":
            return None
        text = passage.fragment.text
        mark = _HEAD.search(text)
        at = mark.start() if mark else len(text.rstrip().rstrip("."))
        part = passage.fragment.part(0, at)
        name = self._named(part) if part is not None else None
        if name is None:
            return None
        return name, passage.fragment.part(mark.end(), len(text)) if mark else None

    def _named(self, fragment: Fragment) -> Named | None:
        """Return what all of a text names; placeholders behind a name are any register, or any argument."""
        for each in attributes(fragment, self.lexicon):
            whole = not fragment.text[: each.start].strip() and not fragment.text[each.end :].strip()
            return Named(fragment, each.space) if whole and each.space in self.lexicon.spaces else None
        text = fragment.text
        if text.strip() in self.lexicon.spaces:
            return Named(fragment, text.strip())
        for match in reversed(list(re.finditer(r"[\w.]+", text))):
            if not self.shapes.operands.fullmatch(text, match.end()):
                continue
            name = one_line(text[: match.end()])
            subject = self._subject_of(name)
            part = fragment.part(0, match.end())
            if subject and part is not None:
                return Named(part, subject)
        return None

    def _subject_of(self, name: str) -> str:
        if name in self.lexicon.intrinsics:
            return f"{name}()"
        known = name.lower() in self.lexicon.subjects and self._is_name(name)
        return name if known or name in self.lexicon.msrs or name in self.lexicon.constants else ""

    def _speaks(self, passage: Passage) -> bool:
        """Return whether a passage has a word that a claim can be about."""
        if _PRONOUN.match(passage.fragment.text) or self._above(passage) is not None:
            return self._subject(passage) is not None
        if passage.order in self.heads or (passage.kind == "row" and self._first(passage) is not None):
            return True
        return any(word in self.known for word in _WORD.findall(passage.text.replace("()", "")))

    # ---- what is around ----

    def _makers(self, passage: Passage) -> tuple[str, tuple[str, ...]]:
        """Return what limits or denies a passage from outside, headings and items, and the makers named there."""
        texts = [each.text for each in passage.headings]
        texts += [
            self.by_order[each].text for each in passage.within if each not in self.heads and each in self.by_order
        ]
        text, makers = "\n".join(texts), []
        for family in sorted(self.lexicon.families):
            without = re.sub(rf"\b(?:on\s+)?{re.escape(family)}\b", " ", text, flags=re.IGNORECASE)
            if without != text:
                makers.append(family)
                text = without
        return text, tuple(makers)

    def _beside(self, passage: Passage) -> Iterator[Fragment]:
        """Yield the other sentences of the paragraph."""
        return (
            each.fragment
            for each in self.groups[passage.group]
            if each.kind == "sentence" and each.order != passage.order
        )

    def _attributes(self, passage: Passage) -> Iterator[Attribute]:
        fragments: Iterable[Fragment | None] = passage.cells if passage.kind == "row" else (passage.fragment,)
        for fragment in fragments:
            if fragment is not None:
                yield from (each for each in attributes(fragment, self.lexicon) if not each.sound)


def _names(lexicon: Lexicon) -> Iterator[str]:
    """Yield every word with which the name of something that claims are about can begin."""
    for subject in lexicon.subjects:
        first = subject.split()[0]
        yield from (first, first.upper())
    names: tuple[Iterable[str] | Mapping[str, object], ...] = (lexicon.intrinsics, lexicon.msrs, lexicon.features)
    for each in names:
        yield from each
    yield from (space.partition("(")[0] for space in lexicon.spaces)


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
