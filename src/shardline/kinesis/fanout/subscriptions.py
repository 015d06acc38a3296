"""All subscriptions of a node: one at a time for each consumer and shard."""

from shardline.clock import Clock
from shardline.gateway.errors import ServiceError
from shardline.kinesis import messages
from shardline.kinesis.book import StreamBook
from shardline.kinesis.fanout.events import SharedEvents
from shardline.kinesis.fanout.feeds import Feed
from shardline.kinesis.fanout.subscription import Pace, Subscription, Surroundings
from shardline.kinesis.lineage import shard_id
from shardline.kinesis.reading import Reading
from shardline.kinesis.shelf import LiveStream
from shardline.storage.entities import Consumer, Shard
from shardline.storage.record_log import RecordLog, UnknownShard

TAKEOVER_MS = 5_000

Key = tuple[str, str, int]
"""Stream id, consumer and shard."""


class Subscriptions:
    """Opens subscriptions and ends them."""

    def __init__(
        self,
        book: StreamBook,
        records: RecordLog,
        reading: Reading,
        clock: Clock,
        pace: Pace,
    ) -> None:
        events = SharedEvents(reading, clock)
        self._around = Surroundings(book, reading, events, clock, pace)
        self._records = records
        self._open: dict[Key, Subscription] = {}
        self._feeds: dict[tuple[str, int], Feed] = {}
        self._stopped = False

    async def open(
        self, live: LiveStream, consumer: Consumer, shard: Shard, offset: int
    ) -> Subscription:
        """Subscribe a consumer to a shard from an offset on; an older subscription is taken over.

        Raises ResourceInUseException while the older one is less than 5 seconds old, and
        ResourceNotFoundException.
        """
        tail = await self._tail(live, shard)
        if self._stopped:
            raise messages.internal_failure()
        key = (live.stream.id, consumer.name, shard.number)
        error = _already_subscribed(live, consumer, shard)
        older = self._open.get(key)
        if older is not None:
            if self._around.clock.now_ms() - older.opened_ms < TAKEOVER_MS:
                raise error
            older.end(error)
        feed = self._feed(live, shard, tail)

        def on_close(closed: Subscription) -> None:
            if self._open.get(key) is closed:
                del self._open[key]
            if not feed.subscribers and self._feeds.get(key[::2]) is feed:
                del self._feeds[key[::2]]

        opened = Subscription(self._around, live, consumer, shard, offset, feed, on_close)
        self._open[key] = opened
        return opened

    def stop(self) -> None:
        """End all of them in order, and open no more."""
        self._stopped = True
        for subscription in tuple(self._open.values()):
            subscription.end()

    async def _tail(self, live: LiveStream, shard: Shard) -> int:
        try:
            return await self._around.reading.tail(live.stream, shard)
        except UnknownShard as gone:
            raise messages.shard_does_not_exist(
                shard_id(shard.number), live.stream.name, live.stream.account
            ) from gone

    def _feed(self, live: LiveStream, shard: Shard, tail: int) -> Feed:
        key = (live.stream.id, shard.number)
        feed = self._feeds.get(key)
        if feed is None:
            over = shard.end is not None
            feed = Feed(self._records, live.stream.id, shard.number, tail=tail, over=over)
            self._feeds[key] = feed
        return feed


def _already_subscribed(live: LiveStream, consumer: Consumer, shard: Shard) -> ServiceError:
    stream = live.stream
    return messages.already_subscribed(
        consumer.name, shard_id(shard.number), stream.name, stream.account
    )
