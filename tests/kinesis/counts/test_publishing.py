"""What was counted gets to the store: over restarts and failures, once and not twice."""

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from kinesis_metrics import Published
from kinesis_samples import make_stream
from shardline.kinesis.counts import publishing
from shardline.kinesis.counts.publishing import Publisher
from shardline.kinesis.shelf import LiveStream
from shardline.settings import NodeSettings
from shardline.storage.entities import Stream
from shardline.storage.metric_store import Datum, Metric, MetricStore
from shardline.storage.record_log import WriteFailed
from shardline.testing import ManualClock, MemoryMetrics, running_server

MINUTE_MS = 60_000
INCOMING = Metric(
    "000000000000", "us-east-1", "AWS/Kinesis", "IncomingRecords", (("StreamName", "flights"),)
)


class Book:
    """What a publisher asks of a book."""

    def __init__(self) -> None:
        self.live = LiveStream(make_stream())

    def counts(self) -> list[tuple[Stream, object]]:
        return [(self.live.stream, self.live.counts)]

    def put(self, minute: int = 0) -> None:
        self.live.counts.put_record(minute * MINUTE_MS, 10, 0.001)


def publisher_of(book: Book, store: MetricStore) -> Publisher:
    return Publisher(book, store)  # type: ignore[arg-type]


async def records(store: MetricStore) -> dict[int, float]:
    points = await store.read(INCOMING, 60, 0, 10**9)
    return {point.start_s // 60: point.statistics.sum for point in points}


def test_a_restart_keeps_what_was_counted(tmp_path: Path) -> None:
    # Given a server on disk whose records nobody asked for the metrics of
    settings = replace(NodeSettings(data_dir=tmp_path, port=0))
    clock = ManualClock()
    for _ in range(2):
        with running_server(settings, clock=clock) as server:
            kinesis = server.client("kinesis")
            with contextlib.suppress(kinesis.exceptions.ResourceInUseException):
                kinesis.create_stream(StreamName="events", ShardCount=1)
            kinesis.put_record(StreamName="events", PartitionKey="k", Data=b"x")
    # Then the next one has those of both, in the same minute
    with running_server(settings, clock=clock) as server:
        [point] = Published(server, "events").datapoints("IncomingRecords")
        assert point.statistics.sum == 2


def test_processes_add_up() -> None:
    async def run() -> None:
        store, books = MemoryMetrics(), [Book(), Book()]
        publishers = [publisher_of(book, store) for book in books]
        for book in books:
            book.put(1)
        books[0].put(2)
        for publisher in publishers:
            await publisher.flush()
            await publisher.flush()
        assert await records(store) == {1: 2, 2: 1}

    asyncio.run(run())


class BrokenStore(MemoryMetrics):
    """A store that cannot be written while it is `broken`, and is slow."""

    broken = True

    async def put(self, data: Sequence[Datum]) -> None:
        await asyncio.sleep(0.001)
        if self.broken:
            raise WriteFailed("the disk is full")
        await super().put(data)


def test_what_cannot_be_written_is_written_later(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def run() -> None:
        # Given a store that cannot be written for three flushes
        store, book = BrokenStore(), Book()
        publisher = publisher_of(book, store)
        for minute in (1, 2, 2, 3):
            book.put(minute)
            await publisher.flush()
        # Then nothing is lost when it can
        store.broken = False
        await publisher.flush()
        assert await records(store) == {1: 1, 2: 2, 3: 1}
        # But what is too much is given up, the oldest first
        store.broken = True
        monkeypatch.setattr(publishing, "MOST_WAITING", 6)  # the metrics of one put
        for minute in (4, 5, 6):
            book.put(minute)
            await publisher.flush()
        store.broken = False
        await publisher.flush()
        assert await records(store) == {1: 1, 2: 2, 3: 1, 6: 1}

    asyncio.run(run())
    assert {record.message for record in caplog.records} == {
        "what Kinesis counted could not be stored: the disk is full"
    }


class SlowStore(MemoryMetrics):
    """A store that has `written` before it answers."""

    def __init__(self) -> None:
        super().__init__()
        self.written = asyncio.Event()

    async def put(self, data: Sequence[Datum]) -> None:
        await super().put(data)
        self.written.set()
        await asyncio.sleep(0.001)


def test_a_reader_that_goes_leaves_the_flush_to_end_once() -> None:
    async def run() -> None:
        store, book = SlowStore(), Book()
        publisher = publisher_of(book, store)
        # Given a reader whose request is cancelled while it flushes
        book.put(1)
        first = asyncio.create_task(publisher.flush())
        await store.written.wait()
        first.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await first
        # When another one flushes at the same time
        await publisher.flush()
        # Then it sees what was counted, once
        assert await records(store) == {1: 1}

    asyncio.run(run())
