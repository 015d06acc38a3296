"""A `RecordLog` in memory: for tests, and as the shortest statement of what a log does.

It lives as long as its process: durable, here, means kept in a list.
"""

import asyncio
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from shardline.clock import Clock
from shardline.storage import encrypted, frames
from shardline.storage.log_numbers import LogNumbers
from shardline.storage.record_log import (
    NO_CIPHERS,
    Appended,
    Batch,
    CipherMissing,
    Ciphers,
    Page,
    Refused,
    Run,
    StorageError,
    Undecipherable,
    UnknownShard,
    WriteFailed,
)

_Stored = tuple[bytes, bytes] | bytes  # key and data, or what a cipher made of them


@dataclass(slots=True)
class _Shard:
    stream: str
    number: int
    arrivals: list[int] = field(default_factory=list)  # one per record that was not trimmed
    records: list[_Stored] = field(default_factory=list)
    horizon: int = 0
    last_ms: int = 0
    sealed: bool = False

    @property
    def next(self) -> int:
        return self.horizon + len(self.records)

    def append(self, batch: Batch, now_ms: int) -> Appended | Refused:
        if self.sealed:
            return Refused(batch.shard)
        first = self.next
        arrived_ms = max(now_ms, self.last_ms)
        if batch.keys:
            self.last_ms = arrived_ms
            self.records += self._stored(batch)
            self.arrivals += [arrived_ms] * len(batch.keys)
        return Appended(batch.shard, first, arrived_ms)

    def _stored(self, batch: Batch) -> list[_Stored]:
        records = list(zip(batch.keys, batch.datas, strict=True))
        if batch.cipher is None:
            return [*records]
        return [
            batch.cipher.encrypt(frames.pack([[key]], [[data]], 0)[0].body, self._place(offset))
            for offset, (key, data) in enumerate(records, self.next)
        ]

    def _place(self, offset: int) -> bytes:
        return encrypted.place("record", self.stream, self.number, offset)

    def _record(self, offset: int, ciphers: Ciphers) -> tuple[bytes, bytes]:
        stored = self.records[offset - self.horizon]
        if isinstance(stored, tuple):
            return stored
        body = encrypted.decrypt(stored, self._place(offset), ciphers)
        (key,), (data,), _ = frames.unpack(body, max_records=1, max_bytes=0, at_least_one=True)
        return key, data

    def first_since(self, time_ms: int) -> int:
        return self.horizon + bisect_left(self.arrivals, time_ms)

    def read(
        self, start: int, max_records: int, max_bytes: int, since_ms: int, ciphers: Ciphers
    ) -> Page:
        next_ = max(start, self.first_since(since_ms))
        runs: list[Run] = []
        size = 0
        while next_ < self.next and max_records:
            is_encrypted = isinstance(self.records[next_ - self.horizon], bytes)
            try:
                key, data = self._record(next_, ciphers)
            except (CipherMissing, Undecipherable):
                if not runs:
                    raise
                break
            max_bytes -= len(key) + len(data)
            if runs and max_bytes < 0:
                break
            runs.append(
                Run(next_, self.arrivals[next_ - self.horizon], [key], [data], is_encrypted)
            )
            max_records -= 1
            size += len(key) + len(data)
            next_ += 1
        waiting_ms = self.arrivals[next_ - self.horizon] if next_ < self.next else None
        return Page(tuple(runs), next_, waiting_ms, self.sealed and next_ >= self.next, size)

    def trim(self, before_ms: int) -> int:
        horizon = self.first_since(before_ms)
        del self.records[: horizon - self.horizon], self.arrivals[: horizon - self.horizon]
        self.horizon = horizon
        return horizon


class MemoryLog:
    """An ordered list of records per shard, in memory. See the port for the contract."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._streams: dict[str, dict[int, _Shard]] = {}
        self._changed = asyncio.Condition()
        self._closed = False
        self._numbers = LogNumbers()

    def _check_open(self, error: type[StorageError] = WriteFailed) -> None:
        if self._closed:
            raise error("the record log is closed")

    def _shards(self, stream: str) -> dict[int, _Shard]:
        if stream not in self._streams:
            raise UnknownShard(f"there is no stream {stream}")
        return self._streams[stream]

    def _shard(self, stream: str, shard: int) -> _Shard:
        shards = self._shards(stream)
        if shard not in shards:
            raise UnknownShard(f"stream {stream} has no shard {shard}")
        return shards[shard]

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    async def create(self, stream: str, shards: Iterable[int]) -> None:
        """Make shards, and the stream with its first ones. Idempotent."""
        self._check_open()
        for shard in shards:
            self._streams.setdefault(stream, {}).setdefault(shard, _Shard(stream, shard))

    async def append(self, stream: str, batches: Sequence[Batch]) -> Sequence[Appended | Refused]:
        """Append batches; answer one result per batch, in their order, each for itself."""
        self._check_open()
        for batch in batches:
            keys, datas = batch.keys, batch.datas
            if len(keys) != len(datas):
                raise ValueError(f"a batch has {len(keys)} keys and {len(datas)} datas")
        self._shards(stream)
        shards = [self._shard(stream, batch.shard) for batch in batches]
        now_ms = self._clock.now_ms()
        results = [
            shard.append(batch, now_ms) for shard, batch in zip(shards, batches, strict=True)
        ]
        self._numbers.add(1, sum(sum(map(len, [*b.keys, *b.datas])) for b in batches), 0.0)
        await self._tell()
        return results

    async def seal(self, stream: str, shards: Iterable[int]) -> Mapping[int, int]:
        """Close shards for good and answer the end of each."""
        self._check_open()
        found = {shard: self._shard(stream, shard) for shard in shards}
        for shard in found.values():
            shard.sealed = True
        await self._tell()
        return {number: shard.next for number, shard in found.items()}

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
        """Read records from offset `start` (or the horizon, if that is later) in order."""
        self._check_open(StorageError)
        return self._shard(stream, shard).read(start, max_records, max_bytes, since_ms, ciphers)

    async def offset_at(self, stream: str, shard: int, time_ms: int) -> int:
        """The offset of the first record that arrived at `time_ms` or later; else the tail."""
        self._check_open(StorageError)
        return self._shard(stream, shard).first_since(time_ms)

    async def tail(self, stream: str, shard: int) -> int:
        """The offset after the last record."""
        return self._shard(stream, shard).next

    async def wait(self, stream: str, shard: int, offset: int) -> None:
        """Return when the tail is beyond `offset`, or the shard is sealed or dropped."""
        found = self._shard(stream, shard)
        async with self._changed:
            await self._changed.wait_for(
                lambda: (
                    found.next > offset
                    or found.sealed
                    or stream not in self._streams
                    or self._closed
                )
            )

    async def trim(self, stream: str, before_ms: int) -> Mapping[int, int]:
        """Give up the records that arrived before `before_ms`; answer the horizons."""
        self._check_open()
        return {number: shard.trim(before_ms) for number, shard in self._shards(stream).items()}

    async def drop(self, stream: str) -> None:
        """Remove a stream and all its records. Idempotent."""
        self._check_open()
        self._streams.pop(stream, None)
        await self._tell()

    def numbers(self) -> LogNumbers:
        """Every append is a commit of its own, and none waits."""
        return self._numbers.copy(0)

    def trouble(self) -> str | None:
        """Nothing."""
        return None

    async def close(self) -> None:
        """Let go of the tasks that wait; refuse every later call. Idempotent."""
        self._closed = True
        await self._tell()
