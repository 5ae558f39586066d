"""Fixtures for all tests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def repository() -> Path:
    """Return the folder that holds grammar/, spec/ and sphinx_fsgs/."""
    return REPOSITORY


@pytest.fixture(scope="session")
def shared() -> Path:
    """Return the folder of researched facts and sample documents, which is no part of the repository.

    It is looked for in ``$FSGS_SHARED``, then beside the repository; a test that needs it is skipped without it.
    """
    given = os.environ.get("FSGS_SHARED")
    folder = Path(given) if given else REPOSITORY.parent / "shared"
    if not (folder / "facts").is_dir():
        pytest.skip(f"needs the shared facts: no folder {folder}{os.sep}facts (set FSGS_SHARED)")
    return folder
