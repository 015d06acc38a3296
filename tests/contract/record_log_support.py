"""What the record log's suites share: clocks, ways to open a log, a model of a log."""

import asyncio
import contextlib
import itertools
import os
import shutil
import uuid
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from shardline.clock import Clock
from shardline.storage.kafka_log.url import KafkaSettings
from shardline.storage.log_numbers import LogNumbers
from shardline.storage.members import Bus, make_places
from shardline.storage.record_log import Batch, Page, RecordLog
from shardline.storage.sqlite_log import Bounds, Sharing, SqliteLog, claimed

T = TypeVar("T")

ALL = 1_000_000_000  # more records, or bytes, than any test has

# So small that a few records make several frames, commits, checkpoints and slices of deletion. One
# committing thread, so that what is run in it has the files to itself (see `crash_copy`).
SMALL = Bounds(
    frame_bytes=40,
    commit_bytes=120,
    wal_bytes=100_000,
    free_bytes=60,
    open_files=2,
    commit_threads=1,
    read_threads=2,
)


class TakingTurns:
    """Several logs as one: each call goes to the next.

    Calls that are under way together go to the same one: only those of one process have an order.
    """

    def __init__(self, logs: Sequence[RecordLog], close: Callable[[], None]) -> None:
        self.logs = logs
        self._turns = itertools.cycle(logs)
        self._log = logs[0]
        self._under_way = 0
        self._close = close

    def __getattr__(self, name: str) -> Any:
        async def call(*args: Any, **kwargs: Any) -> Any:
            if not self._under_way:
                self._log = next(self._turns)
            self._under_way += 1
            try:
                return await getattr(self._log, name)(*args, **kwargs)
            finally:
                self._under_way -= 1

        return call

    def numbers(self) -> LogNumbers:
        return self._log.numbers()

    async def close(self) -> None:
        for log in self.logs:
            await log.close()
        self._close()


async def shared_logs(
    directory: Path, clock: Clock, bounds: Bounds | None = None, processes: int = 3
) -> TakingTurns:
    """The logs of several workers on one directory, in this process."""
    claim = contextlib.ExitStack()
    claim.enter_context(claimed(directory))
    places = make_places(processes)
    for descriptor in {each for place in places for each in place.descriptors()}:
        claim.callback(os.close, descriptor)
    buses = [Bus(place) for place in places]
    for bus in buses:
        bus.open()
    logs = [
        await SqliteLog.open(directory, clock, bounds=bounds, sharing=Sharing(bus)) for bus in buses
    ]

    def close() -> None:
        for bus in buses:
            bus.close()
        claim.close()

    return TakingTurns(logs, close)


class SetClock:
    """A clock that also goes back, as a machine's does."""

    def __init__(self, now_ms: int = 1_000_000) -> None:
        self.at = now_ms

    def now_ms(self) -> int:
        return self.at


def batch(shard: int, *datas: bytes, key: bytes = b"k") -> Batch:
    """A batch of records that have the same key."""
    return Batch(shard, [key] * len(datas), list(datas))


async def read_all(log: RecordLog, stream: str, shard: int, start: int = 0) -> Page:
    """Everything from `start` on."""
    return await log.read(stream, shard, start, max_records=ALL, max_bytes=ALL, since_ms=0)


Record = tuple[int, int, bytes, bytes]  # offset, arrival, key, data


def records(page: Page) -> list[Record]:
    """The records of a page, one by one."""
    return [
        (run.first + place, run.arrived_ms, key, data)
        for run in page.runs
        for place, (key, data) in enumerate(zip(run.keys, run.datas, strict=True))
    ]


def datas(page: Page) -> list[bytes]:
    """The data of a page's records."""
    return [data for _, _, _, data in records(page)]


def crash_copy(log: SqliteLog, source: Path, target: Path) -> None:
    """Copy a log's files as they are at one moment, as a crash of the process leaves them.

    The copy is made in the only committing thread, between two commits.
    """
    log._shared.commits.submit(shutil.copytree, source, target).result()


def kafka_settings(brokers: str, replication: int = 1) -> KafkaSettings:
    """Settings with a prefix that no other test has."""
    prefix = f"test-{uuid.uuid4().hex}-"
    return KafkaSettings(brokers, prefix, replication, min(2, replication), 10_000)


@dataclass
class ModelShard:
    """A shard as a plain list that nothing is ever removed from."""

    records: list[tuple[int, bytes, bytes]] = field(default_factory=list)
    horizon: int = 0
    sealed: bool = False

    def first_since(self, time_ms: int) -> int:
        """The offset of the first record kept that arrived then or later."""
        for offset in range(self.horizon, len(self.records)):
            if self.records[offset][0] >= time_ms:
                return offset
        return len(self.records)

    def append(self, part: Batch, now_ms: int) -> tuple[int, int] | None:
        """The offset and the arrival of a batch, or None if it is refused."""
        if self.sealed:
            return None
        arrived_ms = max([now_ms] + [at for at, _, _ in self.records[-1:]])
        first = len(self.records)
        self.records += [(arrived_ms, key, data) for _, key, data in _rows(part)]
        return first, arrived_ms

    def read(self, start: int, max_records: int, max_bytes: int, since_ms: int) -> Page | tuple:
        """(records, next, waiting_ms, at_end), by the contract's words."""
        offset = max(start, self.horizon)
        if offset < len(self.records):
            offset = max(offset, self.first_since(since_ms))
        given: list[Record] = []
        size = 0
        while offset < len(self.records) and len(given) < max_records:
            arrived_ms, key, data = self.records[offset]
            size += len(key) + len(data)
            if given and size > max_bytes:
                break
            given.append((offset, arrived_ms, key, data))
            offset += 1
        waiting_ms = self.records[offset][0] if offset < len(self.records) else None
        return given, offset, waiting_ms, self.sealed and offset >= len(self.records)


def _rows(part: Batch) -> Sequence[tuple[int, bytes, bytes]]:
    return [(part.shard, key, data) for key, data in zip(part.keys, part.datas, strict=True)]


def run(body: Callable[[], Awaitable[T]]) -> T:
    """Run a test's coroutine, and fail if it leaves tasks behind."""

    async def main() -> T:
        result = await body()
        left = asyncio.all_tasks() - {asyncio.current_task()}
        assert not left, left
        return result

    return asyncio.run(main())
