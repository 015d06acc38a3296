"""All subscriptions of a node: one at a time for each consumer and shard."""

from shardline.clock import Clock
from shardline.gateway.errors import ServiceError
from shardline.kinesis import messages
from shardline.kinesis.book import StreamBook
from shardline.kinesis.fanout.claims import Claims
from shardline.kinesis.fanout.events import SharedEvents
from shardline.kinesis.fanout.feeds import Feed
from shardline.kinesis.fanout.subscription import Pace, Subscription, Surroundings
from shardline.kinesis.lineage import shard_id
from shardline.kinesis.reading import Reading
from shardline.kinesis.shelf import LiveStream
from shardline.storage.entities import Consumer, Shard
from shardline.storage.record_log import RecordLog, UnknownShard
from shardline.storage.subscription_port import SubscriptionKey

TAKEOVER_MS = 5_000


class Subscriptions:
    """Opens subscriptions and ends them."""

    def __init__(
        self,
        book: StreamBook,
        records: RecordLog,
        reading: Reading,
        clock: Clock,
        pace: Pace,
        claims: Claims,
    ) -> None:
        events = SharedEvents(reading, clock)
        self._around = Surroundings(book, reading, events, clock, pace)
        self._records = records
        self._claims = claims
        claims.on_lost(self._lost)
        self._open: dict[SubscriptionKey, Subscription] = {}
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
        key = SubscriptionKey(live.stream.id, consumer.name, shard.number)
        error = _already_subscribed(live, key)
        now_ms = self._around.clock.now_ms()
        older = self._open.get(key)
        if older is not None and now_ms - older.opened_ms < TAKEOVER_MS:
            raise error
        if not await self._claims.take(key, now_ms, TAKEOVER_MS):
            raise error
        if self._stopped:
            raise messages.internal_failure()
        older = self._open.get(key)
        if older is not None:
            if self._around.clock.now_ms() - older.opened_ms < TAKEOVER_MS:
                raise error
            older.end(error)
        feed = self._feed(live, shard, tail)

        def on_close(closed: Subscription) -> None:
            if self._open.get(key) is closed:
                del self._open[key]
                self._claims.give(key)
            if not feed.subscribers and self._feeds.get((key.stream, key.shard)) is feed:
                del self._feeds[key.stream, key.shard]

        opened = Subscription(self._around, live, consumer, shard, offset, feed, on_close)
        self._open[key] = opened
        return opened

    def _lost(self, key: SubscriptionKey) -> None:
        """Another process took a subscription over."""
        mine, live = self._open.get(key), self._around.book.identified(key.stream)
        if mine is not None:
            mine.end(_already_subscribed(live, key) if live is not None else None)

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
        if feed is None or feed.failure is not None:
            over = shard.end is not None
            feed = Feed(self._records, live.stream.id, shard.number, tail=tail, over=over)
            self._feeds[key] = feed
        return feed


def _already_subscribed(live: LiveStream, key: SubscriptionKey) -> ServiceError:
    stream = live.stream
    return messages.already_subscribed(
        key.consumer, shard_id(key.shard), stream.name, stream.account
    )
