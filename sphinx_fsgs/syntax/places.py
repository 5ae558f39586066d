"""The places that a run has: its labels and its instructions."""

from __future__ import annotations

from collections.abc import Sequence

from sphinx_fsgs.records import dataclass
from sphinx_fsgs.source import Span
from sphinx_fsgs.syntax.assembly import AsmStatement, Environment, Instruction, Label, bytes_in
from sphinx_fsgs.syntax.example import Place
from sphinx_fsgs.syntax.lexicon import Lexicon
from sphinx_fsgs.syntax.parsed import Findings


@dataclass(frozen=True, slots=True)
class Places:
    """Names and mnemonics of a run; ``whole`` is False when some of it could not be read."""

    labels: tuple[str, ...]
    mnemonics: tuple[str, ...]
    known: frozenset[str]
    whole: bool

    def find(self, word: str, ordinal: int, span: Span, findings: Findings) -> Place:
        """Return the boundary that ``[ORDINAL] word`` names; one that the run does not have is a finding."""
        if word in self.labels:
            self._count("label", self.labels.count(word), word, ordinal, span, findings)
            return Place("label", word, ordinal, span)
        mnemonic = self.mnemonic(word, span, findings)
        self._count("instruction", self.mnemonics.count(mnemonic), word, ordinal, span, findings)
        return Place("mnemonic", mnemonic, ordinal, span)

    def mnemonic(self, word: str, span: Span, findings: Findings) -> str:
        """Return an instruction of the run in lower case; an unknown word is a finding."""
        mnemonic = word.lower()
        if mnemonic not in self.mnemonics and self.whole:
            here = {*self.labels, *self.mnemonics}
            if mnemonic in self.known:
                help = "the run has " + (", ".join(sorted(here)) or "no instructions")
                findings.error("FSGS109", span, f'no "{word}" in the run', help)
            else:
                findings.unknown("FSGS109", span, "place", word, here, "name a label, an instruction of the run or end")
        return mnemonic

    def _count(self, kind: str, count: int, word: str, ordinal: int, span: Span, findings: Findings) -> None:
        if not self.whole or not count:
            return
        if ordinal == 0 and count > 1:
            message = f'the {kind} "{word}" stands {count} times in the run'
            findings.error("FSGS109", span, message, f'write "first {word}", "second {word}" or "last {word}"')
        elif ordinal > count:
            message = f'the {kind} "{word}" stands {count} times in the run, not {ordinal}'
            findings.error("FSGS109", span, message, f'write "last {word}"')


def places_of(run: Sequence[AsmStatement], lexicon: Lexicon, *, whole: bool) -> Places:
    """Return the places of a run; one with bytes that are not decoded has more."""
    whole = whole and bytes_in(run) is None
    labels = tuple(each.name for each in run if isinstance(each, Label) and each.written)
    called = (_called(each) for each in run if isinstance(each, (Instruction, Environment)))
    return Places(labels, tuple(called), lexicon.mnemonics.union(lexicon.environment), whole)


def _called(statement: Instruction | Environment) -> str:
    return statement.mnemonic if isinstance(statement, Instruction) else statement.operation
