"""CreateStream, DescribeStream, DescribeStreamSummary, ListStreams, DeleteStream."""

import json
from typing import Any

import pytest

from kinesis_wire import ACCOUNT, LAST_HASH_KEY, Wire, invalid, new_name, stream_gone

PATTERN = "[a-zA-Z0-9_.-]+"


def test_a_new_provisioned_stream_is_described_with_exactly_these_members(aws: Wire) -> None:
    # L:cloudformation/test_kinesis 2024-07, K:describeStream
    created_s = aws.server.clock.now_ms() / 1000
    name = aws.stream(shards=1)
    description = aws.describe(name)
    (shard,) = description.pop("Shards")
    assert description == {
        "StreamName": name,
        "StreamARN": aws.arn(name),
        "StreamStatus": "ACTIVE",
        "StreamModeDetails": {"StreamMode": "PROVISIONED"},
        "StreamCreationTimestamp": created_s,
        "RetentionPeriodHours": 24,
        "EnhancedMonitoring": [{"ShardLevelMetrics": []}],
        "EncryptionType": "NONE",
        "HasMoreShards": False,
    }
    # Ending number and parents are absent, not null.
    assert set(shard) == {"ShardId", "HashKeyRange", "SequenceNumberRange"}
    assert set(shard["SequenceNumberRange"]) == {"StartingSequenceNumber"}


def test_three_shards_part_the_hash_keys_as_on_aws(aws: Wire) -> None:
    shards = aws.describe(aws.stream(shards=3))["Shards"]
    # K:createStream, to the digit
    assert [(s["ShardId"], *s["HashKeyRange"].values()) for s in shards] == [
        ("shardId-000000000000", "0", "113427455640312821154458202477256070484"),
        (
            "shardId-000000000001",
            "113427455640312821154458202477256070485",
            "226854911280625642308916404954512140969",
        ),
        ("shardId-000000000002", "226854911280625642308916404954512140970", str(LAST_HASH_KEY)),
    ]
    starts = [s["SequenceNumberRange"]["StartingSequenceNumber"] for s in shards]
    assert {len(start) for start in starts} == {56}
    step = 22300745198530623141535718272648361505980432
    assert int(starts[1]) - int(starts[0]) == step
    assert int(starts[2]) - int(starts[1]) == step


def test_a_timestamp_is_a_number_of_seconds_on_the_wire(aws: Wire) -> None:
    # AWS's API reference, GetRecords sample
    reply = aws.call("DescribeStream", {"StreamName": aws.stream()})
    stamp = json.loads(reply.body)["StreamDescription"]["StreamCreationTimestamp"]
    assert isinstance(stamp, int | float)
    assert stamp == aws.server.clock.now_ms() / 1000


def test_the_summary_has_counts_and_no_shards(aws: Wire) -> None:
    # K:describeStreamSummary 2020, and the members that botocore's model has added since, but not
    # StreamId: SDKs leave the endpoint that they were given for a call that carries one
    name = aws.stream(shards=3)
    summary = aws.ok("DescribeStreamSummary", StreamName=name)["StreamDescriptionSummary"]
    assert set(summary) == {
        "StreamName",
        "StreamARN",
        "StreamStatus",
        "StreamModeDetails",
        "StreamCreationTimestamp",
        "RetentionPeriodHours",
        "EnhancedMonitoring",
        "EncryptionType",
        "OpenShardCount",
        "ConsumerCount",
        "MaxRecordSizeInKiB",
    }
    assert summary["OpenShardCount"] == 3
    assert summary["ConsumerCount"] == 0
    assert summary["MaxRecordSizeInKiB"] == 1024


def test_an_on_demand_stream_starts_with_four_shards(aws: Wire) -> None:
    # AWS's sizing page: 4 MB/s write; its summary alone names the strategy (botocore's model)
    name = aws.stream(StreamModeDetails={"StreamMode": "ON_DEMAND"})
    summary = aws.ok("DescribeStreamSummary", StreamName=name)["StreamDescriptionSummary"]
    assert summary["StreamModeDetails"] == {"StreamMode": "ON_DEMAND"}
    assert summary["OpenShardCount"] == 4
    assert summary["RecordDistributionStrategy"] == "USER_PARTITION_KEY"


def test_a_stream_without_count_and_mode_gets_four_shards(aws: Wire) -> None:
    # L:kinesis without_shard_count 2022-08
    name = new_name()
    aws.void("CreateStream", StreamName=name)
    assert len(aws.describe(name)["Shards"]) == 4


def test_tags_and_record_size_can_be_given_at_creation(aws: Wire) -> None:
    name = aws.stream(Tags={"b": "2", "a": "1"}, MaxRecordSizeInKiB=10240)
    listed = aws.ok("ListTagsForStream", StreamName=name)["Tags"]
    assert listed == [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]
    summary = aws.ok("DescribeStreamSummary", StreamName=name)["StreamDescriptionSummary"]
    assert summary["MaxRecordSizeInKiB"] == 10240


def test_a_name_that_is_taken(aws: Wire) -> None:
    name = aws.stream()
    assert aws.error("CreateStream", StreamName=name, ShardCount=1) == (  # K:createStream
        "ResourceInUseException",
        f"Stream {name} under account {ACCOUNT} already exists.",
    )


def test_a_name_that_is_taken_comes_before_any_limit(aws: Wire) -> None:
    name = aws.stream()
    assert aws.error("CreateStream", StreamName=name, ShardCount=1_000_000)[0] == (
        "ResourceInUseException"  # Ki
    )


def test_more_shards_than_the_account_may_have(server: Any) -> None:
    with Wire(server, "ca-central-1") as alone:
        alone.stream(shards=3)
        error = alone.error("CreateStream", StreamName="big", ShardCount=20_000)
    assert error == (  # K:createStream
        "LimitExceededException",
        f"This request would exceed the shard limit for the account {ACCOUNT} in ca-central-1. "
        "Current shard count for the account: 3. Limit: 20000. Number of additional shards that "
        "would have resulted from this request: 20000. Refer to the AWS Service Limits page "
        "(http://docs.aws.amazon.com/general/latest/gr/aws_service_limits.html) for current "
        "limits and how to request higher limits.",
    )


def test_the_fifty_first_on_demand_stream(server: Any) -> None:
    mode = {"StreamMode": "ON_DEMAND"}
    with Wire(server, "sa-east-1") as alone:
        for _ in range(50):
            alone.stream(StreamModeDetails=mode)
        code, _ = alone.error("CreateStream", StreamName="more", StreamModeDetails=mode)
        limits = alone.ok("DescribeLimits")
    assert code == "LimitExceededException"
    assert (limits["OnDemandStreamCount"], limits["OnDemandStreamCountLimit"]) == (50, 50)
    assert limits["OpenShardCount"] == 200


def test_a_shard_count_with_on_demand_is_refused(aws: Wire) -> None:
    assert aws.error(  # G12: the sentence of CloudFormation's handler
        "CreateStream",
        StreamName=new_name(),
        ShardCount=2,
        StreamModeDetails={"StreamMode": "ON_DEMAND"},
    ) == ("InvalidArgumentException", "ShardCount is not expected when StreamMode=ON_DEMAND")


def test_constraints_of_create_stream(aws: Wire) -> None:
    # K:createStream; ShardCount is optional today, and has no maximum (B)
    assert aws.error("CreateStream") == invalid(
        "Value null at 'streamName' failed to satisfy constraint: Member must not be null"
    )
    code, message = aws.error("CreateStream", StreamName="", ShardCount=0)
    assert code == "ValidationException"
    assert message.startswith("3 validation errors detected: ")
    for error in (
        "Value '0' at 'shardCount' failed to satisfy constraint: "
        "Member must have value greater than or equal to 1",
        "Value '' at 'streamName' failed to satisfy constraint: "
        f"Member must satisfy regular expression pattern: {PATTERN}",
        "Value '' at 'streamName' failed to satisfy constraint: "
        "Member must have length greater than or equal to 1",
    ):
        assert error in message
    long = "a" * 129
    assert aws.error("CreateStream", StreamName=long, ShardCount=1) == invalid(
        f"Value '{long}' at 'streamName' failed to satisfy constraint: "
        "Member must have length less than or equal to 128"
    )


@pytest.mark.parametrize("size", [1023, 10241])
def test_a_record_size_out_of_range_at_creation(aws: Wire, size: int) -> None:
    code, message = aws.error("CreateStream", StreamName=new_name(), MaxRecordSizeInKiB=size)
    assert code == "ValidationException"
    assert f"Value '{size}' at 'maxRecordSizeInKiB' failed" in message


@pytest.mark.parametrize("operation", ["DescribeStream", "DescribeStreamSummary", "DeleteStream"])
def test_a_stream_that_is_not_there(aws: Wire, operation: str) -> None:
    assert aws.error(operation, StreamName="nobody") == stream_gone("nobody")  # K
    # L:kinesis cbor_exceptions 2025-09: by ARN too, with the name
    assert aws.error(operation, StreamARN=aws.arn("nobody")) == stream_gone("nobody")


def test_describe_stream_gives_at_most_a_hundred_shards(aws: Wire) -> None:
    # botocore's documentation of DescribeStream
    name = aws.stream(shards=101)
    first = aws.ok("DescribeStream", StreamName=name, Limit=10_000)["StreamDescription"]
    assert (len(first["Shards"]), first["HasMoreShards"]) == (100, True)
    rest = aws.ok(
        "DescribeStream",
        StreamName=name,
        ExclusiveStartShardId=first["Shards"][-1]["ShardId"],
    )["StreamDescription"]
    assert ([s["ShardId"] for s in rest["Shards"]], rest["HasMoreShards"]) == (
        ["shardId-000000000100"],
        False,
    )


@pytest.mark.parametrize(("limit", "bound"), [(0, "greater than or equal to 1"), (10_001, "less")])
def test_describe_streams_limit(aws: Wire, limit: int, bound: str) -> None:
    code, message = aws.error("DescribeStream", StreamName="x", Limit=limit)  # K:describeStream
    assert code == "ValidationException"
    assert f"Value '{limit}' at 'limit' failed to satisfy constraint: " in message
    assert f"Member must have value {bound}" in message


def test_a_deleted_stream_is_gone_and_its_name_is_free(aws: Wire) -> None:
    # Given a stream with a record
    name = aws.stream()
    aws.put(name, b"old")
    # When it is deleted, and another one made under its name
    aws.void("DeleteStream", StreamName=name, EnforceConsumerDeletion=True)
    assert aws.error("DescribeStream", StreamName=name) == stream_gone(name)
    aws.void("CreateStream", StreamName=name, ShardCount=1)
    # Then nothing of the first is in the second
    assert aws.datas(aws.iterator(name)) == []


def test_streams_are_per_region(server: Any, aws: Wire) -> None:
    name = aws.stream()
    with Wire(server, "eu-central-1") as elsewhere:
        assert elsewhere.error("DescribeStream", StreamName=name) == stream_gone(name)
        elsewhere.void("CreateStream", StreamName=name, ShardCount=2)
        assert elsewhere.describe(name)["StreamARN"] == elsewhere.arn(name)
    assert len(aws.describe(name)["Shards"]) == 1
