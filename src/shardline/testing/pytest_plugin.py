"""The pytest plugin: `shardline` is a running server with its clients and its clock."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from shardline.testing import TestServer


@pytest.fixture
def shardline() -> "Iterator[TestServer]":
    """A server of this test's own, in memory: `shardline.client("kinesis")`, `shardline.clock`."""
    from shardline.testing import running_server  # loaded by the tests that ask for it, only

    with running_server() as server:
        yield server
