"""A solver is freed with the run that asked it: thousands of runs in one build must not add up."""

from __future__ import annotations

import gc
import weakref

from sphinx_fsgs.machine import solver, terms


def test_a_session_is_freed() -> None:
    session = solver.open_session("bitwuzla")
    x = terms.variable("x", 64)
    session.require(terms.lt(x, 5, 64))
    assert session.check() and session.model([x])[x] < 5
    left = weakref.ref(session)
    del session
    gc.collect()
    assert left() is None
