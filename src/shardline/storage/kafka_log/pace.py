"""When records are handed to librdkafka: once in a few milliseconds, and none to a partition that
has some on their way.

librdkafka has one request of an idempotent producer under way to a partition: it counts the records
on their way against the five requests that Kafka allows (`rd_kafka_toppar_producer_serve`). While
others wait there beyond their linger time, its thread polls without a pause, for as long as the
broker takes. So what has to wait waits here; no longer than two seconds, since librdkafka counts
the time after which a record has failed.

All partitions are handed over together. Then one wake-up of librdkafka's thread, of the broker's
and of the event loop is for many records, where each partition's own time would be one for each.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from msgspec import Struct

from shardline.storage.kafka_log.cluster import Place
from shardline.storage.kafka_log.sent import Sent

Headers = list[tuple[str, str | bytes | None]]

# So much goes into one request; librdkafka would send more in several, the second after the first.
_REQUEST_BYTES = 900_000
_RECORD_BYTES = 100  # of a record beside its key and its value, and more
_LONGEST_S = 2.0  # that something is held


class Sending(Struct, frozen=True, gc=False):
    """The records of a batch, in columns of equal length."""

    sent: Sent
    arrived_ms: int
    headers: Headers
    keys: Sequence[bytes | None]
    values: Sequence[bytes]

    @property
    def size(self) -> int:
        """About how many bytes they take in a request."""
        keys = sum(map(len, filter(None, self.keys)))
        return keys + sum(map(len, self.values)) + _RECORD_BYTES * len(self.values)


@dataclass(slots=True, eq=False)
class _Lane:
    """What goes to one partition."""

    held: list[Sending] = field(default_factory=list)
    flying: set[Sent] = field(default_factory=set)  # what was handed over and has not landed
    since: float = 0.0  # when something was handed over last, by the loop's clock


class Pace:
    """What is held back for the partitions of a producer. Everything is in the loop's thread."""

    def __init__(
        self,
        every_s: float,
        hand_over: Callable[[Sending], None],
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        """`hand_over` is called for one after the other; what it cannot send is over then."""
        self._every_s = every_s
        self._hand_over = hand_over
        self._loop = loop
        self._lanes: dict[Place, _Lane] = {}
        self._due: dict[Place, None] = {}  # of those that hold something and have nothing flying
        self._timer: asyncio.Handle | None = None
        self._alarm: asyncio.Handle | None = None  # for those that hold something for too long
        self._last = loop.time() - every_s

    def add(self, sending: Sending) -> None:
        """Send records after all that were added for their partition before."""
        place = sending.sent.place
        lane = self._lanes.get(place)
        if lane is None:
            lane = self._lanes[place] = _Lane()
        lane.held.append(sending)
        if not lane.flying:
            self._due[place] = None
            self._set_timer()
        else:
            self._set_alarm()

    def landed(self, all_sent: Iterable[Sent]) -> None:
        """Take over that something has come to its end."""
        for sent in all_sent:
            lane = self._lanes.get(sent.place)
            if lane is None or sent not in lane.flying:
                continue
            lane.flying.remove(sent)
            self._settle(sent.place, lane)
        if self._due:
            self._set_timer()

    def end(self) -> None:
        """Hand over all that is held, so that it comes to its end."""
        for timer in (self._timer, self._alarm):
            if timer is not None:
                timer.cancel()
        self._due.clear()
        for place in [place for place, lane in self._lanes.items() if lane.held]:
            lane = self._lanes[place]
            self._go(place, lane, len(lane.held))

    def _hand_over_old(self) -> None:
        self._alarm = None
        behind = [(place, lane) for place, lane in self._lanes.items() if lane.held and lane.flying]
        now = self._loop.time()
        for place, lane in behind:
            if now - lane.since >= _LONGEST_S / 2:
                self._go(place, lane, len(lane.held))
            else:
                self._set_alarm()

    def _set_alarm(self) -> None:
        if self._alarm is None:
            self._alarm = self._loop.call_later(_LONGEST_S / 2, self._hand_over_old)

    def _set_timer(self) -> None:
        if self._timer is not None:
            return
        wait = self._last + self._every_s - self._loop.time()
        if wait > 0:
            self._timer = self._loop.call_later(wait, self._hand_over_due)
        else:  # after what else comes in this turn of the loop
            self._timer = self._loop.call_soon(self._hand_over_due)

    def _hand_over_due(self) -> None:
        self._timer = None
        self._last = self._loop.time()
        due, self._due = self._due, {}
        for place in due:
            lane = self._lanes[place]
            self._go(place, lane, _fitting(lane.held))
        if self._due:  # a partition of which nothing could be sent, and that holds more
            self._set_timer()

    def _go(self, place: Place, lane: _Lane, count: int) -> None:
        lane.since = self._loop.time()
        going, lane.held = lane.held[:count], lane.held[count:]
        for sending in going:
            self._hand_over(sending)
            if not sending.sent.is_over:
                lane.flying.add(sending.sent)
        self._settle(place, lane)

    def _settle(self, place: Place, lane: _Lane) -> None:
        if lane.flying:
            if lane.held:
                self._set_alarm()
        elif lane.held:
            self._due[place] = None
        else:
            del self._lanes[place]


def _fitting(held: Sequence[Sending]) -> int:
    """How many go into one request; at least the first."""
    room = _REQUEST_BYTES
    for count, sending in enumerate(held):
        room -= sending.size
        if room < 0 and count:
            return count
    return len(held)
