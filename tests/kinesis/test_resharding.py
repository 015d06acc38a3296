import pytest
from hypothesis import given

from kinesis_samples import ACCOUNT, NOW_MS, assert_partition, done, histories, make_stream
from shardline.gateway.errors import ServiceError
from shardline.kinesis import lineage, resharding
from shardline.kinesis.resharding import ShardQuota
from shardline.storage.entities import Shard, Stream


def refusal(call: object, *args: object) -> tuple[str, str | None]:
    with pytest.raises(ServiceError) as caught:
        call(*args)  # type: ignore[operator]
    return caught.value.code, caught.value.message


def test_a_split_makes_two_children_in_order() -> None:
    # kinesalite, test/splitShard.js
    stream = make_stream(3)
    plan = resharding.split(stream, 1, 170141183460469231731687303715884105727)
    assert plan.parents == (1,)
    first, second = plan.children
    assert (first.number, second.number) == (3, 4)
    assert first.hash_start == stream.shards[1].hash_start
    assert first.hash_end + 1 == second.hash_start == 170141183460469231731687303715884105727
    assert second.hash_end == stream.shards[1].hash_end
    assert first.parent == second.parent == 1


@pytest.mark.parametrize("at", [0, 1, 113427455640312821154458202477256070484, 2**128])
def test_a_split_needs_a_hash_key_inside(at: int) -> None:
    # kinesalite, test/splitShard.js
    assert refusal(resharding.split, make_stream(3), 0, at) == (
        "InvalidArgumentException",
        f"NewStartingHashKey {at} used in SplitShard() on shard shardId-000000000000 in stream "
        f"flights under account {ACCOUNT} is not both greater than one plus the shard's "
        "StartingHashKey 0 and less than the shard's EndingHashKey "
        "113427455640312821154458202477256070484.",
    )


def test_the_narrowest_split_is_accepted() -> None:
    assert len(resharding.split(make_stream(3), 0, 2).children) == 2


def test_a_shard_that_is_not_there() -> None:
    missing = (
        "ResourceNotFoundException",
        f"Could not find shard shardId-000000000005 in stream flights under account {ACCOUNT}.",
    )
    assert refusal(resharding.split, make_stream(3), 5, 2) == missing
    assert refusal(resharding.merge, make_stream(3), 5, 0) == missing
    assert refusal(resharding.merge, make_stream(3), 0, 5) == missing


def test_a_shard_that_was_resharded_before() -> None:
    stream = make_stream(2)
    stream = make_stream(shards=done(stream.shards, resharding.split(stream, 0, 1000)))
    closed = (
        "InvalidArgumentException",
        f"Shard shardId-000000000000 in stream flights under account {ACCOUNT} has already been "
        "merged or split, and thus is not eligible for merging or splitting.",
    )
    assert refusal(resharding.split, stream, 0, 500) == closed
    assert refusal(resharding.merge, stream, 0, 1) == closed
    assert refusal(resharding.merge, stream, 3, 0) == closed


def test_the_accounts_shard_limit_comes_before_the_hash_key() -> None:
    # kinesalite, test/createStream.js has the text
    code, text = refusal(resharding.split, make_stream(3), 0, 0, ShardQuota(50, 50))
    assert code == "LimitExceededException"
    assert text == (
        f"This request would exceed the shard limit for the account {ACCOUNT} in us-east-1. "
        "Current shard count for the account: 50. Limit: 50. "
        "Number of additional shards that would have resulted from this request: 1. "
        "Refer to the AWS Service Limits page "
        "(http://docs.aws.amazon.com/general/latest/gr/aws_service_limits.html) "
        "for current limits and how to request higher limits."
    )
    assert resharding.split(make_stream(3), 0, 2, ShardQuota(49, 50)).parents == (0,)


def test_a_merge_makes_one_child_of_both() -> None:
    stream = make_stream(3)
    plan = resharding.merge(stream, 1, 2)
    assert plan.parents == (1, 2)
    (child,) = plan.children
    assert (child.number, child.parent, child.adjacent_parent) == (3, 1, 2)
    assert child.hash_start == stream.shards[1].hash_start
    assert child.hash_end == stream.shards[2].hash_end


@pytest.mark.parametrize(("left", "right"), [(0, 2), (1, 0), (0, 0)])
def test_a_merge_needs_neighbours_with_the_left_one_first(left: int, right: int) -> None:
    # kinesalite, test/mergeShards.js
    assert refusal(resharding.merge, make_stream(3), left, right) == (
        "InvalidArgumentException",
        f"Shards shardId-{left:012d} and shardId-{right:012d} in stream flights under account "
        f"{ACCOUNT} are not an adjacent pair of shards eligible for merging",
    )


def test_carrying_out_closes_the_parents_where_the_log_ended() -> None:
    stream = make_stream(2)
    plan = resharding.merge(stream, 0, 1)
    shards = resharding.carry_out(
        stream.shards, plan.parents, plan.children, ends={0: 7, 1: 9}, closed_ms=NOW_MS + 1500
    )
    assert [(s.end, s.closed_ms) for s in shards] == [
        (7, NOW_MS + 1500),
        (9, NOW_MS + 1500),
        (None, None),
    ]
    assert shards[2].created_s == NOW_MS // 1000 + 2


def test_the_first_shards_of_a_stream_open_as_they_were_planned() -> None:
    first = lineage.initial_shards(3, 12345)
    assert resharding.carry_out((), (), first, ends={}, closed_ms=NOW_MS) == first


@given(histories())
def test_open_shards_always_partition_the_hash_keys(
    history: tuple[Stream, list[tuple[Shard, ...]], int],
) -> None:
    for shards in history[1]:
        assert_partition(lineage.open_shards(shards))
        assert [shard.number for shard in shards] == list(range(len(shards)))
        assert shards[-1].is_open  # so that no number is ever given twice


@given(histories())
def test_children_cover_what_their_parents_gave_up(
    history: tuple[Stream, list[tuple[Shard, ...]], int],
) -> None:
    shards = history[0].shards
    for parent in shards:
        children = lineage.children(shards, parent.number)
        assert bool(children) != parent.is_open
        assert all(child.number > parent.number for child in children)
        for key in (parent.hash_start, parent.hash_end):
            owners = [c for c in children if c.hash_start <= key <= c.hash_end]
            assert len(owners) == len(children[:1])
