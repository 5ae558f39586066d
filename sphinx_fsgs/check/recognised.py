"""Claims that nobody marked: only what is shown to be false is reported, and a slip of the pen is looked for."""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Callable, Iterable
from dataclasses import replace

from sphinx_fsgs.check.claims.form import CLAIM_FAILS
from sphinx_fsgs.check.result import Origin, Result
from sphinx_fsgs.check.session import Session
from sphinx_fsgs.diagnostic import Diagnostic, Fix
from sphinx_fsgs.records import dataclass
from sphinx_fsgs.source import Span
from sphinx_fsgs.syntax.claim import ClaimTree, Sequence

FALSE_ROW, FALSE_SENTENCE = "FSGS631", "FSGS632"
_NEAR = 0.8
"""How like each other two names are, of which one was perhaps meant by the other (1: equal)."""


@dataclass(frozen=True, slots=True)
class Slip:
    """What may be written by mistake: a name, where it stands, what claims with another name in it say.

    ``others`` are names that rows beside it have; ``repeats`` is where the nearest row above has the same.
    """

    name: str
    span: Span
    known: tuple[str, ...]
    others: tuple[str, ...]
    repeats: Span | None
    instead: Callable[[str], ClaimTree | None]


def judge(session: Session, tree: ClaimTree, origin: Origin, span: Span, slip: Slip | None = None) -> Result | None:
    """Return the Result of a claim that nobody marked; None when nothing is to be said about it.

    It counts when it holds wherever it says something, or when it fails by a state that the concrete machine
    was seen to reach, or by a table. Vacuous and undecided ones are left alone; so are faults that there are on
    some processors, since on others perhaps a mode refuses the instruction, and what is false of an instruction
    of which only some register is meant that is not named.
    """
    result = session.claim(tree, origin)
    spoken_of = {each.verdict for each in result.verdicts} - {"n/a"}
    if not spoken_of or spoken_of - {"holds", "fails"}:
        return None
    if "fails" not in spoken_of:
        return replace(result, span=span, diagnostics=())
    if not _shown(tree, result) or (tree.role("fault") and "holds" in spoken_of) or _aimless(session, tree):
        return None
    found = tuple(
        _finding(session, each, origin, span, slip) for each in result.diagnostics if each.code == CLAIM_FAILS
    )
    return replace(result, span=span, diagnostics=found)


def _shown(tree: ClaimTree, result: Result) -> bool:
    """Whether every failure is shown: by the state that refutes it, or by a table that says otherwise."""
    module = importlib.import_module(f"sphinx_fsgs.check.claims.{tree.form}")
    exact = bool(getattr(module, "TABLE", False))
    return all(exact or each.counterexample is not None for each in result.verdicts if each.verdict == "fails")


def _aimless(session: Session, tree: ClaimTree) -> bool:
    """Whether an instruction is named without the register that it aims at: most of "WRMSR serialises" is true."""
    return any(
        session.spec.instruction(subject.instruction).target and not subject.target
        for role in ("subject", "other")
        for part in tree.role(role)
        if isinstance(part, Sequence)
        for subject in part.subjects
    )


def _finding(session: Session, found: Diagnostic, origin: Origin, span: Span, slip: Slip | None) -> Diagnostic:
    code = FALSE_ROW if origin == "table" else FALSE_SENTENCE
    if slip is None:
        return replace(found, code=code, span=span)
    notes = found.notes
    if slip.repeats is not None:
        notes = (f"the row in line {slip.repeats.line} names {slip.name} too", *notes)
    meant = _meant(session, slip)
    if not meant:
        return replace(found, code=code, span=span, notes=notes, fix=None)
    fix = Fix(f"write {meant}", slip.span, meant)
    return replace(found, code=code, span=span, notes=notes, help=f'did you mean "{meant}"?', fix=fix)


def _meant(session: Session, slip: Slip) -> str:
    """Return the nearest name with which the claim holds and that no other row has, else nothing."""
    for name in _near(slip.name, slip.known):
        if name in slip.others:
            continue
        tree = slip.instead(name)
        if tree is not None and _holds(session.claim(tree, "table")):
            return name
    return ""


def _near(name: str, known: Iterable[str]) -> list[str]:
    others = sorted({each for each in known if each != name and each.isupper() == name.isupper()})
    return difflib.get_close_matches(name, others, n=8, cutoff=_NEAR)


def _holds(result: Result) -> bool:
    spoken_of = {each.verdict for each in result.verdicts} - {"n/a"}
    return spoken_of == {"holds"}
