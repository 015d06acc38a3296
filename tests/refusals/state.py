"""ResourceInUseException: the stream is not in a status that allows the call."""

from kinesis_wire import not_active, stream_gone
from refusals.calls import CALLS, call, stream_of
from refusals.readiness import ready
from refusals.registry import Refused, refusal, with_error
from refusals.world import World

IN_USE = "ResourceInUseException"
ELSEWHERE = (  # refused for something else, here, among `consumers`, or never
    "CreateStream",
    "DeleteStream",
    "GetResourcePolicy",
    "ListShards",
    "ListStreamConsumers",
    "ListTagsForResource",
    "RegisterStreamConsumer",
    "SubscribeToShard",
)


@refusal([each for each in with_error(IN_USE, CALLS) if each not in ELSEWHERE], IN_USE)
def the_stream_is_updating(aws: World, operation: str) -> Refused:
    aws = aws.on("slow")
    members = ready(aws, operation)
    name = stream_of(members)
    aws.kinesis.enable_enhanced_monitoring(StreamName=name, ShardLevelMetrics=["OutgoingBytes"])
    return Refused(aws.kinesis, members, not_active(name, "UPDATING")[1])


@refusal("CreateStream", IN_USE)
def the_name_is_taken(aws: World, operation: str) -> Refused:
    name = aws.stream()
    message = stream_gone(name)[1].replace("not found", "already exists")
    return Refused(aws.kinesis, call(aws, operation, name), message)


@refusal("DeleteStream", IN_USE)
def the_stream_is_deleting(aws: World, operation: str) -> Refused:
    aws = aws.on("slow")
    name = aws.stream()
    aws.kinesis.delete_stream(StreamName=name)
    return Refused(aws.kinesis, {"StreamName": name}, not_active(name, "DELETING")[1])


@refusal(["ListShards", "ListStreamConsumers"], IN_USE)
def the_stream_is_creating(aws: World, operation: str) -> Refused:
    """KCL takes it from ListShards for a stream that is neither ACTIVE nor UPDATING."""
    aws = aws.on("slow")
    name = aws.creating()
    return Refused(aws.kinesis, call(aws, operation, name), not_active(name, "CREATING")[1])
