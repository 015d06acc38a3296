"""What the actions of Kinesis are checked against.

The reference knows streams (`stream/NAME`), consumers (`stream/NAME/consumer/NAME:TIMESTAMP`) and
keys. SubscribeToShard, DescribeStreamConsumer and DeregisterStreamConsumer are of the consumer: a
grant of them on a stream's ARN grants nothing.

For UpdateShardCount, UpdateStreamMode and enhanced monitoring it names no resource, so that a
policy would have to say `*`; in the field they are granted on the stream's ARN. Both pass here:
they are checked against the stream's ARN, which `*` matches too.
"""

from shardline.iam.actions.calls import ApiCall, Check, Rule, on
from shardline.iam.policy.arns import ANY_RESOURCE

_ON_STREAM = """
    AddTagsToStream DecreaseStreamRetentionPeriod DeleteStream DescribeStream DescribeStreamSummary
    DisableEnhancedMonitoring EnableEnhancedMonitoring GetRecords GetShardIterator
    IncreaseStreamRetentionPeriod ListShards ListStreamConsumers ListTagsForStream MergeShards
    PutRecord PutRecords RegisterStreamConsumer RemoveTagsFromStream SplitShard UpdateMaxRecordSize
    UpdateShardCount UpdateStreamMode UpdateStreamRecordDistributionStrategy
    UpdateStreamWarmThroughput
"""
_ON_CONSUMER = "SubscribeToShard DescribeStreamConsumer DeregisterStreamConsumer"
_ON_ARN = """
    DeleteResourcePolicy GetResourcePolicy PutResourcePolicy ListTagsForResource TagResource
    UntagResource
"""
_ON_ALL = "ListStreams DescribeLimits DescribeAccountSettings UpdateAccountSettings"


def stream_arn(call: ApiCall) -> str:
    """The stream that a call is about; `*` for a call that names none, and will be refused."""
    if call.stream_arn:
        return call.stream_arn
    arn, name = call.params.get("StreamARN"), call.params.get("StreamName")
    if arn:
        return str(arn)
    return f"arn:aws:kinesis:{call.region}:{call.account}:stream/{name}" if name else ANY_RESOURCE


def _on_stream(call: ApiCall) -> tuple[Check, ...]:
    return on(call, [stream_arn(call)])


def _on_consumer(call: ApiCall) -> tuple[Check, ...]:
    """A consumer's ARN holds the second it was made: of one that is not found it is 0."""
    arn = call.consumer_arn or call.params.get("ConsumerARN")
    if not arn:
        stream = stream_arn(call)
        name = call.params.get("ConsumerName")
        arn = f"{stream}/consumer/{name}:0" if name and stream != ANY_RESOURCE else ANY_RESOURCE
    return on(call, [str(arn)])


def _on_arn(call: ApiCall) -> tuple[Check, ...]:
    return on(call, [str(call.params.get("ResourceARN") or ANY_RESOURCE)])


def _on_all(call: ApiCall) -> tuple[Check, ...]:
    return on(call, [ANY_RESOURCE])


def _create_stream(call: ApiCall) -> tuple[Check, ...]:
    """With tags it is AddTagsToStream too, as the reference's table of operations has it."""
    checks = _on_stream(call)
    if not call.params.get("Tags"):
        return checks
    return (*checks, Check("kinesis:AddTagsToStream", checks[0].resource, checks[0].keys))


def _encryption(call: ApiCall) -> tuple[Check, ...]:
    """The stream and the key, both of which the reference requires."""
    key = call.params.get("KeyId")
    return on(call, [stream_arn(call), *([_key_arn(call, str(key))] if key else [])])


def _key_arn(call: ApiCall, key: str) -> str:
    if key.startswith("arn:"):
        return key
    resource = key if key.startswith("alias/") else f"key/{key}"
    return f"arn:aws:kms:{call.region}:{call.account}:{resource}"


RULES: dict[str, Rule] = {
    **dict.fromkeys(_ON_STREAM.split(), _on_stream),
    **dict.fromkeys(_ON_CONSUMER.split(), _on_consumer),
    **dict.fromkeys(_ON_ARN.split(), _on_arn),
    **dict.fromkeys(_ON_ALL.split(), _on_all),
    "CreateStream": _create_stream,
    "StartStreamEncryption": _encryption,
    "StopStreamEncryption": _encryption,
}
