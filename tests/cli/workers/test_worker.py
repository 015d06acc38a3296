"""A worker's own life: a real node, with this process as its parent."""

import asyncio
import dataclasses
import os
import time
import urllib.request
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from shardline.cli.workers import wire
from shardline.cli.workers.process import WorkerFailed, WorkerProcess
from shardline.cli.workers.wire import StartOrder
from shardline.gateway.listening import reserve
from shardline.settings import NodeSettings
from shardline.storage.datadir import DataDir
from shardline.storage.members import make_places

pytestmark = pytest.mark.slow


def with_order(path: Path, work: Callable[[StartOrder], Awaitable[None]]) -> None:
    """Own a directory, a port and a place, and give the order to serve from them."""
    places = make_places(1)
    (listener,) = reserve("127.0.0.1", 0, 1)
    with DataDir.open(path) as data_dir, listener:
        order = StartOrder(
            1, NodeSettings(path), places[0], data_dir.lock, listener.fileno(), os.getpid()
        )
        asyncio.run(work(order))
    for descriptor in places[0].descriptors():
        os.close(descriptor)


def is_healthy(endpoint: str) -> bool:
    with urllib.request.urlopen(f"{endpoint}/_shardline/health", timeout=10) as answer:
        return bool(answer.status == 200)


@pytest.mark.parametrize("order_to_end", [wire.LEAVE, wire.STOP, b""])
def test_it_serves_and_ends_as_it_is_told(tmp_path: Path, order_to_end: bytes) -> None:
    """The end of the wire is an order too: where no kernel ends a worker with its parent."""

    async def work(order: StartOrder) -> None:
        drain_s = 0.5 if order_to_end == wire.LEAVE else 30.0
        settings = dataclasses.replace(order.settings, drain_s=drain_s)
        worker = await WorkerProcess.start(dataclasses.replace(order, settings=settings))
        ready = await worker.ready()
        assert await asyncio.to_thread(is_healthy, ready.endpoint)
        # When
        begun = time.monotonic()
        if order_to_end:
            worker._writer.write(order_to_end)
        else:
            worker._writer.write_eof()
        # Then
        await worker.closed()
        assert await worker.ended() in ((0,) if order_to_end else (0, 1))
        assert time.monotonic() - begun < 5

    with_order(tmp_path, work)
    DataDir.open(tmp_path).close()


def test_it_says_why_it_cannot_start(tmp_path: Path) -> None:
    async def work(order: StartOrder) -> None:
        (tmp_path / "root-key").write_text("garbled")
        (tmp_path / "root-key").chmod(0o600)
        worker = await WorkerProcess.start(order)
        with pytest.raises(WorkerFailed, match=r"the root key file .* is garbled"):
            await worker.ready()
        assert await worker.ended() == 1

    with_order(tmp_path, work)


def test_it_does_not_begin_for_a_parent_that_is_gone(tmp_path: Path) -> None:
    async def work(order: StartOrder) -> None:
        worker = await WorkerProcess.start(dataclasses.replace(order, parent=1))
        with pytest.raises(WorkerFailed, match="ended with exit code 1"):
            await worker.ready()

    with_order(tmp_path, work)
    assert not (tmp_path / "catalog.db").exists()
