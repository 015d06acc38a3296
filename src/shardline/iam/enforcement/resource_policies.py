"""Policies of streams and consumers: checked when they are put, compiled when they are asked."""

import logging
from functools import lru_cache

from shardline.iam.policy.documents import Policy, parse
from shardline.iam.policy.errors import MalformedPolicy
from shardline.iam.policy.grammar import Kind

log = logging.getLogger("shardline.iam")

SHARED = frozenset(
    {
        "kinesis:DescribeStream",
        "kinesis:DescribeStreamConsumer",
        "kinesis:DescribeStreamSummary",
        "kinesis:GetRecords",
        "kinesis:GetShardIterator",
        "kinesis:ListShards",
        "kinesis:PutRecord",
        "kinesis:PutRecords",
        "kinesis:SubscribeToShard",
    }
)
"""The actions that can be granted to another account ("Kinesis Data Streams actions that can be
shared", Developer Guide, Controlling access)."""

_DENIES_ALL = (
    '{"Version":"2012-10-17","Statement":{"Effect":"Deny","Principal":"*","Action":"*",'
    '"Resource":"*"}}'
)


def check_resource_policy(text: str, service: str) -> None:
    """Check a policy that is to be put. Raises `MalformedPolicy`, a ValueError with the reason.

    A resource of a service has actions of that service alone.
    """
    policy = parse(text, Kind.RESOURCE)
    for statement in policy.statements:
        for pattern in statement.actions.written:
            if pattern != "*" and not pattern.startswith(f"{service}:"):
                raise MalformedPolicy(
                    f"Invalid action: {pattern}", f"Statement[{statement.number}].Action"
                )


@lru_cache(maxsize=1024)
def compiled(text: str, name: str) -> Policy:
    """A resource's policy as it was put; `name` is the resource's ARN, for reports.

    Raises nothing: of one that is garbled it is not known what it denied, and it denies all.
    """
    try:
        return parse(text, Kind.RESOURCE, name)
    except MalformedPolicy as error:
        log.error("the policy of %s cannot be read, and denies everything: %s", name, error)
        return parse(_DENIES_ALL, Kind.RESOURCE, name)
