"""What of a block of C is compiled: its preprocessor lines worked out, and what has to be taken for granted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from sphinx_fsgs.spec.model import Spec
from sphinx_fsgs.syntax.c import CDirective, CElided, CExpr, CIf, CNumber, CStatement

ELIDED = "what the document leaves out changes nothing that is spoken of here"


@dataclass(slots=True)
class Source:
    """Statements without preprocessor lines, the macros that stand for values, and what was assumed."""

    statements: tuple[CStatement, ...] = ()
    macros: dict[str, CExpr] = field(default_factory=dict)
    assumed: dict[str, None] = field(default_factory=dict)


def preprocess(statements: Iterable[CStatement], spec: Spec) -> Source:
    """Return what is compiled.

    A macro that neither the block nor a compiler is known to define decides nothing by itself: the part that
    the document shows first is taken, and that is noted.
    """
    preprocessor = _Preprocessor(spec)
    preprocessor.source.statements = tuple(preprocessor.run(statements))
    return preprocessor.source


@dataclass(slots=True)
class _Branch:
    """An open conditional: whether the code around it is compiled, this part of it, and any part so far."""

    around: bool
    here: bool
    taken: bool


class _Preprocessor:
    def __init__(self, spec: Spec) -> None:
        self.source = Source()
        self._predefined = frozenset(each.macro for each in spec.address_spaces.values() if each.macro)
        self._empty: set[str] = set()
        self._open: list[_Branch] = []

    def run(self, statements: Iterable[CStatement]) -> Iterator[CStatement]:
        """Yield the statements that are compiled."""
        for each in statements:
            if isinstance(each, CDirective):
                self._directive(each)
            elif not self._compiled():
                continue
            elif isinstance(each, CElided):
                self._assume(ELIDED)
            elif isinstance(each, CIf):
                yield replace(each, then=tuple(self.run(each.then)), otherwise=tuple(self.run(each.otherwise)))
            else:
                yield each

    def _compiled(self) -> bool:
        return not self._open or self._open[-1].here

    def _assume(self, text: str) -> None:
        self.source.assumed[text] = None

    def _directive(self, line: CDirective) -> None:
        match line.word:
            case "ifdef" | "ifndef":
                self._begin(self._decide(line))
            case "if":
                self._begin(line.value is None or self._truth(line))
            case "elif" | "else":
                self._other(line)
            case "endif":
                if self._open:
                    self._open.pop()
            case "include" if self._compiled():
                self._assume(f"{line.rest} declares what the code needs")
            case "define" if self._compiled():
                self._define(line)
            case _:
                pass

    def _begin(self, holds: bool) -> None:
        around = self._compiled()
        self._open.append(_Branch(around, around and holds, holds))

    def _other(self, line: CDirective) -> None:
        if self._open:
            branch = self._open[-1]
            branch.here = branch.around and not branch.taken
            branch.taken = branch.taken or line.word == "elif"

    def _decide(self, line: CDirective) -> bool:
        if line.name in self.source.macros or line.name in self._empty or line.name in self._predefined:
            return line.word == "ifdef"
        if self._compiled():
            self._assume(f"{line.name} is {'' if line.word == 'ifdef' else 'not '}defined")
        return True

    def _truth(self, line: CDirective) -> bool:
        return not isinstance(line.value, CNumber) or bool(line.value.value)

    def _define(self, line: CDirective) -> None:
        if line.value is None:
            self._empty.add(line.name)
        else:
            self.source.macros[line.name] = line.value
