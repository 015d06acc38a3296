"""Several nodes over one store, which are one server to their clients.

They live in one event loop of this process and share the clock, so that a test of the API can be
run as it is: each call goes to the next node. What only processes show (signals, deaths, one port)
is tested with processes.
"""

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from functools import partial
from pathlib import Path

from shardline.node import Node
from shardline.node.stores import owned
from shardline.settings import NodeSettings
from shardline.storage.members import make_places
from shardline.testing import ManualClock, TestServer, running_server
from shardline.testing.server import ACCESS_KEY, SECRET_KEY, serving

KINDS = ("memory", "sqlite:1", "sqlite:3")
"""What `--nodes` may be: where records are kept, and how many nodes serve them."""


class ManyNodes(TestServer):
    """A server of several nodes, of which the first is on duty."""

    def tick(self) -> None:
        """As `TestServer.tick`, after the others have told what they counted."""
        if not self._is_own_loop():
            for node in nodes_of(self)[1:]:
                for work, seconds in node.together.chores():
                    assert seconds
                    self.run(work())
            self.run(asyncio.sleep(0.01))  # for the messages
            self.run(self.node.together.flush())
        super().tick()


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
        start = partial(_nodes, settings, int(count), clock)
        with serving(start, clock, ManyNodes) as server:
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
        await stack.enter_async_context(owned(settings))
        nodes = [
            await stack.enter_async_context(Node.running(settings, clock=clock, place=place))
            for place in make_places(count)
        ]
        assert nodes[0].members.is_on_duty()
        nodes[0].all_nodes = nodes
        yield nodes[0]
