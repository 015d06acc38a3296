"""Appending: batches are sent in the order of the calls, and answered when Kafka has them."""

import asyncio
import time
from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

from shardline.clock import Clock
from shardline.storage.kafka_log import messages
from shardline.storage.kafka_log.contact import Contact
from shardline.storage.kafka_log.holding import Holding
from shardline.storage.kafka_log.peers import Peers
from shardline.storage.kafka_log.shards import Shard, StreamShards
from shardline.storage.kafka_log.streams import Streams
from shardline.storage.kafka_log.writer import Sent, Writer
from shardline.storage.log_numbers import LogNumbers
from shardline.storage.record_log import Appended, Batch, Refused, WriteFailed


class _Before(NamedTuple):
    """What an empty batch lies behind: the tail that was known, and what was on its way."""

    tail: int
    flying: tuple[Sent, ...]

    async def end(self) -> int:
        """Kafka's offset after all of it, once that has landed."""
        if self.flying:
            await asyncio.wait([sent.ended() for sent in self.flying])
        return max((self.tail, *(sent.end for sent in self.flying)))


class _UnderWay(NamedTuple):
    """A call that was sent, under the lease of a term."""

    found: StreamShards
    shards: dict[int, Shard]
    term: int | None
    began: float  # by the clock of `time.perf_counter`
    sent: list[tuple[Sent | _Before, int]]


class Appender:
    """Appends to the shards of a log, and counts it."""

    def __init__(
        self, streams: Streams, writer: Writer, peers: Peers, clock: Clock, contact: Contact
    ) -> None:
        self._holding = Holding(streams)
        self._writer = writer
        self._peers = peers
        self._clock = clock
        self._contact = contact
        self._numbers = LogNumbers()
        self._waiting = 0
        self.is_closed = False

    def check_open(self) -> None:
        """Raise `WriteFailed` when the log is closed."""
        if self.is_closed:
            raise WriteFailed("the record log is closed")

    def numbers(self) -> LogNumbers:
        """What was appended; a commit is a call."""
        return self._numbers.copy(self._waiting)

    async def append(self, stream: str, batches: Sequence[Batch]) -> Sequence[Appended | Refused]:
        """Append batches; see the contract."""
        self.check_open()
        self._contact.check()
        size = 0
        for batch in batches:
            keys, datas = batch.keys, batch.datas
            if len(keys) != len(datas):
                raise ValueError(f"a batch has {len(keys)} keys and {len(datas)} datas")
            size += sum(map(len, keys)) + sum(map(len, datas))
        numbers = [batch.shard for batch in batches]
        ready = self._holding.ready(stream, numbers)
        send = partial(self._send_all, batches)
        self._waiting += 1
        try:
            under_way = (
                send(*ready) if ready else await self._holding.in_turn(stream, numbers, send)
            )
            found, shards, term, began, sent = under_way
            answers = [
                await self._answer(term, shards[batch.shard], batch, *each)
                for batch, each in zip(batches, sent, strict=True)
            ]
        except WriteFailed:
            self._numbers.failed += 1
            raise
        finally:
            self._waiting -= 1
        self._numbers.add(1, size, time.perf_counter() - began)
        if found.waiters.any:
            found.waiters.wake(numbers)
        return answers

    def _send_all(
        self, batches: Sequence[Batch], found: StreamShards, shards: dict[int, Shard]
    ) -> _UnderWay:
        self.check_open()
        now_ms, term, began = self._clock.now_ms(), self._peers.term(), time.perf_counter()
        sent = [self._send(found, batch, shards[batch.shard], now_ms) for batch in batches]
        return _UnderWay(found, shards, term, began, sent)

    def _send(
        self, found: StreamShards, batch: Batch, shard: Shard, now_ms: int
    ) -> tuple[Sent | _Before, int]:
        """Send a batch, or say what an empty one lies behind. With its arrival, which is negative
        if the shard takes none."""
        if not shard.is_open:
            return _Before(0, ()), -1
        arrived_ms = max(now_ms, shard.last_ms)
        if not batch.keys:
            return _Before(shard.tail, tuple(shard.flying)), arrived_ms
        place = (found.topic, shard.range.partition)
        keys, values = messages.columns(found.stream, batch, arrived_ms)
        headers = messages.headers(batch)
        sent = self._writer.send(place, arrived_ms, headers, keys, values, shard.flying)
        shard.last_ms = arrived_ms
        return sent, arrived_ms

    async def _answer(
        self,
        term: int | None,
        shard: Shard,
        batch: Batch,
        sent: Sent | _Before,
        arrived_ms: int,
    ) -> Appended | Refused:
        if arrived_ms < 0:
            return Refused(batch.shard)
        if isinstance(sent, _Before):
            return Appended(batch.shard, await sent.end() - shard.range.first, arrived_ms)
        offsets = await sent.done
        self._contact.heard()
        if sent.is_late or term is None or self._peers.term() != term:
            raise WriteFailed("Kafka took too long: the shard may have been sealed by others")
        if shard.range.end is not None and offsets[-1] >= shard.range.end:
            raise WriteFailed("the shard was sealed before Kafka took the record")
        shard.reached(offsets[-1] + 1)
        first = offsets[0] - shard.range.first
        if offsets[-1] - offsets[0] == len(offsets) - 1:
            return Appended(batch.shard, first, arrived_ms)
        apart = tuple(offset - shard.range.first for offset in offsets)
        return Appended(batch.shard, first, arrived_ms, apart)
