"""Several nodes over one store, which are one server to their clients.

They live in one event loop of this process and share the clock, so that a test of the API can be
run as it is: each call goes to the next node. What only processes show (signals, deaths, one port)
is tested with processes.
"""

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from functools import partial
from pathlib import Path

from cluster.kafka import KafkaCluster
from many_nodes import nodes_of
from real_kafka import kafka_cluster
from real_postgres import postgres_server
from shardline.node import Node
from shardline.node.stores import owned
from shardline.settings import NodeSettings
from shardline.storage.members import make_places
from shardline.testing import ManualClock, TestServer, running_server
from shardline.testing.server import ACCESS_KEY, SECRET_KEY, serving

KINDS = ("memory", "sqlite:1", "sqlite:3", "kafka:1", "kafka:3")
"""What `--nodes` may be: where records are kept, and how many nodes serve them. With records in
Kafka, everything else is in PostgreSQL."""

Running = AbstractAsyncContextManager[Node]


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
    with contextlib.ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        if store == "kafka":
            settings = replace(
                settings,
                catalog_url=stack.enter_context(postgres_server()).fresh_database(),
                log_url=kafka_url(stack.enter_context(kafka_cluster(brokers=1))),
                key_file=directory / "master-key",
            )
            start = partial(_gateways, settings, directory, int(count), clock)
        else:
            settings = replace(settings, data_dir=directory / "data")
            start = partial(_of_one_directory, settings, int(count), clock)
        yield stack.enter_context(serving(start, clock, ManyNodes))


def kafka_url(cluster: KafkaCluster) -> str:
    """Where `serve --log` finds the one broker of a cluster."""
    return f"kafka://{cluster.bootstrap_servers}/?replication=1"


def _of_one_directory(settings: NodeSettings, count: int, clock: ManualClock) -> Running:
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


@contextlib.asynccontextmanager
async def _gateways(
    settings: NodeSettings, directory: Path, count: int, clock: ManualClock
) -> AsyncIterator[Node]:
    """Nodes as the gateways of a cluster; the first of them stands for all."""
    async with contextlib.AsyncExitStack() as stack:
        nodes = []
        for number in range(count):
            its = replace(settings, data_dir=directory / f"gateway-{number}")
            nodes.append(await stack.enter_async_context(Node.running(its, clock=clock)))
        while not nodes[0].members.is_on_duty():  # someone before may not know that it is not
            await nodes[0].members.told(0.05)
        nodes[0].all_nodes = nodes
        yield nodes[0]
