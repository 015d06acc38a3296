"""Reading: pages, where a time lies, where the tail is, and waiting for it to move."""

import asyncio
from collections.abc import Collection, Mapping
from typing import NamedTuple

from shardline.storage.kafka_log import adopted, messages
from shardline.storage.kafka_log.changes import horizon
from shardline.storage.kafka_log.cluster import Cluster, Place
from shardline.storage.kafka_log.contact import Contact
from shardline.storage.kafka_log.cursors import Cursors, consumer_config
from shardline.storage.kafka_log.follower import Follower
from shardline.storage.kafka_log.pages import Decoder, Reading, read_page
from shardline.storage.kafka_log.shards import Shard, StreamShards
from shardline.storage.kafka_log.streams import Streams
from shardline.storage.kafka_log.url import KafkaSettings
from shardline.storage.record_log import Ciphers, Page, StorageError

_CURSORS = 8  # reads that fetch at one time


class _Side(NamedTuple):
    """What reads one kind of topics."""

    cursors: Cursors
    follower: Follower
    decoder: Decoder


class Reader:
    """Reads the shards of a log: those in topics of our own, and those that are others' topics."""

    def __init__(
        self, settings: KafkaSettings, streams: Streams, cluster: Cluster, contact: Contact
    ) -> None:
        self._streams = streams
        self._cluster = cluster
        self._contact = contact
        ours = consumer_config(settings)
        self._ours = _Side(Cursors(ours, _CURSORS), Follower(ours, self._heard), messages.decoder)
        self._others = _Side(
            Cursors(adopted.cursor_config(settings), _CURSORS),
            Follower(adopted.follower_config(settings), self._heard),
            adopted.decoder,
        )
        self._is_closed = False

    async def read(
        self,
        stream: str,
        shard: int,
        start: int,
        *,
        max_records: int,
        max_bytes: int,
        since_ms: int,
        ciphers: Ciphers,
    ) -> Page:
        """Read a page; see the contract."""
        self._check()
        found, known = await self._find(stream, shard)
        end = await self._end(found, known)
        range_ = known.range
        is_sealed = range_.end is not None
        at = max(start + range_.first, range_.horizon)
        if at >= end:
            return Page((), max(at, end) - range_.first, None, is_sealed)
        place = (found.topic, range_.partition)
        reading = Reading(
            stream, shard, place, range_.first, at, end, is_sealed,
            max_records, max_bytes, since_ms, ciphers,
        )  # fmt: skip
        return await self._read(self._others if found.is_adopted else self._ours, reading)

    async def _read(self, side: _Side, reading: Reading) -> Page:
        cursor = await side.cursors.borrow(reading.place, reading.start)
        loop = asyncio.get_running_loop()
        page = loop.run_in_executor(side.cursors.threads, read_page, cursor, reading, side.decoder)
        page.add_done_callback(lambda _: side.cursors.give_back(cursor))
        return await asyncio.shield(page)

    async def _find(self, stream: str, shard: int) -> tuple[StreamShards, Shard]:
        if (found := self._streams.get(stream)) is None or shard not in found.all():
            await self._streams.find(stream, [shard])
            found = await self._streams.stream(stream)
        return found, found.find([shard])[shard]

    async def _end(self, found: StreamShards, shard: Shard) -> int:
        """Kafka's offset after the last record that was acknowledged, to whomever."""
        if shard.range.end is None:
            end = await self._cluster.end((found.topic, shard.range.partition))
            self._contact.heard()
            shard.reached(end)
            if found.is_adopted:
                return end  # which may be lower than before: the topic is not ours
        return shard.tail if shard.range.end is None else shard.range.end

    async def offset_at(self, stream: str, shard: int, time_ms: int) -> int:
        """The offset of a time; see the contract."""
        self._check()
        found, known = await self._find(stream, shard)
        end = await self._end(found, known)
        partition = known.range.partition
        first = await self._cluster.offsets.first_since(
            found.topic, {partition: time_ms}, committed=found.is_adopted
        )
        return horizon(known.range, first[partition], end) - known.range.first

    async def tail(self, stream: str, shard: int) -> int:
        """The offset after the last record; see the contract. Asks Kafka, once for many calls."""
        self._check()
        found, known = await self._find(stream, shard)
        return await self._end(found, known) - known.range.first

    async def wait(self, stream: str, shard: int, offset: int) -> None:
        """Wait for the tail; see the contract. Returns also when the log is closed."""
        found, known = await self._find(stream, shard)
        wanted = known.range.first + offset
        known.waiting += 1
        try:
            while not self._is_over(found, known) and known.tail <= wanted:
                self._contact.check()
                end = await self._end(found, known)
                if end > wanted or self._is_over(found, known):
                    return
                side = self._others if found.is_adopted else self._ours
                side.follower.follow((found.topic, known.range.partition), end)
                if known.tail <= wanted:
                    self._contact.check()  # who waits when it is lost later is woken
                    await found.waiters.wait(shard)
        finally:
            known.waiting -= 1

    def _check(self) -> None:
        if self._is_closed:
            raise StorageError("the record log is closed")
        self._contact.check()

    def _is_over(self, found: StreamShards, shard: Shard) -> bool:
        return self._is_closed or found.is_dropped or not (shard.is_open or found.is_adopted)

    def _heard(self, news: Mapping[Place, tuple[int, int]]) -> Collection[Place]:
        """Wake who waits for records that came; answer the places where nobody does."""
        left: list[Place] = []
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
                left.append(place)
        return left

    async def close(self) -> None:
        """Let go who waits, and release the consumers."""
        self._is_closed = True
        for found in self._streams.known():
            found.waiters.wake_all()
        for side in (self._ours, self._others):
            await side.follower.close()
            await side.cursors.close()
