"""``python -m tests.check.explained --write``."""

from __future__ import annotations

import sys

from tests.check.explained import __doc__ as usage
from tests.check.explained import write

if __name__ == "__main__":
    if sys.argv[1:] != ["--write"]:
        sys.exit(usage)
    write()
