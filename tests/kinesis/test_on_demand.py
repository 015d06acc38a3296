"""The rule of on-demand streams."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinesis_samples import NOW_MS, assert_partition, done, make_stream
from shardline.kinesis import on_demand
from shardline.kinesis.hashing import HASH_KEYS
from shardline.kinesis.lineage import open_shards
from shardline.kinesis.load import SHARD_BYTES, Load, total
from shardline.kinesis.on_demand import Reading
from shardline.kinesis.resharding import Plan
from shardline.storage.entities import Shard, Stream

MINUTE_MS, DAY_MS = 60_000, 86_400_000
LATER = NOW_MS + 2 * DAY_MS


def mibps(value: float) -> Load:
    return Load(value * SHARD_BYTES, 0.0)


def stream_of(count: int, **changes: Any) -> Stream:
    return make_stream(count, mode="ON_DEMAND", **changes)


def reading(loads: dict[int, float], **changes: Any) -> Reading:
    """A reading with these loads, in shards' worth, of the last minute and of the day before."""
    last = {number: mibps(load) for number, load in loads.items()}
    all_of_it = total(last.values())
    values: dict[str, Any] = {"recent": all_of_it, "peak": all_of_it, "watched_ms": NOW_MS}
    return Reading(last, dict(loads), **(values | changes))


def decide(stream: Stream, seen: Reading, now_ms: int = LATER, warm: int = 0) -> Plan:
    return on_demand.decide(stream, seen, now_ms=now_ms, warm_mibps=warm)


def after(stream: Stream, plan: Plan, now_ms: int = LATER) -> list[Shard]:
    return open_shards(done(stream.shards, plan, now_ms))


def test_a_new_stream_stays_as_it_is() -> None:
    assert decide(stream_of(4), reading({})) == Plan()


def test_the_hot_shard_is_split_in_the_middle_and_the_cold_one_is_not() -> None:
    stream = stream_of(4)
    plan = decide(stream, reading({0: 0.1, 1: 0.6, 2: 0.2}))
    assert plan.parents == (1,)
    left, right = plan.children
    assert (left.hash_start, right.hash_end) == (HASH_KEYS // 4, HASH_KEYS // 2 - 1)
    assert right.hash_start == HASH_KEYS * 3 // 8


@pytest.mark.parametrize(
    ("load", "hot"),
    [
        (Load(500 * 1024, 500), False),
        (Load(500 * 1024 + 1, 0), True),
        (Load(0, 500.1), True),
        (Load(0, 0), False),
    ],
)
def test_hot_is_over_500_kib_or_500_records_a_second(load: Load, hot: bool) -> None:
    # AWS: "when the incoming traffic exceeds 500 KB/s per shard"
    assert on_demand.is_hot(load) is hot
    seen = Reading({2: load}, {}, watched_ms=NOW_MS)
    assert decide(stream_of(4), seen).parents == ((2,) if hot else ())


def test_all_hot_shards_are_split_at_once_and_their_halves_wait_14_minutes() -> None:
    stream = stream_of(4)
    plan = decide(stream, reading(dict.fromkeys(range(4), 1.0)), NOW_MS)
    assert len(after(stream, plan, NOW_MS)) == 8
    # When the halves are as hot, Then they are split within 15 minutes, and not at once
    grown = stream_of(4, shards=done(stream.shards, plan, NOW_MS))
    seen = reading(dict.fromkeys(range(4, 12), 1.0))
    born_ms = (NOW_MS // 1000 + 1) * 1000
    assert decide(grown, seen, born_ms + 14 * MINUTE_MS - 1) == Plan()
    assert len(decide(grown, seen, born_ms + 14 * MINUTE_MS).parents) == 8


def test_room_for_twice_the_peak_comes_back_where_it_is_missing() -> None:
    # Given a stream that was made smaller by hand than its peak asks for
    stream = stream_of(3)
    plan = decide(stream, reading({0: 0.1}, peak=mibps(2.4)))
    # Then the widest are split: five shards take twice 2.4
    assert len(after(stream, plan)) == 5


def test_a_stream_with_fewer_than_four_shards_keeps_them_without_load() -> None:
    assert decide(stream_of(1), reading({})) == Plan()


def test_cold_neighbours_are_merged_but_never_below_four() -> None:
    stream = stream_of(7)
    shards = after(stream, decide(stream, reading({})))
    assert len(shards) == 4
    assert_partition(shards)
    assert decide(stream_of(4), reading({})) == Plan()


def test_only_what_was_watched_for_a_day_is_merged() -> None:
    seen = reading({})
    assert decide(stream_of(8), seen, NOW_MS + DAY_MS - 1) == Plan()
    assert decide(stream_of(8), seen, NOW_MS + DAY_MS) != Plan()
    # A process that has just begun has watched nothing
    assert decide(stream_of(8), reading({}, watched_ms=LATER - DAY_MS + 1)) == Plan()


def test_the_peak_of_30_days_keeps_its_room_after_the_load_is_gone() -> None:
    assert decide(stream_of(8), reading({}, peak=mibps(4))) == Plan()
    # Nor is anything merged that evenly spread keys would make hot at that peak
    assert decide(stream_of(8), reading({}, peak=mibps(1.7))) == Plan()
    plan = decide(stream_of(8), reading({}, peak=mibps(1.6)))
    assert len(after(stream_of(8), plan)) == 4


def test_the_coldest_neighbours_go_first_and_warm_ones_stay() -> None:
    stream = stream_of(6)
    loads = {0: 0.3, 1: 0.3, 2: 0.05, 3: 0.05, 4: 0.3, 5: 0.3}
    plan = decide(stream, reading(loads))
    assert plan.parents == (2, 3)


def test_what_is_cold_today_but_was_not_at_the_peak_stays() -> None:
    # Given a quiet day, a tenth of the peak, evenly spread over 8 shards
    quiet = dict.fromkeys(range(8), 0.025)
    seen = reading(quiet, peak=mibps(2.0))
    # Then pairs would have half a shard's worth at the peak: too much
    assert decide(stream_of(8), seen) == Plan()
    assert decide(stream_of(8), reading(quiet, peak=mibps(1.5))) != Plan()


def test_a_hot_key_is_split_for_only_so_long() -> None:
    # Given a key that no split can part, and a stream that looks every quarter of an hour
    stream, key, now_ms = stream_of(4), HASH_KEYS // 3, NOW_MS
    counts = []
    for _ in range(40):
        now_ms += 15 * MINUTE_MS
        hot = next(s for s in open_shards(stream.shards) if s.hash_end >= key)
        plan = decide(stream, reading({hot.number: 40.0}), now_ms)
        stream = stream_of(4, shards=done(stream.shards, plan, now_ms))
        counts.append(len(open_shards(stream.shards)))
    assert counts[:3] == [5, 6, 7]
    assert counts[-1] == counts[6] == 10


@pytest.mark.parametrize(("region", "bound"), [("us-east-1", 10_240), ("eu-west-3", 200)])
def test_growth_has_a_bound(region: str, bound: int) -> None:
    # AWS's quotas: 10 GB/s in three regions, 200 MB/s in the others
    assert on_demand.upper_bound(region) == bound
    assert on_demand.upper_bound(region, warm_mibps=10_240) == 10_240
    # And the hottest come first
    stream = stream_of(bound - 2, region=region)
    plan = decide(stream, reading({n: 0.6 + n / 1000 for n in range(90, 100)}))
    assert plan.parents == (99, 98)
    full = stream_of(bound, region=region)
    assert decide(full, reading({0: 1.0}, peak=mibps(bound))) == Plan()


def test_warm_throughput_is_never_merged_away() -> None:
    assert decide(stream_of(16), reading({}), warm=16) == Plan()
    assert len(after(stream_of(16), decide(stream_of(16), reading({}), warm=8))) == 8


@given(st.integers(1, 40), st.integers(1, 300))
def test_warming_up_leaves_no_shard_too_wide(count: int, warm: int) -> None:
    stream = stream_of(count)
    shards = after(stream, on_demand.warm_up(stream, warm))
    assert_partition(shards)
    widths = [shard.hash_end - shard.hash_start + 1 for shard in shards]
    assert max(widths) <= HASH_KEYS // warm + (1 << 20)
    assert len(shards) <= max(count, 2 * warm)


@given(st.lists(st.floats(0, 1.5), min_size=1, max_size=40), st.floats(0, 40), st.integers(0, 30))
def test_whatever_is_decided_the_shards_partition_the_keys(
    loads: list[float], peak: float, warm: int
) -> None:
    stream = stream_of(len(loads))
    seen = reading(dict(enumerate(loads)), peak=mibps(peak))
    shards = after(stream, decide(stream, seen, warm=warm))
    assert_partition(shards)
    if len(shards) < len(loads):
        assert len(shards) >= max(4, warm, on_demand.room_for(seen.peak))
    assert len(shards) <= 2 * len(loads)


def test_a_release_merges_all_the_way_at_once() -> None:
    stream = stream_of(64)
    assert len(after(stream, on_demand.release(stream, {}, 0))) == 4
    assert len(after(stream, on_demand.release(stream, {}, 16))) == 16
    busy = {number: mibps(0.1) for number in range(64)}
    assert len(after(stream, on_demand.release(stream, busy, 0))) == 16
