"""A server, and its own account's people."""

from collections.abc import Iterator

import pytest

from iam.people import OTHER, People
from shardline.testing import TestServer, running_server


@pytest.fixture
def server() -> Iterator[TestServer]:
    with running_server() as running:
        running.client().create_stream(StreamName="orders", ShardCount=1)
        yield running


@pytest.fixture
def people(server: TestServer) -> People:
    return People(server)


@pytest.fixture
def others(server: TestServer) -> People:
    return People(server, OTHER)
