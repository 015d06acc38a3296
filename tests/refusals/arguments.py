"""InvalidArgumentException: a value that the model allows and the operation does not."""

from typing import Any

from kinesis_wire import ACCOUNT, LAST_HASH_KEY, shard_id
from refusals.calls import call, stream_of
from refusals.readiness import ready
from refusals.registry import Refused, refusal
from refusals.world import World

INVALID = "InvalidArgumentException"
KEY = str(LAST_HASH_KEY + 1)
NO_NUMBER = str(0x13BB2CC3D80000000000000000000000)
BAD_HASH_KEY = (
    "Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. "
    f"Specified value was {KEY}"
)


@refusal("CreateStream", INVALID)
def shards_on_demand(aws: World, operation: str) -> Refused:
    members = ready(aws, operation) | {"StreamModeDetails": {"StreamMode": "ON_DEMAND"}}
    message = "ShardCount is not expected when StreamMode=ON_DEMAND"
    return Refused(aws.kinesis, members, message)


@refusal("CreateStream", INVALID, "AUTO for a provisioned stream")
def spread_without_keys(aws: World, operation: str) -> Refused:
    members = ready(aws, operation) | {"RecordDistributionStrategy": "AUTO"}
    message = "RecordDistributionStrategy AUTO is only supported for streams in ON_DEMAND mode."
    return Refused(aws.kinesis, members, message)


@refusal("GetRecords", INVALID)
def no_iterator(aws: World, operation: str) -> Refused:
    return Refused(aws.kinesis, {"ShardIterator": "garbage"}, "Invalid ShardIterator.")


@refusal("GetRecords", INVALID, "an iterator of another stream")
def an_iterator_of_another_stream(aws: World, operation: str) -> Refused:
    members = ready(aws, operation) | {"StreamARN": aws.arn(aws.stream())}
    message = "The ShardIterator is not one of the stream named with it."
    return Refused(aws.kinesis, members, message)


@refusal(["ListShards", "ListStreams"], INVALID, "no token of ours")
def no_token(aws: World, operation: str) -> Refused:
    return Refused(aws.kinesis, {"NextToken": "garbage"}, "Invalid NextToken.")


@refusal("ListStreams", INVALID)
def a_token_of_another_operation(aws: World, operation: str) -> Refused:
    first = aws.kinesis.list_shards(StreamName=aws.stream(shards=2), MaxResults=1)
    return Refused(aws.kinesis, {"NextToken": first["NextToken"]}, "Invalid NextToken.")


@refusal("ListShards", INVALID, "nothing is named")
def neither_token_nor_stream(aws: World, operation: str) -> Refused:
    return Refused(aws.kinesis, {}, "Either NextToken or StreamName should be provided.")


@refusal("ListShards", INVALID, "token and stream")
def token_and_stream(aws: World, operation: str) -> Refused:
    name = aws.stream(shards=2)
    first = aws.kinesis.list_shards(StreamName=name, MaxResults=1)
    members = {"NextToken": first["NextToken"], "StreamName": name}
    message = "NextToken and StreamName cannot be provided together."
    return Refused(aws.kinesis, members, message)


@refusal(["PutRecord", "PutRecords"], INVALID, "ExplicitHashKey")
def a_hash_key_beyond_the_last(aws: World, operation: str) -> Refused:
    members = ready(aws, operation)
    entry: dict[str, Any] = {"Data": b"x", "PartitionKey": "k", "ExplicitHashKey": KEY}
    members |= {"Records": [entry]} if operation == "PutRecords" else entry
    return Refused(aws.kinesis, members, BAD_HASH_KEY)


@refusal("PutRecord", INVALID, "SequenceNumberForOrdering")
def a_number_to_order_by_that_is_none(aws: World, operation: str) -> Refused:
    members = ready(aws, operation) | {"SequenceNumberForOrdering": NO_NUMBER}
    message = (
        f"ExclusiveMinimumSequenceNumber {NO_NUMBER} used in PutRecord on stream "
        f"{members['StreamName']} under account {ACCOUNT} is invalid."
    )
    return Refused(aws.kinesis, members, message)


@refusal("PutRecords", INVALID, "too many bytes")
def more_than_a_request_holds(aws: World, operation: str) -> Refused:
    entry = {"Data": bytes(1024 * 1024 - 1), "PartitionKey": "k"}
    members = ready(aws, operation) | {"Records": [entry] * 10 + [{**entry, "Data": b"x"}]}
    return Refused(aws.kinesis, members, "Records size exceeds 10 MB limit")


@refusal(["DecreaseStreamRetentionPeriod", "IncreaseStreamRetentionPeriod"], INVALID, "too short")
def less_than_a_day(aws: World, operation: str) -> Refused:
    message = (
        "Minimum allowed retention period is 24 hours. "
        "Requested retention period (23 hours) is too short."
    )
    return Refused(aws.kinesis, ready(aws, operation) | {"RetentionPeriodHours": 23}, message)


@refusal("IncreaseStreamRetentionPeriod", INVALID, "too long")
def more_than_a_year(aws: World, operation: str) -> Refused:
    message = (
        "Maximum allowed retention period is 8760 hours. "
        "Requested retention period (8761 hours) is too long."
    )
    return Refused(aws.kinesis, ready(aws, operation) | {"RetentionPeriodHours": 8761}, message)


@refusal("IncreaseStreamRetentionPeriod", INVALID, "shorter than now")
def an_increase_that_is_none(aws: World, operation: str) -> Refused:
    name = stream_of(ready(aws, "DecreaseStreamRetentionPeriod"))
    members = {"StreamName": name, "RetentionPeriodHours": 24}
    message = (
        f"Requested retention period (24 hours) for stream {name} can not be shorter than "
        "existing retention period (48 hours). Use DecreaseRetentionPeriod API."
    )
    return Refused(aws.kinesis, members, message)


@refusal("DecreaseStreamRetentionPeriod", INVALID, "longer than now")
def a_decrease_that_is_none(aws: World, operation: str) -> Refused:
    name = aws.stream()
    members = {"StreamName": name, "RetentionPeriodHours": 25}
    message = (
        f"Requested retention period (25 hours) for stream {name} can not be longer than "
        "existing retention period (24 hours). Use IncreaseRetentionPeriod API."
    )
    return Refused(aws.kinesis, members, message)


def _reshard(aws: World) -> str:
    """A stream whose shard 0 was closed by a split."""
    name = aws.stream(shards=2)
    aws.kinesis.split_shard(StreamName=name, ShardToSplit="0", NewStartingHashKey="2")
    return name


@refusal(["MergeShards", "SplitShard"], INVALID, "a closed shard")
def a_shard_that_is_closed(aws: World, operation: str) -> Refused:
    name = _reshard(aws)
    message = (
        f"Shard {shard_id(0)} in stream {name} under account {ACCOUNT} has already been merged "
        "or split, and thus is not eligible for merging or splitting."
    )
    return Refused(aws.kinesis, call(aws, operation, name), message)


@refusal("SplitShard", INVALID, "a hash key that parts nothing")
def a_split_at_the_border(aws: World, operation: str) -> Refused:
    name = aws.stream(shards=1)
    message = (
        f"NewStartingHashKey 1 used in SplitShard() on shard {shard_id(0)} in stream {name} "
        f"under account {ACCOUNT} is not both greater than one plus the shard's StartingHashKey 0 "
        f"and less than the shard's EndingHashKey {LAST_HASH_KEY}."
    )
    members = call(aws, operation, name) | {"NewStartingHashKey": "1"}
    return Refused(aws.kinesis, members, message)


@refusal("MergeShards", INVALID, "the right one first")
def shards_in_the_wrong_order(aws: World, operation: str) -> Refused:
    name = aws.stream(shards=2)
    message = (
        f"Shards {shard_id(1)} and {shard_id(0)} in stream {name} under account {ACCOUNT} are "
        "not an adjacent pair of shards eligible for merging"
    )
    members = {"StreamName": name, "ShardToMerge": "1", "AdjacentShardToMerge": "0"}
    return Refused(aws.kinesis, members, message)
