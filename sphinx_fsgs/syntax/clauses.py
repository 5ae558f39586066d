"""The clauses behind a claim's sentence, in any order: when, at CPL, in MODE, under, on, with, without."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sphinx_fsgs.diagnostic import suggestion
from sphinx_fsgs.records import dataclass
from sphinx_fsgs.source import Fragment, Span
from sphinx_fsgs.syntax.example import Mode
from sphinx_fsgs.syntax.expression import Binary, Expr, Name, Number
from sphinx_fsgs.syntax.lexicon import Lexicon
from sphinx_fsgs.syntax.parsed import Findings
from sphinx_fsgs.syntax.pieces import cut
from sphinx_fsgs.syntax.read_condition import read_condition
from sphinx_fsgs.syntax.read_scope import read_scope
from sphinx_fsgs.syntax.scope import Both, Not, Scope

THE: frozenset[str] = frozenset({"selector", "base", "limit", "operand", "source", "destination"})
"""What a condition may call "the X": it is the instruction's own."""

_HEAD = re.compile(
    r"(?<![\w.-])(?:(?P<when>when|if)|(?P<whenever>whenever\s+both\s+complete)|(?P<cpl>at\s+CPL)"
    r"|in\s+(?P<mode>compatibility|protected|64-bit)\s+mode|(?P<under>under)|(?P<era>starting\s+with|since|before)|(?P<on>on)|(?P<with>with(?:out)?))(?![\w-])",
    re.IGNORECASE,
)
_NEXT = re.compile(r"[\s(]*(?:the\s+|not\s+)?([#\w.]+)", re.IGNORECASE)
FAMILY = re.compile(r"family\s+[0-9a-f]+h\b", re.IGNORECASE)
"""A family of processors by its number, as manuals write it."""
VERSION = re.compile(r"[0-9]+(?:\.[0-9]+)+(?![\w.])")
"""A version of what runs beneath the code."""
_ERA = re.compile(r"\s+(?:[A-Z][\w]*|[a-z]+_\w+)")
"""What stands behind "before" where it names processors."""
_ANY = re.compile(r"(?:all\s+|every\s+|any\s+)?(?:processors?|CPUs?)", re.IGNORECASE)
"""Which processors, when only what stands behind it narrows them: "on processors with FRED"."""
_GOES_ON = re.compile(r"(?:\b(?:or|and|not|on)|\()\s*$", re.IGNORECASE)
"""What stands before a part of a scope that has begun: "on intel or since amd_zen2"."""
_LEVEL = re.compile(r"=?\s*([0-3])")


@dataclass(frozen=True, slots=True)
class Clause:
    """A clause: its kind, its head as written, what stands behind the head, and where the head stands."""

    kind: str
    word: str
    rest: Fragment
    span: Span


@dataclass(slots=True)
class Tail:
    """What the clauses say together."""

    when: Expr | None = None
    cpl: int | None = None
    mode: Mode = "64-bit"
    whenever: bool = False
    scope: Scope | None = None


def divide(fragment: Fragment, lexicon: Lexicon) -> tuple[Fragment, tuple[Clause, ...]]:
    """Return the sentence proper and its clauses; ``on CELLS`` and ``with Ivy Bridge`` stay with the sentence."""
    text = fragment.text
    heads = [head for head in _HEAD.finditer(text) if _opens(head, text, lexicon)]
    ends = [*(head.start() for head in heads[1:]), len(text)]
    core = _trimmed(fragment, 0, heads[0].start() if heads else len(text))
    clauses: list[Clause] = []
    for head, end in zip(heads, ends, strict=False):  # no heads, one end
        if head.lastgroup == "on" and _next(head, text) in lexicon.cells or _of_generation(head, text, lexicon):
            core = Fragment(core.lines + _trimmed(fragment, head.start(), end).lines)
        else:
            rest = _trimmed(fragment, head.start() if head.lastgroup == "era" else head.end(), end)
            clauses.append(Clause(head.lastgroup or "", head.group(), rest, fragment.span(*head.span())))
    return core, tuple(clauses)


def read_tail(clauses: tuple[Clause, ...], lexicon: Lexicon, findings: Findings) -> Tail:
    """Read the clauses; what cannot be read goes to ``findings``."""
    tail = Tail()
    for clause in _once(clauses, findings):
        match clause.kind:
            case "when":
                _and(tail, _condition(clause, lexicon, findings))
            case "under":
                _and(tail, _bit(clause, lexicon, findings))
            case "cpl":
                tail.cpl = _level(clause, findings)
            case "mode":
                tail.mode = _mode(clause, findings)
            case "whenever":
                tail.whenever = True
                _nothing(clause, findings)
            case _:
                _narrow(tail, clause, lexicon, findings)
    return tail


def _opens(head: re.Match[str], text: str, lexicon: Lexicon) -> bool:
    """Return whether the word begins a clause: not "faults with #UD", not "exchanges A with B"."""
    word = _next(head, text)
    if head.lastgroup == "era":
        return _ERA.match(text, head.end()) is not None and _GOES_ON.search(text[: head.start()]) is None
    if head.lastgroup == "with":
        return not word.startswith("#") and (word not in lexicon.cells or word in lexicon.features)
    return True


def _of_generation(head: re.Match[str], text: str, lexicon: Lexicon) -> bool:
    """Return whether the words behind "with" are a generation or a version, and no feature that narrows."""
    if head.lastgroup != "with" or head.group().casefold() != "with":
        return False
    rest = " ".join(text[head.end() :].split()).casefold().removeprefix("the ")
    return (
        FAMILY.match(rest) is not None
        or VERSION.match(rest) is not None
        or any(re.match(rf"{re.escape(name)}(?!\w)", rest) for name in lexicon.generations)
    )


def _next(head: re.Match[str], text: str) -> str:
    found = _NEXT.match(text, head.end())
    return found.group(1).rstrip(".") if found else ""


def _trimmed(fragment: Fragment, start: int, end: int) -> Fragment:
    piece = fragment.text[start:end].rstrip().rstrip(",").rstrip()
    return cut(fragment, start, start + len(piece))


def _once(clauses: tuple[Clause, ...], findings: Findings) -> Iterator[Clause]:
    seen: set[str] = set()
    for clause in clauses:
        if clause.kind in seen and clause.kind not in ("when", "under", "with"):
            findings.error("FSGS164", clause.span, f'a second "{clause.word}"', "keep one of them")
        else:
            yield clause
        seen.add(clause.kind)


def _condition(clause: Clause, lexicon: Lexicon, findings: Findings) -> Expr | None:
    if not clause.rest.text:
        findings.error("FSGS164", clause.span, f'nothing stands behind "{clause.word}"', "say the condition")
        return None
    parsed = read_condition(clause.rest, lexicon, the=THE)
    findings.found.extend(parsed.diagnostics)
    return parsed.tree


def _bit(clause: Clause, lexicon: Lexicon, findings: Findings) -> Expr | None:
    """``under X`` says that the bit of CR4 of that name is set."""
    name, span = f"CR4.{clause.rest.text}", clause.rest.span()
    if name in lexicon.cells:
        return Binary("=", Name(lexicon.cells[name], span), Number(1, span), span)
    known = {each.removeprefix("CR4.") for each in lexicon.cells if each.startswith("CR4.")}
    help = suggestion(clause.rest.text, known) or "write when CONDITION"
    findings.error("FSGS164", span, f'no bit of CR4 is called "{clause.rest.text}"', help)
    return None


def _level(clause: Clause, findings: Findings) -> int | None:
    level = _LEVEL.fullmatch(clause.rest.text)
    if level is None:
        findings.error(
            "FSGS164", clause.rest.span(), f'"{clause.rest.text}" is no privilege level', "write 0, 1, 2 or 3"
        )
        return None
    return int(level.group(1))


def _mode(clause: Clause, findings: Findings) -> Mode:
    _nothing(clause, findings)
    word = clause.word.lower()
    return "compatibility" if "compatibility" in word else "protected" if "protected" in word else "64-bit"


def _nothing(clause: Clause, findings: Findings) -> None:
    if clause.rest.text:
        message = f'"{clause.rest.text}" is not expected behind "{clause.word}"'
        findings.error("FSGS164", clause.rest.span(), message, 'what narrows a claim begins with "when" or "on"')


def _narrow(tail: Tail, clause: Clause, lexicon: Lexicon, findings: Findings) -> None:
    if clause.kind == "on" and _ANY.fullmatch(clause.rest.text):
        return
    parsed = read_scope(clause.rest, lexicon) if clause.rest.text else None
    if parsed is None:
        findings.error("FSGS164", clause.span, f'nothing stands behind "{clause.word}"', "name processors or features")
        return
    findings.found.extend(parsed.diagnostics)
    if parsed.tree is None:
        return
    without = clause.word.lower() == "without"
    scope = Not(parsed.tree, clause.span.to(parsed.tree.span)) if without else parsed.tree
    tail.scope = scope if tail.scope is None else Both(tail.scope, scope, tail.scope.span.to(scope.span))


def _and(tail: Tail, condition: Expr | None) -> None:
    if condition is not None:
        old = tail.when
        tail.when = condition if old is None else Binary("AND", old, condition, old.span.to(condition.span))
