"""Every operation's answer, held against botocore's model and read by its parser."""

import json
from typing import Any

import pytest
from botocore.model import Shape
from botocore.parsers import create_parser
from botocore.session import Session

from kinesis_wire import POLICY, Reply, Wire
from shardline.kinesis.api import kinesis_api

MODEL = Session().get_service_model("kinesis")
HALF = str(2**127)
ENCRYPTION = {"EncryptionType": "KMS", "KeyId": "alias/aws/kinesis"}
RECORD = {"Data": b"", "PartitionKey": "k"}

CALLS: dict[str, dict[str, Any]] = {
    "DescribeAccountSettings": {},
    "DescribeLimits": {},
    "DescribeStream": {},
    "DescribeStreamSummary": {},
    "DisableEnhancedMonitoring": {"ShardLevelMetrics": ["IncomingBytes"]},
    "EnableEnhancedMonitoring": {"ShardLevelMetrics": ["ALL"]},
    "GetRecords": {},
    "GetShardIterator": {"ShardId": "0", "ShardIteratorType": "LATEST"},
    "ListShards": {"MaxResults": 1},
    "ListStreams": {"Limit": 1},
    "ListTagsForResource": {},
    "ListTagsForStream": {},
    "PutRecord": RECORD,
    "PutRecords": {"Records": [RECORD]},
    "DescribeStreamConsumer": {},
    "GetResourcePolicy": {},
    "ListStreamConsumers": {},
    "RegisterStreamConsumer": {"ConsumerName": "new", "Tags": {"a": "1"}},
    "UpdateAccountSettings": {"MinimumThroughputBillingCommitment": {"Status": "ENABLED"}},
    "UpdateShardCount": {"TargetShardCount": 2, "ScalingType": "UNIFORM_SCALING"},
    "UpdateStreamWarmThroughput": {"WarmThroughputMiBps": 5},
}
VOID: dict[str, dict[str, Any]] = {
    "AddTagsToStream": {"Tags": {"b": "2"}},
    "CreateStream": {"StreamName": "void-made", "ShardCount": 1},
    "DecreaseStreamRetentionPeriod": {"RetentionPeriodHours": 24},
    "DeleteResourcePolicy": {},
    "DeleteStream": {},
    "DeregisterStreamConsumer": {},
    "IncreaseStreamRetentionPeriod": {"RetentionPeriodHours": 48},
    "MergeShards": {"ShardToMerge": "1", "AdjacentShardToMerge": "2"},
    "PutResourcePolicy": {"Policy": POLICY},
    "RemoveTagsFromStream": {"TagKeys": ["a"]},
    "SplitShard": {"ShardToSplit": "1", "NewStartingHashKey": "2"},
    "StartStreamEncryption": ENCRYPTION,
    "StopStreamEncryption": ENCRYPTION,
    "TagResource": {"Tags": {"b": "2"}},
    "UntagResource": {"TagKeys": ["a"]},
    "UpdateMaxRecordSize": {"MaxRecordSizeInKiB": 10240},
    "UpdateStreamMode": {"StreamModeDetails": {"StreamMode": "ON_DEMAND"}},
    "UpdateStreamRecordDistributionStrategy": {"RecordDistributionStrategy": "USER_PARTITION_KEY"},
}
# Its answer is a stream of events: test_api_subscribe.py.
STREAMING = {"SubscribeToShard"}


def test_every_operation_built_is_called_here() -> None:
    api = kinesis_api(*(None,) * 4, b"", *(None,) * 3)  # type: ignore[arg-type] # nothing is called
    assert set(CALLS) | set(VOID) | STREAMING == set(api.handlers)


@pytest.fixture
def stream(aws: Wire) -> str:
    """A stream with tags, two records in a closed shard, and the shard's children."""
    name = aws.stream(shards=1, Tags={"a": "1"})
    aws.put(name, b"one")
    aws.put(name, b"")
    aws.void("SplitShard", StreamName=name, ShardToSplit="0", NewStartingHashKey=HALF)
    return name


def call(aws: Wire, operation: str, stream: str, members: dict[str, Any]) -> Reply:
    takes = MODEL.operation_model(operation).input_shape.members
    given: dict[str, Any] = {}
    if "StreamName" in takes:
        given["StreamName"] = stream
    elif "ResourceARN" in takes:
        given["ResourceARN"] = aws.arn(stream)
    elif "StreamARN" in takes:
        given["StreamARN"] = aws.arn(stream)
    if "ConsumerARN" in takes:
        given["ConsumerARN"] = aws.consumer(stream)
    if operation == "DeleteResourcePolicy":
        aws.void("PutResourcePolicy", ResourceARN=aws.arn(stream), Policy=POLICY)
    if operation == "UpdateStreamWarmThroughput":
        aws.ok("UpdateAccountSettings", **CALLS["UpdateAccountSettings"])
        given["StreamName"] = aws.stream(StreamModeDetails={"StreamMode": "ON_DEMAND"})
    if operation == "GetRecords":
        given["ShardIterator"] = aws.iterator(stream)
    return aws.call(operation, given | members)


@pytest.mark.one_in(5)
@pytest.mark.parametrize("operation", sorted(CALLS))
def test_an_answer_is_the_models_and_nothing_else(aws: Wire, stream: str, operation: str) -> None:
    reply = call(aws, operation, stream, CALLS[operation])
    assert reply.status == 200
    assert reply.headers["content-type"] == "application/x-amz-json-1.1"
    shape = MODEL.operation_model(operation).output_shape
    # The body itself: the parser below drops what it does not know.
    hold(json.loads(reply.body), shape, operation)
    parsed = create_parser("json").parse(
        {"status_code": 200, "headers": reply.headers, "body": reply.body}, shape
    )
    del parsed["ResponseMetadata"]
    hold(parsed, shape, operation)


@pytest.mark.one_in(5)
@pytest.mark.parametrize("operation", sorted(VOID))
def test_an_operation_without_output_answers_no_bytes(
    aws: Wire, stream: str, operation: str
) -> None:
    # K:createStream, deleteStream, splitShard, removeTags...: zero bytes, not `{}`; Ki: with a type
    reply = call(aws, operation, stream, VOID[operation])
    assert (reply.status, reply.body) == (200, b"")
    assert reply.headers["content-length"] == "0"
    assert reply.headers["content-type"] == "application/x-amz-json-1.1"


def hold(value: Any, shape: Shape, where: str) -> None:
    """Every member is the model's, and none that it requires is missing or null."""
    assert value is not None, where
    if shape.type_name == "structure":
        members = shape.members
        assert set(value) <= set(members), where
        assert set(value) >= set(shape.required_members), where
        for name, member in value.items():
            hold(member, members[name], f"{where}.{name}")
    elif shape.type_name == "list":
        for member in value:
            hold(member, shape.member, where)
