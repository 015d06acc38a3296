"""AUTO: records go evenly over the shards."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shardline.kinesis.hashing import RouteTable
from shardline.kinesis.lineage import initial_shards
from shardline.kinesis.spreading import SHORTEST_RUN, Turns


def table(count: int) -> RouteTable:
    return RouteTable(initial_shards(count, 0))


def columns(count: int) -> tuple[list[bytes], list[bytes]]:
    return [b"k"] * count, [b"%d" % number for number in range(count)]


@given(st.integers(1, 500), st.integers(1, 100))
def test_every_record_is_in_one_group_in_order(records: int, shards: int) -> None:
    keys, datas = columns(records)
    groups = Turns().spread(table(shards), keys, datas)
    assert [data for part in groups for data in part.datas] == datas
    assert [where for part in groups for where in part.positions] == list(range(records))
    assert all(len(part.keys) == len(part.datas) == len(part.positions) for part in groups)
    assert len({part.shard.number for part in groups}) == len(groups) <= shards


@pytest.mark.parametrize(
    ("records", "shards", "runs"),
    [(500, 4, 4), (500, 1000, 20), (24, 4, 1), (1, 4, 1), (50, 4, 2), (500, 1, 1)],
)
def test_a_request_is_parted_in_runs_of_25_at_least(records: int, shards: int, runs: int) -> None:
    groups = Turns().spread(table(shards), *columns(records))
    assert len(groups) == runs
    sizes = [len(part.datas) for part in groups]
    assert max(sizes) - min(sizes) <= 1
    assert min(sizes) >= min(SHORTEST_RUN, records)


@given(st.lists(st.integers(1, 500), min_size=50, max_size=50), st.integers(1, 12))
def test_the_shards_take_turns(sizes: list[int], shards: int) -> None:
    turns, routes = Turns(), table(shards)
    taken = Counter(
        part.shard.number for size in sizes for part in turns.spread(routes, *columns(size))
    )
    assert max(taken.values()) - min(taken[number] for number in range(shards)) <= 1


def test_turns_go_on_after_a_reshard() -> None:
    turns = Turns()
    for count in (4, 8, 2, 3):
        for _ in range(5):
            assert len(turns.spread(table(count), *columns(1))) == 1
