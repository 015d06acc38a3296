"""What has to be done now and then: trim what has expired, forget shards that held it.

Nobody depends on it being punctual: reads pass over what has expired, and listings leave expired
shards out, by the time of the call. Upkeep only frees the space.
"""

import logging

from shardline.clock import Clock
from shardline.kinesis.book import StreamBook
from shardline.kinesis.lineage import horizon_ms, visible
from shardline.kinesis.shelf import LiveStream
from shardline.storage.record_log import OutOfReach, RecordLog, StorageError, UnknownShard

log = logging.getLogger("shardline.upkeep")


class Upkeep:
    """Trims the streams of a book."""

    def __init__(self, book: StreamBook, records: RecordLog, clock: Clock) -> None:
        self._book = book
        self._records = records
        self._clock = clock

    async def run_once(self) -> None:
        """Do what is due for every stream, and complete transitions that nobody looked at."""
        for live in self._book.all():
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
        now_ms = self._clock.now_ms()
        stream = live.stream
        if stream.status not in ("ACTIVE", "UPDATING") or stream.topic is not None:
            return  # what expires of an adopted stream is its topic's affair
        await self._records.trim(stream.id, horizon_ms(stream, now_ms))
        kept = {shard.number for shard in visible(stream, now_ms)}
        gone = [shard.number for shard in stream.shards if shard.number not in kept]
        if gone:
            await self._book.forget_shards(live, gone)
