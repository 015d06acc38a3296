"""SplitShard, MergeShards, UpdateShardCount."""

import pytest

from kinesis_wire import (
    ACCOUNT,
    LAST_HASH_KEY,
    Wire,
    new_name,
    no_such_shard,
    shard_id,
    stream_gone,
)
from shardline.kinesis import sequence
from shardline.testing import TestServer

HALF = str(2**127)
UNREADABLE = ["ABKLFD8", "2.14E4", "2147483648", "shardId-002147483648"]


def split(aws: Wire, name: str, shard: str = "0", at: str = HALF) -> None:
    aws.void("SplitShard", StreamName=name, ShardToSplit=shard, NewStartingHashKey=at)


def merge(aws: Wire, name: str, left: str, right: str) -> None:
    aws.void("MergeShards", StreamName=name, ShardToMerge=left, AdjacentShardToMerge=right)


def split_error(aws: Wire, name: str, shard: str = "0", at: str = "0") -> tuple[str, str]:
    return aws.error("SplitShard", StreamName=name, ShardToSplit=shard, NewStartingHashKey=at)


def merge_error(aws: Wire, name: str, left: str, right: str) -> tuple[str, str]:
    return aws.error("MergeShards", StreamName=name, ShardToMerge=left, AdjacentShardToMerge=right)


# --- SplitShard ------------------------------------------------------------------------------


def test_what_a_split_leaves(aws: Wire) -> None:
    # K:splitShard
    name = aws.stream()
    split(aws, name, "shardId-0", "2")
    parent, left, right = aws.describe(name)["Shards"]
    assert set(parent["SequenceNumberRange"]) == {"StartingSequenceNumber", "EndingSequenceNumber"}
    for child, start, end in ((left, 0, 1), (right, 2, LAST_HASH_KEY)):
        assert child["ParentShardId"] == shard_id(0)
        assert child["HashKeyRange"] == {"StartingHashKey": str(start), "EndingHashKey": str(end)}
        assert set(child["SequenceNumberRange"]) == {"StartingSequenceNumber"}
    assert [left["ShardId"], right["ShardId"]] == [shard_id(1), shard_id(2)]


def test_the_numbers_of_a_split_are_as_on_aws(aws: Wire) -> None:
    name = aws.stream()
    split(aws, name)
    parent, *children = aws.describe(name)["Shards"]
    range_ = parent["SequenceNumberRange"]
    start = sequence.parse(range_["StartingSequenceNumber"])
    end = sequence.parse(range_["EndingSequenceNumber"])
    # K:splitShard: same creation, the highest counter, the time of the close
    assert (end.created_s, end.counter) == (start.created_s, 0x7FFFFFFFFFFFFFFF)
    assert end.put_s == aws.server.clock.now_ms() // 1000
    for child in children:
        born = sequence.parse(child["SequenceNumberRange"]["StartingSequenceNumber"])
        assert (born.counter, born.created_s) == (0, end.put_s + 1)


def test_keys_of_the_parent_go_to_the_child_that_holds_them(aws: Wire) -> None:
    name = aws.stream()
    split(aws, name)
    assert aws.put(name, ExplicitHashKey=str(2**127 - 1))["ShardId"] == shard_id(1)
    assert aws.put(name, ExplicitHashKey=HALF)["ShardId"] == shard_id(2)


def test_numbers_order_across_reshards_within_a_second(aws: Wire) -> None:
    name = aws.stream()
    placed = []
    for shard in range(4):
        placed.append(aws.put(name, ExplicitHashKey="0"))
        split(aws, name, placed[-1]["ShardId"], str(2 ** (127 - shard)))
    numbers = [int(record["SequenceNumber"]) for record in placed]
    assert numbers == sorted(set(numbers))


@pytest.mark.parametrize("shard", UNREADABLE)
def test_a_shard_id_that_cannot_be_read_comes_first(aws: Wire, shard: str) -> None:
    name = new_name()  # K:splitShard, mergeShards: before the stream is looked for
    assert split_error(aws, name, shard) == no_such_shard(name, shard)
    assert merge_error(aws, name, shard, "0") == no_such_shard(name, shard)
    assert merge_error(aws, name, "0", shard) == no_such_shard(name, shard)


@pytest.mark.parametrize("shard", ["2147483647", "foo-2147483647", "a-00002147483647", "-0005"])
def test_then_the_stream(aws: Wire, shard: str) -> None:
    name = new_name()  # K:splitShard
    assert split_error(aws, name, shard) == stream_gone(name)
    assert merge_error(aws, name, shard, "0") == stream_gone(name)


def test_then_the_shard(aws: Wire) -> None:
    name = aws.stream(shards=3)  # K: normalized
    assert split_error(aws, name, "shardId-5") == no_such_shard(name, shard_id(5))
    assert merge_error(aws, name, "5", "0") == no_such_shard(name, shard_id(5))
    assert merge_error(aws, name, "0", "shard-5") == no_such_shard(name, shard_id(5))


def test_a_shard_whose_data_has_expired_is_none(aws: Wire) -> None:
    # Given a shard that closed a day and a millisecond ago, which nobody has cleaned up yet
    name = aws.stream(shards=2)
    split(aws, name, "0", "2")
    aws.server.clock.advance(hours=24)
    assert split_error(aws, name, "0")[0] == "InvalidArgumentException"
    aws.server.clock.advance(milliseconds=1)
    # Then it cannot be told from one that never was
    assert split_error(aws, name, "0") == no_such_shard(name, shard_id(0))
    assert merge_error(aws, name, "0", "1") == no_such_shard(name, shard_id(0))


@pytest.mark.parametrize(
    ("shard", "at"), [(0, "0"), (0, "1"), (0, "END"), (2, "9" * 39), (2, "START"), (1, "START")]
)
def test_a_hash_key_that_does_not_part_the_shard(aws: Wire, shard: int, at: str) -> None:
    name = aws.stream(shards=3)
    start, end = aws.describe(name)["Shards"][shard]["HashKeyRange"].values()
    at = {"END": end, "START": start}.get(at, at)
    assert split_error(aws, name, str(shard), at) == (  # K:splitShard
        "InvalidArgumentException",
        f"NewStartingHashKey {at} used in SplitShard() on shard {shard_id(shard)} in stream "
        f"{name} under account {ACCOUNT} is not both greater than one plus the shard's "
        f"StartingHashKey {start} and less than the shard's EndingHashKey {end}.",
    )


def test_the_last_hash_key_that_parts_a_shard(aws: Wire) -> None:
    name = aws.stream()
    split(aws, name, "0", str(LAST_HASH_KEY - 1))
    assert aws.put(name, ExplicitHashKey=str(LAST_HASH_KEY - 1))["ShardId"] == shard_id(2)


def closed(name: str, shard: int) -> tuple[str, str]:
    return (  # G16
        "InvalidArgumentException",
        f"Shard {shard_id(shard)} in stream {name} under account {ACCOUNT} has already been "
        "merged or split, and thus is not eligible for merging or splitting.",
    )


def test_a_shard_is_closed_only_once(aws: Wire) -> None:
    name = aws.stream(shards=2)
    split(aws, name, "0", "2")
    assert split_error(aws, name, "0", "2") == closed(name, 0)
    assert merge_error(aws, name, "0", "1") == closed(name, 0)
    assert merge_error(aws, name, "1", "0") == closed(name, 0)


@pytest.mark.many_shards
@pytest.mark.slow
@pytest.mark.one_node  # what three make of 30,000 shards in one thread takes longer than a lease
def test_a_split_over_the_accounts_shards(server: TestServer) -> None:
    with Wire(server, "eu-south-1") as alone:
        name = alone.stream(shards=20_000)
        error = split_error(alone, name, "0", "2")
        # K:splitShard (skipped there): the limit comes before the hash key (Ki)
        assert split_error(alone, name, "0", "0") == error
        counted = alone.error(
            "UpdateShardCount",
            StreamName=name,
            TargetShardCount=20_001,
            ScalingType="UNIFORM_SCALING",
        )
        alone.void("DeleteStream", StreamName=name)
    assert error[0] == "LimitExceededException"
    assert "Current shard count for the account: 20000. Limit: 20000." in error[1]
    assert "resulted from this request: 1. Refer" in error[1]
    assert counted == (  # G17
        "LimitExceededException",
        "Target shard count or number of open shards cannot be greater than 20000. "
        "Current open shard count: 20000, Target shard count: 20001",
    )


# --- MergeShards -----------------------------------------------------------------------------


def test_what_a_merge_leaves(aws: Wire) -> None:
    # K:mergeShards
    name = aws.stream(shards=3)
    merge(aws, name, "1", "2")
    first, left, right, child = aws.describe(name)["Shards"]
    assert child["ShardId"] == shard_id(3)
    assert (child["ParentShardId"], child["AdjacentParentShardId"]) == (shard_id(1), shard_id(2))
    assert child["HashKeyRange"] == {
        "StartingHashKey": left["HashKeyRange"]["StartingHashKey"],
        "EndingHashKey": str(LAST_HASH_KEY),
    }
    ends = [
        sequence.parse(shard["SequenceNumberRange"]["EndingSequenceNumber"]).put_s
        for shard in (left, right)
    ]
    born = sequence.parse(child["SequenceNumberRange"]["StartingSequenceNumber"])
    assert ends[0] == ends[1] == born.created_s - 1
    assert "EndingSequenceNumber" not in first["SequenceNumberRange"]


@pytest.mark.parametrize(("left", "right"), [(0, 2), (1, 0), (2, 1), (0, 0)])
def test_shards_that_are_no_neighbours_or_in_the_wrong_order(
    aws: Wire, left: int, right: int
) -> None:
    name = aws.stream(shards=3)
    assert merge_error(aws, name, str(left), str(right)) == (  # K:mergeShards
        "InvalidArgumentException",
        f"Shards {shard_id(left)} and {shard_id(right)} in stream {name} under account {ACCOUNT} "
        "are not an adjacent pair of shards eligible for merging",
    )
