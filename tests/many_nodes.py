"""Several nodes over one store, which are one server to their clients.

They live in one event loop of this process and share the clock, so that a test of the API can be
run as it is: each call goes to the next node. What only processes show (signals, deaths, one port)
is tested with processes.
"""

import contextlib
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from functools import partial
from pathlib import Path

from shardline.node import Node
from shardline.settings import NodeSettings
from shardline.storage.datadir import DataDir
from shardline.storage.members import make_places
from shardline.testing import ManualClock, TestServer, running_server
from shardline.testing.server import ACCESS_KEY, SECRET_KEY, serving

KINDS = ("memory", "sqlite:1", "sqlite:3")
"""What `--nodes` may be: where records are kept, and how many nodes serve them."""


def nodes_of(server: TestServer) -> Sequence[Node]:
    """All nodes of a server."""
    return getattr(server.node, "all_nodes", None) or [server.node]


def endpoints_of(server: TestServer) -> Sequence[str]:
    """Where a client reaches a server."""
    return [node.endpoint for node in nodes_of(server)]


@contextlib.contextmanager
def running_nodes(
    kind: str, settings: NodeSettings | None = None, *, clock: ManualClock
) -> Iterator[TestServer]:
    """A server of that kind; one that is in memory is `running_server`'s own."""
    store, _, count = kind.partition(":")
    settings = settings or NodeSettings(data_dir=None, port=0)
    if store == "memory":
        with running_server(settings, clock=clock) as server:
            yield server
        return
    settings = replace(settings, root_key=settings.root_key or (ACCESS_KEY, SECRET_KEY))
    with tempfile.TemporaryDirectory() as directory:
        settings = replace(settings, data_dir=Path(directory) / "data")
        with serving(partial(_nodes, settings, int(count), clock), clock) as server:
            yield server


def _nodes(
    settings: NodeSettings, count: int, clock: ManualClock
) -> AbstractAsyncContextManager[Node]:
    return Node.running(settings, clock=clock) if count == 1 else _workers(settings, count, clock)


@contextlib.asynccontextmanager
async def _workers(settings: NodeSettings, count: int, clock: ManualClock) -> AsyncIterator[Node]:
    """Nodes as the workers of one data directory; the first of them stands for all."""
    assert settings.data_dir is not None
    async with contextlib.AsyncExitStack() as stack:
        stack.enter_context(DataDir.open(settings.data_dir))
        nodes = [
            await stack.enter_async_context(Node.running(settings, clock=clock, place=place))
            for place in make_places(count)
        ]
        nodes[0].all_nodes = nodes
        yield nodes[0]
