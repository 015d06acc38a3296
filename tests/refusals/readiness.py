"""For each operation that is built, a call that succeeds: what is refused differs in one thing."""

from collections.abc import Callable, Mapping
from typing import Any

from kinesis_wire import new_name
from refusals.calls import OWN, arn_member, call
from refusals.world import World

Calls = dict[str, Any]


def ready(aws: World, operation: str) -> Calls:
    """A call that succeeds, with everything that it needs made before."""
    if operation in _READY:
        return _READY[operation](aws)
    if not arn_member(operation):
        return dict(OWN[operation])  # it is of no stream
    return call(aws, operation, aws.stream())


def _creating(aws: World) -> Calls:
    return call(aws, "CreateStream", new_name())


def _encrypted(aws: World) -> Calls:
    members = call(aws, "StopStreamEncryption", aws.stream())
    aws.kinesis.start_stream_encryption(**members)
    aws.settle()
    return members


def _keeping_longer(aws: World) -> Calls:
    name = aws.stream()
    aws.kinesis.increase_stream_retention_period(StreamName=name, RetentionPeriodHours=48)
    aws.settle()
    return call(aws, "DecreaseStreamRetentionPeriod", name)


def _reading(aws: World) -> Calls:
    return {"ShardIterator": aws.iterator(aws.stream())}


def _spreading(aws: World) -> Calls:
    return call(aws, "UpdateStreamRecordDistributionStrategy", aws.on_demand())


def _warming(aws: World) -> Calls:
    aws.kinesis.update_account_settings(**OWN["UpdateAccountSettings"])
    return call(aws, "UpdateStreamWarmThroughput", aws.on_demand())


def _with_a_policy(aws: World) -> Calls:
    name = aws.stream()
    aws.kinesis.put_resource_policy(**call(aws, "PutResourcePolicy", name))
    return call(aws, "DeleteResourcePolicy", name)


def _with_a_reader(operation: str) -> Callable[[World], Calls]:
    def make(aws: World) -> Calls:
        name = aws.stream()
        reader = {"ConsumerARN": aws.consumer(name)}
        return call(aws, operation, name) | (reader if operation == "SubscribeToShard" else {})

    return make


_READY: Mapping[str, Callable[[World], Calls]] = {
    "CreateStream": _creating,
    "DecreaseStreamRetentionPeriod": _keeping_longer,
    "DeleteResourcePolicy": _with_a_policy,
    "DeregisterStreamConsumer": _with_a_reader("DeregisterStreamConsumer"),
    "DescribeStreamConsumer": _with_a_reader("DescribeStreamConsumer"),
    "GetRecords": _reading,
    "StopStreamEncryption": _encrypted,
    "SubscribeToShard": _with_a_reader("SubscribeToShard"),
    "UpdateStreamRecordDistributionStrategy": _spreading,
    "UpdateStreamWarmThroughput": _warming,
}
