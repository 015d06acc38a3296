"""LimitExceededException: one more of something than AWS allows."""

from kinesis_wire import ACCOUNT, new_name
from refusals.calls import call
from refusals.readiness import ready
from refusals.registry import Refused, refusal
from refusals.world import World

LIMIT = "LimitExceededException"


@refusal("CreateStream", LIMIT)
def too_many_in_creating(aws: World, operation: str) -> Refused:
    aws = aws.on("slow").alone()
    for _ in range(5):
        aws.creating(shards=1)
    message = (
        "This request would have exceed the limit on the number of streams that can "
        "simultaneously be in CREATING or DELETING. Limit: 5"
    )
    return Refused(aws.kinesis, call(aws, operation, new_name()), message)


@refusal("CreateStream", LIMIT, "shards")
def more_shards_than_an_account_has(aws: World, operation: str) -> Refused:
    aws = aws.alone()
    aws.stream(shards=3)
    message = (
        f"This request would exceed the shard limit for the account {ACCOUNT} in {aws.region}. "
        "Current shard count for the account: 3. Limit: 20000. "
        "Number of additional shards that would have resulted from this request: 19998. "
        "Refer to the AWS Service Limits page "
        "(http://docs.aws.amazon.com/general/latest/gr/aws_service_limits.html) "
        "for current limits and how to request higher limits."
    )
    return Refused(aws.kinesis, {"StreamName": new_name(), "ShardCount": 19_998}, message)


@refusal("UpdateShardCount", LIMIT)
def more_than_double(aws: World, operation: str) -> Refused:
    members = ready(aws, operation) | {"TargetShardCount": 6}
    message = (
        "UpdateShardCount cannot scale up over double your current open shard count. "
        "Current open shard count: 2, Target shard count: 6"
    )
    return Refused(aws.kinesis, members, message)


@refusal("UpdateShardCount", LIMIT, "less than half")
def less_than_half(aws: World, operation: str) -> Refused:
    members = call(aws, operation, aws.stream(shards=6)) | {"TargetShardCount": 2}
    message = (
        "UpdateShardCount cannot scale down below half your current open shard count. "
        "Current open shard count: 6, Target shard count: 2"
    )
    return Refused(aws.kinesis, members, message)


@refusal("UpdateStreamMode", LIMIT)
def a_third_switch_in_a_day(aws: World, operation: str) -> Refused:
    members = ready(aws, operation)
    back = {"StreamARN": members["StreamARN"], "StreamModeDetails": {"StreamMode": "PROVISIONED"}}
    aws.kinesis.update_stream_mode(**members)
    aws.kinesis.update_stream_mode(**back)
    name = members["StreamARN"].rpartition("/")[2]
    message = (
        f"The mode of stream {name} under account {ACCOUNT} cannot be "
        "switched more than 2 times per rolling 24-hour period."
    )
    return Refused(aws.kinesis, members, message)
