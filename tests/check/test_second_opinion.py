"""What bitwuzla proves, z3 proves too: all verdicts on samples, fixtures and documents are the same with either."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from sphinx_fsgs.check.session import Session
from sphinx_fsgs.machine import solver
from sphinx_fsgs.present.pipeline import check_file
from tests.check.support import Verdicts, verdicts

FIXTURES = Path(__file__).parent / "claims"


def _claims() -> Iterator[str]:
    for path in sorted(FIXTURES.glob("*.toml")):
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        yield from (row["claim"] for kind in ("holds", "fails") for row in data[kind])


def _of_claims() -> dict[str, Verdicts]:
    session = Session.open()
    return {claim: verdicts(session.prove(claim)) for claim in _claims()}


def _of(path: Path) -> list[tuple[int, str, Verdicts]]:
    return [(each.span.line, each.text, verdicts(each)) for each in check_file(Session.open(), path).results]


def test_claims() -> None:
    before = solver.calls
    first = _of_claims()
    asked = solver.calls - before
    with solver.preferring("z3"):
        assert _of_claims() == first
    assert len(first) > 40 and solver.calls - before > asked > 20


# tests/machine/test_agreement.py asks both solvers each question of the pages of the manual.
@pytest.mark.parametrize("page", ["tests/strength/documents/edges.rst"])
def test_documents(page: str, repository: Path) -> None:
    first = _of(repository / page)
    with solver.preferring("z3"):
        assert _of(repository / page) == first
    assert len(first) > 40


@pytest.mark.parametrize("sample", ["writers.rst", "language.rst"])
def test_samples(sample: str, shared: Path) -> None:
    first = _of(shared / "samples" / sample)
    with solver.preferring("z3"):
        assert _of(shared / "samples" / sample) == first
    assert len(first) > 10
