"""ResourceNotFoundException: a stream, a shard or a consumer that is not there."""

from kinesis_wire import ACCOUNT, new_name, no_such_shard, shard_gone, stream_gone
from refusals.calls import CALLS, call
from refusals.registry import Refused, refusal, with_error
from refusals.world import World

NOT_FOUND = "ResourceNotFoundException"
OF_SHARDS = ("GetRecords", "GetShardIterator")  # they speak of the shard


@refusal([each for each in with_error(NOT_FOUND, CALLS) if each not in OF_SHARDS], NOT_FOUND)
def no_such_stream(aws: World, operation: str) -> Refused:
    name = new_name()
    _, message = stream_gone(name)
    return Refused(aws.kinesis, call(aws, operation, name), message)


@refusal("GetShardIterator", NOT_FOUND)
def no_such_stream_of_a_shard(aws: World, operation: str) -> Refused:
    name = new_name()
    _, message = shard_gone(name)
    return Refused(aws.kinesis, call(aws, operation, name), message)


@refusal("GetRecords", NOT_FOUND)
def the_stream_of_an_iterator_is_gone(aws: World, operation: str) -> Refused:
    name = aws.stream()
    iterator = aws.iterator(name)
    aws.kinesis.delete_stream(StreamName=name)
    _, message = shard_gone(name)
    return Refused(aws.kinesis, {"ShardIterator": iterator}, message)


@refusal("GetShardIterator", NOT_FOUND, "no such shard")
def no_such_shard_to_read(aws: World, operation: str) -> Refused:
    name = aws.stream(shards=2)
    members = call(aws, operation, name) | {"ShardId": "shardId-000000000002"}
    return Refused(aws.kinesis, members, shard_gone(name, 2)[1])


@refusal("GetRecords", NOT_FOUND, "a shard that expired")
def a_shard_expired_under_its_iterator(aws: World, operation: str) -> Refused:
    name = aws.stream(shards=1)
    aws.kinesis.split_shard(StreamName=name, ShardToSplit="0", NewStartingHashKey="2")
    aws.clock.advance(hours=24)
    iterator = aws.iterator(name)
    aws.clock.advance(minutes=1)
    return Refused(aws.kinesis, {"ShardIterator": iterator}, shard_gone(name)[1])


@refusal(["MergeShards", "SplitShard"], NOT_FOUND, "no such shard")
def no_such_shard_to_change(aws: World, operation: str) -> Refused:
    name = aws.stream(shards=2)
    member = "ShardToSplit" if operation == "SplitShard" else "ShardToMerge"
    members = call(aws, operation, name) | {member: "shard-5"}
    return Refused(aws.kinesis, members, no_such_shard(name, "shardId-000000000005")[1])


@refusal(["GetShardIterator", "SplitShard"], NOT_FOUND, "no shard id, before the stream")
def what_is_no_shard_id(aws: World, operation: str) -> Refused:
    name = new_name()
    member = "ShardToSplit" if operation == "SplitShard" else "ShardId"
    members = call(aws, operation, name) | {member: "shardId-002147483648"}
    return Refused(aws.kinesis, members, no_such_shard(name, "shardId-002147483648")[1])


@refusal("MergeShards", NOT_FOUND, "no shard id, before the stream")
def what_is_no_adjacent_shard_id(aws: World, operation: str) -> Refused:
    name = new_name()
    members = call(aws, operation, name) | {"AdjacentShardToMerge": "2.14E4"}
    return Refused(aws.kinesis, members, no_such_shard(name, "2.14E4")[1])


@refusal("ListShards", NOT_FOUND, "another stream of that name")
def another_creation_time(aws: World, operation: str) -> Refused:
    name = aws.stream()
    members = call(aws, operation, name) | {"StreamCreationTimestamp": 1}
    message = f"Stream {name} under account {ACCOUNT} not found."
    return Refused(aws.kinesis, members, message)
