"""AccessDeniedException: the caller is known, and nothing allows the call."""

from collections.abc import Mapping
from typing import Any

from refusals.calls import CALLS, stream_of
from refusals.readiness import ready
from refusals.registry import Refused, errors_of, refusal, with_error
from refusals.world import GUEST, World

DENIED = "AccessDeniedException"
ON_ALL = {"DescribeAccountSettings", "DescribeLimits", "ListStreams", "UpdateAccountSettings"}


def nothing_allows_it(aws: World, operation: str) -> Refused:
    action = f"kinesis:{operation}"
    members, resource = _members_and_resource(aws, operation)
    on = f" on resource: {resource}" if resource else ""
    message = (
        f"User: {GUEST} is not authorized to perform: {action}{on} "
        f"because no identity-based policy allows the {action} action"
    )
    return Refused(aws.guest, members, message)


def _members_and_resource(aws: World, operation: str) -> tuple[Mapping[str, Any], str]:
    """A call that would succeed for another one, and what it is about; "" for what has none."""
    if operation == "GetRecords":
        name = aws.stream()
        return {"ShardIterator": aws.iterator(name)}, aws.arn(name)
    members = ready(aws, operation)
    if operation in ON_ALL:
        return members, ""
    if operation == "SubscribeToShard":
        return members, members["ConsumerARN"]
    if operation in ("DescribeStreamConsumer", "DeregisterStreamConsumer"):
        named = {key: members[key] for key in ("StreamARN", "ConsumerName")}
        described = aws.kinesis.describe_stream_consumer(**named)
        return members, described["ConsumerDescription"]["ConsumerARN"]
    return members, aws.arn(stream_of(members))


refusal(with_error(DENIED, CALLS), DENIED)(nothing_allows_it)
refusal([each for each in CALLS if DENIED not in errors_of(each)], DENIED, "not in its model")(
    nothing_allows_it
)
