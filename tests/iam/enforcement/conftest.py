"""A server with people, streams and what they may do."""

from collections.abc import Iterator
from typing import Any

import pytest

from iam.people import OTHER, People
from shardline.testing import TestServer, running_server


@pytest.fixture(scope="module")
def server() -> Iterator[TestServer]:
    with running_server() as running:
        yield running


@pytest.fixture(scope="module")
def people(server: TestServer) -> People:
    """The server's own account."""
    return People(server)


@pytest.fixture(scope="module")
def others(server: TestServer) -> People:
    """Another account."""
    return People(server, OTHER)


@pytest.fixture(scope="module")
def root(server: TestServer) -> Any:
    """Kinesis as root sees it, with a stream `orders` and another one, `bills`."""
    kinesis = server.client()
    for name in ("orders", "bills"):
        kinesis.create_stream(StreamName=name, ShardCount=1)
    return kinesis
