"""ValidationException: a member breaks the model, or the stream's mode forbids the operation."""

from typing import Any

from kinesis_wire import ACCOUNT, invalid
from refusals.calls import call
from refusals.readiness import ready
from refusals.registry import Refused, refusal
from refusals.world import World

VALIDATION = "ValidationException"
NO_ARN = (
    {"ResourceARN": "a"},
    "Value 'a' at 'resourceARN' failed to satisfy constraint: Member must satisfy regular "
    r"expression pattern: arn:aws.*:kinesis:.*:\d{12}:.*(stream|channel|queue)/\S+",
)
BROKEN: dict[str, tuple[dict[str, Any], str]] = {
    "CreateStream": (
        {"StreamName": "a b"},
        "Value 'a b' at 'streamName' failed to satisfy constraint: "
        "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+",
    ),
    "DeleteResourcePolicy": NO_ARN,
    "GetResourcePolicy": NO_ARN,
    "ListTagsForResource": NO_ARN,
    "PutResourcePolicy": NO_ARN,
    "TagResource": (
        {"Tags": {}},
        "Value '{}' at 'tags' failed to satisfy constraint: "
        "Member must have length greater than or equal to 1",
    ),
    "UntagResource": (
        {"TagKeys": []},
        "Value '[]' at 'tagKeys' failed to satisfy constraint: "
        "Member must have length greater than or equal to 1",
    ),
    "UpdateAccountSettings": (
        {"MinimumThroughputBillingCommitment": {}},
        "Value null at 'minimumThroughputBillingCommitment.status' failed to satisfy constraint: "
        "Member must not be null",
    ),
    "UpdateMaxRecordSize": (
        {"MaxRecordSizeInKiB": 1023},
        "Value '1023' at 'maxRecordSizeInKiB' failed to satisfy constraint: "
        "Member must have value greater than or equal to 1024",
    ),
    "UpdateStreamMode": (
        {"StreamModeDetails": {}},
        "Value null at 'streamModeDetails.streamMode' failed to satisfy constraint: "
        "Member must not be null",
    ),
    "UpdateStreamRecordDistributionStrategy": (
        {"RecordDistributionStrategy": None},
        "Value null at 'recordDistributionStrategy' failed to satisfy constraint: "
        "Member must not be null",
    ),
    "UpdateStreamWarmThroughput": (
        {"WarmThroughputMiBps": -1},
        "Value '-1' at 'warmThroughputMiBps' failed to satisfy constraint: "
        "Member must have value greater than or equal to 0",
    ),
}


@refusal(BROKEN, VALIDATION)
def a_member_that_breaks_the_model(aws: World, operation: str) -> Refused:
    changed, text = BROKEN[operation]
    return Refused(aws.kinesis, ready(aws, operation) | changed, invalid(text)[1])


@refusal(["MergeShards", "SplitShard", "UpdateShardCount"], VALIDATION)
def a_reshard_on_demand(aws: World, operation: str) -> Refused:
    name = aws.on_demand()
    message = f"Request is invalid. Stream {name} under account {ACCOUNT} is in On-Demand mode."
    return Refused(aws.kinesis, call(aws, operation, name), message)
