"""The exceptions of an instruction as numbered lines, with what the local names in their conditions mean."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from sphinx_fsgs.records import dataclass
from sphinx_fsgs.spec.exceptions import ExceptionRow, exceptions_of
from sphinx_fsgs.spec.model import Spec
from sphinx_fsgs.spec.printer import expression_text
from sphinx_fsgs.syntax.expression import Expr, Memory, names_in, walk


@dataclass(frozen=True, slots=True)
class Check:
    """One check, in the order in which the processor makes them, counted from 1.

    ``title`` is the exception with its error code, or for a place where memory is reached what is done there;
    ``when`` the condition, empty for always.
    """

    number: int
    title: str
    when: str
    cites: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a local name in conditions stands for, in the checks of these numbers; no numbers where it is so in all."""

    name: str
    value: str
    checks: tuple[int, ...]


def checks(spec: Spec, stem: str) -> tuple[tuple[Check, ...], tuple[Meaning, ...]]:
    """Return the checks of an instruction and the meanings of the local names in them."""
    rows = exceptions_of(spec, stem)
    found = tuple(Check(number, row.title, row.when_text, row.cites) for number, row in enumerate(rows, 1))
    return found, tuple(_meanings(rows))


def _meanings(rows: Sequence[ExceptionRow]) -> Iterator[Meaning]:
    found: dict[str, dict[str, list[int]]] = {}
    for number, row in enumerate(rows, 1):
        for name, value in _used(row).items():
            found.setdefault(name, {}).setdefault(expression_text(value), []).append(number)
    for name, values in found.items():
        for text, numbers in values.items():
            yield Meaning(name, text, tuple(numbers) if len(values) > 1 else ())


def _used(row: ExceptionRow) -> Mapping[str, Expr]:
    """Return the local names that a check speaks of, and those that their meanings speak of in turn, in their order."""
    meanings = dict(row.where)
    wanted = set(_names(each for each in (row.when, row.error) if each is not None))
    for name, value in reversed(row.where):
        if name in wanted and meanings[name] is value:
            wanted.update(_names([value]))
    return {name: value for name, value in meanings.items() if name in wanted}


def _names(exprs: Iterable[Expr]) -> Iterator[str]:
    for expr in exprs:
        for name in names_in(expr):
            yield name.name.partition(".")[0]
        yield from (each.segment.partition(".")[0] for each in walk(expr) if isinstance(each, Memory))
