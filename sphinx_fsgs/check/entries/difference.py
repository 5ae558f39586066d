"""Two processors side by side: the CPUID bits, instructions and answers in which they differ."""

from __future__ import annotations

from collections.abc import Iterator

from sphinx_fsgs.check.article import Article, Block, Inline, Paragraph, Piece, Section, table, text
from sphinx_fsgs.check.entries.articles import NO_EVIDENCE, instruction_pieces
from sphinx_fsgs.check.entries.profile import Bit, ProfilePage, Reply, profile_page
from sphinx_fsgs.records import dataclass
from sphinx_fsgs.spec.behaviours import UNKNOWN
from sphinx_fsgs.spec.model import Spec


@dataclass(frozen=True, slots=True)
class Side:
    """What one of the two says, and how that is known; ``evidence`` is empty where no source says."""

    value: str
    evidence: str
    disputed: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A CPUID bit or a question, with what both say of it."""

    name: str
    one: Side
    other: Side

    @property
    def differs(self) -> bool:
        """Whether they say another thing, however that is known."""
        return self.one.value != self.other.value


@dataclass(frozen=True, slots=True)
class DifferenceEntry:
    """All bits and questions of two profiles, those that differ among them, and instructions that one alone has."""

    one: str
    other: str
    titles: tuple[str, str]
    bits: tuple[Row, ...]
    answers: tuple[Row, ...]
    only_one: tuple[str, ...]
    only_other: tuple[str, ...]


def difference(spec: Spec, one: str, other: str) -> DifferenceEntry:
    """Return two profiles side by side.

    :raises KeyError: when there is no profile of one of these names.
    """
    first, second = profile_page(spec, one), profile_page(spec, other)
    bits = zip(first.bits, second.bits, strict=True)
    replies = zip(first.replies, second.replies, strict=True)
    return DifferenceEntry(
        one,
        other,
        (first.title, second.title),
        tuple(Row(mine.feature, _of_bit(mine), _of_bit(theirs)) for mine, theirs in bits),
        tuple(Row(mine.question, _of_reply(mine), _of_reply(theirs)) for mine, theirs in replies),
        _has_alone(second, first),
        _has_alone(first, second),
    )


def of_difference(spec: Spec, entry: DifferenceEntry) -> Article:
    """Return what is said of the two."""
    blocks: list[Block] = []
    for kind, rows, style in (("CPUID bit", entry.bits, "text"), ("question", entry.answers, "behaviour")):
        differing = [row for row in rows if row.differs]
        if differing:
            heads = (kind, *entry.titles)
            cells = ((_name(row, style), _said(row.one), _said(row.other)) for row in differing)
            blocks.append(table(heads, cells))
    lead = (*_instructions(spec, entry), Paragraph(text(_alike(entry))))
    if not blocks:
        blocks.append(Paragraph(text("Nothing that the spec knows tells them apart.")))
    return Article("index", entry.one, " and ".join(entry.titles), tuple(blocks), (Section("Besides", lead),))


def _has_alone(lacking: ProfilePage, other: ProfilePage) -> tuple[str, ...]:
    """Return the instructions that one lacks and the other does not."""
    return tuple(stem for stem in lacking.lacks if stem not in other.lacks)


def _of_bit(bit: Bit) -> Side:
    value = UNKNOWN if not bit.evidence else "differs" if bit.value is None else str(int(bit.value))
    return Side(value, bit.evidence)


def _of_reply(reply: Reply) -> Side:
    return Side(reply.value, reply.evidence, bool(reply.disputed))


def _name(row: Row, style: str) -> Inline:
    return (Piece(row.name, "behaviour", row.name),) if style == "behaviour" else text(row.name)


def _said(side: Side) -> Inline:
    disputed = ", disputed" if side.disputed else ""
    return text(f"{side.value} ({side.evidence or NO_EVIDENCE}{disputed})")


def _instructions(spec: Spec, entry: DifferenceEntry) -> Iterator[Block]:
    for title, stems in zip(entry.titles, (entry.only_one, entry.only_other), strict=True):
        if stems:
            yield Paragraph((Piece(f"Only {title} has "), *instruction_pieces(spec, stems), Piece(".")))


def _alike(entry: DifferenceEntry) -> str:
    bits, answers = ([row for row in rows if not row.differs] for rows in (entry.bits, entry.answers))
    otherwise = [row.name for row in (*bits, *answers) if row.one.evidence != row.other.evidence]
    known = f"; known otherwise: {', '.join(otherwise)}" if otherwise else ""
    return (
        f"The same on both: {len(bits)} of {len(entry.bits)} CPUID bits, "
        f"{len(answers)} of {len(entry.answers)} answers{known}."
    )
