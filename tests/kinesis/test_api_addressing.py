"""Which stream a call means: StreamName, StreamARN, StreamId, and the region signed for."""

from typing import Any

import pytest
from botocore.session import Session

from kinesis_wire import ACCOUNT, ROOT, Wire, new_name, shard_gone, stream_gone
from shardline.testing import TestServer

MODEL = Session().get_service_model("kinesis")
HALF = str(2**127)

# Every operation built that names a stream by these members, and what else it must be given.
BY_STREAM: dict[str, dict[str, Any]] = {
    "AddTagsToStream": {"Tags": {"a": "1"}},
    "DecreaseStreamRetentionPeriod": {"RetentionPeriodHours": 24},
    "DeleteStream": {},
    "DescribeStream": {},
    "DescribeStreamSummary": {},
    "DisableEnhancedMonitoring": {"ShardLevelMetrics": ["ALL"]},
    "EnableEnhancedMonitoring": {"ShardLevelMetrics": ["ALL"]},
    "GetShardIterator": {"ShardId": "0", "ShardIteratorType": "LATEST"},
    "IncreaseStreamRetentionPeriod": {"RetentionPeriodHours": 48},
    "ListShards": {},
    "ListTagsForStream": {},
    "MergeShards": {"ShardToMerge": "0", "AdjacentShardToMerge": "1"},
    "PutRecord": {"Data": b"", "PartitionKey": "k"},
    "PutRecords": {"Records": [{"Data": b"", "PartitionKey": "k"}]},
    "RemoveTagsFromStream": {"TagKeys": ["a"]},
    "SplitShard": {"ShardToSplit": "0", "NewStartingHashKey": "2"},
    "UpdateMaxRecordSize": {"MaxRecordSizeInKiB": 1024},
    "UpdateShardCount": {"TargetShardCount": 2, "ScalingType": "UNIFORM_SCALING"},
    "UpdateStreamMode": {"StreamModeDetails": {"StreamMode": "ON_DEMAND"}},
    "UpdateStreamRecordDistributionStrategy": {"RecordDistributionStrategy": "USER_PARTITION_KEY"},
}
BY_NAME = [
    operation
    for operation in BY_STREAM
    if "StreamName" in MODEL.operation_model(operation).input_shape.members
]
BY_ARN_BY_THE_MODEL = {"UpdateStreamMode", "UpdateStreamRecordDistributionStrategy"}
BY_ARN_ALONE = sorted(set(BY_STREAM) - set(BY_NAME))


def test_these_three_have_no_stream_name() -> None:
    assert BY_ARN_ALONE == [  # B
        "UpdateMaxRecordSize",
        "UpdateStreamMode",
        "UpdateStreamRecordDistributionStrategy",
    ]


@pytest.mark.one_in(5)
@pytest.mark.parametrize("operation", BY_STREAM)
def test_the_arn_alone_addresses_a_stream(aws: Wire, operation: str) -> None:
    name = aws.stream(shards=2)
    reply = aws.call(operation, {"StreamARN": aws.arn(name), **BY_STREAM[operation]})
    assert reply.status == 200


@pytest.mark.one_in(5)
@pytest.mark.parametrize("operation", BY_NAME)
def test_the_name_alone_and_both_together(aws: Wire, operation: str) -> None:
    for arn in ({}, {"StreamARN": True}):
        name = aws.stream(shards=2)
        both = {member: aws.arn(name) for member in arn}
        reply = aws.call(operation, {"StreamName": name, **both, **BY_STREAM[operation]})
        assert reply.status == 200


@pytest.mark.one_in(5)
@pytest.mark.parametrize("operation", BY_NAME)
def test_a_name_and_an_arn_that_disagree(aws: Wire, operation: str) -> None:
    # The reference, 3.0: 400 InvalidArgumentException in an awslabs test; the sentence is ours
    name, other = aws.stream(), aws.stream()
    members = {"StreamName": name, "StreamARN": aws.arn(other), **BY_STREAM[operation]}
    assert aws.error(operation, **members) == (
        "InvalidArgumentException",
        f"StreamName {name} and StreamARN {aws.arn(other)} do not name the same stream.",
    )


@pytest.mark.parametrize("operation", sorted(set(BY_NAME) - {"ListShards"}))
def test_no_stream_is_named_at_all(aws: Wire, operation: str) -> None:
    code, message = aws.error(operation, **BY_STREAM[operation])  # AWS's text is not known
    assert (code, message) == (
        "InvalidArgumentException",
        "Either StreamName or StreamARN should be provided.",
    )


@pytest.mark.parametrize("operation", BY_STREAM)
def test_a_stream_that_is_not_there_is_told_by_its_name(aws: Wire, operation: str) -> None:
    # K all; L:kinesis cbor_exceptions 2025-09. GetShardIterator speaks of the shard (K)
    gone = shard_gone("nobody") if operation == "GetShardIterator" else stream_gone("nobody")
    assert aws.error(operation, StreamARN=aws.arn("nobody"), **BY_STREAM[operation]) == gone


@pytest.mark.one_in(5)
@pytest.mark.parametrize("operation", BY_STREAM)
@pytest.mark.parametrize(
    "arn",
    [
        f"arn:aws:kinesis:eu-west-1:{ACCOUNT}:stream/s",
        f"arn:aws:kinesis:us-east-1:{ACCOUNT}:stream/s/consumer/c:1",
        f"arn:aws-cn:kinesis:us-east-1:{ACCOUNT}:stream/s",
    ],
    ids=["region", "consumer", "partition"],
)
def test_an_arn_of_something_else(aws: Wire, operation: str, arn: str) -> None:
    code, message = aws.error(operation, StreamARN=arn, **BY_STREAM[operation])
    assert code == "InvalidArgumentException"
    assert arn in message


@pytest.mark.parametrize("operation", BY_STREAM)
def test_an_arn_of_another_account_is_that_account_s_to_grant(aws: Wire, operation: str) -> None:
    arn = "arn:aws:kinesis:us-east-1:999999999999:stream/s"
    assert aws.denial(operation, StreamARN=arn, **BY_STREAM[operation]) == (
        f"User: {ROOT} is not authorized to perform: kinesis:{operation} on resource: {arn} "
        f"because no resource-based policy allows the kinesis:{operation} action"
    )


def test_an_arn_that_the_model_refuses(aws: Wire) -> None:
    code, message = aws.error("DescribeStream", StreamARN="nonsense")
    assert code == "ValidationException"
    assert "Value 'nonsense' at 'streamARN' failed to satisfy constraint: " in message


@pytest.mark.one_in(5)
@pytest.mark.parametrize("operation", sorted(set(BY_STREAM) - BY_ARN_BY_THE_MODEL))
def test_the_id_alone_addresses_a_stream(aws: Wire, operation: str) -> None:
    name = aws.stream(shards=2)
    reply = aws.call(operation, {"StreamId": aws.stream_id(name), **BY_STREAM[operation]})
    assert reply.status == 200


def test_an_id_tells_a_stream_from_the_next_of_its_name(aws: Wire) -> None:
    name = aws.stream()
    first = aws.stream_id(name)
    aws.void("DeleteStream", StreamName=name)
    aws.void("CreateStream", StreamName=name, ShardCount=1)
    assert aws.stream_id(name) != first
    assert aws.error("DescribeStream", StreamName=name, StreamId=first) == stream_gone(name)
    assert aws.error("DescribeStream", StreamId=first) == stream_gone(first)


def test_an_id_of_another_region(server: TestServer, aws: Wire) -> None:
    taken = aws.stream_id(aws.stream())
    with Wire(server, "eu-north-1") as elsewhere:
        assert elsewhere.error("DescribeStream", StreamId=taken) == stream_gone(taken)


@pytest.mark.parametrize("operation", ["SplitShard", "GetShardIterator"])
def test_a_shard_id_that_cannot_be_read_is_told_with_the_name(aws: Wire, operation: str) -> None:
    # K: E3 before the stream is looked for, whichever way it was named
    name = new_name()
    member = "ShardToSplit" if operation == "SplitShard" else "ShardId"
    members = {**BY_STREAM[operation], member: "ABKLFD8"}
    for named in ({"StreamName": name}, {"StreamARN": aws.arn(name)}):
        assert aws.error(operation, **named, **members) == (
            "ResourceNotFoundException",
            f"Could not find shard ABKLFD8 in stream {name} under account {ACCOUNT}.",
        )
