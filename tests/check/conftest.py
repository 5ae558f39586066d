"""One session for all tests of verdicts: what it keeps between items is what it is for."""

from __future__ import annotations

import pytest

from sphinx_fsgs.check.session import Session


@pytest.fixture(scope="package")
def session() -> Session:
    """Return a session over all processors."""
    return Session.open()
