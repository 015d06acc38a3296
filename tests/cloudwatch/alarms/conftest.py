"""A server with a clock that stands still, clients in each protocol, and a webhook."""

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.config import Config
from botocore.model import ServiceModel

from cloudwatch.alarms.webhook_server import WebhookServer
from cloudwatch.alarms.wire import a_clock
from shardline.testing import TestServer, running_server

PROTOCOLS = [
    "smithy-rpc-v2-cbor",
    pytest.param("json", marks=pytest.mark.slow),
    pytest.param("query", marks=pytest.mark.slow),
]


@pytest.fixture
def server() -> Iterator[TestServer]:
    """A server whose clock stands at the beginning of a minute."""
    with running_server(clock=a_clock()) as server:
        yield server


@pytest.fixture(scope="session")
def server_of_all() -> Iterator[TestServer]:
    """One server for the tests that change nothing."""
    with running_server(clock=a_clock()) as server:
        yield server


@pytest.fixture(params=PROTOCOLS)
def cloudwatch(
    request: pytest.FixtureRequest, server: TestServer, monkeypatch: pytest.MonkeyPatch
) -> Any:
    """A boto3 client that speaks one of the protocols that it has for CloudWatch."""
    monkeypatch.setattr(ServiceModel, "resolved_protocol", request.param)
    return server.client("cloudwatch", config=Config(retries={"total_max_attempts": 1}))


@pytest.fixture
def webhook() -> Iterator[WebhookServer]:
    with WebhookServer() as webhook:
        yield webhook
