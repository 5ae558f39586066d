"""The conversions of printf: how a value is shown, and which value a text shows."""

from __future__ import annotations

import re

from sphinx_fsgs.records import dataclass

_CONVERSION = re.compile(r"%(?:(%)|([#0 +-]*)(\d*)(hh|h|ll|l|z|t|j)?([A-Za-z]))")
_WIDTHS = {"hh": 8, "h": 16, "": 32, "l": 64, "ll": 64, "z": 64, "t": 64, "j": 64}
_BASES = {"d": 10, "i": 10, "u": 10, "x": 16, "X": 16}
_SIGNED = frozenset("di")
_MAX_WIDTH = 64


class FormatError(Exception):
    """A text holds a conversion that is not read."""


@dataclass(frozen=True, slots=True)
class Conversion:
    """One conversion: so many bits of the value, in a base, as wide as ``width`` at least."""

    bits: int
    base: int
    signed: bool
    prefix: str = ""
    width: int = 0
    zeros: bool = False
    capitals: bool = False

    @property
    def takes_text(self) -> bool:
        """Whether it shows a text and no number."""
        return not self.base

    def show(self, value: int) -> str:
        """Return how ``bits`` bits are shown."""
        negative = self.signed and bool(value >> self.bits - 1)
        size = (1 << self.bits) - value if negative else value
        digits = f"{size:X}" if self.capitals else f"{size:x}" if self.base == 16 else str(size)
        lead = ("-" if negative else "") + (self.prefix if value else "")
        if self.zeros:
            digits = digits.rjust(self.width - len(lead), "0")
        return (lead + digits).rjust(self.width)

    def read(self, text: str) -> int | None:
        """Return the value that is shown by exactly this text, None when none is."""
        bare = text.strip()
        try:
            value = int(bare, self.base) & (1 << self.bits) - 1
        except ValueError:
            return None
        return value if self.show(value) == text else None


TEXT = Conversion(0, 0, False)
"""``%s``."""


def pieces_of(form: str) -> tuple[str | Conversion, ...]:
    """Return the text of a format cut at its conversions.

    :raises FormatError: when one is not among those that are read.
    """
    found: list[str | Conversion] = []
    at = 0
    for match in _CONVERSION.finditer(form):
        _plain(found, form[at : match.start()])
        if match[1]:
            _plain(found, "%", escaped=True)
        else:
            found.append(_conversion(match))
        at = match.end()
    _plain(found, form[at:])
    return tuple(found)


def _plain(found: list[str | Conversion], text: str, escaped: bool = False) -> None:
    if "%" in text and not escaped:
        raise FormatError("a conversion of this text is not read")
    if text and found and isinstance(found[-1], str):
        found[-1] += text
    elif text:
        found.append(text)


def _conversion(match: re.Match[str]) -> Conversion:
    _, flags, width, length, letter = match.groups()
    if letter == "s" and not (flags or width or length):
        return TEXT
    if letter not in _BASES or set(flags) - set("#0") or int(width or 0) > _MAX_WIDTH:
        raise FormatError(f'the conversion "{match[0]}" is not read')
    base = _BASES[letter]
    prefix = f"0{letter}" if "#" in flags and base == 16 else ""
    return Conversion(
        _WIDTHS[length or ""], base, letter in _SIGNED, prefix, int(width or 0), "0" in flags, letter.isupper()
    )
