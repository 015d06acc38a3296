"""Events of a shard, made once for all subscriptions that are at the same place.

Subscriptions that follow a shard's tail ask for what lies at the same offset within milliseconds.
The first one reads, the others wait for it or find what it made; the gateway encodes an event once
(`shardline.gateway.types.Event`). What is kept is bounded in bytes, and is not given any more after
a second, since it says how far behind the tip it is.
"""

import asyncio
from collections import OrderedDict
from typing import NamedTuple

from shardline.clock import Clock
from shardline.gateway.types import Event
from shardline.kinesis import sequence
from shardline.kinesis.reading import Reading, behind_ms
from shardline.kinesis.record_page import RecordPage
from shardline.kinesis.shelf import LiveStream
from shardline.kinesis.structs import SubscribeToShardEvent
from shardline.storage.entities import Shard

KIND = "SubscribeToShardEvent"
EVENT_BYTES = 1024 * 1024  # keys and data of an event, unless one record is larger
EVENT_RECORDS = 5_000
KEPT_BYTES = 32 * 1024 * 1024
KEPT_MS = 1_000

# What one record adds to its key and data: as text, and as objects and text.
_ENVELOPE_BYTES = 256
_RECORD_BYTES = 600

Place = tuple[str, int, int]
"""Stream id, shard and offset."""


class Made(NamedTuple):
    """An event, and where its reader is after it.

    `size` counts keys and data, `cost` is what the event takes as text, `behind_ms` is what it says
    of how far behind the tip its reader is. `at_end` says that the shard is closed and was read to
    its end; the event is the `last` one if the children are known.
    """

    event: Event
    next: int
    records: int
    size: int
    behind_ms: int
    cost: int
    at_end: bool
    last: bool
    made_ms: int


def most_bytes(live: LiveStream) -> int:
    """What an event may take: its records, and the same as text with data in base64."""
    data = max(EVENT_BYTES, live.max_record_bytes)
    return data * 5 // 2 + EVENT_RECORDS * _RECORD_BYTES


class SharedEvents:
    """Makes the events of every shard."""

    def __init__(self, reading: Reading, clock: Clock, *, kept_bytes: int = KEPT_BYTES) -> None:
        self._reading = reading
        self._clock = clock
        self._most = kept_bytes
        self._kept: OrderedDict[Place, Made] = OrderedDict()
        self._size = 0
        self._making: dict[Place, asyncio.Future[Made]] = {}

    async def at(self, live: LiveStream, shard: Shard, offset: int, *, shared: bool) -> Made:
        """The event at an offset. `shared` says that others may ask for the same.

        Raises ResourceNotFoundException and `StorageError`.
        """
        if not shared:
            return await self._make(live, shard, offset)
        place = (live.stream.id, shard.number, offset)
        kept = self._kept.get(place)
        if kept is not None and self._is_fresh(kept):
            return kept
        making = self._making.get(place)
        if making is None:
            # A task of its own: who asked first may go, and the others still wait.
            making = asyncio.ensure_future(self._make_and_keep(live, shard, offset, place))
            self._making[place] = making
            making.add_done_callback(_note_end)
        return await asyncio.shield(making)

    async def _make_and_keep(
        self, live: LiveStream, shard: Shard, offset: int, place: Place
    ) -> Made:
        try:
            made = await self._make(live, shard, offset)
        finally:
            del self._making[place]
        if made.next > offset and not made.at_end:
            self._keep(place, made)
        return made

    async def _make(self, live: LiveStream, shard: Shard, offset: int) -> Made:
        now_ms = self._clock.now_ms()
        page = await self._reading.page(
            live, shard, offset, max_records=EVENT_RECORDS, max_bytes=EVENT_BYTES
        )
        children = await self._reading.children(live, shard) if page.at_end else []
        arrived_ms = page.runs[-1].arrived_ms if page.runs else now_ms
        output = SubscribeToShardEvent(
            RecordPage(shard, page),
            behind_ms(page, now_ms),
            None if children else continuation(shard, page.next, arrived_ms),
            children or None,
        )
        cost = page.size * 4 // 3 + len(output.Records) * _ENVELOPE_BYTES
        return Made(
            Event(KIND, output),
            page.next,
            len(output.Records),
            page.size,
            output.MillisBehindLatest,
            cost,
            page.at_end,
            bool(children),
            now_ms,
        )

    def _is_fresh(self, made: Made) -> bool:
        return self._clock.now_ms() - made.made_ms <= KEPT_MS

    def _keep(self, place: Place, made: Made) -> None:
        self._drop(place)
        self._kept[place] = made
        self._size += made.cost
        while self._kept:
            oldest = next(iter(self._kept))
            if self._size <= self._most and self._is_fresh(self._kept[oldest]):
                break
            self._drop(oldest)

    def _drop(self, place: Place) -> None:
        made = self._kept.pop(place, None)
        if made is not None:
            self._size -= made.cost


def quiet(shard: Shard, offset: int, now_ms: int) -> Event:
    """The event that says that there is nothing new."""
    return Event(KIND, SubscribeToShardEvent([], 0, continuation(shard, offset, now_ms)))


def continuation(shard: Shard, next_: int, time_ms: int) -> str:
    """The sequence number after which one goes on at the offset `next_`.

    It is the number of the last record, if that arrived at `time_ms`.
    """
    return sequence.number(shard, next_ - 1, time_ms) if next_ else sequence.starting(shard)


def _note_end(making: asyncio.Future[Made]) -> None:
    if not making.cancelled():
        making.exception()  # of no interest to anyone, if all who asked are gone
