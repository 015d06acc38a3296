"""`SqliteLog`: the record log in a directory of SQLite files, one for each stream."""

import asyncio
import contextlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TypeVar, cast

from shardline.clock import Clock
from shardline.storage.log_numbers import LogNumbers
from shardline.storage.record_log import (
    NO_CIPHERS,
    Appended,
    Batch,
    Ciphers,
    Page,
    Refused,
    StorageError,
    UnknownShard,
    WriteFailed,
)
from shardline.storage.sqlite_log import reads, schema
from shardline.storage.sqlite_log.bounds import Bounds
from shardline.storage.sqlite_log.directory import Directory
from shardline.storage.sqlite_log.extent import Extent, unknown
from shardline.storage.sqlite_log.finding import Finding
from shardline.storage.sqlite_log.jobs import Alone, Append, Create, Seal, Trim, Write
from shardline.storage.sqlite_log.openfiles import OpenFiles, allowed
from shardline.storage.sqlite_log.shared_stream import TOPIC, SharedStream, Sharing, has_turn
from shardline.storage.sqlite_log.stream import Shared, Stream
from shardline.storage.sqlite_log.streamfile import StreamFile

T = TypeVar("T")

_STREAM_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")


class SqliteLog:
    """A `RecordLog` in a directory; see `shardline.storage.record_log` for what it promises.

    Open it with `SqliteLog.open`. Durable means: in the write-ahead log, and synced. An append
    waits until its commit is synced; while one commit is in flight the appends that come queue,
    and go together in the next one, up to `Bounds.commit_bytes`. A producer therefore never has
    more in the queue than the requests that it waits for.
    """

    def __init__(
        self, directory: Directory, clock: Clock, bounds: Bounds, sharing: Sharing | None = None
    ) -> None:
        self._directory = directory
        self._sharing = sharing
        self._files = OpenFiles(allowed(bounds.open_files))
        self._shared = Shared(
            clock,
            bounds,
            ThreadPoolExecutor(bounds.commit_threads, "shardline-commit"),
            ThreadPoolExecutor(bounds.read_threads, "shardline-read"),
            used=self._files.use,
            dropped=self._forget,
        )
        self._loop = loop = asyncio.get_running_loop()
        # To ask for the running loop is a system call (getpid) in Python 3.11, at every append.
        self._future: Callable[[], asyncio.Future[object]] = loop.create_future
        self._streams: dict[str, Stream] = {}
        self._finding: Finding | None = None
        if sharing is not None:
            look = partial(self._look_for, sharing)
            self._finding = Finding(self._streams, look, self._known_or, self._shared.reads)
        self._closing: asyncio.Task[None] | None = None

    @classmethod
    async def open(
        cls,
        directory: Path,
        clock: Clock,
        *,
        vfs: str | None = None,
        bounds: Bounds | None = None,
        sharing: Sharing | None = None,
    ) -> "SqliteLog":
        """Open the log in a directory, which is made if it is missing.

        `vfs` names an SQLite VFS that is registered with apsw, for tests that inject faults. With
        `sharing` several processes have the log open, and somebody else has `claim`ed the
        directory; without, it is this one's alone. Raises `StoreUnusable`.
        """
        bounds = bounds or Bounds()
        schema.bound_caches(bounds.cache_bytes)
        loop = asyncio.get_running_loop()
        if sharing is not None:
            joined = await loop.run_in_executor(
                None, Directory.join, directory, vfs, bounds.wal_bytes
            )
            log = cls(joined, clock, bounds, sharing)
            sharing.bus.on(TOPIC, log._told)
            return log
        opened, found = await loop.run_in_executor(
            None, Directory.open, directory, vfs, bounds.wal_bytes
        )
        log = cls(opened, clock, bounds)
        for name, (file, extents) in found.items():
            log._streams[name] = Stream(name, file, extents, log._shared)
        return log

    def _forget(self, stream: Stream) -> None:
        self._files.forget(stream)
        self._streams.pop(stream.id, None)

    async def _then(self, stream: str, do: Callable[[Stream], T]) -> T:
        """What `do` answers for a stream, in the order of the calls. Raises `UnknownShard`."""
        found = self._streams.get(stream)
        if found is not None:
            return do(found)
        # Only another process can have made one that is not known.
        if self._finding is None or self._closing or not _STREAM_ID.fullmatch(stream):
            raise unknown(stream)
        return await self._finding.then(stream, do)

    async def _submit(self, stream: str, job: Write | Alone) -> object:
        try:
            return await (await self._then(stream, lambda found: found.submit(job)))
        except asyncio.CancelledError:
            job.future.cancel()
            raise

    async def _up_to_date(self, stream: str) -> Stream:
        """A stream of which all is known that is committed. Raises `UnknownShard`."""
        found = self._streams.get(stream)
        if found is None:
            found = await self._then(stream, lambda found: found)
        if found.is_behind:
            await found.catch_up()
        return found

    def _look_for(self, sharing: Sharing, stream: str) -> StreamFile | None:
        """In a reading thread."""
        file = self._directory.find(stream)
        return file if file is not None and has_turn(file, sharing) else None

    def _known_or(self, stream: str, file: StreamFile) -> Stream:
        """A stream that has just been found or is about to be made, unless it is known already."""
        known = self._streams.get(stream)
        if known is not None:
            return known
        if self._sharing is None:
            made = Stream(stream, file, {}, self._shared)
        else:
            made = SharedStream(stream, file, self._shared, self._sharing)
        self._streams[stream] = made
        return made

    def _told(self, worker: int, stream: bytes) -> None:
        found = self._streams.get(stream.decode())
        if isinstance(found, SharedStream) and self._closing is None:
            found.told()

    def _check_open(self, error: type[StorageError] = WriteFailed) -> None:
        if self._closing is not None:
            raise error("the record log is closed")

    async def create(self, stream: str, shards: Iterable[int]) -> None:
        """Make shards; see the contract. Raises `ValueError` for an id that names no file."""
        self._check_open()
        if not _STREAM_ID.fullmatch(stream):
            raise ValueError(f"a stream id is letters, digits, '_' and '-', not {stream!r}")
        job = Create(self._future(), tuple(shards))
        try:
            found = await self._then(stream, lambda found: found)
        except UnknownShard:
            found = self._known_or(stream, self._directory.new(stream))
        created = found.submit(job)
        if self._finding is not None:
            self._finding.made(stream, found)
        await created

    async def append(self, stream: str, batches: Sequence[Batch]) -> Sequence[Appended | Refused]:
        """Append batches; see the contract. Raises `ValueError` for columns of unequal length."""
        self._check_open()
        size = 0
        for batch in batches:
            keys, datas = batch.keys, batch.datas
            if len(keys) != len(datas):
                raise ValueError(f"a batch has {len(keys)} keys and {len(datas)} datas")
            size += sum(map(len, keys)) + sum(map(len, datas))
        job = Append(self._future(), batches, size)
        found = self._streams.get(stream)
        answers = await (found.submit(job) if found else self._submit(stream, job))
        return cast(Sequence[Appended | Refused], answers)

    async def seal(self, stream: str, shards: Iterable[int]) -> Mapping[int, int]:
        """Seal shards; see the contract."""
        self._check_open()
        job = Seal(self._future(), tuple(shards))
        return cast(Mapping[int, int], await self._submit(stream, job))

    async def read(
        self,
        stream: str,
        shard: int,
        start: int,
        *,
        max_records: int,
        max_bytes: int,
        since_ms: int,
        ciphers: Ciphers = NO_CIPHERS,
    ) -> Page:
        """Read a page; see the contract. At the tail it is answered without asking a thread."""
        self._check_open(StorageError)
        found = await self._up_to_date(stream)
        extent = found.extent(shard)
        start = max(start, extent.horizon)
        if start >= extent.next or since_ms > extent.last_ms:
            next_ = max(start, extent.next)
            return Page((), next_, None, extent.is_read_up(next_))
        return await found.read(
            partial(
                reads.read_page,
                stream=stream,
                shard=shard,
                extent=extent,
                start=start,
                max_records=max_records,
                max_bytes=max_bytes,
                since_ms=since_ms,
                ciphers=ciphers,
            )
        )

    async def offset_at(self, stream: str, shard: int, time_ms: int) -> int:
        """The offset of a time; see the contract."""
        self._check_open(StorageError)
        found = await self._up_to_date(stream)
        extent = found.extent(shard)
        if time_ms > extent.last_ms:
            return extent.next
        return await found.read(
            partial(
                reads.first_since,
                shard=shard,
                low=extent.horizon,
                high=extent.next,
                time_ms=time_ms,
            )
        )

    async def tail(self, stream: str, shard: int) -> int:
        """The offset after the last durable record; see the contract."""
        found = await self._up_to_date(stream)
        return found.extent(shard).next

    async def wait(self, stream: str, shard: int, offset: int) -> None:
        """Wait for the tail; see the contract. Returns also when the log is closed."""
        found = await self._up_to_date(stream)
        extent: Extent | None = found.extent(shard)
        while extent and extent.next <= offset and extent.end is None and self._closing is None:
            await found.wait_for_change(shard)
            extent = found.extents.get(shard)

    async def trim(self, stream: str, before_ms: int) -> Mapping[int, int]:
        """Move the horizons; see the contract."""
        self._check_open()
        job = Trim(self._future(), before_ms)
        return cast(Mapping[int, int], await self._submit(stream, job))

    async def drop(self, stream: str) -> None:
        """Remove a stream; see the contract. Raises `WriteFailed` when its file stays."""
        self._check_open()
        with contextlib.suppress(UnknownShard):
            await asyncio.shield(await self._then(stream, lambda found: found.drop()))

    def numbers(self) -> LogNumbers:
        """What was committed, and what waits; see the contract."""
        waiting = sum(stream.waiting for stream in self._streams.values())
        return self._shared.numbers.copy(waiting)

    def trouble(self) -> str | None:
        """Nothing: whether a disk takes records is known by trying; see the contract."""
        return None

    async def close(self) -> None:
        """Commit what was accepted, checkpoint, close the files; see the contract."""
        if self._closing is None:
            if self._finding is not None:
                self._finding.close(WriteFailed("the record log is closed"))
            self._closing = asyncio.ensure_future(self._close())
        await asyncio.shield(self._closing)

    async def _close(self) -> None:
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(None, self._shared.reads.shutdown)
        await asyncio.gather(*(stream.close() for stream in self._streams.values()))
        self._shared.commits.shutdown()  # every thread is idle, so this does not wait
        self._directory.close()
