"""UpdateShardCount, and what no stream on demand takes."""

from collections.abc import Callable
from typing import Any

import pytest

from kinesis_wire import (
    ACCOUNT,
    Wire,
    invalid,
)

HALF = str(2**127)


def split(aws: Wire, name: str, shard: str = "0", at: str = HALF) -> None:
    aws.void("SplitShard", StreamName=name, ShardToSplit=shard, NewStartingHashKey=at)


def split_error(aws: Wire, name: str, shard: str = "0", at: str = "0") -> tuple[str, str]:
    return aws.error("SplitShard", StreamName=name, ShardToSplit=shard, NewStartingHashKey=at)


def merge_error(aws: Wire, name: str, left: str, right: str) -> tuple[str, str]:
    return aws.error("MergeShards", StreamName=name, ShardToMerge=left, AdjacentShardToMerge=right)


def scale(aws: Wire, name: str, target: int) -> Any:
    return aws.ok(
        "UpdateShardCount",
        StreamName=name,
        TargetShardCount=target,
        ScalingType="UNIFORM_SCALING",
    )


def scale_error(aws: Wire, name: str, target: int) -> tuple[str, str]:
    return aws.error(
        "UpdateShardCount",
        StreamName=name,
        TargetShardCount=target,
        ScalingType="UNIFORM_SCALING",
    )


def test_the_answer_counts_the_open_shards_before(aws: Wire) -> None:
    name = aws.stream(shards=2)
    split(aws, name, "0", "2")
    assert scale(aws, name, 4) == {  # B
        "StreamName": name,
        "StreamARN": aws.arn(name),
        "CurrentShardCount": 3,
        "TargetShardCount": 4,
    }
    assert len(aws.open_shards(name)) == 4


@pytest.mark.parametrize(("before", "after", "total"), [(2, 4, 6), (4, 5, 15), (4, 2, 6)])
def test_the_totals_that_aws_was_seen_to_leave(
    aws: Wire, before: int, after: int, total: int
) -> None:
    # M's docstring, verified on AWS
    name = aws.stream(shards=before)
    scale(aws, name, after)
    assert len(aws.describe(name)["Shards"]) == total
    ranges = [
        (int(s["HashKeyRange"]["StartingHashKey"]), int(s["HashKeyRange"]["EndingHashKey"]))
        for s in aws.open_shards(name)
    ]
    widths = [end - start for start, end in ranges]
    assert len(ranges) == after
    assert max(widths) - min(widths) < 2**20


def test_the_steps_of_an_update_can_be_read_to_their_end(aws: Wire) -> None:
    # A reader that follows the lineage meets the shards that an update opened and closed at once.
    name = aws.stream(shards=4)
    scale(aws, name, 5)
    open_now = {shard["ShardId"] for shard in aws.open_shards(name)}
    at_once = [
        shard["ShardId"]
        for shard in aws.describe(name)["Shards"]
        if shard["ShardId"] not in open_now and "ParentShardId" in shard
    ]
    assert at_once
    now_s = aws.server.clock.now_ms() / 1000
    for shard in at_once:
        for start in (
            {"ShardIteratorType": "TRIM_HORIZON"},
            {"ShardIteratorType": "LATEST"},
            {"ShardIteratorType": "AT_TIMESTAMP", "Timestamp": now_s},
        ):
            iterator = aws.ok("GetShardIterator", StreamName=name, ShardId=shard, **start)
            answer = aws.get(iterator["ShardIterator"])
            assert answer["Records"] == []
            assert "NextShardIterator" not in answer
            assert all(shard in child["ParentShards"] for child in answer["ChildShards"])
            assert answer["ChildShards"]


def test_more_than_double_and_less_than_half(aws: Wire) -> None:
    name = aws.stream(shards=3)
    assert scale_error(aws, name, 7) == (  # G17
        "LimitExceededException",
        "UpdateShardCount cannot scale up over double your current open shard count. "
        "Current open shard count: 3, Target shard count: 7",
    )
    assert scale_error(aws, name, 1) == (
        "LimitExceededException",
        "UpdateShardCount cannot scale down below half your current open shard count. "
        "Current open shard count: 3, Target shard count: 1",
    )
    scale(aws, name, 6)
    scale(aws, name, 3)
    scale(aws, name, 2)


def test_ten_updates_in_24_hours(aws: Wire) -> None:
    name = aws.stream(shards=1)
    for count in [2, 1] * 5:
        scale(aws, name, count)
        aws.server.clock.advance(hours=1)
    code, message = scale_error(aws, name, 2)  # B; AWS's text is not known
    assert code == "LimitExceededException"
    assert "10 times per rolling 24-hour period" in message
    # The first of them is 24 hours old after 14 more.
    aws.server.clock.advance(hours=13, minutes=59, seconds=59)
    assert scale_error(aws, name, 2)[0] == "LimitExceededException"
    aws.server.clock.advance(seconds=1)
    scale(aws, name, 2)


def test_the_same_count_leaves_the_shards_as_they_are(aws: Wire) -> None:
    name = aws.stream(shards=3)
    shards = aws.describe(name)["Shards"]
    assert scale(aws, name, 3)["CurrentShardCount"] == 3
    assert aws.describe(name)["Shards"] == shards


def test_a_scaling_type_that_is_none(aws: Wire) -> None:
    assert aws.error(
        "UpdateShardCount", StreamName="s", TargetShardCount=1, ScalingType="OTHER"
    ) == invalid(
        "Value 'OTHER' at 'scalingType' failed to satisfy constraint: "
        "Member must satisfy enum value set: [UNIFORM_SCALING]"
    )


@pytest.mark.parametrize(
    "reshard",
    [
        lambda aws, name: split_error(aws, name, "0", HALF),
        lambda aws, name: merge_error(aws, name, "0", "1"),
        lambda aws, name: scale_error(aws, name, 5),
    ],
    ids=["SplitShard", "MergeShards", "UpdateShardCount"],
)
def test_a_stream_on_demand_is_not_resharded(
    aws: Wire, reshard: Callable[[Wire, str], tuple[str, str]]
) -> None:
    name = aws.stream(StreamModeDetails={"StreamMode": "ON_DEMAND"})
    assert reshard(aws, name) == (  # E7: moto's text, botocore's code
        "ValidationException",
        f"Request is invalid. Stream {name} under account {ACCOUNT} is in On-Demand mode.",
    )
