import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinesis_samples import NOW_MS, assert_partition, done, histories, make_stream
from shardline.gateway.errors import ServiceError
from shardline.kinesis import scaling
from shardline.kinesis.hashing import HASH_KEYS
from shardline.kinesis.lineage import even_starts, initial_shards, open_shards
from shardline.kinesis.resharding import Plan, ShardQuota
from shardline.kinesis.scaling import DAY_MS, check_count, uniform_plan, within_day
from shardline.storage.entities import Shard, Stream


def assert_equal_ranges(shards: list[Shard]) -> None:
    for shard, start in zip(shards, even_starts(len(shards)), strict=True):
        assert abs(shard.hash_start - start) < scaling._NEAR


@given(histories(), st.data())
def test_any_stream_gets_equal_ranges_by_the_fewest_steps(
    history: tuple[Stream, list[tuple[Shard, ...]], int], data: st.DataObject
) -> None:
    # Given a stream that may be as uneven as splits and merges make it
    shards = history[0].shards
    before = open_shards(shards)
    target = data.draw(st.integers(1, 3 * len(before)))
    # When it is scaled
    plan = uniform_plan(shards, target)
    after = open_shards(done(shards, plan))
    # Then the ranges are equal
    assert len(after) == target
    assert_partition(after)
    assert_equal_ranges(after)
    # And every new border cost one split (two children), every old one that went one merge
    old, new = ({s.hash_start for s in each} for each in (before, after))
    assert len(plan.children) == 2 * len(new - old) + len(old - new)
    # And nothing is left to do
    assert uniform_plan(done(shards, plan), target) == Plan()


@given(st.integers(1, 60), st.integers(1, 120))
def test_children_lie_only_a_few_seconds_in_the_future(count: int, target: int) -> None:
    shards = initial_shards(count, NOW_MS // 1000)
    after = done(shards, uniform_plan(shards, target), NOW_MS)
    generations = max(shard.created_s for shard in after) - NOW_MS // 1000
    ratio = max(count / target, target / count)
    assert generations <= ratio + 4


def test_rounding_cuts_no_slivers() -> None:
    shards = initial_shards(3, 1)
    for target in (6, 12, 6, 3, 5, 10, 5):
        shards = done(shards, uniform_plan(shards, target))
        width = HASH_KEYS // target
        assert all(abs(s.hash_end - s.hash_start - width) < 1 << 21 for s in open_shards(shards))


def refusal(count: int, target: int, **given_: object) -> tuple[str, str | None]:
    with pytest.raises(ServiceError) as caught:
        check_count(make_stream(count), target, now_ms=NOW_MS, **given_)  # type: ignore[arg-type]
    return caught.value.code, caught.value.message


def test_limits_of_the_target() -> None:
    # kinesalite PR#48, test/updateShardCount.js
    assert refusal(2, 6) == (
        "LimitExceededException",
        "UpdateShardCount cannot scale up over double your current open shard count. "
        "Current open shard count: 2, Target shard count: 6",
    )
    assert refusal(6, 2) == (
        "LimitExceededException",
        "UpdateShardCount cannot scale down below half your current open shard count. "
        "Current open shard count: 6, Target shard count: 2",
    )
    assert refusal(10, 52, quota=ShardQuota(10, 50)) == (
        "LimitExceededException",
        "Target shard count or number of open shards cannot be greater than 50. "
        "Current open shard count: 10, Target shard count: 52",
    )


def test_what_is_within_the_limits_passes() -> None:
    for count, target in [(2, 4), (6, 3), (5, 3), (4, 4)]:
        check_count(make_stream(count), target, now_ms=NOW_MS, quota=ShardQuota(count, 6))


def test_the_shards_of_other_streams_count() -> None:
    check_count(make_stream(10), 20, now_ms=NOW_MS, quota=ShardQuota(40, 50))
    code, _ = refusal(10, 20, quota=ShardQuota(41, 50))
    assert code == "LimitExceededException"


def test_an_account_over_its_limit_may_scale_down() -> None:
    check_count(make_stream(10), 5, now_ms=NOW_MS, quota=ShardQuota(90, 50))


def test_ten_thousand_shards() -> None:
    # botocore's documentation: not to more than 10,000, and from more of them only to fewer
    check_count(make_stream(9_999), 10_000, now_ms=NOW_MS)
    check_count(make_stream(10_001), 9_999, now_ms=NOW_MS)
    for count, target in [(9_999, 10_001), (10_001, 10_000), (10_002, 10_001)]:
        assert refusal(count, target) == (
            "LimitExceededException",
            "Target shard count or number of open shards cannot be greater than 10000. "
            f"Current open shard count: {count}, Target shard count: {target}",
        )


def test_ten_calls_within_24_hours() -> None:
    # Given ten calls, the first of them exactly 24 hours ago
    times = tuple(NOW_MS - DAY_MS + i for i in range(10))
    check_count(make_stream(2, reshards_ms=times), 4, now_ms=NOW_MS)
    assert len(within_day(times, NOW_MS)) == 9
    # When the first is a millisecond younger, then an eleventh is refused
    stream = make_stream(2, reshards_ms=times)
    with pytest.raises(ServiceError, match="10 times per rolling 24-hour period") as caught:
        check_count(stream, 4, now_ms=NOW_MS - 1)
    assert caught.value.code == "LimitExceededException"
