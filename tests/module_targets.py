"""What the module is tried on: Shardline, and moto's server as an independent stand-in for AWS."""

from dataclasses import dataclass

import pytest

from shardline.module.target import Target
from shardline.testing import TestServer

REGION = "us-east-1"
TARGETS = ("shardline", pytest.param("moto", marks=pytest.mark.slow))

# What the module needs of IAM and CloudWatch. A server that has not built all of one of them is
# tried with moto's beside its own Kinesis.
NEEDED = {
    "iam": {"CreatePolicy", "ListEntitiesForPolicy", "CreateRole", "GetUser", "ListRoles"},
    "cloudwatch": {"PutMetricAlarm", "DescribeAlarms", "GetMetricData", "ListTagsForResource"},
}


@dataclass
class Place:
    """One of the targets. `server` is there for Shardline alone."""

    target: Target
    server: TestServer | None


def own_services(server: TestServer) -> set[str]:
    """The services of which a server has all that the module needs."""
    built = {name for api in server.node.apis for name in api.handlers}
    return {"kinesis", "sts", *(each for each, needed in NEEDED.items() if needed <= built)}


def has_all(server: TestServer) -> bool:
    """Whether the server has all that the module needs itself."""
    return NEEDED.keys() <= own_services(server)
