"""The streams that a gateway has looked up, kept in step with the store of the ranges."""

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping

from shardline.storage.kafka_log.readiness import Kafka, Knowing, Readiness
from shardline.storage.kafka_log.shards import Shard, StreamShards
from shardline.storage.range_port import Range, RangesChanged, RangeStore, StreamRanges
from shardline.storage.record_log import UnknownShard, WriteFailed

_TRIES = 20  # of a change that others keep getting before
_PATIENCE_S = 0.5  # how long what was sent to a shard that another seals may take to land

Change = Callable[[Mapping[int, Range]], Mapping[int, Range]]
"""Makes of a stream's ranges those that are to be added or replaced."""


class Streams:
    """What is known of each stream in use."""

    def __init__(
        self, ranges: RangeStore, kafka: Kafka, writer: Knowing, patience_s: float
    ) -> None:
        """Who writes to a shard that is new here waits for Kafka for `patience_s` at most."""
        self._ranges = ranges
        self._kafka = kafka
        self.readiness = Readiness(kafka, writer, patience_s)
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

    async def to_write(
        self, stream: str, numbers: Iterable[int]
    ) -> tuple[StreamShards, dict[int, Shard]]:
        """Shards that are ready to be written to, or sealed, as they are on return.

        Raises `UnknownShard`, and `StorageError` when Kafka does not tell what it has to.
        """
        wanted = list(numbers)
        await self.find(stream, wanted)
        found = await self.stream(stream)
        await self.readiness.wait(found, wanted)
        return found, found.find(wanted)

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
        return self._known.setdefault(stream, StreamShards(stream, self._kafka.topic(stream)))

    def forget(self, found: StreamShards) -> None:
        """Take over that a stream was dropped."""
        found.drop()
        if self._known.get(found.stream) is found:
            del self._known[found.stream]

    async def _load(self, stream: str) -> StreamShards:
        found = StreamShards(stream, self._kafka.topic(stream))
        await self.look(found)
        if found.is_dropped:
            raise UnknownShard(f"there is no stream {stream}")
        return self._known.setdefault(stream, found)

    async def look(self, found: StreamShards) -> None:
        """Look a stream up again. Waits for the store of the ranges alone, not for Kafka."""
        stored = await self._ranges.ranges(found.stream)
        if stored is None:
            if found.version or self._known.get(found.stream) is not found:
                self.forget(found)
            return
        found.take(stored)
        self.readiness.begin(found)

    async def change(self, found: StreamShards, change: Change) -> None:
        """Store a change. Raises `WriteFailed` when others keep getting before."""
        for _ in range(_TRIES):
            changed = change(found.ranges)
            if not changed:
                return
            try:
                version = await self._ranges.keep_ranges(found.stream, found.version, changed)
                found.take(StreamRanges(version, changed))
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
        it may have been read before the change. Nothing here waits until Kafka answers, as long as
        that may take: who follows holds a lease, which has to be renewed.
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
