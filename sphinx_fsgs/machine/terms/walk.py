"""What lies below a term: its operands, its unknowns, and the same term with other operands."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from sphinx_fsgs.machine.terms.bits import (
    SPREADING,
    extract,
    join,
    mul,
    pairs,
    quotient,
    remainder,
    shift_left,
    shift_right,
)
from sphinx_fsgs.machine.terms.compare import eq, lt
from sphinx_fsgs.machine.terms.term import Term, Value, apply, as_int, operands
from sphinx_fsgs.machine.terms.truth import and_, ite, not_, or_


def post_order(roots: Iterable[Value]) -> Iterator[Term]:
    """Yield every term below the roots once, operands before what uses them; no recursion."""
    seen: set[int] = set()
    stack: list[tuple[Term, bool]] = [(root, False) for root in roots if isinstance(root, Term)]
    stack.reverse()
    while stack:
        term, ready = stack.pop()
        if ready:
            yield term
        elif id(term) not in seen:
            seen.add(id(term))
            stack.append((term, True))
            stack.extend((each, False) for each in reversed(operands(term)) if id(each) not in seen)


def unknowns(roots: Iterable[Value]) -> frozenset[Term]:
    """Return the variables and applications below the roots; each term keeps its own."""
    found: frozenset[Term] = frozenset()
    for root in roots:
        if isinstance(root, Term):
            mine = root.unknowns if root.unknowns is not None else _gather(root)
            found = found | mine if found else mine
    return found


def _gather(root: Term) -> frozenset[Term]:
    stack = [root]
    while stack:
        term = stack[-1]
        open_ones = [each for each in operands(term) if each.unknowns is None]
        if open_ones:
            stack.extend(open_ones)
            continue
        stack.pop()
        if term.unknowns is None:
            below = [each.unknowns or frozenset() for each in operands(term)]
            own = frozenset((term,)) if term.op in ("var", "apply") else frozenset()
            term.unknowns = own.union(*below)
    return root.unknowns or frozenset()


def substitute(root: Value, replacements: Mapping[Term, Value]) -> Value:
    """Return the value with each of these terms replaced, folded anew."""
    if isinstance(root, int):
        return root
    done: dict[Term, Value] = {}
    for term in post_order([root]):
        if term in replacements:
            done[term] = replacements[term]
        elif term.op == "var":
            done[term] = term
        elif term.op == "apply":
            args = [done[each] if isinstance(each, Term) else as_int(each) for each in term.args[1:]]
            done[term] = apply(str(term.args[0]), term.width, *args)
        else:
            done[term] = rebuild(term, [done[each] if isinstance(each, Term) else as_int(each) for each in term.args])
    return done[root]


_BINARY: Mapping[str, Callable[[Value, Value, int], Value]] = {
    **SPREADING,
    "mul": mul,
    "udiv": quotient,
    "urem": remainder,
    "shl": shift_left,
    "shr": shift_right,
}


def rebuild(term: Term, args: list[Value]) -> Value:
    """Return the operator of ``term`` applied to other arguments, folded anew."""
    op, width = term.op, term.width
    if op in _BINARY:
        return _BINARY[op](args[0], args[1], width)
    if op == "not":
        return not_(args[0])
    if op == "and":
        return and_(args[0], args[1])
    if op == "or":
        return or_(args[0], args[1])
    if op == "ite":
        return ite(args[0], args[1], args[2], width)
    if op == "extract":
        return extract(args[0], as_int(args[1]), as_int(args[2]))
    if op == "concat":
        return join(pairs(args))
    return (eq if op == "eq" else lt)(args[0], args[1], operands(term)[0].width)
