"""What calls answer while a stream is CREATING, UPDATING or DELETING, and who completes that."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from kinesis_wire import (
    ACCOUNT,
    TRANSITION_MS,
    Wire,
    new_name,
    not_active,
    shard_gone,
    shard_id,
    stream_gone,
)

HALF = str(2**127)


@pytest.fixture
def slow(slow_aws: Wire) -> Iterator[Wire]:
    """A server with slow transitions, on which nothing is under way when the test is over."""
    yield slow_aws
    pass_the_time(slow_aws)


def pass_the_time(aws: Wire) -> None:
    aws.server.clock.advance(milliseconds=TRANSITION_MS)


def active(aws: Wire, shards: int = 1, **members: Any) -> str:
    name = aws.stream(shards=shards, **members)
    pass_the_time(aws)
    return name


def status(aws: Wire, name: str) -> str:
    return str(aws.describe(name)["StreamStatus"])


def test_a_stream_in_creating(slow: Wire) -> None:
    name = slow.stream(shards=3)
    # K:createStream: no shards yet
    description = slow.describe(name)
    assert (description["StreamStatus"], description["Shards"]) == ("CREATING", [])
    assert description["HasMoreShards"] is False
    # KCL's KinesisShardDetector: ListShards has no answer before the stream is ACTIVE
    assert slow.error("ListShards", StreamName=name) == not_active(name, "CREATING")
    summary = slow.ok("DescribeStreamSummary", StreamName=name)["StreamDescriptionSummary"]
    assert (summary["StreamStatus"], summary["OpenShardCount"]) == ("CREATING", 0)
    # K:createStream: E1 for puts, E4 for readers, E2 for reshards
    record = {"Data": b"x", "PartitionKey": "k"}
    assert slow.error("PutRecord", StreamName=name, **record) == stream_gone(name)
    assert slow.error("PutRecords", StreamName=name, Records=[record]) == stream_gone(name)
    assert slow.error(
        "GetShardIterator", StreamName=name, ShardId=shard_id(0), ShardIteratorType="LATEST"
    ) == shard_gone(name)
    assert slow.error(
        "SplitShard", StreamName=name, ShardToSplit=shard_id(0), NewStartingHashKey="2"
    ) == not_active(name, "CREATING")
    assert slow.error("CreateStream", StreamName=name, ShardCount=1) == (
        "ResourceInUseException",
        f"Stream {name} under account {ACCOUNT} already exists.",
    )


def test_a_stream_is_active_when_its_time_has_come_and_not_before(slow: Wire) -> None:
    name = slow.stream()
    slow.server.clock.advance(milliseconds=TRANSITION_MS - 1)
    assert status(slow, name) == "CREATING"
    slow.server.clock.advance(milliseconds=1)
    assert status(slow, name) == "ACTIVE"


def listed(aws: Wire, name: str) -> str:
    page = aws.ok("ListStreams", Limit=10_000)
    (found,) = (s for s in page["StreamSummaries"] if s["StreamName"] == name)
    return str(found["StreamStatus"])


@pytest.mark.parametrize(
    "look",
    [
        lambda aws, name: aws.put(name),
        lambda aws, name: aws.iterator(name),
        lambda aws, name: aws.ok("ListShards", StreamName=name),
        lambda aws, name: listed(aws, name),
        lambda aws, name: aws.server.upkeep(),
    ],
    ids=["PutRecord", "GetShardIterator", "ListShards", "ListStreams", "upkeep"],
)
def test_whoever_looks_first_completes_what_is_due(
    slow: Wire, look: Callable[[Wire, str], object]
) -> None:
    name = active(slow)
    look(slow, name)
    assert listed(slow, name) == "ACTIVE"


def test_six_streams_at_once_are_too_many(slow: Wire) -> None:
    # Given five streams in CREATING and DELETING
    deleted = active(slow)
    for _ in range(4):
        slow.stream()
    slow.void("DeleteStream", StreamName=deleted)
    # Then a sixth is refused (G11: sic), until they are done, though nobody looked at them
    name = new_name()
    assert slow.error("CreateStream", StreamName=name, ShardCount=1) == (
        "LimitExceededException",
        "This request would have exceed the limit on the number of streams that can "
        "simultaneously be in CREATING or DELETING. Limit: 5",
    )
    pass_the_time(slow)
    slow.void("CreateStream", StreamName=name, ShardCount=1)


def test_a_stream_in_creating_can_be_deleted(slow: Wire) -> None:
    name = slow.stream()  # K:deleteStream
    slow.void("DeleteStream", StreamName=name)
    assert status(slow, name) == "DELETING"
    pass_the_time(slow)
    assert slow.error("DescribeStream", StreamName=name) == stream_gone(name)


def test_a_stream_in_deleting(slow: Wire) -> None:
    # Given a stream with a record, and iterators for it
    name = active(slow)
    slow.put(name)
    iterator = slow.iterator(name)
    # When it is deleted
    slow.void("DeleteStream", StreamName=name)
    # Then it shows no shards (K:deleteStream), takes and gives no records
    description = slow.describe(name)
    assert (description["StreamStatus"], description["Shards"]) == ("DELETING", [])
    assert slow.error("ListShards", StreamName=name) == not_active(name, "DELETING")
    summary = slow.ok("DescribeStreamSummary", StreamName=name)["StreamDescriptionSummary"]
    assert summary["OpenShardCount"] == 0
    record = {"Data": b"x", "PartitionKey": "k"}
    assert slow.error("PutRecord", StreamName=name, **record) == stream_gone(name)
    assert slow.error("GetRecords", ShardIterator=iterator) == shard_gone(name)
    # K: E2 for what changes it, also for a second deletion (helpers expect a ResourceInUse)
    assert slow.error(
        "SplitShard", StreamName=name, ShardToSplit=shard_id(0), NewStartingHashKey=HALF
    ) == not_active(name, "DELETING")
    assert slow.error("DeleteStream", StreamName=name) == not_active(name, "DELETING")
    assert slow.error("CreateStream", StreamName=name)[0] == "ResourceInUseException"
    # And later it is gone for all, and its name free
    pass_the_time(slow)
    assert slow.error("DeleteStream", StreamName=name) == stream_gone(name)
    assert slow.error("GetRecords", ShardIterator=iterator) == shard_gone(name)
    slow.void("CreateStream", StreamName=name, ShardCount=1)


def test_a_stream_in_updating_by_a_split(slow: Wire) -> None:
    # Given a split that was accepted
    name = active(slow)
    slow.void("SplitShard", StreamName=name, ShardToSplit="shard-0", NewStartingHashKey=HALF)
    # Then it is UPDATING with the old shard list (K:splitShard)
    description = slow.describe(name)
    assert description["StreamStatus"] == "UPDATING"
    assert [s["ShardId"] for s in description["Shards"]] == [shard_id(0)]
    assert "EndingSequenceNumber" not in description["Shards"][0]["SequenceNumberRange"]
    # K:splitShard: a second one is refused, puts go on landing in the parent, reads go on
    assert slow.error(
        "SplitShard", StreamName=name, ShardToSplit="shard-0", NewStartingHashKey=HALF
    ) == not_active(name, "UPDATING")
    assert slow.put(name, b"late", ExplicitHashKey="1")["ShardId"] == shard_id(0)
    assert slow.datas(slow.iterator(name)) == [b"late"]
    # And when it is done, the children are there, and the record is in the parent
    pass_the_time(slow)
    description = slow.describe(name)
    assert description["StreamStatus"] == "ACTIVE"
    assert [s["ShardId"] for s in description["Shards"]] == [shard_id(n) for n in range(3)]
    assert slow.datas(slow.iterator(name)) == [b"late"]
    assert slow.put(name, ExplicitHashKey="1")["ShardId"] == shard_id(1)


def test_a_stream_in_updating_can_be_deleted(slow: Wire) -> None:
    name = active(slow)
    slow.void("SplitShard", StreamName=name, ShardToSplit="0", NewStartingHashKey=HALF)
    slow.void("DeleteStream", StreamName=name)
    pass_the_time(slow)
    assert slow.error("DescribeStream", StreamName=name) == stream_gone(name)


Change = tuple[str, dict[str, Any]]
CHANGES: list[Change] = [
    ("IncreaseStreamRetentionPeriod", {"RetentionPeriodHours": 48}),
    ("DecreaseStreamRetentionPeriod", {"RetentionPeriodHours": 24}),
    ("EnableEnhancedMonitoring", {"ShardLevelMetrics": ["ALL"]}),
    ("DisableEnhancedMonitoring", {"ShardLevelMetrics": ["ALL"]}),
    ("UpdateShardCount", {"TargetShardCount": 2, "ScalingType": "UNIFORM_SCALING"}),
    ("UpdateStreamMode", {"StreamModeDetails": {"StreamMode": "ON_DEMAND"}}),
    ("UpdateMaxRecordSize", {"MaxRecordSizeInKiB": 2048}),
]


def long_kept(aws: Wire) -> str:
    """An ACTIVE stream whose retention can be decreased too."""
    name = active(aws)
    aws.void("IncreaseStreamRetentionPeriod", StreamName=name, RetentionPeriodHours=36)
    pass_the_time(aws)
    return name


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change[0])
def test_a_change_goes_through_updating_and_refuses_a_second_one(
    slow: Wire, change: Change
) -> None:
    # Terraform's provider waits for ACTIVE after each of these, with UPDATING as what may be
    operation, members = change
    name = long_kept(slow)
    arn = slow.arn(name)
    assert slow.call(operation, {"StreamARN": arn, **members}).status == 200
    assert status(slow, name) == "UPDATING"
    assert slow.error(
        "SplitShard", StreamName=name, ShardToSplit="0", NewStartingHashKey=HALF
    ) == not_active(name, "UPDATING")
    pass_the_time(slow)
    assert status(slow, name) == "ACTIVE"


@pytest.mark.one_in(5)
@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change[0])
@pytest.mark.parametrize("state", ["CREATING", "UPDATING", "DELETING"])
def test_a_change_needs_an_active_stream(slow: Wire, change: Change, state: str) -> None:
    # B: ResourceInUseException in the model; the text is E2
    operation, members = change
    name = slow.stream() if state == "CREATING" else long_kept(slow)
    if state == "UPDATING":
        slow.void("SplitShard", StreamName=name, ShardToSplit="0", NewStartingHashKey=HALF)
    if state == "DELETING":
        slow.void("DeleteStream", StreamName=name)
    if operation == "DecreaseStreamRetentionPeriod" and state == "CREATING":
        return  # a new stream keeps the least that can be: the call would change nothing
    assert slow.error(operation, StreamARN=slow.arn(name), **members) == not_active(name, state)


def test_setting_what_is_set_already_changes_nothing_and_succeeds(slow: Wire) -> None:
    # limits-and-metrics, "What clients rely on": Terraform's provider does both on refresh
    name = active(slow)
    arn = slow.arn(name)
    for _ in range(3):
        slow.void("IncreaseStreamRetentionPeriod", StreamName=name, RetentionPeriodHours=24)
        slow.void("DecreaseStreamRetentionPeriod", StreamName=name, RetentionPeriodHours=24)
        slow.void(
            "UpdateStreamMode", StreamARN=arn, StreamModeDetails={"StreamMode": "PROVISIONED"}
        )
        assert status(slow, name) == "ACTIVE"


@pytest.mark.parametrize("state", ["CREATING", "UPDATING", "DELETING"])
def test_tags_need_an_active_stream_and_leave_it_so(slow: Wire, state: str) -> None:
    name = slow.stream() if state == "CREATING" else active(slow)
    if state != "CREATING":
        slow.void("AddTagsToStream", StreamName=name, Tags={"a": "1"})
        assert status(slow, name) == "ACTIVE"
    if state == "UPDATING":
        slow.void("SplitShard", StreamName=name, ShardToSplit="0", NewStartingHashKey=HALF)
    if state == "DELETING":
        slow.void("DeleteStream", StreamName=name)
    refused = not_active(name, state)
    assert slow.error("AddTagsToStream", StreamName=name, Tags={"a": "1"}) == refused
    assert slow.error("RemoveTagsFromStream", StreamName=name, TagKeys=["a"]) == refused
    arn = slow.arn(name)
    assert slow.error("TagResource", ResourceARN=arn, Tags={"a": "1"}) == refused
    assert slow.error("UntagResource", ResourceARN=arn, TagKeys=["a"]) == refused
    expected = [] if state == "CREATING" else [{"Key": "a", "Value": "1"}]
    assert slow.ok("ListTagsForStream", StreamName=name)["Tags"] == expected
