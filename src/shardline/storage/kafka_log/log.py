"""`KafkaLog`: the record log on Apache Kafka."""

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence

from confluent_kafka import KafkaException

from shardline.clock import Clock
from shardline.storage.kafka_log.appender import Appender
from shardline.storage.kafka_log.changes import Changes
from shardline.storage.kafka_log.cluster import Cluster
from shardline.storage.kafka_log.contact import AnyBroker, Contact
from shardline.storage.kafka_log.owner import OWNER, claim
from shardline.storage.kafka_log.peers import NoPeers, Peers
from shardline.storage.kafka_log.reach import misconfigured
from shardline.storage.kafka_log.reader import Reader
from shardline.storage.kafka_log.shards import StreamShards
from shardline.storage.kafka_log.streams import Streams
from shardline.storage.kafka_log.url import KafkaSettings
from shardline.storage.kafka_log.writer import Writer
from shardline.storage.log_numbers import LogNumbers
from shardline.storage.range_port import RangeStore
from shardline.storage.record_log import (
    NO_CIPHERS,
    Appended,
    Batch,
    Ciphers,
    Page,
    Refused,
    UnknownShard,
    WriteFailed,
)


class KafkaLog:
    """A `RecordLog` on Kafka; see `shardline.storage.record_log` for what it promises.

    Open it with `KafkaLog.open`. Durable means: `min.insync.replicas` brokers have the record.
    Arrival times never decrease as far as one gateway knows; with several, they may go back by as
    much as the gateways' clocks differ, for records that are written at the same moment.
    """

    def __init__(
        self, settings: KafkaSettings, clock: Clock, ranges: RangeStore, peers: Peers
    ) -> None:
        self._cluster = Cluster(settings)
        self._contact = Contact(AnyBroker(settings, self._cluster.topic(OWNER)), self._lost_contact)
        self._writer = Writer(settings)
        self._streams = Streams(ranges, self._cluster, self._writer, settings.timeout_ms / 1000)
        self._changes = Changes(self._streams, self._cluster, self._contact)
        self._appender = Appender(self._streams, self._writer, peers, clock, self._contact)
        self._reader = Reader(settings, self._streams, self._cluster, self._contact)
        self._closing: asyncio.Task[None] | None = None

    @classmethod
    async def open(
        cls, settings: KafkaSettings, clock: Clock, ranges: RangeStore, peers: Peers | None = None
    ) -> "KafkaLog":
        """Open the log of a cluster. Raises `StoreUnusable`, with what would be right."""
        try:
            log = cls(settings, clock, ranges, peers or NoPeers())
        except KafkaException as error:
            raise misconfigured(settings, error) from error
        try:
            await claim(settings, log._cluster, log._writer, ranges)
        except BaseException:
            await log.close()
            raise
        log._contact.begin()
        return log

    def _lost_contact(self) -> None:
        """Let those who wait for records learn that these cannot come."""
        for found in self._streams.known():
            found.waiters.wake_all()

    async def create(self, stream: str, shards: Iterable[int]) -> None:
        """Make shards; see the contract."""
        self._appender.check_open()
        await self._changes.create(stream, shards)

    async def append(self, stream: str, batches: Sequence[Batch]) -> Sequence[Appended | Refused]:
        """Append batches; see the contract. Raises `ValueError` for columns of unequal length."""
        return await self._appender.append(stream, batches)

    async def seal(self, stream: str, shards: Iterable[int]) -> Mapping[int, int]:
        """Seal shards; see the contract."""
        self._appender.check_open()
        if (found := await self._adopted(stream)) is not None:
            raise WriteFailed(f"nothing ends Kafka's topic {found.topic}, which is only read")
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
        return await self._reader.read(
            stream,
            shard,
            start,
            max_records=max_records,
            max_bytes=max_bytes,
            since_ms=since_ms,
            ciphers=ciphers,
        )

    async def offset_at(self, stream: str, shard: int, time_ms: int) -> int:
        """The offset of a time; see the contract."""
        return await self._reader.offset_at(stream, shard, time_ms)

    async def tail(self, stream: str, shard: int) -> int:
        """The offset after the last record; see the contract. Asks Kafka, once for many calls."""
        return await self._reader.tail(stream, shard)

    async def wait(self, stream: str, shard: int, offset: int) -> None:
        """Wait for the tail; see the contract. Returns also when the log is closed."""
        await self._reader.wait(stream, shard, offset)

    async def trim(self, stream: str, before_ms: int) -> Mapping[int, int]:
        """Move the horizons; see the contract."""
        self._appender.check_open()
        if (found := await self._adopted(stream)) is not None:
            raise WriteFailed(f"nothing trims Kafka's topic {found.topic}, which is only read")
        return await self._changes.trim(stream, before_ms)

    async def drop(self, stream: str) -> None:
        """Remove a stream; see the contract. An adopted one is forgotten, its topic stays."""
        self._appender.check_open()
        if (found := await self._adopted(stream)) is not None:
            self._streams.forget(found)
            return
        await self._changes.drop(stream)

    async def _adopted(self, stream: str) -> StreamShards | None:
        """A stream that is somebody else's topic; None if it is not, or not there."""
        try:
            found = await self._streams.stream(stream)
        except UnknownShard:
            return None
        return found if found.is_adopted else None

    async def follow(self, streams: Collection[str] | None) -> None:
        """Take over what other gateways changed of these streams, or of any; see `RangeStore`."""
        await self._streams.follow(streams)

    def numbers(self) -> LogNumbers:
        """A commit is a call; see the contract."""
        return self._appender.numbers()

    def trouble(self) -> str | None:
        """That no broker answers; see the contract, and `contact`."""
        return self._contact.trouble

    async def close(self) -> None:
        """Wait for what was sent, and release everything; see the contract."""
        self._appender.is_closed = True
        if self._closing is None:
            self._closing = asyncio.ensure_future(self._close())
        await asyncio.shield(self._closing)

    async def _close(self) -> None:
        await self._contact.close()
        await self._streams.readiness.close()
        shards = [shard for found in self._streams.known() for shard in found.all().values()]
        await asyncio.gather(*(shard.landed() for shard in shards if shard.flying))
        await self._reader.close()
        await self._writer.close()
        await self._cluster.close()
