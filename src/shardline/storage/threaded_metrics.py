"""A metric store whose work is done by two threads: one that writes and one that reads.

What the database is, is the business of the `Writer` and the `Reader`, each for its own thread, and
of `_told`, which says what the database's errors mean.
"""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Protocol, TypeVar

from shardline.storage.metric_store import Datapoint, Datum, Metric, Resolution
from shardline.storage.record_log import StorageError, WriteFailed

_Answer = TypeVar("_Answer")

_BATCH = 20_000
"""Data of one transaction, at most one call's more. What waits is bounded by the gateway's budget
for requests."""


class Writer(Protocol):
    """What the writing thread does."""

    def put(self, data: Sequence[Datum]) -> None:
        """Aggregate data into the store, all or none, durable on return."""

    def forget_some(self, now_s: int, after: int) -> int | None:
        """`MetricStore.forget` for the next metrics behind the id `after`, in one transaction.

        Answers where to go on, or None at the end. Others may write in between.
        """

    def close(self) -> None:
        """Close the connection."""


class Reader(Protocol):
    """What the reading thread does; see the methods of `MetricStore`."""

    def read(
        self, metric: Metric, resolution: Resolution, start_s: int, end_s: int
    ) -> list[Datapoint]:
        """See `MetricStore.read`."""

    def read_sums(
        self, metric: Metric, period_s: int, start_s: int, end_s: int, unit: str | None
    ) -> list[Datapoint]:
        """See `MetricStore.read_periods`; without values."""

    def read_values(
        self, metric: Metric, period_s: int, start_s: int, end_s: int, unit: str | None
    ) -> list[Datapoint]:
        """See `MetricStore.read_periods`; with values."""

    def metrics(
        self,
        account: str,
        region: str,
        namespace: str | None,
        name: str | None,
        since_s: int,
        after: Metric | None,
        limit: int,
    ) -> list[Metric]:
        """See `MetricStore.metrics`."""

    def close(self) -> None:
        """Close the connection."""


class ThreadedMetrics:
    """A `MetricStore`; see `shardline.storage.metric_store` for what it promises.

    What is put while a transaction is under way waits, and goes together in the next one.
    """

    def __init__(self, writer: Writer, reader: Reader) -> None:
        self._writer = writer
        self._reader = reader
        self._write_thread = ThreadPoolExecutor(1, "shardline-metrics-write")
        self._read_thread = ThreadPoolExecutor(1, "shardline-metrics-read")
        self._waiting: list[tuple[Sequence[Datum], asyncio.Future[None]]] = []
        self._writing: asyncio.Task[None] | None = None
        self._is_closed = False

    def _told(self, error: Exception, kind: type[StorageError]) -> StorageError | None:
        """What an error of the database is told as, by default as `kind`; None if it is none."""
        raise NotImplementedError

    async def put(self, data: Sequence[Datum]) -> None:
        """See the contract."""
        self._check_open(WriteFailed)
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((data, done))
        if self._writing is None:
            self._writing = asyncio.create_task(self._write_what_waits())
        await done

    async def _write_what_waits(self) -> None:
        while self._waiting:
            batch, size = [], 0
            while self._waiting and size < _BATCH:
                batch.append(self._waiting.pop(0))
                size += len(batch[-1][0])
            data = [datum for part, _ in batch for datum in part]
            error: BaseException | None = None
            try:
                await self._run(self._write_thread, partial(self._writer.put, data), WriteFailed)
            except Exception as failure:
                error = failure
            for _, done in batch:
                if done.done():
                    continue  # its caller has gone
                if error is None:
                    done.set_result(None)
                else:
                    done.set_exception(error)
        self._writing = None

    async def read(
        self, metric: Metric, resolution: Resolution, start_s: int, end_s: int
    ) -> Sequence[Datapoint]:
        """See the contract."""
        self._check_open(StorageError)
        work = partial(self._reader.read, metric, resolution, start_s, end_s)
        return await self._run(self._read_thread, work, StorageError)

    async def read_periods(
        self,
        metric: Metric,
        period_s: int,
        start_s: int,
        end_s: int,
        *,
        unit: str | None = None,
        with_values: bool = False,
    ) -> Sequence[Datapoint]:
        """See the contract."""
        self._check_open(StorageError)
        read = self._reader.read_values if with_values else self._reader.read_sums
        work = partial(read, metric, period_s, start_s, end_s, unit)
        return await self._run(self._read_thread, work, StorageError)

    async def metrics(
        self,
        account: str,
        region: str,
        *,
        namespace: str | None = None,
        name: str | None = None,
        since_s: int = 0,
        after: Metric | None = None,
        limit: int,
    ) -> Sequence[Metric]:
        """See the contract."""
        self._check_open(StorageError)
        work = partial(
            self._reader.metrics, account, region, namespace, name, since_s, after, limit
        )
        return await self._run(self._read_thread, work, StorageError)

    async def forget(self, now_s: int) -> None:
        """See the contract. What is put meanwhile goes between its transactions."""
        after: int | None = 0
        while after is not None:
            self._check_open(WriteFailed)
            work = partial(self._writer.forget_some, now_s, after)
            after = await self._run(self._write_thread, work, WriteFailed)

    async def close(self) -> None:
        """See the contract. Idempotent."""
        if self._is_closed:
            return
        self._is_closed = True
        if self._writing is not None:
            await self._writing
        await self._run(self._read_thread, self._reader.close, StorageError)
        await self._run(self._write_thread, self._writer.close, StorageError)
        self._read_thread.shutdown()
        self._write_thread.shutdown()

    def _check_open(self, error: type[StorageError]) -> None:
        if self._is_closed:
            raise error("the metric store is closed")

    async def _run(
        self, thread: ThreadPoolExecutor, work: Callable[[], _Answer], kind: type[StorageError]
    ) -> _Answer:
        try:
            return await asyncio.get_running_loop().run_in_executor(thread, work)
        except Exception as error:
            told = self._told(error, kind)
            if told is None:
                raise
            raise told from error
