"""What was counted, taken to the metric store: what Kinesis publishes in AWS/Kinesis.

The store adds what it is given to what it has, so that a flush gives what came since the last one,
and processes that count the same stream add up. A minute without a sample has no datapoint, as on
AWS. What cannot be written is kept and tried again at the next flush.
"""

import asyncio
import logging

from shardline.kinesis.book import StreamBook
from shardline.kinesis.counts.ledger import Place
from shardline.kinesis.counts.metrics import BY_NAME, NAMESPACE
from shardline.storage.entities import Stream
from shardline.storage.metric_store import Datum, Metric, MetricStore, aggregated
from shardline.storage.record_log import StorageError
from shardline.uninterrupted import Uninterrupted

log = logging.getLogger("shardline.kinesis")

SLICE = 1000  # sets that are made at once
MOST_WAITING = 200_000  # sets that wait for a store that cannot be written; the oldest are given up


class Publisher:
    """Publishes what the streams of a book counted."""

    def __init__(self, book: StreamBook, store: MetricStore) -> None:
        self._book = book
        self._store = store
        self._waiting: list[Datum] = []
        self._flushing = asyncio.Lock()
        self._work = Uninterrupted()  # cut off, a put would be written and then put again

    async def flush(self) -> None:
        """Let everything that was counted up to now be in the store when this returns.

        For who reads the metrics, so that what has just happened is seen; and for every minute, and
        the end of a node. A failure of the store is logged, and is not the caller's.
        """
        await self._work.run(self._flush())

    async def _flush(self) -> None:
        async with self._flushing:  # who finds nothing to write must wait for who is writing it
            told = len(self._waiting)
            for stream, counts in list(self._book.counts()):
                for (minute_ms, place), statistics in counts.take().items():
                    unit = BY_NAME[place.level, place.name].unit
                    metric = metric_of(stream, place)
                    self._waiting.append(Datum(metric, unit, 60, minute_ms // 1000, statistics))
                if len(self._waiting) - told > SLICE:
                    told = len(self._waiting)
                    await asyncio.sleep(0)  # calls come before the counting of many streams
            if not self._waiting:
                return
            try:
                await self._store.put(self._waiting)
            except StorageError as error:
                log.error("what Kinesis counted could not be stored: %s", error)
                self._waiting = _together(self._waiting)[-MOST_WAITING:]
            else:
                self._waiting = []


def metric_of(stream: Stream, place: Place) -> Metric:
    """The metric of a stream, or of a part of it, as it is published."""
    dimensions = [("StreamName", stream.name)]
    if place.level == "shard":
        dimensions.insert(0, ("ShardId", place.part))
    elif place.level == "consumer":
        dimensions.insert(0, ("ConsumerName", place.part))
    return Metric(stream.account, stream.region, NAMESPACE, place.name, tuple(dimensions))


def _together(data: list[Datum]) -> list[Datum]:
    """The same data with one datum for each metric and minute, oldest first."""
    sets = aggregated(data)
    merged = [
        Datum(metric, unit, 60, start_s, statistics)
        for (metric, (_, start_s, unit)), statistics in sets.items()
    ]
    return sorted(merged, key=lambda datum: datum.at_s)
