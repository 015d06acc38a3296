"""One subscription: the events that one consumer gets of one shard, from one call on.

It waits without polling: the shard's feed, the stream and whoever ends it call `wake`.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from shardline.clock import Clock
from shardline.gateway.errors import ServiceError
from shardline.gateway.types import Event
from shardline.kinesis import consumers, lineage, messages
from shardline.kinesis.book import StreamBook
from shardline.kinesis.counts.outcomes import outcome_of
from shardline.kinesis.fanout.events import SharedEvents, most_bytes, quiet
from shardline.kinesis.fanout.feeds import Feed
from shardline.kinesis.lifecycle import takes_records
from shardline.kinesis.reading import Reading
from shardline.kinesis.shelf import LiveStream
from shardline.storage.entities import Consumer, Shard

LIFE_MS = 300_000
HEARTBEAT_S = 5.0
BYTES_PER_S = 2 * 1024 * 1024
_QUIET_BYTES = 4096  # what an event without records takes


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast a subscription sends.

    `bytes_per_s` counts keys and data, and holds for streams that are `throttled`; the burst is one
    event. The figures are those of botocore's model, whose MB is taken for 2^20 bytes as elsewhere.
    """

    heartbeat_s: float = HEARTBEAT_S
    bytes_per_s: int = BYTES_PER_S


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What all subscriptions of a node share."""

    book: StreamBook
    reading: Reading
    events: SharedEvents
    clock: Clock
    pace: Pace


class Subscription:
    """An `EventSource` for the gateway. Made by `Subscriptions.open`."""

    def __init__(
        self,
        around: Surroundings,
        live: LiveStream,
        consumer: Consumer,
        shard: Shard,
        offset: int,
        feed: Feed,
        on_close: Callable[["Subscription"], None],
    ) -> None:
        self._around = around
        self._live = live
        self._consumer = consumer
        self._shard = shard
        self._offset = offset
        self._feed = feed
        self._on_close = on_close
        self._sending: tuple[int, int, int] | None = None  # records, size, behind_ms of an event
        self.opened_ms = around.clock.now_ms()
        self._loop = asyncio.get_running_loop()
        self._wakes_at: asyncio.Future[None] | None = None
        self._error: ServiceError | None = None
        self._ended = self._closed = False  # nothing more is to be sent
        self._quiet = False  # the event that is ready has no records
        self._dry = False  # the shard was read to its end, and its children are not known yet
        self._beats_at = self._loop.time() + around.pace.heartbeat_s
        self._sends_at = self._loop.time()
        feed.join(self.wake)
        live.watchers.add(self.wake)
        live.counts.opened(consumer.name, 1)

    def wake(self) -> None:
        """Look again at what there is to do."""
        if self._wakes_at is not None and not self._wakes_at.done():
            self._wakes_at.set_result(None)

    def end(self, error: ServiceError | None = None) -> None:
        """Send nothing more: the stream ends, in order or with an error inside of it."""
        self._ended = True
        self._error = error
        self.wake()

    def close(self) -> None:
        """See `EventSource.close`."""
        if self._closed:
            return
        self._closed = self._ended = True
        if self._sending is not None:
            self._note_failed()
        self._live.counts.opened(self._consumer.name, -1)
        self._feed.leave(self.wake)
        self._live.watchers.discard(self.wake)
        self._on_close(self)

    async def ready(self) -> int | None:
        """See `EventSource.ready`. An event without records is ready when it is time for one."""
        if self._sending is not None:  # whoever asks for the next one has sent it
            self._note_sent(*self._sending)
        while True:
            await self._look()
            if self._ended:
                if self._error is not None:
                    raise self._error
                return None
            now = self._loop.time()
            self._quiet = not self._has_more()
            due = self._beats_at if self._quiet else self._sends_at
            if due <= now:
                return _QUIET_BYTES if self._quiet else most_bytes(self._live)
            await self._wait(min(due - now, self._life_s()))

    async def next(self) -> Event:
        """See `EventSource.next`."""
        around = self._around
        self._beats_at = self._loop.time() + around.pace.heartbeat_s
        if self._quiet:
            self._dry = False  # its children may be known by now
            self._sending = (0, 0, 0)
            return quiet(self._shard, self._offset, around.clock.now_ms())
        try:
            made = await around.events.at(
                self._live, self._shard, self._offset, shared=self._feed.subscribers > 1
            )
        except Exception as error:
            if outcome_of(error):
                self._note_failed()
            raise
        self._sending = (made.records, made.size, made.behind_ms)
        self._offset = made.next
        self._dry = made.at_end
        self._ended = self._ended or made.last
        if self._live.throttled:
            begun = max(self._sends_at, self._loop.time())
            self._sends_at = begun + made.size / around.pace.bytes_per_s
        return made.event

    def _note_sent(self, records: int, size: int, behind_ms: int) -> None:
        self._sending = None
        now_ms, name = self._around.clock.now_ms(), self._consumer.name
        self._live.counts.event(now_ms, name, self._shard.number, records, size, behind_ms)

    def _note_failed(self) -> None:
        self._sending = None
        self._live.counts.event_failed(self._around.clock.now_ms(), self._consumer.name)

    async def _look(self) -> None:
        """See whether the subscription goes on. Raises what ends it with an error."""
        live, around = self._live, self._around
        if live.stream.pending is not None:
            await around.book.by_id(live.stream.id)
        now_ms = around.clock.now_ms()
        if now_ms - self.opened_ms >= LIFE_MS:
            self._ended = True
        if self._ended:
            return
        stream, consumer = live.stream, self._consumer
        if live.gone or not takes_records(stream.status):
            raise messages.stream_not_found(stream.name, stream.account)
        second = consumers.second(consumer)
        if consumers.find(stream, consumer.name, now_ms, second).status != "ACTIVE":
            raise messages.consumer_not_found(consumer.name, stream.account)
        self._shard = around.reading.visible_shard(live, self._shard.number)
        if self._feed.failure is not None:
            raise self._feed.failure  # nobody would tell of what comes next

    def _has_more(self) -> bool:
        """Whether there is an event to make at this offset, of records or of the shard's end."""
        if self._dry:
            return bool(lineage.children(self._live.stream.shards, self._shard.number))
        return self._feed.over or self._feed.seen > self._offset

    def _life_s(self) -> float:
        left_ms = self.opened_ms + LIFE_MS - self._around.clock.now_ms()
        return max(0, left_ms) / 1000

    async def _wait(self, seconds: float) -> None:
        """Wait until `wake`, or so long."""
        self._wakes_at = self._loop.create_future()
        timer = self._loop.call_later(seconds, self.wake)
        try:
            await self._wakes_at
        finally:
            timer.cancel()
            self._wakes_at = None
