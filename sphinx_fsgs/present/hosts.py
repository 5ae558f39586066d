"""How lists of processors are written for people: short, and never forty names."""

from __future__ import annotations

from collections.abc import Sequence

from sphinx_fsgs.check.result import Result, Verdict
from sphinx_fsgs.present.words import plural

_FEW = 4


def on_hosts(result: Result, verdict: Verdict) -> str:
    """Return where the result has that verdict: ``on all 11 processors``, ``on amd_k8 and amd_zen1``."""
    return f"on {hosts(result.on(verdict), len(result.verdicts))}"


def hosts(profiles: Sequence[str], of: int) -> str:
    """Return the processors in words; ``of`` is how many there are in scope."""
    if len(profiles) == of:
        return profiles[0] if of == 1 else f"all {plural(of, 'processor')}"
    if len(profiles) <= _FEW:
        return _list(profiles)
    return f"{len(profiles)} of {plural(of, 'processor')}"


def _list(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
