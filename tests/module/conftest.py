"""Fixtures of the module's targets."""

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest

from module_moto import ACCOUNT, running_moto
from module_targets import REGION, TARGETS, Place, own_services
from shardline.module.target import Target
from shardline.settings import NodeSettings
from shardline.testing import TestServer, running_server

_numbers = itertools.count()


@pytest.fixture(scope="session")
def moto() -> Iterator[str]:
    """The URL of moto's server."""
    with running_moto() as endpoint:
        yield endpoint


@pytest.fixture(scope="session")
def server() -> Iterator[TestServer]:
    """A server of ours, with moto's account, so that the ARNs of both are of one account."""
    with running_server(NodeSettings(data_dir=None, port=0, account=ACCOUNT)) as server:
        yield server


@pytest.fixture(scope="session", params=TARGETS)
def place(request: pytest.FixtureRequest) -> Iterator[Place]:
    """Each of the targets in turn."""
    server: TestServer | None = None
    made: list[Any] = []

    def client_of_moto(service: str) -> Any:
        client = boto3.client(
            service,
            endpoint_url=request.getfixturevalue("moto"),
            region_name=REGION,
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )
        made.append(client)
        return client

    clients: Callable[[str], Any] = client_of_moto
    if request.param == "shardline":
        server = request.getfixturevalue("server")
        own = own_services(server)

        def client_of_ours(service: str) -> Any:
            assert server is not None
            return server.client(service) if service in own else client_of_moto(service)

        clients, endpoint = client_of_ours, server.endpoint
    else:
        endpoint = request.getfixturevalue("moto")
    yield Place(Target.of(clients, endpoint), server)
    for client in made:
        client.close()


@pytest.fixture
def target(place: Place) -> Target:
    """Where the test's stream is made."""
    return place.target


@pytest.fixture
def name() -> str:
    """A name that no other test has."""
    return f"orders-{next(_numbers)}"
