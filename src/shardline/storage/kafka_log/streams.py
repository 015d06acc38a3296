"""The streams that a gateway has looked up, kept in step with the store of the ranges."""

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping

from shardline.storage.kafka_log.cluster import Cluster, until
from shardline.storage.kafka_log.shards import Shard, StreamShards
from shardline.storage.kafka_log.writer import Writer
from shardline.storage.range_port import Range, RangesChanged, RangeStore
from shardline.storage.record_log import UnknownShard, WriteFailed

_TRIES = 20  # of a change that others keep getting before
_PATIENCE_S = 0.5  # how long what was sent to a shard that another seals may take to land

Change = Callable[[Mapping[int, Range]], Mapping[int, Range]]
"""Makes of a stream's ranges those that are to be added or replaced."""


class Streams:
    """What is known of each stream in use."""

    def __init__(self, ranges: RangeStore, cluster: Cluster, writer: Writer) -> None:
        self._ranges = ranges
        self._cluster = cluster
        self._writer = writer
        self._known: dict[str, StreamShards] = {}
        self._loading: dict[str, asyncio.Task[StreamShards]] = {}

    def known(self) -> list[StreamShards]:
        """All that were looked up."""
        return list(self._known.values())

    def get(self, stream: str) -> StreamShards | None:
        """A stream, if it was looked up before."""
        return self._known.get(stream)

    async def find(self, stream: str, numbers: Iterable[int]) -> dict[int, Shard]:
        """Shards of a stream, looked up again if one is missing. Raises `UnknownShard`."""
        wanted = list(numbers)
        found = await self.stream(stream)
        try:
            return found.find(wanted)
        except UnknownShard:
            await self.look(found)
            return found.find(wanted)

    async def stream(self, stream: str) -> StreamShards:
        """A stream, looked up if need be. Raises `UnknownShard`."""
        if (found := self._known.get(stream)) is not None:
            return found
        task = self._loading.get(stream)
        if task is None:
            task = self._loading[stream] = asyncio.ensure_future(self._load(stream))
            task.add_done_callback(lambda _: self._loading.pop(stream, None))
        return await asyncio.shield(task)

    def begin(self, stream: str) -> StreamShards:
        """A stream that is being made."""
        return self._known.setdefault(stream, StreamShards(stream, self._cluster.topic(stream)))

    def forget(self, found: StreamShards) -> None:
        """Take over that a stream was dropped."""
        found.drop()
        if self._known.get(found.stream) is found:
            del self._known[found.stream]

    async def _load(self, stream: str) -> StreamShards:
        found = StreamShards(stream, self._cluster.topic(stream))
        await self.look(found)
        if found.is_dropped:
            raise UnknownShard(f"there is no stream {stream}")
        return self._known.setdefault(stream, found)

    async def look(self, found: StreamShards) -> None:
        """Look a stream up again."""
        stored = await self._ranges.ranges(found.stream)
        if stored is None:
            if found.version or self._known.get(found.stream) is not found:
                self.forget(found)
            return
        before = {number for number, shard in found.all().items() if shard.is_open}
        found.take(stored)
        new = {n: s for n, s in found.all().items() if s.is_open and n not in before}
        await self.prepare(found, new)

    async def prepare(self, found: StreamShards, new: Mapping[int, Shard]) -> None:
        """Make ready to write to open shards that this gateway has not written to."""
        if not new:
            return
        await self.know(found.topic, found.partitions)
        places = {shard.range.partition for shard in new.values()}
        times = await self._cluster.last_times(found.topic, places)
        for shard in new.values():
            shard.reached(0, times[shard.range.partition])

    async def know(self, topic: str, partitions: int) -> None:
        """Return when the clients know so many partitions of a topic."""
        await until(lambda: self._cluster.know(topic, partitions))
        await until(lambda: self._writer.know(topic, partitions))

    async def change(self, found: StreamShards, change: Change) -> None:
        """Store a change. Raises `WriteFailed` when others keep getting before."""
        for _ in range(_TRIES):
            changed = change(found.ranges)
            if not changed:
                return
            try:
                found.take(await self._ranges.keep_ranges(found.stream, found.version, changed))
                return
            except RangesChanged:
                await self.look(found)
        raise WriteFailed(f"other gateways keep changing the shards of {found.stream}")

    async def remove(self, found: StreamShards) -> None:
        """Remove a stream from the store."""
        await self._ranges.remove_ranges(found.stream)
        self.forget(found)

    async def follow(self, streams: Collection[str] | None) -> None:
        """Take over what other gateways changed of these streams, or of any.

        What they seal gets nothing more from here: on return, nothing that is still on its way to
        a shard that is being sealed will be acknowledged. What is just being looked up counts, too:
        it may have been read before the change.
        """
        known = {*self._known, *self._loading}
        wanted = known if streams is None else known.intersection(streams)
        await asyncio.gather(*(self._reload(stream) for stream in wanted))

    async def _reload(self, stream: str) -> None:
        if (loading := self._loading.get(stream)) is not None:
            await asyncio.wait({loading})
        if (found := self._known.get(stream)) is None:
            return
        await self.look(found)
        closed = [shard for shard in found.all().values() if not shard.is_open and shard.flying]
        await asyncio.gather(*(shard.landed(_PATIENCE_S) for shard in closed))
