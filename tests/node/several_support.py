"""Several nodes over one catalog file and one log, in one process: all but the HTTP servers."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Any

from shardline.masterkey import MasterKey
from shardline.node.parts import Parts
from shardline.node.root_calls import call_as_root
from shardline.node.stores import Stores
from shardline.rootkey import RootKey
from shardline.settings import DEFAULT_ACCOUNT, DEFAULT_REGION, NodeSettings
from shardline.storage.catalog import SqlCatalog
from shardline.storage.members import Board
from shardline.testing import ManualClock
from shardline.testing.memory_log import MemoryLog
from shardline.testing.memory_metrics import MemoryMetrics
from storage.members.members_support import Nanoseconds, boards

KINESIS, IAM = 0, 2


class Worker(Parts):
    """One node: its services, and the task that follows the catalog."""

    following: asyncio.Task[None]

    async def call(self, operation: str, api: int = KINESIS, **params: Any) -> dict[str, Any]:
        """Call an operation as root."""
        return await call_as_root(
            self.apis[api], DEFAULT_ACCOUNT, DEFAULT_REGION, operation, params
        )

    async def begin(self) -> None:
        """Hold a lease, and follow."""
        await self.follower.renew()
        self.following = asyncio.create_task(self.follower.run())

    async def stall(self) -> None:
        """Follow no more, as a process that hangs."""
        self.following.cancel()
        await asyncio.wait([self.following])


@contextlib.asynccontextmanager
async def workers(
    count: int,
    tmp_path: Path,
    *,
    clock: ManualClock | None = None,
    leases: Nanoseconds | None = None,
    transition_ms: int = 0,
    catalog_of: Callable[[SqlCatalog], Any] = lambda catalog: catalog,
) -> AsyncIterator[list[Worker]]:
    """That many nodes that follow one another. `leases` is the time of their leases."""
    clock = clock or ManualClock()
    log, metrics = MemoryLog(clock), MemoryMetrics()
    master, root_key = MasterKey.random(), RootKey("AKIAROOT", "secret")
    settings = NodeSettings(data_dir=None, transition_ms=transition_ms)
    async with boards(count, tmp_path, leases) as members, contextlib.AsyncExitStack() as stack:

        async def start(board: Board) -> Worker:
            catalog = await SqlCatalog.open(tmp_path / "catalog.db", board)
            stack.push_async_callback(catalog.close)
            stores = Stores(root_key, master, catalog_of(catalog), log, metrics, board)
            worker = Worker(settings, stores, clock)
            await worker.load(stack)
            await worker.begin()
            stack.push_async_callback(worker.stall)
            return worker

        yield [await start(board) for board in members]


async def described(worker: Worker, name: str) -> Mapping[str, Any]:
    """What a node says of a stream."""
    answer = await worker.call("DescribeStreamSummary", StreamName=name)
    summary: Mapping[str, Any] = answer["StreamDescriptionSummary"]
    return summary
