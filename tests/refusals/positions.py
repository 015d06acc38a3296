"""InvalidArgumentException of GetShardIterator: where to begin."""

from typing import Any

from kinesis_wire import ACCOUNT, shard_id
from refusals.arguments import NO_NUMBER
from refusals.registry import Refused, refusal
from refusals.world import World

OPERATION, INVALID = "GetShardIterator", "InvalidArgumentException"
EITHER_OR = (
    "Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and "
    "StartingSequenceNumber or (2) TRIM_HORIZON or LATEST and no StartingSequenceNumber. "
    "Request specified "
)


def _at(name: str, kind: str, **members: Any) -> dict[str, Any]:
    return {"StreamName": name, "ShardId": shard_id(0), "ShardIteratorType": kind, **members}


@refusal(OPERATION, INVALID, "no number")
def at_no_number(aws: World, operation: str) -> Refused:
    message = EITHER_OR + "AT_SEQUENCE_NUMBER and no StartingSequenceNumber."
    return Refused(aws.kinesis, _at(aws.stream(), "AT_SEQUENCE_NUMBER"), message)


@refusal(OPERATION, INVALID, "a number too many")
def the_latest_of_a_number(aws: World, operation: str) -> Refused:
    message = EITHER_OR + "LATEST and also a StartingSequenceNumber."
    return Refused(aws.kinesis, _at(aws.stream(), "LATEST", StartingSequenceNumber="1"), message)


@refusal(OPERATION, INVALID, "a number of another shard")
def a_number_of_another_shard(aws: World, operation: str) -> Refused:
    name = aws.stream(shards=2)
    put = aws.kinesis.put_record(
        StreamName=name, Data=b"x", PartitionKey="k", ExplicitHashKey=str(2**127)
    )
    message = (
        f"Invalid StartingSequenceNumber. It encodes {shard_id(1)}, "
        f"while it was used in a call to a shard with {shard_id(0)}"
    )
    number = put["SequenceNumber"]
    return Refused(
        aws.kinesis, _at(name, "AT_SEQUENCE_NUMBER", StartingSequenceNumber=number), message
    )


@refusal(OPERATION, INVALID, "a number that is none")
def a_number_that_cannot_be_read(aws: World, operation: str) -> Refused:
    name = aws.stream()
    message = (
        f"StartingSequenceNumber {NO_NUMBER} used in GetShardIterator on shard {shard_id(0)} "
        f"in stream {name} under account {ACCOUNT} is invalid."
    )
    members = _at(name, "AFTER_SEQUENCE_NUMBER", StartingSequenceNumber=NO_NUMBER)
    return Refused(aws.kinesis, members, message)


@refusal(OPERATION, INVALID, "a number of an older stream")
def a_number_of_the_stream_before(aws: World, operation: str) -> Refused:
    name = aws.stream(shards=1)
    number = aws.kinesis.put_record(StreamName=name, Data=b"x", PartitionKey="k")["SequenceNumber"]
    aws.kinesis.delete_stream(StreamName=name)
    aws.clock.advance(minutes=1)
    aws.kinesis.create_stream(StreamName=name, ShardCount=1)
    message = (
        f"StartingSequenceNumber {number} used in GetShardIterator on shard {shard_id(0)} in "
        f"stream {name} under account {ACCOUNT} is invalid "
        "because it did not come from this stream."
    )
    return Refused(
        aws.kinesis, _at(name, "AT_SEQUENCE_NUMBER", StartingSequenceNumber=number), message
    )


@refusal(OPERATION, INVALID, "no time")
def at_no_time(aws: World, operation: str) -> Refused:
    message = (
        "Must specify timestampInMillis parameter for iterator of type AT_TIMESTAMP. "
        "Current request has no timestamp parameter."
    )
    return Refused(aws.kinesis, _at(aws.stream(), "AT_TIMESTAMP"), message)


@refusal(OPERATION, INVALID, "a time in the future")
def at_a_time_to_come(aws: World, operation: str) -> Refused:
    now_ms = aws.clock.now_ms() // 1000 * 1000  # boto3 sends whole seconds as they are
    message = (
        "The timestampInMillis parameter cannot be greater than the currentTimestampInMillis. "
        f"timestampInMillis: {now_ms + 2000}, currentTimestampInMillis: {aws.clock.now_ms()}"
    )
    members = _at(aws.stream(), "AT_TIMESTAMP", Timestamp=now_ms // 1000 + 2)
    return Refused(aws.kinesis, members, message)
