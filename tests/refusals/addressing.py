"""InvalidArgumentException: what names a stream names none, or two. AWS's texts are not known."""

from kinesis_wire import ACCOUNT
from refusals.calls import CALLS, NAMED, arn_member, stream_of
from refusals.readiness import ready
from refusals.registry import Refused, refusal, with_error
from refusals.world import World

INVALID = "InvalidArgumentException"
TAKING_BOTH = with_error(INVALID, NAMED)
BY_ARN = [
    each
    for each in with_error(INVALID, CALLS)
    if each not in NAMED and arn_member(each) and each != "GetRecords"
]


@refusal(TAKING_BOTH, INVALID)
def name_and_arn_disagree(aws: World, operation: str) -> Refused:
    members, arn = ready(aws, operation), aws.arn(aws.stream())
    message = f"StreamName {stream_of(members)} and StreamARN {arn} do not name the same stream."
    return Refused(aws.kinesis, {**members, "StreamARN": arn}, message)


@refusal([each for each in TAKING_BOTH if each != "ListShards"], INVALID, "no stream is named")
def neither_name_nor_arn(aws: World, operation: str) -> Refused:
    members = ready(aws, operation)
    members.pop("StreamName", None)
    return Refused(aws.kinesis, members, "Either StreamName or StreamARN should be provided.")


@refusal(BY_ARN, INVALID)
def an_arn_of_another_region(aws: World, operation: str) -> Refused:
    members, member = ready(aws, operation), arn_member(operation)
    here = aws.arn(stream_of(members))
    there = here.replace(aws.region, "eu-west-1")
    message = f"The stream of {there} is not in account {ACCOUNT} and region {aws.region}."
    return Refused(aws.kinesis, members | {member: members[member].replace(here, there)}, message)
