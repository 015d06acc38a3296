"""What the module is tried on: Shardline, and moto's server as an independent stand-in for AWS."""

from dataclasses import dataclass

from shardline.module.target import Target
from shardline.testing import TestServer

REGION = "us-east-1"
TARGETS = ("shardline", "moto")

# What the module needs of IAM and CloudWatch. A server that has not built them all is tried with
# moto's IAM and CloudWatch beside its own Kinesis.
NEEDED = {"CreatePolicy", "ListEntitiesForPolicy", "CreateRole", "GetUser", "PutMetricAlarm"}


@dataclass
class Place:
    """One of the targets. `server` is there for Shardline alone."""

    target: Target
    server: TestServer | None


def has_all(server: TestServer) -> bool:
    """Whether the server has all that the module needs itself."""
    built = {name for api in server.node.apis for name in api.handlers}
    return built >= NEEDED
