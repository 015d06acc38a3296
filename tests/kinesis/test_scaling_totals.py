"""How many shards UpdateShardCount leaves: recorded of AWS, and what equal ranges allow."""

import heapq
from itertools import product
from math import gcd

import pytest

from kinesis_samples import done
from shardline.kinesis.lineage import initial_shards, open_shards
from shardline.kinesis.scaling import uniform_plan

COMES_OUT = {(2, 4): 6, (4, 2): 6, (4, 3): 11, (4, 5): 15}
CANNOT = {(5, 3): 7, (10, 3): 17, (10, 13): 37}
"""Shards before and after, and the total of open and closed ones after, as recorded by moto's
suite; 4 to 3 is of risingwavelabs/risingwave#9961."""


def total(count: int, target: int) -> int:
    shards = initial_shards(count, 1)
    return len(done(shards, uniform_plan(shards, target)))


@pytest.mark.parametrize(("count", "target"), COMES_OUT)
def test_recorded_totals_come_out(count: int, target: int) -> None:
    assert total(count, target) == COMES_OUT[count, target]


@pytest.mark.parametrize(
    ("count", "target", "left_open"),
    [(4, 3, [6, 9, 10]), (2, 4, [2, 3, 4, 5]), (4, 2, [4, 5]), (6, 3, [6, 7, 8])],
)
def test_the_numbers_that_stay_open(count: int, target: int, left_open: list[int]) -> None:
    # 4 to 3 was seen so on AWS
    shards = initial_shards(count, 1)
    after = open_shards(done(shards, uniform_plan(shards, target)))
    assert [shard.number for shard in after] == left_open


@pytest.mark.parametrize(("count", "target"), CANNOT)
def test_the_other_totals_have_too_few_splits_for_equal_ranges(count: int, target: int) -> None:
    # Given the splits that a recorded total tells of (see the docstring of `scaling`)
    splits, rest = divmod(CANNOT[count, target] - 2 * count + target, 3)
    assert rest == 0
    # Then they are fewer than the borders of equal ranges that were none before; each takes one
    grid = count * target
    before, after = set(range(0, grid, target)), set(range(0, grid, count))
    assert splits < len(after - before)


SMALL = [(n, m) for n, m in product(range(1, 8), repeat=2) if n * m // gcd(n, m) <= 12] + [(5, 3)]


@pytest.mark.parametrize(("count", "target"), SMALL)
def test_no_plan_of_any_kind_needs_fewer_shards(count: int, target: int) -> None:
    assert total(count, target) == count + fewest_new_shards(count, target)


def fewest_new_shards(count: int, target: int) -> int:
    """Search every order of splits and merges, at every place where either has a border.

    A plan is a way through the sets of borders, here as bits: a split adds a border and makes two
    shards, a merge takes one away and makes one.
    """
    places = count * target // gcd(count, target)
    start = sum(1 << place for place in range(places // count, places, places // count))
    goal = sum(1 << place for place in range(places // target, places, places // target))
    best, ahead = {start: 0}, [(0, start)]
    while ahead:
        made, borders = heapq.heappop(ahead)
        if borders == goal:
            return made
        for place in range(1, places):
            then = borders ^ (1 << place)
            cost = made + (2 if then > borders else 1)
            if cost < best.get(then, cost + 1):
                best[then] = cost
                heapq.heappush(ahead, (cost, then))
    raise AssertionError("every set of borders can be reached")
