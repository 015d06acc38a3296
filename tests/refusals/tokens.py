"""ExpiredIteratorException, ExpiredNextTokenException: what was good for 300 seconds."""

from refusals.registry import Refused, refusal
from refusals.world import World
from shardline.kinesis.messages import date


def _expired(aws: World, what: str, made: str) -> str:
    """Let five minutes pass, and a millisecond; what is said then."""
    made_ms = aws.clock.now_ms()
    aws.clock.advance(minutes=5, milliseconds=1)
    return (
        f"{what} expired. The {made} was created at time {date(made_ms)} while right now it is "
        f"{date(aws.clock.now_ms())} which is further in the future than the tolerated delay of "
        "300000 milliseconds."
    )


@refusal("GetRecords", "ExpiredIteratorException")
def an_old_iterator(aws: World, operation: str) -> Refused:
    members = {"ShardIterator": aws.iterator(aws.stream())}
    return Refused(aws.kinesis, members, _expired(aws, "Iterator", "iterator"))


@refusal("ListShards", "ExpiredNextTokenException")
def an_old_token_of_shards(aws: World, operation: str) -> Refused:
    first = aws.kinesis.list_shards(StreamName=aws.stream(shards=2), MaxResults=1)
    members = {"NextToken": first["NextToken"]}
    return Refused(aws.kinesis, members, _expired(aws, "NextToken", "token"))


@refusal("ListStreamConsumers", "ExpiredNextTokenException")
def an_old_token_of_consumers(aws: World, operation: str) -> Refused:
    arn = aws.arn(name := aws.stream())
    aws.consumer(name, "a")
    aws.consumer(name, "b")
    first = aws.kinesis.list_stream_consumers(StreamARN=arn, MaxResults=1)
    members = {"StreamARN": arn, "NextToken": first["NextToken"]}
    return Refused(aws.kinesis, members, _expired(aws, "NextToken", "token"))


@refusal("ListStreams", "ExpiredNextTokenException")
def an_old_token_of_streams(aws: World, operation: str) -> Refused:
    aws.stream()
    aws.stream()
    members = {"NextToken": aws.kinesis.list_streams(Limit=1)["NextToken"]}
    return Refused(aws.kinesis, members, _expired(aws, "NextToken", "token"))
