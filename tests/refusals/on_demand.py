"""What on-demand streams and accounts are refused. AWS's texts are not known."""

from kinesis_wire import ACCOUNT, new_name
from refusals.calls import call, stream_of
from refusals.readiness import ready
from refusals.registry import Refused, refusal
from refusals.world import World

INVALID, LIMIT = "InvalidArgumentException", "LimitExceededException"
ON_DEMAND = {"StreamMode": "ON_DEMAND"}
WARM = "UpdateStreamWarmThroughput"


def _needs_advantage(aws: World) -> str:
    return (
        "WarmThroughputMiBps requires MinimumThroughputBillingCommitment to be ENABLED for "
        f"account {ACCOUNT} in {aws.region}."
    )


@refusal(WARM, INVALID, "without the account's commitment")
def warm_throughput_without_advantage(aws: World, operation: str) -> Refused:
    aws = aws.alone()
    return Refused(aws.kinesis, call(aws, operation, aws.on_demand()), _needs_advantage(aws))


@refusal("CreateStream", INVALID, "warm throughput without the account's commitment")
def a_warm_stream_without_advantage(aws: World, operation: str) -> Refused:
    aws = aws.alone()
    members = {"StreamName": new_name(), "StreamModeDetails": ON_DEMAND, "WarmThroughputMiBps": 8}
    return Refused(aws.kinesis, members, _needs_advantage(aws))


@refusal("UpdateStreamMode", INVALID, "warm throughput for a provisioned stream")
def warm_throughput_while_provisioned(aws: World, operation: str) -> Refused:
    arn = aws.arn(aws.on_demand())
    mode = {"StreamMode": "PROVISIONED"}
    members = {"StreamARN": arn, "StreamModeDetails": mode, "WarmThroughputMiBps": 8}
    message = (
        "WarmThroughputMiBps is only valid when the stream mode is being updated to ON_DEMAND."
    )
    return Refused(aws.kinesis, members, message)


@refusal(WARM, INVALID, "a provisioned stream")
def warm_throughput_of_a_provisioned_stream(aws: World, operation: str) -> Refused:
    name = aws.stream()
    message = (
        "Warm throughput is only supported for streams in ON_DEMAND mode. "
        f"Stream {name} under account {ACCOUNT} is in PROVISIONED mode."
    )
    return Refused(aws.kinesis, call(aws, operation, name), message)


@refusal(WARM, LIMIT, "more than a stream can have")
def more_than_ten_gibibytes_a_second(aws: World, operation: str) -> Refused:
    members = ready(aws, operation) | {"WarmThroughputMiBps": 10_241}
    message = (
        "WarmThroughputMiBps 10241 exceeds the limit of 10240 MiB per second for an on-demand "
        "stream."
    )
    return Refused(aws.kinesis, members, message)


@refusal("UpdateStreamRecordDistributionStrategy", INVALID, "a provisioned stream")
def spreading_over_a_provisioned_stream(aws: World, operation: str) -> Refused:
    members = call(aws, operation, aws.stream())
    message = "RecordDistributionStrategy AUTO is only supported for streams in ON_DEMAND mode."
    return Refused(aws.kinesis, members, message)


@refusal("UpdateStreamMode", INVALID, "AUTO is to be given up first")
def provisioned_with_auto(aws: World, operation: str) -> Refused:
    members = ready(aws, "UpdateStreamRecordDistributionStrategy")
    aws.kinesis.update_stream_record_distribution_strategy(**members)
    mode = {"StreamModeDetails": {"StreamMode": "PROVISIONED"}}
    members = call(aws, operation, stream_of(members)) | mode
    message = "RecordDistributionStrategy AUTO is only supported for streams in ON_DEMAND mode."
    return Refused(aws.kinesis, members, message)
