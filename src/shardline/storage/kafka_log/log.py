"""`KafkaLog`: the record log on Apache Kafka."""

import asyncio
import time
from collections.abc import Iterable, Mapping, Sequence

from shardline.clock import Clock
from shardline.storage.kafka_log import messages
from shardline.storage.kafka_log.changes import Changes, horizon
from shardline.storage.kafka_log.cluster import Cluster, Place
from shardline.storage.kafka_log.cursors import Cursor, Cursors
from shardline.storage.kafka_log.follower import Follower
from shardline.storage.kafka_log.owner import claim
from shardline.storage.kafka_log.peers import NoPeers, Peers
from shardline.storage.kafka_log.ranges import Ranges
from shardline.storage.kafka_log.shards import Shard, StreamShards
from shardline.storage.kafka_log.streams import Streams
from shardline.storage.kafka_log.url import KafkaSettings
from shardline.storage.kafka_log.writer import Sent, Writer
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

_CURSORS = 8  # reads that fetch at one time


class KafkaLog:
    """A `RecordLog` on Kafka; see `shardline.storage.record_log` for what it promises.

    Open it with `KafkaLog.open`. Durable means: `min.insync.replicas` brokers have the record.
    Arrival times never decrease as far as one gateway knows; with several, they may go back by as
    much as the gateways' clocks differ, for records that are written at the same moment.
    """

    def __init__(self, settings: KafkaSettings, clock: Clock, ranges: Ranges, peers: Peers) -> None:
        self._clock = clock
        self._peers = peers
        self._cluster = Cluster(settings)
        self._writer = Writer(settings)
        self._streams = Streams(ranges, self._cluster, self._writer)
        self._changes = Changes(self._streams, self._cluster, peers)
        self._cursors = Cursors(settings, _CURSORS)
        self._follower = Follower(settings, self._heard)
        self._numbers = LogNumbers()
        self._waiting = 0
        self._closing: asyncio.Task[None] | None = None

    @classmethod
    async def open(
        cls, settings: KafkaSettings, clock: Clock, ranges: Ranges, peers: Peers | None = None
    ) -> "KafkaLog":
        """Open the log of a cluster. Raises `StoreUnusable`, with what would be right."""
        log = cls(settings, clock, ranges, peers or NoPeers())
        try:
            await claim(settings, log._cluster, log._writer, await ranges.owner())
        except BaseException:
            await log.close()
            raise
        return log

    def _check_open(self, error: type[StorageError] = WriteFailed) -> None:
        if self._closing is not None:
            raise error("the record log is closed")

    async def create(self, stream: str, shards: Iterable[int]) -> None:
        """Make shards; see the contract."""
        self._check_open()
        await self._changes.create(stream, shards)

    async def append(self, stream: str, batches: Sequence[Batch]) -> Sequence[Appended | Refused]:
        """Append batches; see the contract. Raises `ValueError` for columns of unequal length."""
        self._check_open()
        size = 0
        for _, keys, datas, _ in batches:
            if len(keys) != len(datas):
                raise ValueError(f"a batch has {len(keys)} keys and {len(datas)} datas")
            size += sum(map(len, keys)) + sum(map(len, datas))
        shards = self._known(stream, batches)
        if shards is None:
            shards = await self._streams.find(stream, [batch.shard for batch in batches])
            self._check_open()
        now_ms, began = self._clock.now_ms(), time.perf_counter()
        self._waiting += 1
        try:
            sent = [self._send(stream, batch, shards[batch.shard], now_ms) for batch in batches]
            answers = [
                await self._answer(shards[batch.shard], batch, *each)
                for batch, each in zip(batches, sent, strict=True)
            ]
        except WriteFailed:
            self._numbers.failed += 1
            raise
        finally:
            self._waiting -= 1
        self._numbers.add(1, size, time.perf_counter() - began)
        if (found := self._streams.get(stream)) is not None:
            found.waiters.wake([batch.shard for batch in batches])
        return answers

    def _known(self, stream: str, batches: Sequence[Batch]) -> dict[int, Shard] | None:
        """The shards, if they are known: then calls are sent in the order they came."""
        found = self._streams.get(stream)
        if found is None:
            return None
        try:
            return found.find(batch.shard for batch in batches)
        except UnknownShard:
            return None

    def _send(
        self, stream: str, batch: Batch, shard: Shard, now_ms: int
    ) -> tuple[Sent | None, int]:
        """Send a batch; None if the shard takes none. With its arrival."""
        arrived_ms = max(now_ms, shard.last_ms)
        if not shard.is_open:
            return None, -1
        if not batch.keys:
            return None, arrived_ms
        place = (self._cluster.topic(stream), shard.range.partition)
        keys, values = messages.columns(stream, batch, arrived_ms)
        sent = self._writer.send(place, arrived_ms, messages.headers(batch), keys, values)
        shard.last_ms = arrived_ms
        shard.flying.add(sent)
        sent.done.add_done_callback(lambda _: shard.flying.discard(sent))
        return sent, arrived_ms

    async def _answer(
        self, shard: Shard, batch: Batch, sent: Sent | None, arrived_ms: int
    ) -> Appended | Refused:
        if arrived_ms < 0:
            return Refused(batch.shard)
        if sent is None:
            return Appended(batch.shard, shard.tail - shard.range.first, arrived_ms)
        offsets = await asyncio.shield(sent.done)
        if sent.is_late or not self._peers.holds():
            raise WriteFailed("Kafka took too long: the shard may have been sealed by others")
        shard.reached(offsets[-1] + 1)
        first = offsets[0] - shard.range.first
        if offsets[-1] - offsets[0] == len(offsets) - 1:
            return Appended(batch.shard, first, arrived_ms)
        apart = tuple(offset - shard.range.first for offset in offsets)
        return Appended(batch.shard, first, arrived_ms, apart)

    async def seal(self, stream: str, shards: Iterable[int]) -> Mapping[int, int]:
        """Seal shards; see the contract."""
        self._check_open()
        return await self._changes.seal(stream, shards)

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
        """Read a page; see the contract."""
        self._check_open(StorageError)
        found, known = await self._find(stream, shard)
        end = await self._end(found, known)
        range_ = known.range
        is_sealed = range_.end is not None
        at = max(start + range_.first, range_.horizon)
        if at >= end:
            return Page((), max(at, end) - range_.first, None, is_sealed)
        place = (found.topic, range_.partition)
        reading = messages.Reading(
            stream, shard, place, range_.first, at, end, is_sealed,
            max_records, max_bytes, since_ms, ciphers,
        )  # fmt: skip
        return await self._read(reading)

    async def _read(self, reading: messages.Reading) -> Page:
        cursor: Cursor = await self._cursors.borrow(reading.place, reading.start)
        loop = asyncio.get_running_loop()
        page = loop.run_in_executor(self._cursors.threads, messages.read_page, cursor, reading)
        page.add_done_callback(lambda _: self._cursors.give_back(cursor))
        return await asyncio.shield(page)

    async def _find(self, stream: str, shard: int) -> tuple[StreamShards, Shard]:
        known = (await self._streams.find(stream, [shard]))[shard]
        return await self._streams.stream(stream), known

    async def _end(self, found: StreamShards, shard: Shard) -> int:
        """Kafka's offset after the last record that was acknowledged, to whomever."""
        if shard.range.end is None:
            end = await self._cluster.end((found.topic, shard.range.partition))
            shard.reached(end)
        return shard.tail if shard.range.end is None else shard.range.end

    async def offset_at(self, stream: str, shard: int, time_ms: int) -> int:
        """The offset of a time; see the contract."""
        self._check_open(StorageError)
        found, known = await self._find(stream, shard)
        end = await self._end(found, known)
        partition = known.range.partition
        first = await self._cluster.first_since(found.topic, {partition: time_ms})
        return horizon(known.range, first[partition], end) - known.range.first

    async def tail(self, stream: str, shard: int) -> int:
        """The offset after the last record; see the contract. Asks Kafka, once for many calls."""
        found, known = await self._find(stream, shard)
        return await self._end(found, known) - known.range.first

    async def wait(self, stream: str, shard: int, offset: int) -> None:
        """Wait for the tail; see the contract. Returns also when the log is closed."""
        found, known = await self._find(stream, shard)
        wanted = known.range.first + offset
        known.waiting += 1
        try:
            while not self._is_over(found, known) and known.tail <= wanted:
                end = await self._end(found, known)
                if end > wanted or self._is_over(found, known):
                    return
                self._follower.follow((found.topic, known.range.partition), end)
                if known.tail <= wanted:
                    await found.waiters.wait(shard)
        finally:
            known.waiting -= 1

    def _is_over(self, found: StreamShards, shard: Shard) -> bool:
        return self._closing is not None or found.is_dropped or not shard.is_open

    def _heard(self, news: Mapping[Place, tuple[int, int]]) -> None:
        """Wake who waits for records that came, and follow no longer where nobody does."""
        by_topic = {found.topic: found for found in self._streams.known()}
        for place, (tail, arrived_ms) in news.items():
            topic, partition = place
            waiting = 0
            if (found := by_topic.get(topic)) is not None:
                for number, shard in found.at(partition):
                    shard.reached(tail, arrived_ms)
                    waiting += shard.waiting
                    found.waiters.wake([number])
            if not waiting:
                self._follower.leave(place)

    async def trim(self, stream: str, before_ms: int) -> Mapping[int, int]:
        """Move the horizons; see the contract."""
        self._check_open()
        return await self._changes.trim(stream, before_ms)

    async def drop(self, stream: str) -> None:
        """Remove a stream; see the contract."""
        self._check_open()
        await self._changes.drop(stream)

    async def reload(self, stream: str) -> None:
        """Take over what another gateway changed; see `Peers`."""
        await self._streams.reload(stream)

    def numbers(self) -> LogNumbers:
        """A commit is a call; see the contract."""
        return self._numbers.copy(self._waiting)

    async def close(self) -> None:
        """Wait for what was sent, and release everything; see the contract."""
        if self._closing is None:
            self._closing = asyncio.ensure_future(self._close())
        await asyncio.shield(self._closing)

    async def _close(self) -> None:
        shards = [shard for found in self._streams.known() for shard in found.all().values()]
        await asyncio.gather(*(shard.landed() for shard in shards))
        for found in self._streams.known():
            found.waiters.wake_all()
        await self._follower.close()
        await self._cursors.close()
        await self._writer.close()
        await self._cluster.close()
