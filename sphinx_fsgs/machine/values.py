"""What a cell can hold besides integers and terms, and what ends a concrete step early."""

from __future__ import annotations

from typing import Final, NoReturn

MAX_NUMBER = 4096
"""Numbers that a document computes have at most so many bits: a bound against texts that compute for ever."""

_PRINTED = 128


def in_words(number: int) -> str:
    """Return a number as a message shows it: in hexadecimal, and of a very long one only how long it is."""
    return f"{number:#x}" if number.bit_length() <= _PRINTED else f"a number of {number.bit_length()} bits"


class NeedsTerms(Exception):
    """A concrete run read a cell that has no value; the run starts over with terms."""


class BoundReached(Exception):
    """A run met one of its bounds; ``name`` says which."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class Fault(Exception):
    """A concrete step ended in an exception of the processor; ``line`` is that of the spec."""

    def __init__(self, vector: str, error: int | None, line: int) -> None:
        super().__init__(vector)
        self.vector = vector
        self.error = error
        self.line = line


class Unset:
    """The value of a cell that nobody has given one. It can be moved, but not looked at."""

    __slots__ = ()

    def _needed(self, *_: object) -> NoReturn:
        raise NeedsTerms

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = _needed
    __and__ = __rand__ = __or__ = __ror__ = __xor__ = __rxor__ = _needed
    __lshift__ = __rlshift__ = __rshift__ = __rrshift__ = __pos__ = __neg__ = __invert__ = _needed
    __lt__ = __le__ = __gt__ = __ge__ = __bool__ = __index__ = __int__ = _needed
    __eq__ = __ne__ = __hash__ = _needed

    def __repr__(self) -> str:
        return "?"


UNSET: Final = Unset()
