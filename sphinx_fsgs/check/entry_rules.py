"""What entry code of the kernel keeps: the rules of the spec, as things that are claimed of an example's run."""

from __future__ import annotations

from collections.abc import Iterator

from sphinx_fsgs.check.conditions import Context, at_places, named_cells
from sphinx_fsgs.check.judge import Claimed
from sphinx_fsgs.machine import terms
from sphinx_fsgs.machine.evaluate import truth
from sphinx_fsgs.machine.observe import Observed, Snapshot
from sphinx_fsgs.machine.terms import Value
from sphinx_fsgs.source import fragment_of
from sphinx_fsgs.spec.entries import Rule
from sphinx_fsgs.spec.model import Spec
from sphinx_fsgs.syntax.example import Condition, Entered, Example, Place
from sphinx_fsgs.syntax.expression import Binary, Expr, Name, Number
from sphinx_fsgs.syntax.read_condition import read_condition

RULE_BROKEN = "FSGS413"


def rules_claimed(example: Example, line: Condition, context: Context) -> Iterator[Claimed]:
    """Yield what the rules say of a run, and what the kernel may expect that it returns to."""
    for rule in context.spec.entries.rules:
        holds = _condition(rule.holds, context.spec) if rule.holds else _returned(example, line, context.spec)
        yield _claimed(rule, holds, line, context)


def _claimed(rule: Rule, holds: Expr, line: Condition, context: Context) -> Claimed:
    place = Place("end", "end", 0, line.span)
    if rule.place != "end":
        place = Place("segment access", rule.place.split()[0].lstrip("%").upper(), 0, line.span)

    def at(seen: Observed) -> Iterator[tuple[Snapshot, Value]]:
        for snapshot in at_places(place, seen, context.program):
            yield snapshot, terms.not_(truth(holds, snapshot.place))

    def violation(seen: Observed) -> Value:
        return terms.any_of(terms.and_(snapshot.guard, wrong) for snapshot, wrong in at(seen))

    return Claimed(violation, rule.says, line.span, RULE_BROKEN, named_cells([holds], context), at=at)


def _condition(text: str, spec: Spec) -> Expr:
    tree = read_condition(fragment_of(text, "spec/entries/rules.toml"), spec.lexicon).tree
    assert tree is not None, text
    return tree


def _returned(example: Example, line: Condition, spec: Spec) -> Expr:
    """Return what code of the kernel that is gone back to may expect, by how the example is entered."""
    entered = next(each for each in reversed(example.before) if isinstance(each, Entered))
    fault = spec.faults.get(entered.event)
    entry = spec.entries.find(entered.event, entered.origin, None if fault is None else fault.error_code)
    assert entry is not None
    user = Binary("=", Name("CPL", line.span), Number(3, line.span), line.span)
    return Binary("OR", user, _condition(entry.returned, spec), line.span)
