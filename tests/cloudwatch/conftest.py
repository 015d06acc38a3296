"""A server with a clock of its own, and boto3 clients by each of CloudWatch's protocols."""

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.config import Config
from botocore.model import ServiceModel

from shardline.testing import ManualClock, TestServer, running_server

PROTOCOLS = [
    "smithy-rpc-v2-cbor",
    pytest.param("json", marks=pytest.mark.slow),
    pytest.param("query", marks=pytest.mark.slow),
]
NO_RETRIES = Config(retries={"total_max_attempts": 1})


@pytest.fixture(scope="module")
def server() -> Iterator[TestServer]:
    with running_server(clock=ManualClock()) as server:
        yield server


@pytest.fixture(params=PROTOCOLS)
def cloudwatch(
    request: pytest.FixtureRequest, server: TestServer, monkeypatch: pytest.MonkeyPatch
) -> Any:
    """A boto3 client that speaks one of the protocols that it has for CloudWatch."""
    monkeypatch.setattr(ServiceModel, "resolved_protocol", request.param)
    client = server.client("cloudwatch", config=NO_RETRIES)
    assert client.meta.service_model.resolved_protocol == request.param
    return client
