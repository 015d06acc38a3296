"""For each operation that is built, a call of it on a stream, whether that is there or not."""

from collections.abc import Mapping
from typing import Any

from refusals.registry import members_of
from refusals.world import World

POLICY = (
    '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": "*", '
    '"Action": "kinesis:GetRecords", "Resource": "*"}}'
)

# What the calls have beside the stream, which has two shards.
OWN: Mapping[str, Mapping[str, Any]] = {
    "AddTagsToStream": {"Tags": {"k": "v"}},
    "CreateStream": {"ShardCount": 1},
    "DecreaseStreamRetentionPeriod": {"RetentionPeriodHours": 24},
    "DeleteResourcePolicy": {},
    "DeleteStream": {},
    "DeregisterStreamConsumer": {"ConsumerName": "reader"},
    "DescribeAccountSettings": {},
    "DescribeLimits": {},
    "DescribeStream": {},
    "DescribeStreamConsumer": {"ConsumerName": "reader"},
    "DescribeStreamSummary": {},
    "DisableEnhancedMonitoring": {"ShardLevelMetrics": ["IncomingBytes"]},
    "EnableEnhancedMonitoring": {"ShardLevelMetrics": ["IncomingBytes"]},
    "GetRecords": {},
    "GetResourcePolicy": {},
    "GetShardIterator": {"ShardId": "0", "ShardIteratorType": "TRIM_HORIZON"},
    "IncreaseStreamRetentionPeriod": {"RetentionPeriodHours": 48},
    "ListShards": {},
    "ListStreamConsumers": {},
    "ListStreams": {},
    "ListTagsForResource": {},
    "ListTagsForStream": {},
    "MergeShards": {"ShardToMerge": "0", "AdjacentShardToMerge": "1"},
    "PutRecord": {"Data": b"x", "PartitionKey": "k"},
    "PutRecords": {"Records": [{"Data": b"x", "PartitionKey": "k"}]},
    "PutResourcePolicy": {"Policy": POLICY},
    "RegisterStreamConsumer": {"ConsumerName": "reader"},
    "RemoveTagsFromStream": {"TagKeys": ["k"]},
    "SplitShard": {"ShardToSplit": "0", "NewStartingHashKey": "2"},
    "StartStreamEncryption": {"EncryptionType": "KMS", "KeyId": "alias/aws/kinesis"},
    "StopStreamEncryption": {"EncryptionType": "KMS", "KeyId": "alias/aws/kinesis"},
    "SubscribeToShard": {"ShardId": "0", "StartingPosition": {"Type": "LATEST"}},
    "TagResource": {"Tags": {"k": "v"}},
    "UntagResource": {"TagKeys": ["k"]},
    "UpdateAccountSettings": {"MinimumThroughputBillingCommitment": {"Status": "ENABLED"}},
    "UpdateMaxRecordSize": {"MaxRecordSizeInKiB": 2048},
    "UpdateShardCount": {"TargetShardCount": 4, "ScalingType": "UNIFORM_SCALING"},
    "UpdateStreamMode": {"StreamModeDetails": {"StreamMode": "ON_DEMAND"}},
    "UpdateStreamRecordDistributionStrategy": {"RecordDistributionStrategy": "AUTO"},
    "UpdateStreamWarmThroughput": {"WarmThroughputMiBps": 8},
}
CALLS = tuple(OWN)
NAMED = [operation for operation in CALLS if {"StreamName", "StreamARN"} <= members_of(operation)]
"""The operations that take a stream's name, its ARN, or both."""
ARNS = ("StreamARN", "ResourceARN", "ConsumerARN")


def call(aws: World, operation: str, name: str) -> dict[str, Any]:
    """A call of an operation on the stream of that name, or on a consumer of it."""
    own = dict(OWN[operation])
    if "StreamName" in members_of(operation):
        return {"StreamName": name, **own}
    member = arn_member(operation)
    of_consumer = "/consumer/reader:1700000000" if member == "ConsumerARN" else ""
    return {member: aws.arn(name) + of_consumer, **own} if member else own


def arn_member(operation: str) -> str:
    """The parameter that takes the ARN by which an operation is called; "" if it has none."""
    return next((member for member in ARNS if member in members_of(operation)), "")


def stream_of(members: Mapping[str, Any]) -> str:
    """The name of the stream that a call names."""
    arn = next((members[key] for key in ARNS if key in members), "")
    return str(members.get("StreamName") or arn.partition("stream/")[2].partition("/")[0])
