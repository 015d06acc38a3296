"""What every alarm has, held against CloudWatch's rules: its name, its actions, its tags. Pure."""

from collections.abc import Mapping, Sequence
from typing import NoReturn

from shardline.cloudwatch.alarms.arns import host_of, is_url, topic_named
from shardline.gateway.errors import ServiceError

MOST_TAGS = 50

VALIDATION = "ValidationException"  # which Query calls ValidationError


def refuse(sentence: str, code: str = VALIDATION) -> NoReturn:
    """Raise the error of a broken rule."""
    raise ServiceError(code, sentence)


def check_name(name: str) -> None:
    """Hold an alarm's name to AWS's characters. The sentence is ours."""
    if any(ord(char) < 0x20 or ord(char) == 0x7F for char in name):
        refuse("The parameter AlarmName contains ASCII control characters.")


def check_actions(actions: Sequence[str], region: str) -> None:
    """Hold actions to what can be one: an ARN, or the URL of a webhook (which is ours)."""
    for action in actions:
        if is_url(action):
            if host_of(action) is None:
                refuse(f"Invalid URL: {action}")  # ours
        elif not action.startswith("arn:") or action.count(":") < 5:
            refuse(f"Invalid arn syntax: {action}")
        elif (topic := topic_named(action)) and topic.region != region:
            refuse(f"Invalid region {topic.region} specified. Only {region} is supported.")


def tags_of(members: Sequence[Mapping[str, str]]) -> tuple[tuple[str, str], ...]:
    """Tags, sorted by key. Raises `ServiceError`; the sentences are ours."""
    tags = {member["Key"]: member["Value"] for member in members}
    if len(tags) < len(members):
        refuse("Duplicate tag keys found.", "InvalidParameterValue")
    check_tags(tags)
    return tuple(sorted(tags.items()))


def check_tags(tags: Mapping[str, str]) -> None:
    """Hold an alarm's tags to their number, and to keys that are not AWS's own."""
    if len(tags) > MOST_TAGS:
        refuse(f"An alarm cannot have more than {MOST_TAGS} tags.", "InvalidParameterValue")
    if any(key.lower().startswith("aws:") for key in tags):
        refuse(
            "aws: prefixed tag key names are not allowed for external use.", "InvalidParameterValue"
        )
