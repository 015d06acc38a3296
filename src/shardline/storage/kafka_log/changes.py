"""Making, sealing, trimming and dropping shards.

Every step is stored before the next one is taken, so that whoever calls again after a crash goes
on from there:

* create: the topic and its partitions, then the ranges. Partitions that were made for nothing are
  used by the next shard.
* seal: the ranges say *sealing*; all gateways have stopped; the end of the partition is read, and
  stored. What comes after that end is nobody's.
* trim: the horizons are stored, then Kafka may free the space.
* drop: the topic, then the ranges.

Who asked for a change is told as soon as no broker answers any more; the change goes on by itself.
"""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import replace

from shardline.storage.kafka_log.cluster import Cluster
from shardline.storage.kafka_log.contact import Contact
from shardline.storage.kafka_log.partitions import lowest_needed, plan
from shardline.storage.kafka_log.shards import Shard, StreamShards
from shardline.storage.kafka_log.streams import Streams
from shardline.storage.range_port import Range
from shardline.storage.record_log import UnknownShard


class Changes:
    """The changes of a log's shards."""

    def __init__(self, streams: Streams, cluster: Cluster, contact: Contact) -> None:
        self._streams = streams
        self._cluster = cluster
        self._contact = contact

    async def create(self, stream: str, shards: Iterable[int]) -> None:
        """Make shards; see the contract."""
        await self._contact.during(lambda: self._create(stream, shards))

    async def _create(self, stream: str, shards: Iterable[int]) -> None:
        wanted = set(shards)
        try:
            found = await self._streams.stream(stream)
        except UnknownShard:
            found = self._streams.begin(stream)
        async with found.changing:
            while missing := wanted - found.all().keys():
                await self._add(found, missing)

    async def _add(self, found: StreamShards, missing: set[int]) -> None:
        version = found.version  # before anything is waited for: others may add meanwhile
        placed = plan(missing, found.ranges)
        partitions = max(*placed.values(), found.partitions - 1, 0) + 1
        await self._cluster.make_topic(found.topic, partitions)
        await self._streams.readiness.know(found, partitions)
        ends = await self._cluster.offsets.ends(found.topic, placed.values())
        new = {n: Range(where, ends[where], ends[where]) for n, where in placed.items()}

        def add(now: Mapping[int, Range]) -> Mapping[int, Range]:
            return new if found.version == version else {}  # another gateway added: plan again

        await self._streams.change(found, add)
        await self._streams.readiness.wait(found, missing)

    async def seal(self, stream: str, shards: Iterable[int]) -> dict[int, int]:
        """Seal shards; see the contract."""
        self._contact.check()
        numbers = list(shards)
        sealed = await self._streams.find(stream, numbers)
        found = await self._streams.stream(stream)
        for shard in sealed.values():
            shard.closing = True  # from now on this gateway takes nothing
        try:
            await self._contact.during(lambda: self._seal_in_turn(found, sealed))
        except BaseException:
            for shard in sealed.values():
                shard.closing = False
            raise
        found.waiters.wake(numbers)
        return {n: (s.range.end or 0) - s.range.first for n, s in sealed.items()}

    async def _seal_in_turn(self, found: StreamShards, shards: Mapping[int, Shard]) -> None:
        async with found.changing:
            await self._seal(found, shards)

    async def _seal(self, found: StreamShards, shards: Mapping[int, Shard]) -> None:
        def sealing(now: Mapping[int, Range]) -> dict[int, Range]:
            unsealed = {n: now[n] for n in shards if now[n].end is None}
            return {n: replace(each, sealing=True) for n, each in unsealed.items()}

        if not sealing(found.ranges):
            return
        await self._streams.change(found, sealing)
        await asyncio.gather(*(shard.landed() for shard in shards.values()))
        places = {shard.range.partition for shard in shards.values()}
        ends = await self._cluster.offsets.ends(found.topic, places)

        def ended(now: Mapping[int, Range]) -> dict[int, Range]:
            return {
                n: replace(each, end=ends[each.partition], last_ms=shards[n].last_ms)
                for n, each in sealing(now).items()
            }

        await self._streams.change(found, ended)

    async def trim(self, stream: str, before_ms: int) -> dict[int, int]:
        """Move the horizons; see the contract."""
        return await self._contact.during(lambda: self._trim(stream, before_ms))

    async def _trim(self, stream: str, before_ms: int) -> dict[int, int]:
        found = await self._streams.stream(stream)
        found.find([])
        async with found.changing:
            horizons = await self._horizons(found, before_ms)
            times = {number: shard.last_ms for number, shard in found.all().items()}

            def moved(now: Mapping[int, Range]) -> dict[int, Range]:
                return {
                    n: replace(now[n], horizon=at, last_ms=times[n])
                    for n, at in horizons.items()
                    if at > now[n].horizon
                }

            if moved(found.ranges):
                await self._streams.change(found, moved)
                await self._cluster.delete_before(found.topic, lowest_needed(found.ranges))
        return {n: each.horizon - each.first for n, each in found.ranges.items()}

    async def _horizons(self, found: StreamShards, before_ms: int) -> dict[int, int]:
        """Kafka's offset of the first record that is kept, in the shards that have records."""
        live = {n: s.range for n, s in found.all().items() if not s.range.is_spent}
        places = {each.partition for each in live.values()}
        ends = await self._cluster.offsets.ends(found.topic, places)
        firsts = await self._cluster.offsets.first_since(
            found.topic, dict.fromkeys(places, before_ms)
        )
        return {
            number: horizon(each, firsts[each.partition], ends[each.partition])
            for number, each in live.items()
        }

    async def drop(self, stream: str) -> None:
        """Remove a stream; see the contract."""
        self._contact.check()
        try:
            found = await self._streams.stream(stream)
        except UnknownShard:
            return
        found.drop()
        await self._contact.during(lambda: self._drop(found))

    async def _drop(self, found: StreamShards) -> None:
        await asyncio.gather(*(shard.landed() for shard in found.all().values()))
        async with found.changing:
            await self._cluster.remove_topic(found.topic)
            await self._streams.remove(found)


def horizon(range_: Range, first_since: int, partition_end: int) -> int:
    """Kafka's offset of a shard's first record of a time or later, as Kafka says where that is."""
    end = partition_end if range_.end is None else range_.end
    if first_since < 0:
        return end
    return max(range_.horizon, min(first_since, end))
