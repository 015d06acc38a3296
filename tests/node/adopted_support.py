"""Two gateways that run, and topics of somebody else that they adopt."""

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.config import Config
from click.testing import CliRunner

from many_nodes import endpoints_of
from node_kinds import running_nodes
from shardline.cli import group
from shardline.testing import ManualClock, TestServer
from their_topics import TheirTopic

FIRST, SECOND = "shardId-000000000000", "shardId-000000000001"


@pytest.fixture(scope="module")
def gateways() -> Iterator[TestServer]:
    with running_nodes("kafka:2", clock=ManualClock()) as server:
        yield server


def clients(server: TestServer) -> list[Any]:
    # A busy machine may keep a gateway from its lease, and its clients try again.
    patient = Config(retries={"max_attempts": 8})
    return [
        server.client(endpoint_url=endpoint, config=patient) for endpoint in endpoints_of(server)
    ]


class Brokers:
    """Stands for a cluster of which only the addresses are known."""

    def __init__(self, server: TestServer) -> None:
        url = server.node.settings.log_url
        assert url is not None
        self.bootstrap_servers = url.removeprefix("kafka://").partition("/")[0]


def their_topic(server: TestServer, **more: Any) -> TheirTopic:
    kafka: Any = Brokers(server)
    return TheirTopic(kafka, **more)


def adopt(server: TestServer, topic: TheirTopic, *more: str) -> str:
    """Adopt a topic, as from another machine's shell; answer what is said."""
    settings = server.node.settings
    where = {"SHARDLINE_LOG": settings.log_url, "SHARDLINE_CATALOG": settings.catalog_url}
    arguments = ["kafka", "adopt", topic.name, "--data-dir", "/nowhere", *more]
    done = CliRunner().invoke(group, arguments, env=where)
    assert done.exit_code == 0, done.output
    return done.stdout
