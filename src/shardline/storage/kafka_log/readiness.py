"""Getting ready to write to open shards that this gateway has not written to.

The clients have to know the partition, and this gateway the latest arrival in it, before the first
record is sent there. Both are asked of Kafka, which may take long or not answer at all: so only who
writes waits for it. Following what other gateways change must not, as it is part of renewing the
lease, and no part of what makes a change safe: that is the shards' ranges, and what is flying.
"""

import asyncio
from collections.abc import Collection, Iterable, Mapping
from typing import Protocol

from shardline.storage.kafka_log.cluster import until
from shardline.storage.kafka_log.shards import StreamShards
from shardline.storage.record_log import WriteFailed


class Knowing(Protocol):
    """A client of Kafka."""

    async def know(self, topic: str, partitions: int) -> bool:
        """Whether it knows that a topic has so many partitions, each with a leader."""
        ...


class Kafka(Knowing, Protocol):
    """What is asked of Kafka here, and may be answered late or never."""

    def topic(self, stream: str) -> str:
        """The name of a stream's topic; asks nobody."""
        ...

    async def last_times(self, topic: str, partitions: Iterable[int]) -> Mapping[int, int]:
        """The latest arrival in each partition; -1 where nothing is. Raises `StorageError`."""
        ...


class Readiness:
    """Gets ready for all new shards of a stream at once, by one task for each stream."""

    def __init__(self, kafka: Kafka, writer: Knowing, patience_s: float) -> None:
        """Who writes waits for `patience_s` at most."""
        self._kafka = kafka
        self._writer = writer
        self._patience_s = patience_s
        self._under_way: dict[StreamShards, asyncio.Task[None]] = {}
        self._is_closed = False

    def begin(self, found: StreamShards) -> None:
        """Get ready for what is new of a stream, in a task of its own. Waits for nothing."""
        if not self._is_closed and found not in self._under_way and found.unready():
            task = asyncio.ensure_future(self._get_ready(found))
            self._under_way[found] = task
            task.add_done_callback(lambda _: self._ended(found, task))

    def _ended(self, found: StreamShards, task: asyncio.Task[None]) -> None:
        del self._under_way[found]
        if not task.cancelled():
            task.exception()  # who writes next begins again

    async def wait(self, found: StreamShards, numbers: Collection[int]) -> None:
        """Return when these shards can be written to, or take nothing any more.

        Raises `StorageError`, of which `WriteFailed` says that Kafka took too long.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._patience_s
        while not found.is_dropped and not found.unready().isdisjoint(numbers):
            self.begin(found)
            if (task := self._under_way.get(found)) is not None:
                await asyncio.wait({task}, timeout=max(0.0, deadline - loop.time()))
            if task is None or not task.done() or task.cancelled():
                raise WriteFailed("Kafka has not told yet what a shard needs that is new here")
            task.result()

    async def _get_ready(self, found: StreamShards) -> None:
        new = {n: found.all()[n] for n in found.unready()}
        await self.know(found)
        if found.is_dropped:
            return
        places = {shard.range.partition for shard in new.values()}
        times = await self._kafka.last_times(found.topic, places)
        for shard in new.values():
            shard.reached(0, times[shard.range.partition])
            shard.is_ready = True

    async def know(self, found: StreamShards, partitions: int = 0) -> None:
        """Return when the clients know the partitions of a stream, or so many if those are more.

        Also when the stream is dropped. Raises `WriteFailed`.
        """
        wanted = max(partitions, found.partitions)
        for client in (self._kafka, self._writer):

            async def is_over(client: Knowing = client) -> bool:
                return found.is_dropped or await client.know(found.topic, wanted)

            await until(is_over)

    async def close(self) -> None:
        """Get ready for nothing any more; who waits gets a `WriteFailed`."""
        self._is_closed = True
        tasks = list(self._under_way.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
