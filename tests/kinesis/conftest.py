"""One server for all tests of the API, whose clock stands still until a test moves it.

`--nodes KIND` has the tests served by another kind of server; see `node_kinds`.

Each test makes streams of its own, so none disturbs another; one that needs to be alone with its
streams (ListStreams, limits) takes a region of its own.
"""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from kinesis_store import Store
from kinesis_wire import TRANSITION_MS, Wire
from node_kinds import running_nodes
from shardline.settings import NodeSettings
from shardline.testing import ManualClock, TestServer, running_server


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    store, _, count = config.getoption("--nodes").partition(":")
    for item in items:
        if store == "kafka" and item.get_closest_marker("many_shards"):
            item.add_marker(pytest.mark.skip("a broker beside the tests has not so many files"))
    if count in ("", "1"):
        return
    for item in items:
        if item.get_closest_marker("one_node"):
            item.add_marker(pytest.mark.skip("it reaches into one node"))
        if store == "kafka" and item.get_closest_marker("exact_rates"):
            item.add_marker(pytest.mark.skip("gateways know of each other's use a moment later"))


@pytest.fixture(scope="session")
def server(request: pytest.FixtureRequest) -> Iterator[TestServer]:
    kind = request.config.getoption("--nodes")
    with running_nodes(kind, clock=ManualClock()) as server:
        yield server


@pytest.fixture(scope="session")
def aws(server: TestServer) -> Iterator[Wire]:
    with Wire(server) as wire:
        yield wire


@pytest.fixture(scope="session")
def slow_aws(request: pytest.FixtureRequest) -> Iterator[Wire]:
    """A server where transitions take TRANSITION_MS."""
    kind = request.config.getoption("--nodes")
    settings = replace(NodeSettings(data_dir=None, port=0), transition_ms=TRANSITION_MS)
    with running_nodes(kind, settings, clock=ManualClock()) as server, Wire(server) as wire:
        yield wire


@pytest.fixture(scope="session")
def limited_server() -> Iterator[TestServer]:
    with running_server(clock=ManualClock(), limits="aws") as server:
        yield server


@pytest.fixture
def limited(limited_server: TestServer) -> Iterator[Wire]:
    """A server with all of AWS's limits, of which no test has used anything so far."""
    limited_server.clock.advance(minutes=1)
    with Wire(limited_server) as wire:
        yield wire


@pytest.fixture(scope="session")
def unlimited_server() -> Iterator[TestServer]:
    with running_server(clock=ManualClock(), limits="off") as server:
        yield server


@pytest.fixture
def unlimited(unlimited_server: TestServer) -> Iterator[Wire]:
    """A server with the limits that protect it, and no others."""
    with Wire(unlimited_server) as wire:
        yield wire


@pytest.fixture
def second(server: TestServer) -> Iterator[Wire]:
    """Another caller, for what happens in the middle of a call."""
    with Wire(server) as wire:
        yield wire


@pytest.fixture
def store(server: TestServer, monkeypatch: pytest.MonkeyPatch) -> Store:
    return Store(server, monkeypatch)
