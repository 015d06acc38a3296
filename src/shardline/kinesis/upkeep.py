"""What has to be done now and then: trim what has expired, forget shards that held it.

Nobody depends on it being punctual: reads pass over what has expired, and listings leave expired
shards out, by the time of the call. Upkeep only frees the space.
"""

import logging
from collections.abc import Iterable
from zlib import crc32

from shardline.clock import Clock
from shardline.kinesis.book import StreamBook
from shardline.kinesis.lineage import horizon_ms, is_visible
from shardline.kinesis.shelf import LiveStream
from shardline.storage.record_log import OutOfReach, RecordLog, StorageError, UnknownShard

log = logging.getLogger("shardline.upkeep")

# To look for what has expired in 10,000 partitions of Kafka takes 1.7 s of CPU: calls are not to
# wait for that once a minute.
PARTS = 60


class Upkeep:
    """Trims the streams of a book."""

    def __init__(self, book: StreamBook, records: RecordLog, clock: Clock) -> None:
        self._book = book
        self._records = records
        self._clock = clock
        self._part = 0

    async def run_once(self) -> None:
        """Do what is due for every stream, and complete transitions that nobody looked at."""
        await self._look_after(self._book.all())

    async def run_part(self) -> None:
        """Do so for the next of `PARTS` parts of the streams; so many calls come to every one."""
        part = self._part
        self._part = (part + 1) % PARTS
        streams = self._book.all()
        await self._look_after(s for s in streams if crc32(s.stream.id.encode()) % PARTS == part)

    async def _look_after(self, streams: Iterable[LiveStream]) -> None:
        for live in streams:
            try:
                await self._book.settle(live)
                await self.trim(live)
            except UnknownShard:
                continue  # deleted meanwhile
            except OutOfReach:
                return  # for every stream, of which the log has told once
            except StorageError as error:
                log.error("upkeep of stream %s: %s", live.stream.name, error)

    async def trim(self, live: LiveStream) -> None:
        """Give up what has expired in one stream."""
        stream = live.stream
        if stream.status not in ("ACTIVE", "UPDATING") or stream.topic is not None:
            return  # what expires of an adopted stream is its topic's affair
        horizon = horizon_ms(stream, self._clock.now_ms())
        if horizon <= stream.created_ms:
            return  # it is younger than what it keeps
        await self._records.trim(stream.id, horizon)
        gone = [shard.number for shard in stream.shards if not is_visible(shard, horizon)]
        if gone:
            await self._book.forget_shards(live, gone)
