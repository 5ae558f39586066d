"""Whether a value can be brought about as software likes: some system state lets inputs produce each value there is.

"Some state of the rest, for every value, some inputs" is decided without quantifiers. A few values are given; the
solver finds a state of the rest in which inputs produce all of them, or there is none, and that is the answer. From
the inputs that it found for one value those for every value are guessed, bit by bit (the wanted value, its halves, its
bytes), and the guess is proved. A value that is left over joins the few.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from sphinx_fsgs.machine import solver, terms
from sphinx_fsgs.machine.memory import INITIAL, WIDTH
from sphinx_fsgs.machine.terms import Evaluator, Term, Value
from sphinx_fsgs.machine.terms.lineage import Copied, lineage
from sphinx_fsgs.machine.values import BoundReached
from sphinx_fsgs.records import dataclass

MAX_VALUES = 8
"""Values that are given at once, and guesses that are made for one state."""
_SAMPLE = 0x1234_5678_9ABC
"""A value whose parts are easy to tell from each other in what a reader is shown; tried first where it can be held."""


@dataclass(frozen=True, slots=True)
class Way:
    """One way to a value: when it is taken and ends with the wanted value, and with what it ends."""

    holds: Value
    final: Value


@dataclass(frozen=True, slots=True)
class Goal:
    """What is wanted: ``wanted`` is a variable for the value, ``possible`` which values there are.

    ``is_input`` tells what software can choose for each value from what stays the same for all.
    """

    wanted: Term
    possible: Value
    is_input: Callable[[Term], bool]


def sample(goal: Goal) -> int | None:
    """Return one of the values that there are, the same each time, None when there are none.

    :raises NoSolver: when there is no solver.
    """
    return _Search((), goal).any_value([])


def unreached(ways: Sequence[Way], goal: Goal, tried: Sequence[int] = ()) -> tuple[int, ...]:
    """Return values that no one state of the rest lets inputs produce; none when there is one for all values.

    :param tried: values that are tried first, such as those that others did not reach.
    :raises BoundReached: when more values or guesses are needed than the bound.
    :raises NoSolver: when there is no solver.
    """
    search = _Search(tuple(ways), goal)
    first = search.any_value([])
    values = list(tried) or ([] if first is None else [first])
    for _ in range(MAX_VALUES):
        state = search.state_for(values)
        if state is None:
            return tuple(values)
        left = search.left_over(values, state)
        if left is None:
            return ()
        values.append(left)
    raise BoundReached("values")


def simplest(ways: Sequence[Way], goal: Goal, values: Sequence[int]) -> tuple[int, ...]:
    """Return as few of the values as are not all reached, or instead of a single one a value of a single bit."""
    return _Search(tuple(ways), goal).simplest(values)


@dataclass(frozen=True, slots=True)
class _State:
    """Values of all unknowns, those of the inputs apart for each wanted value, and what of the rest has been used."""

    values: Evaluator
    used: dict[tuple[object, ...], Value]


class _Search:
    def __init__(self, ways: tuple[Way, ...], goal: Goal) -> None:
        self.ways = ways
        self.goal = goal

    def any_value(self, covered: Sequence[Value]) -> int | None:
        """Return a value that there is and that none of these conditions on it cover, None when there is none.

        The largest is taken, since limits of tables and the like then grow in few steps.
        """
        wanted = self.goal.wanted
        open_ones = [self.goal.possible, *(terms.not_(each) for each in covered)]
        sample = _SAMPLE >> max(0, _SAMPLE.bit_length() - wanted.width) or 1
        if all(terms.substitute(each, {wanted: sample}) == 1 for each in open_ones):
            return sample
        session = solver.open_session()
        for each in open_ones:
            session.require(each)
        if not session.check():
            return None
        value = session.model([wanted])[wanted]
        for index in reversed(range(wanted.width)):
            bit = terms.extract(wanted, index, index)
            if value >> index & 1 or session.check(bit):
                value = value if value >> index & 1 else session.model([wanted])[wanted]
                session.require(bit)
        return value

    # ---- states of the rest ----

    def state_for(self, values: Sequence[int], like: _State | None = None) -> _State | None:
        """Return a state of the rest in which inputs produce each of these values, None when there is none.

        :param like: a state with which it agrees in all that has been used of that.
        """
        needed = [self._reached(number, value) for number, value in enumerate(values)]
        needed += like.used.values() if like is not None else ()
        session = solver.open_session()
        for each in needed:
            session.require(each)
        if not session.check():
            return None
        return _State(
            Evaluator(session.model(sorted(terms.unknowns(needed), key=str))), dict(like.used) if like else {}
        )

    def _reached(self, number: int, value: int) -> Value:
        return terms.any_of(self._copy(self._with(way.holds, value), number) for way in self.ways)

    def _with(self, term: Value, value: int) -> Value:
        return terms.substitute(term, {self.goal.wanted: value})

    def _copy(self, root: Value, number: int) -> Value:
        """Return a term over inputs of its own."""
        return terms.substitute(root, _copies(root, number, self.goal.is_input))

    # ---- guesses ----

    def left_over(self, values: Sequence[int], state: _State) -> int | None:
        """Return a value that inputs do not produce in this state, None when they produce all.

        :raises BoundReached: when it takes more guesses than the bound.
        """
        covered = [self._covered(number, value, state) for number, value in enumerate(values)]
        for _ in range(MAX_VALUES):
            value = self.any_value(covered)
            if value is None:
                return None
            again = self.state_for([value], state)
            if again is None:
                return value
            covered.append(self._covered(0, value, again))
            state = again
        raise BoundReached("values")

    def _covered(self, number: int, value: int, state: _State) -> Value:
        """Return for which wanted values the inputs that produced this one do it too, their bits put in its place."""
        taken = (way for way in self.ways if state.values(self._copy(self._with(way.holds, value), number)))
        way = next(taken)
        guess = self._guess(way, number, state)
        return terms.and_(terms.substitute(way.holds, guess), _one_memory(guess))

    def _guess(self, way: Way, number: int, state: _State) -> Mapping[Term, Value]:
        """Return each unknown of a way as a function of the wanted value."""
        unknowns = [each for each in terms.unknowns([way.holds, way.final]) if each is not self.goal.wanted]
        chosen: dict[Term, Value] = {each: state.values(self._copy(each, number)) for each in unknowns}
        values = Evaluator({each: state.values(self._copy(each, number)) for each in unknowns})
        rest = [each for each in unknowns if not self.goal.is_input(each)]
        state.used.update((_identity(each, values), _is(each, values(each), values)) for each in rest)
        bits = self._bits(way, values, frozenset(unknowns).difference(rest))
        guess = {each: _put_in(bits.get(_identity(each, values), {}), values(each), each.width) for each in unknowns}
        arguments = (terms.substitute(argument, guess) for each in rest for argument in _arguments(each))
        # What is not chosen for each value is known only where it was looked at.
        return chosen if any(isinstance(each, Term) for each in arguments) else guess

    def _bits(
        self, way: Way, values: Evaluator, inputs: frozenset[Term]
    ) -> Mapping[tuple[object, ...], Mapping[int, Value]]:
        """Return which bits of the wanted value the bits of inputs have to be, by what the inputs are."""
        width = self.goal.wanted.width
        found: dict[tuple[object, ...], dict[int, Value]] = {}
        for index, bit in enumerate(lineage(way.final, width, values, inputs)[:width]):
            if isinstance(bit, Copied):
                copied = terms.extract(self.goal.wanted, index, index)
                place = found.setdefault(_identity(bit.unknown, values), {})
                place.setdefault(bit.place, terms.not_(copied) if bit.inverted else copied)
        return found

    # ---- what is said ----

    def simplest(self, values: Sequence[int]) -> tuple[int, ...]:
        """Return as few of the values as are not all reached, or instead of a single one a value of a single bit."""
        kept = list(values)
        for each in values:
            without = [value for value in kept if value != each]
            if without and self.state_for(without) is None:
                kept = without
        if len(kept) == 1:
            return (self._single_bit() or kept[0],)
        plain = (0, 1)
        possible = all(terms.substitute(self.goal.possible, {self.goal.wanted: each}) == 1 for each in plain)
        return plain if possible and self.state_for(plain) is None else tuple(sorted(kept))

    def _single_bit(self) -> int:
        """Return a bit that is a possible value and not reached, one below which bits are reached; 0 for none."""
        wanted = self.goal.wanted
        session = solver.open_session()
        session.require(terms.any_of(way.holds for way in self.ways))
        bits = [1 << index for index in range(wanted.width)]
        bits = [bit for bit in bits if terms.substitute(self.goal.possible, {wanted: bit}) == 1]
        low, high = -1, len(bits)
        while high - low > 1:
            middle = (low + high) // 2
            reached = session.check(terms.eq(wanted, bits[middle], wanted.width))
            low, high = (middle, high) if reached else (low, middle)
        return bits[high] if high < len(bits) else 0


def _copies(root: Value, number: int, is_input: Callable[[Term], bool]) -> dict[Term, Value]:
    found: dict[Term, Value] = {}
    for term in terms.post_order([root]):
        if term.op not in ("var", "apply") or not is_input(term):
            continue
        name = f"{term.args[0]}{solver.MARK}{number}"
        if term.op == "var":
            found[term] = terms.variable(name, term.width)
        else:
            arguments = (terms.substitute(each, found) for each in _arguments(term))
            found[term] = terms.apply(name, term.width, *arguments)
    return found


def _arguments(term: Term) -> Iterator[Value]:
    return (each for each in term.args[1:] if not isinstance(each, str))


def _is(term: Term, value: int, values: Evaluator) -> Value:
    """Return that an unknown has a value; an application is one at the arguments that it had."""
    if term.op == "apply":
        term = terms.apply(str(term.args[0]), term.width, *(values(each) for each in _arguments(term)))
    return terms.eq(term, value, term.width)


def _identity(term: Term, values: Evaluator) -> tuple[object, ...]:
    """Return what two applications share that are one place."""
    return (str(term.args[0]), *(values(each) for each in _arguments(term)))


def _one_memory(guess: Mapping[Term, Value]) -> Value:
    """Return when applications at the same place have the same value, so that there is a memory that holds them."""
    applied = [each for each in guess if each.op == "apply"]
    places = [[terms.substitute(argument, guess) for argument in _arguments(each)] for each in applied]
    conflicts: list[Value] = []
    for at, one in enumerate(applied):
        for beside in range(at):
            other = applied[beside]
            if one.args[0] == other.args[0] and guess[one] != guess[other]:
                same = (terms.eq(here, there, WIDTH) for here, there in zip(places[at], places[beside], strict=True))
                conflicts.append(terms.and_(terms.all_of(same), terms.ne(guess[one], guess[other], one.width)))
    return terms.not_(terms.any_of(conflicts))


def _put_in(bits: Mapping[int, Value], value: int, width: int) -> Value:
    return terms.join((bits.get(index, value >> index & 1), 1) for index in reversed(range(width)))


def is_memory(term: Term) -> bool:
    """Return whether an unknown is what memory holds at first."""
    return term.op == "apply" and term.args[0] == INITIAL
