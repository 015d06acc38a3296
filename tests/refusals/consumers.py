"""What consumers with enhanced fan-out are refused, and what they keep from others."""

from kinesis_wire import ACCOUNT, no_such_shard, not_active, shard_gone, shard_id
from refusals.calls import call, stream_of
from refusals.readiness import ready
from refusals.registry import Refused, refusal
from refusals.world import World

IN_USE, LIMIT = "ResourceInUseException", "LimitExceededException"
INVALID, NOT_FOUND = "InvalidArgumentException", "ResourceNotFoundException"
NAMING = ("DeregisterStreamConsumer", "DescribeStreamConsumer")


@refusal("RegisterStreamConsumer", IN_USE)
def the_name_of_a_consumer_is_taken(aws: World, operation: str) -> Refused:
    name = aws.stream()
    aws.consumer(name)
    message = f"Consumer reader under stream {name} and account {ACCOUNT} already exists."
    return Refused(aws.kinesis, call(aws, operation, name), message)


@refusal("RegisterStreamConsumer", IN_USE, "a stream in UPDATING")
def the_stream_changes(aws: World, operation: str) -> Refused:
    aws = aws.on("slow")
    members = ready(aws, operation)
    name = stream_of(members)
    aws.kinesis.enable_enhanced_monitoring(StreamName=name, ShardLevelMetrics=["ALL"])
    return Refused(aws.kinesis, members, not_active(name, "UPDATING")[1])


@refusal("RegisterStreamConsumer", LIMIT)
def the_twenty_first_consumer(aws: World, operation: str) -> Refused:
    name = aws.stream()
    for number in range(20):
        aws.consumer(name, f"reader-{number}")
    message = (
        f"This request would exceed the limit of 20 consumers for the stream {name} "
        f"under account {ACCOUNT}."
    )
    return Refused(aws.kinesis, call(aws, operation, name), message)


@refusal("RegisterStreamConsumer", LIMIT, "in CREATING")
def the_sixth_at_once(aws: World, operation: str) -> Refused:
    aws = aws.on("slow").alone()
    name = aws.stream()
    for number in range(5):
        aws.kinesis.register_stream_consumer(
            StreamARN=aws.arn(name), ConsumerName=f"reader-{number}"
        )
    message = (
        "This request would exceed the limit on the number of consumers that can "
        "simultaneously be in CREATING. Limit: 5"
    )
    return Refused(aws.kinesis, call(aws, operation, name), message)


@refusal(NAMING, NOT_FOUND, "no such consumer")
def no_such_consumer(aws: World, operation: str) -> Refused:
    members = call(aws, operation, aws.stream())
    return Refused(aws.kinesis, members, f"Consumer reader, account {ACCOUNT} not found.")


@refusal("SubscribeToShard", NOT_FOUND, "no such consumer")
def a_consumer_of_another_second(aws: World, operation: str) -> Refused:
    aws.consumer(name := aws.stream())
    members = call(aws, operation, name)
    return Refused(aws.kinesis, members, f"Consumer reader, account {ACCOUNT} not found.")


@refusal(NAMING, INVALID, "no consumer is named")
def neither_arn_nor_name(aws: World, operation: str) -> Refused:
    members = {"StreamARN": aws.arn(aws.stream())}
    message = "Either ConsumerARN or both StreamARN and ConsumerName should be provided."
    return Refused(aws.kinesis, members, message)


@refusal(NAMING, INVALID, "two consumers are named")
def arn_and_name_disagree(aws: World, operation: str) -> Refused:
    members = {"ConsumerARN": aws.consumer(aws.stream()), "ConsumerName": "other"}
    message = (
        f"ConsumerARN {members['ConsumerARN']} and the StreamARN or ConsumerName given with it "
        "do not name the same consumer."
    )
    return Refused(aws.kinesis, members, message)


@refusal("ListStreamConsumers", INVALID, "no token of ours")
def no_token_of_consumers(aws: World, operation: str) -> Refused:
    members = ready(aws, operation) | {"NextToken": "garbage"}
    return Refused(aws.kinesis, members, "Invalid NextToken.")


@refusal("DeleteStream", IN_USE, "it has consumers")
def a_stream_with_consumers(aws: World, operation: str) -> Refused:
    aws.consumer(name := aws.stream())
    message = (
        f"DeleteStream can\u2019t delete {ACCOUNT}:{name} because there are consumers associated "
        f"with this data stream. To delete {name} anyway, set the EnforceConsumerDeletion "
        "parameter to true to force the deletion of all the consumers that are associated with it."
    )
    return Refused(aws.kinesis, {"StreamName": name}, message)


@refusal("SubscribeToShard", IN_USE)
def subscribed_less_than_five_seconds_ago(aws: World, operation: str) -> Refused:
    members = ready(aws, operation)
    aws.keep_open(aws.kinesis.subscribe_to_shard(**members)["EventStream"])
    aws.clock.advance(milliseconds=4999)
    message = (
        "Another active subscription exists for this consumer: "
        f"{ACCOUNT}:{stream_of(members)}:{shard_id(0)}:reader"
    )
    return Refused(aws.kinesis, members, message)


@refusal("SubscribeToShard", IN_USE, "a consumer in CREATING")
def the_consumer_is_creating(aws: World, operation: str) -> Refused:
    aws = aws.on("slow")
    name = aws.stream()
    made = aws.kinesis.register_stream_consumer(StreamARN=aws.arn(name), ConsumerName="reader")
    arn = made["Consumer"]["ConsumerARN"]
    message = (
        f"Consumer reader with creation timestamp {arn.rpartition(':')[2]} under stream: {name} , "
        f"account {ACCOUNT} is not in ACTIVE status."
    )
    return Refused(aws.kinesis, call(aws, operation, name) | {"ConsumerARN": arn}, message)


@refusal("SubscribeToShard", NOT_FOUND, "no such shard")
def no_such_shard_to_subscribe_to(aws: World, operation: str) -> Refused:
    members = ready(aws, operation) | {"ShardId": "2"}
    return Refused(aws.kinesis, members, shard_gone(stream_of(members), 2)[1])


@refusal("SubscribeToShard", NOT_FOUND, "no shard id")
def no_shard_id_to_subscribe_to(aws: World, operation: str) -> Refused:
    members = ready(aws, operation) | {"ShardId": "ABKLFD8"}
    return Refused(aws.kinesis, members, no_such_shard(stream_of(members), "ABKLFD8")[1])


@refusal("SubscribeToShard", INVALID, "no time")
def subscribed_at_no_time(aws: World, operation: str) -> Refused:
    members = ready(aws, operation) | {"StartingPosition": {"Type": "AT_TIMESTAMP"}}
    message = (
        "Must specify timestampInMillis parameter for iterator of type AT_TIMESTAMP. "
        "Current request has no timestamp parameter."
    )
    return Refused(aws.kinesis, members, message)
