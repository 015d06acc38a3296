"""A server in a thread of this process."""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from typing import Any, TypeVar

from shardline.kinesis.limit_modes import LimitsMode
from shardline.node import Node
from shardline.settings import NodeSettings
from shardline.testing.clock import ManualClock
from shardline.testing.memory_log import MemoryLog
from shardline.testing.memory_metrics import MemoryMetrics

Result = TypeVar("Result")

ACCESS_KEY, SECRET_KEY = "test", "test"


class TestServer:
    """A running server. `endpoint` is its URL, `clock` its stream time, `node` its parts."""

    __test__ = False  # the name is for people; pytest is not to collect it

    def __init__(self, node: Node, clock: ManualClock, loop: asyncio.AbstractEventLoop) -> None:
        self.node = node
        self.clock = clock
        self.endpoint = node.endpoint
        self.region = node.settings.region
        self._loop = loop
        self._clients: list[Any] = []

    def client(self, service: str = "kinesis", **settings: Any) -> Any:
        """A boto3 client of this server, with its root key; `settings` go to boto3.

        It is closed with the server.
        """
        import boto3

        defaults = {
            "endpoint_url": self.endpoint,
            "region_name": self.region,
            "aws_access_key_id": self.node.root_key.access_key,
            "aws_secret_access_key": self.node.root_key.secret,
        }
        client = boto3.client(service, **{**defaults, **settings})
        self._clients.append(client)
        return client

    def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Run a coroutine on the server's own event loop, and wait for it."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def upkeep(self) -> None:
        """Do now what a server does now and then: trim, forget shards and metrics that expired."""
        self.run(self.node.upkeep.run_once())
        self.run(self.node.metric_upkeep.run_once())
        self.run(self.node.alarms.trim())

    def tick(self) -> None:
        """Do now what a server does every minute: publish metrics, and scale the streams that are
        on demand or have the stream module's rules of scaling.

        Whoever moves the clock has this done. On the server's own loop it would wait for itself,
        and is left to the next time.
        """
        if not self._is_own_loop():
            self.run(self.node.publisher.flush())
            self.run(self.node.on_demand.run_once())
            self.run(self.node.module_scaler.run_once())

    def look_at_alarms(self) -> None:
        """Do now what a server does every minute: put alarms in the states that metrics say.

        Whoever moves the clock has this done, as `tick`. Metrics count at once, without the ten
        seconds that a server lets them settle.
        """
        if not self._is_own_loop():
            self.run(self.node.alarms.evaluator.look(settle_ms=0))

    def finish_actions(self) -> None:
        """Wait until the actions of alarms were taken, or given up after all tries."""
        self.run(self.node.alarms.courier.idle())

    def _is_own_loop(self) -> bool:
        try:
            return asyncio.get_running_loop() is self._loop
        except RuntimeError:
            return False

    def close_clients(self) -> None:
        """Close the connections of the clients that were made here."""
        for client in self._clients:
            client.close()


@contextlib.contextmanager
def running_server(
    settings: NodeSettings | None = None,
    *,
    clock: ManualClock | None = None,
    limits: LimitsMode | None = None,
) -> Iterator[TestServer]:
    """A server on a free port of loopback, its root key `test`/`test`, all of it in memory.

    `settings` may ask for more, such as a data directory; its port 0 stays a free one. `limits`
    says which of AWS's limits hold, whatever the settings say of it.
    """
    settings = settings or NodeSettings(data_dir=None, port=0)
    if limits is not None:
        settings = replace(settings, limits=limits)
    if settings.root_key is None:
        settings = replace(settings, root_key=(ACCESS_KEY, SECRET_KEY))
    clock = clock or ManualClock(running=True)

    def node() -> AbstractAsyncContextManager[Node]:
        return Node.running(
            settings, clock=clock, memory=lambda clock: (MemoryLog(clock), MemoryMetrics())
        )

    with serving(node, clock) as server:
        yield server


@contextlib.contextmanager
def serving(
    running: Callable[[], AbstractAsyncContextManager[Node]],
    clock: ManualClock,
    make: Callable[[Node, ManualClock, asyncio.AbstractEventLoop], TestServer] = TestServer,
) -> Iterator[TestServer]:
    """A server around the node that `running` gives on the event loop of a thread."""
    started: Future[tuple[Node, asyncio.AbstractEventLoop, asyncio.Event]] = Future()
    thread = threading.Thread(
        target=asyncio.run, args=(_serve(running, started),), name="shardline-test-server"
    )
    thread.start()
    try:
        node, loop, stop = started.result()
    except BaseException:
        thread.join()
        raise
    server = make(node, clock, loop)
    ends = [clock.watch(watcher) for watcher in (server.tick, server.look_at_alarms)]
    try:
        yield server
    finally:
        for end_watch in ends:
            end_watch()
        server.close_clients()
        with contextlib.suppress(RuntimeError):  # its loop is closed: it ended by itself
            loop.call_soon_threadsafe(stop.set)
        thread.join()


async def _serve(
    running: Callable[[], AbstractAsyncContextManager[Node]],
    started: "Future[tuple[Node, asyncio.AbstractEventLoop, asyncio.Event]]",
) -> None:
    stop = asyncio.Event()
    try:
        async with running() as node:
            started.set_result((node, asyncio.get_running_loop(), stop))
            await node.until(stop)
    except BaseException as error:
        if started.done():
            raise
        started.set_exception(error)
