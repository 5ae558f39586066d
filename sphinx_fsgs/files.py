"""Where ``grammar/``, ``spec/`` and the pages of the diagnostics lie: in a wheel or in a checkout."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Literal

Kind = Literal["grammar", "spec", "diagnostics"]

# One file that each folder must hold, so that nobody else's folder of the same name is taken for ours.
_MARKERS: dict[str, str] = {
    "grammar": "operation.lark",
    "spec": "citations.toml",
    "diagnostics": "index.rst",
}
_IN_CHECKOUT: dict[str, str] = {"diagnostics": "docs/reference/diagnostics"}


@functools.cache
def data_dir(kind: Kind) -> Path:
    """Return the folder of our data of that kind.

    :raises RuntimeError: when the installation is broken and holds no such folder.
    """
    package = Path(__file__).resolve().parent
    candidates = (package / "_data" / kind, package.parent / _IN_CHECKOUT.get(kind, kind))
    for folder in candidates:
        if (folder / _MARKERS[kind]).is_file():
            return folder
    tried = ", ".join(map(str, candidates))
    raise RuntimeError(f"FSGS901: the installation has no {kind} folder (tried {tried}); install sphinx-fsgs again")


@functools.cache
def diagnostic_codes() -> tuple[str, ...]:
    """Return every code that a diagnostic can have: each has its page."""
    return tuple(sorted(path.stem for path in data_dir("diagnostics").glob("FSGS[0-9][0-9][0-9].rst")))
