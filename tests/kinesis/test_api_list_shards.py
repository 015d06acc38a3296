"""ListShards: its six filters, its pages, its tokens."""

from typing import Any

import pytest

from kinesis_wire import (
    ACCOUNT,
    Wire,
    no_such_shard,
    shard_id,
    stream_gone,
)
from shardline.testing import TestServer

HALF = str(2**127)


def listed(aws: Wire, name: str, **members: Any) -> list[int]:
    shards = aws.ok("ListShards", StreamName=name, **members)["Shards"]
    return [int(shard["ShardId"].removeprefix("shardId-")) for shard in shards]


def split_twice(aws: Wire) -> tuple[str, float]:
    """A stream of shards 0 and 1; 0 became 2 and 3 after an hour, 2 became 4 and 5 after two.

    Answers its name and when it was created, in seconds.
    """
    name, created_s = aws.stream(shards=2), aws.server.clock.now_ms() / 1000
    for shard, at in (("0", str(2**126)), ("2", str(2**125))):
        aws.server.clock.advance(hours=1)
        aws.void("SplitShard", StreamName=name, ShardToSplit=shard, NewStartingHashKey=at)
    aws.server.clock.advance(hours=1)
    return name, created_s


def test_all_shards_with_what_belongs_to_each(aws: Wire) -> None:
    name, _ = split_twice(aws)
    answer = aws.ok("ListShards", StreamName=name)
    assert set(answer) == {"Shards"}  # K:listShards: NextToken only when there is more
    closed, untouched, *_, youngest = answer["Shards"]
    assert "EndingSequenceNumber" in closed["SequenceNumberRange"]
    assert set(untouched) == {"ShardId", "HashKeyRange", "SequenceNumberRange"}
    assert youngest["ParentShardId"] == shard_id(2)
    assert "AdjacentParentShardId" not in youngest
    assert answer["Shards"] == aws.describe(name)["Shards"]


def test_each_filter_that_needs_nothing_else(aws: Wire) -> None:
    # botocore's documentation of ShardFilter
    name, _ = split_twice(aws)
    assert listed(aws, name, ShardFilter={"Type": "FROM_TRIM_HORIZON"}) == [0, 1, 2, 3, 4, 5]
    assert listed(aws, name, ShardFilter={"Type": "AT_TRIM_HORIZON"}) == [0, 1]
    assert listed(aws, name, ShardFilter={"Type": "AT_LATEST"}) == [1, 3, 4, 5]


def test_filters_by_time(aws: Wire) -> None:
    name, created_s = split_twice(aws)
    for hours, at, since in (
        (-5, [0, 1], [0, 1, 2, 3, 4, 5]),
        (0.5, [0, 1], [0, 1, 2, 3, 4, 5]),
        (1.5, [1, 2, 3], [1, 2, 3, 4, 5]),
        (2.5, [1, 3, 4, 5], [1, 3, 4, 5]),
    ):
        time = {"Timestamp": created_s + hours * 3600}
        assert listed(aws, name, ShardFilter={"Type": "AT_TIMESTAMP", **time}) == at
        assert listed(aws, name, ShardFilter={"Type": "FROM_TIMESTAMP", **time}) == since


def test_the_filter_after_a_shard_is_as_the_start_after_a_shard(aws: Wire) -> None:
    name, _ = split_twice(aws)
    after = {"Type": "AFTER_SHARD_ID", "ShardId": shard_id(2)}
    assert listed(aws, name, ShardFilter=after) == [3, 4, 5]
    # K:listShards: strictly after it
    assert listed(aws, name, ExclusiveStartShardId=shard_id(2)) == [3, 4, 5]
    assert listed(aws, name, ExclusiveStartShardId=shard_id(99)) == []


@pytest.mark.parametrize("kind", ["AT_TIMESTAMP", "FROM_TIMESTAMP", "AFTER_SHARD_ID"])
def test_a_filter_without_what_it_needs(aws: Wire, kind: str) -> None:
    name = aws.stream()
    code, message = aws.error("ListShards", StreamName=name, ShardFilter={"Type": kind})
    assert code == "InvalidArgumentException"  # AWS's text is not known
    assert kind in message


def test_filters_that_the_model_refuses(aws: Wire) -> None:
    name = aws.stream()
    code, message = aws.error("ListShards", StreamName=name, ShardFilter={"Type": "SOME"})
    assert code == "ValidationException"
    assert "Value 'SOME' at 'shardFilter.type' failed to satisfy constraint: " in message
    code, message = aws.error("ListShards", StreamName=name, ShardFilter={})
    assert "Value null at 'shardFilter.type'" in message


def test_a_shard_id_that_cannot_be_read(aws: Wire) -> None:
    name = aws.stream()
    assert aws.error("ListShards", StreamName=name, ExclusiveStartShardId="x") == no_such_shard(
        name, "x"
    )


def test_shards_whose_data_has_expired_are_left_out(aws: Wire) -> None:
    name, _ = split_twice(aws)
    # Given the first split is exactly as old as the retention, its parent is there
    aws.server.clock.advance(hours=22)
    assert listed(aws, name) == [0, 1, 2, 3, 4, 5]
    # When a millisecond more has passed, it is not, whether or not anybody cleaned up
    aws.server.clock.advance(milliseconds=1)
    assert listed(aws, name) == [1, 2, 3, 4, 5]
    aws.server.upkeep()
    assert listed(aws, name) == [1, 2, 3, 4, 5]
    # And its children still say where they came from
    shards = {s["ShardId"]: s for s in aws.describe(name)["Shards"]}
    assert shards[shard_id(3)]["ParentShardId"] == shard_id(0)


# --- pages -----------------------------------------------------------------------------------


def test_tokens_lead_through_all_pages_and_keep_the_filter(aws: Wire) -> None:
    name, _ = split_twice(aws)
    first = aws.ok("ListShards", StreamName=name, MaxResults=1, ShardFilter={"Type": "AT_LATEST"})
    second = aws.ok("ListShards", NextToken=first["NextToken"], MaxResults=2)
    third = aws.ok("ListShards", NextToken=second["NextToken"])
    pages = [[s["ShardId"] for s in page["Shards"]] for page in (first, second, third)]
    assert pages == [[shard_id(1)], [shard_id(3), shard_id(4)], [shard_id(5)]]
    assert "NextToken" not in third


def test_a_page_is_at_most_a_thousand_shards(server: TestServer) -> None:
    # B: the default and the most, though MaxResults may be 10,000
    with Wire(server, "us-west-2") as alone:
        name = alone.stream(shards=1001)
        for members in ({}, {"MaxResults": 10_000}):
            page = alone.ok("ListShards", StreamName=name, **members)
            assert len(page["Shards"]) == 1000
        rest = alone.ok("ListShards", NextToken=page["NextToken"])
    assert [s["ShardId"] for s in rest["Shards"]] == [shard_id(1000)]


@pytest.mark.parametrize("most", [0, 10_001])
def test_page_sizes_out_of_range(aws: Wire, most: int) -> None:
    assert aws.error("ListShards", StreamName="s", MaxResults=most)[0] == "ValidationException"


def test_neither_a_stream_nor_a_token(aws: Wire) -> None:
    assert aws.error("ListShards") == (  # K:listShards
        "InvalidArgumentException",
        "Either NextToken or StreamName should be provided.",
    )


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("StreamName", "s"),
        ("StreamARN", f"arn:aws:kinesis:us-east-1:{ACCOUNT}:stream/s"),
        ("StreamId", "abcdefghij0123456789-abc"),
        ("StreamCreationTimestamp", 1),
        ("ExclusiveStartShardId", shard_id(0)),
        ("ShardFilter", {"Type": "AT_LATEST"}),
    ],
)
def test_a_token_with_what_it_stands_for(aws: Wire, member: str, value: Any) -> None:
    # K:listShards, G14; B forbids StreamCreationTimestamp too
    token = aws.ok("ListShards", StreamName=aws.stream(shards=2), MaxResults=1)["NextToken"]
    assert aws.error("ListShards", NextToken=token, **{member: value}) == (
        "InvalidArgumentException",
        f"NextToken and {member} cannot be provided together.",
    )


def test_a_token_expires_after_300_seconds(aws: Wire) -> None:
    token = aws.ok("ListShards", StreamName=aws.stream(shards=2), MaxResults=1)["NextToken"]
    aws.server.clock.advance(seconds=300)
    aws.ok("ListShards", NextToken=token)
    aws.server.clock.advance(milliseconds=1)
    assert aws.error("ListShards", NextToken=token)[0] == "ExpiredNextTokenException"  # B


def test_a_token_of_a_stream_that_was_deleted(aws: Wire) -> None:
    name = aws.stream(shards=2)
    token = aws.ok("ListShards", StreamName=name, MaxResults=1)["NextToken"]
    aws.void("DeleteStream", StreamName=name)
    assert aws.error("ListShards", NextToken=token) == stream_gone(name)
    # Another stream of that name is not the one the token is of
    aws.void("CreateStream", StreamName=name, ShardCount=2)
    assert aws.error("ListShards", NextToken=token) == stream_gone(name)


def test_a_token_that_was_made_elsewhere(server: TestServer, aws: Wire) -> None:
    name = aws.stream(shards=2)
    token = aws.ok("ListShards", StreamName=name, MaxResults=1)["NextToken"]
    middle = len(token) // 2
    forged = token[:middle] + ("A" if token[middle] != "A" else "B") + token[middle + 1 :]
    for bad in (forged, token[:-8], token + "AAAA", "nonsense"):
        assert aws.error("ListShards", NextToken=bad) == (
            "InvalidArgumentException",
            "Invalid NextToken.",
        )
    with Wire(server, "eu-west-3") as elsewhere:
        assert elsewhere.error("ListShards", NextToken=token) == stream_gone(name)


def test_the_creation_time_tells_streams_of_one_name_apart(aws: Wire) -> None:
    name = aws.stream()
    created = aws.describe(name)["StreamCreationTimestamp"]
    assert listed(aws, name, StreamCreationTimestamp=created) == [0]
    assert aws.error(
        "ListShards", StreamName=name, StreamCreationTimestamp=created - 60
    ) == stream_gone(name)
