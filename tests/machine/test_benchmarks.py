"""The benchmarks run and compare what they say; their limits are held with room for a busy machine."""

from __future__ import annotations

import pytest

from benchmarks import bench_examples, bench_operations, bench_profiles, bench_startup
from tests.machine.support import spec


@pytest.mark.parametrize("number", [0, 1])
def test_compiled_code_is_about_as_fast_as_code_by_hand(number: int) -> None:
    contest = bench_operations.contests(spec())[number]
    assert bench_operations.same(contest)
    figure = bench_operations.measure(contest, rounds=5, steps=5_000)
    print(figure)
    assert figure.ratio < 2 * bench_operations.LIMIT


def test_the_contest_is_about_something() -> None:
    swap, write = bench_operations.contests(spec())
    for contest in (swap, write):
        before = list(contest.cells)
        contest.by_hand(contest.cells, contest.machine, contest.answers)
        contest.compiled(contest.cells, contest.machine, contest.answers)
        assert contest.machine.events == (["serialise"] * 2 if contest is write else [])
        assert (contest.cells == before) == (contest is swap)


@pytest.mark.slow
def test_one_page_is_checked_soon() -> None:
    assert bench_startup.measure(rounds=5).ratio < 2 * bench_startup.LIMIT


@pytest.mark.slow
def test_processors_that_answer_alike_share_their_work() -> None:
    assert bench_profiles.measure(rounds=3).ratio < 2 * bench_profiles.LIMIT


def test_an_example_costs_no_more_for_processors_that_answer_alike() -> None:
    found = bench_examples.measure(rounds=5)
    assert found.ratio("all, plain", "one, plain") < 1.5 * bench_examples.LIMIT
    assert found.ratio("one processor", "Unicorn, fresh") < 2 * bench_examples.FRESH_LIMIT
    assert {"one, from a page", "all processors", "Unicorn, used again"} <= set(found.seconds)
