"""Fixtures for the hosts."""

from __future__ import annotations

import sys

import pytest

from tests.present import fake


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Replace the engine by one that answers at once (see :mod:`tests.present.fake`)."""
    for name, module in fake.modules().items():
        monkeypatch.setitem(sys.modules, name, module)
