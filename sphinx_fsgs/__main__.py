"""``python -m sphinx_fsgs``: the same as the command ``fsgs``."""

from __future__ import annotations

import sys

from sphinx_fsgs.present.cli import main

if __name__ == "__main__":
    sys.exit(main())
