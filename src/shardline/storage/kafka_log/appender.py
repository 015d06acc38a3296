"""Appending: batches are sent in the order of the calls, and answered when Kafka has them."""

import asyncio
import time
from collections.abc import Sequence
from typing import NamedTuple

from shardline.clock import Clock
from shardline.storage.kafka_log import messages
from shardline.storage.kafka_log.contact import Contact
from shardline.storage.kafka_log.peers import Peers
from shardline.storage.kafka_log.shards import Shard, StreamShards
from shardline.storage.kafka_log.streams import Streams
from shardline.storage.kafka_log.writer import Sent, Writer
from shardline.storage.log_numbers import LogNumbers
from shardline.storage.record_log import Appended, Batch, Refused, UnknownShard, WriteFailed


class _Before(NamedTuple):
    """What an empty batch lies behind: the tail that was known, and what was on its way."""

    tail: int
    flying: tuple[Sent, ...]

    async def end(self) -> int:
        """Kafka's offset after all of it, once that has landed."""
        if self.flying:
            await asyncio.wait([sent.ended() for sent in self.flying])
        return max((self.tail, *(sent.end for sent in self.flying)))


class Appender:
    """Appends to the shards of a log, and counts it."""

    def __init__(
        self, streams: Streams, writer: Writer, peers: Peers, clock: Clock, contact: Contact
    ) -> None:
        self._streams = streams
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
        found = self._streams.get(stream)
        shards = self._known(found, batches)
        if found is None or shards is None:
            found, shards = await self._streams.to_write(stream, [each.shard for each in batches])
            self.check_open()
        now_ms, began, term = self._clock.now_ms(), time.perf_counter(), self._peers.term()
        self._waiting += 1
        try:
            sent = [self._send(found, batch, shards[batch.shard], now_ms) for batch in batches]
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
            found.waiters.wake([batch.shard for batch in batches])
        return answers

    def _known(
        self, found: StreamShards | None, batches: Sequence[Batch]
    ) -> dict[int, Shard] | None:
        """The shards, if they are ready: then calls are sent in the order they came."""
        if found is None:
            return None
        try:
            shards = found.find(batch.shard for batch in batches)
        except UnknownShard:
            return None
        return None if any(shard.is_unready for shard in shards.values()) else shards

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
