"""Whether a file can hold anything for us, told from its bytes in one pass."""

from __future__ import annotations

import re

# A NUL after each letter is how UTF-16 spells the word: such a file has to be refused aloud, not passed over.
_OURS = re.compile(rb"f\x00?s\x00?g\x00?s")


def mentions_us(data: bytes) -> bool:
    """Return whether ``data`` names this tool at all; if not, it need not be parsed."""
    return _OURS.search(data) is not None
