"""A server whose time is moved by the test alone, and what its scaler says."""

import logging
from collections.abc import Iterator

import pytest

from server_scaling import START_MS
from shardline.testing import ManualClock, TestServer, running_server


@pytest.fixture(autouse=True)
def told(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """What the scaler says."""
    caplog.set_level(logging.INFO, "shardline.scaling")
    return caplog


@pytest.fixture
def server() -> Iterator[TestServer]:
    """A server whose time is moved by the test alone."""
    with running_server(clock=ManualClock(START_MS)) as server:
        yield server
