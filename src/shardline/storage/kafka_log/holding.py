"""The calls that cannot be sent yet: their stream is not known here, or a shard of it is not ready.

All that can go on do so in the order they came, in one go. As long as one is held, what comes later
for a shard of it is held as well: so no call gets before one that waited.
"""

import asyncio
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from shardline.storage.kafka_log.shards import Shard, StreamShards
from shardline.storage.kafka_log.streams import Streams
from shardline.storage.record_log import StorageError, UnknownShard

T = TypeVar("T")
Ready = tuple[StreamShards, dict[int, Shard]]


@dataclass(slots=True, eq=False)
class _Call(Generic[T]):
    """A call for some shards; `sent` is over when it is not held any more."""

    shards: frozenset[int]
    send: Callable[[StreamShards, dict[int, Shard]], T]
    sent: asyncio.Future[T]

    def go_on(self, ready: Ready) -> None:
        try:
            self.sent.set_result(self.send(*ready))
        except Exception as error:
            self.sent.set_exception(error)
            self.sent.exception()  # who called may have gone


class Holding:
    """The calls that are held, by their streams."""

    def __init__(self, streams: Streams) -> None:
        self._streams = streams
        self._held: dict[str, list[_Call[Any]]] = {}

    def ready(self, stream: str, numbers: Collection[int]) -> Ready | None:
        """The shards, if who comes now may be sent at once."""
        held = self._held.get(stream, ())
        if any(not call.shards.isdisjoint(numbers) for call in held):
            return None
        return self._ready(stream, numbers)

    def _ready(self, stream: str, numbers: Collection[int]) -> Ready | None:
        found = self._streams.get(stream)
        if found is None:
            return None
        try:
            shards = found.find(numbers)
        except UnknownShard:
            return None
        return None if any(shard.is_unready for shard in shards.values()) else (found, shards)

    async def in_turn(
        self,
        stream: str,
        numbers: Collection[int],
        send: Callable[[StreamShards, dict[int, Shard]], T],
    ) -> T:
        """What `send` answers for the shards, once they are ready and those before have gone on.

        Raises `UnknownShard`, and `StorageError` when Kafka does not tell what it has to.
        """
        sent: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        call = _Call(frozenset(numbers), send, sent)
        self._held.setdefault(stream, []).append(call)
        try:
            while not call.sent.done():
                await self._streams.to_write(stream, numbers)
                self._let_go(stream)
                await self._before(stream, call)
        except StorageError:
            if not call.sent.done():
                raise
        finally:
            if not call.sent.done():
                self._held[stream].remove(call)
                call.sent.cancel()
                self._let_go(stream)
        return await call.sent

    async def _before(self, stream: str, call: _Call[T]) -> None:
        """Return when it has gone on, or the last one before it that is for one of its shards.

        That one waits for those before it in turn: to wait for all would cost their square.
        """
        held = self._held.get(stream, [])
        if call not in held:
            return
        for each in reversed(held[: held.index(call)]):
            if not each.shards.isdisjoint(call.shards):
                await asyncio.wait({call.sent, each.sent}, return_when=asyncio.FIRST_COMPLETED)
                return

    def _let_go(self, stream: str) -> None:
        """Send all that can be, in their order."""
        left: list[_Call[Any]] = []
        blocked: set[int] = set()
        for call in self._held.pop(stream, ()):
            ready = self._ready(stream, call.shards) if blocked.isdisjoint(call.shards) else None
            if ready is not None:
                call.go_on(ready)
            else:
                left.append(call)
                blocked |= call.shards
        if left:
            self._held[stream] = left
