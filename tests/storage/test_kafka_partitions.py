"""Which partitions shards get."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from shardline.storage.kafka_log.partitions import lowest_needed, plan, steps
from shardline.storage.range_port import Range


def test_new_shards_get_the_lowest_partitions_that_nobody_needs() -> None:
    spent = Range(0, 0, horizon=7, sealing=True, end=7)
    unread = Range(1, 0, horizon=6, sealing=True, end=7)
    assert plan([3, 4], {0: spent, 1: unread, 2: Range(2, 0, 0)}) == {3: 0, 4: 3}


def test_a_partition_is_needed_from_its_last_shard_s_horizon() -> None:
    old, new = Range(0, 0, horizon=7, sealing=True, end=7), Range(0, 9, 12)
    assert lowest_needed({0: old, 1: new, 2: Range(1, 0, 3)}) == {0: 12, 1: 3}


def test_a_stream_that_doubles_and_halves_every_day_stays_within_twice_its_peak() -> None:
    ranges: dict[int, Range] = {}
    live: list[int] = []
    for step in range(
        730
    ):  # a year, two a day: doubled, then halved; yesterday's shards have expired
        for number in [n for n, found in ranges.items() if found.end is not None and n not in live]:
            ranges[number] = replace(ranges[number], horizon=ranges[number].end or 0)
        number = len(ranges)
        new = list(range(number, number + (8 if step % 2 else 4)))
        for number, partition in plan(new, ranges).items():
            ranges[number] = Range(partition, step * 10, step * 10)
        for number in live:
            found = ranges[number]
            ranges[number] = replace(found, sealing=True, end=found.first + 5)
        live = new
    assert max(found.partition for found in ranges.values()) < 2 * 8


def test_kafka_is_asked_for_no_more_partitions_than_it_makes_at_once() -> None:
    assert [steps(count) for count in (1, 5_000, 5_001, 12_000)] == [
        [1], [5_000], [5_000, 5_001], [5_000, 10_000, 12_000],
    ]  # fmt: skip


@given(st.lists(st.tuples(st.integers(1, 5), st.booleans(), st.booleans())))
def test_no_two_live_shards_share_a_partition(
    steps: list[tuple[int, bool, bool]],
) -> None:
    ranges: dict[int, Range] = {}
    for count, is_sealed, is_trimmed in steps:
        new = range(len(ranges), len(ranges) + count)
        ranges |= {n: Range(where, 0, 0) for n, where in plan(new, ranges).items()}
        unspent = [found.partition for found in ranges.values() if not found.is_spent]
        assert len(set(unspent)) == len(unspent)
        if is_sealed:
            ranges[new[0]] = replace(ranges[new[0]], end=4, horizon=4 if is_trimmed else 1)
