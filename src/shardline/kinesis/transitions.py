"""Transitions: what a change of a stream does in the record log before it counts as done.

CREATING, UPDATING and DELETING are accepted first and completed when they are due. What completing
does outside the catalog (making, sealing and dropping shards in the log) is idempotent and comes
before the catalog's own change, so it can be cut off anywhere and done again; or done by several
processes at once, of which the catalog lets one finish. The others take over what that one made.
"""

import logging
from typing import Final

from shardline.clock import Clock
from shardline.kinesis import lifecycle
from shardline.kinesis.following import Following
from shardline.kinesis.shelf import LiveStream, Shelf
from shardline.storage.catalog_port import Catalog
from shardline.storage.entities import Pending, Stream
from shardline.storage.record_log import OutOfReach, RecordLog, StorageError, UnknownShard

log = logging.getLogger("shardline.kinesis")

MOST_TRIES: Final = 10  # at a change that other processes overtake


class Transitions:
    """Completes the pending changes of streams."""

    def __init__(
        self,
        catalog: Catalog,
        records: RecordLog,
        clock: Clock,
        shelf: Shelf,
        following: Following,
    ) -> None:
        self._catalog = catalog
        self._records = records
        self._clock = clock
        self._shelf = shelf
        self._following = following

    def is_due(self, stream: Stream) -> bool:
        """Whether a change is pending whose time has come."""
        return stream.pending is not None and stream.pending.due_ms <= self._clock.now_ms()

    async def complete_if_due(self, live: LiveStream) -> None:
        """Complete the pending change of a stream, whose lock is held, if it is due.

        If another process did or undid it meanwhile, that is taken over. Raises `StorageError`; the
        stream then stays in its transition, to be completed later.
        """
        for _ in range(MOST_TRIES):
            stream = live.stream
            if not self._shelf.holds(live) or not self.is_due(stream):
                return
            try:
                after = await self.complete(stream)
            except StorageError as error:
                if not isinstance(error, OutOfReach):  # which every call would meet, and ask anew
                    await self._following.follow([stream.id])
                if not self._shelf.holds(live):
                    self._following.release(stream.id)  # its shards may have been made anew
                elif live.stream.version == stream.version:
                    raise
                continue
            if after is None:
                self._shelf.remove(live)
            else:
                self._following.take_over(after)

    async def complete(self, stream: Stream) -> Stream | None:
        """The stream after its pending change, stored; None when it is gone.

        Raises `StorageError`, of which `Conflict` says that another process has changed the stream.
        """
        if stream.status == "DELETING":
            await self._records.drop(stream.id)
            await self._catalog.remove(stream.id)
            return None
        if stream.status == "CREATING":
            await self._records.create(stream.id, [shard.number for shard in stream.shards])
        pending = stream.pending
        ends = await self._reshard(stream, pending) if pending and pending.children else {}
        after = lifecycle.complete(stream, ends=ends, now_ms=self._clock.now_ms())
        assert after is not None, "only DELETING ends a stream"
        return await self._catalog.update(after)

    async def _reshard(self, stream: Stream, pending: Pending) -> dict[int, int]:
        """Open the children in the log and close the parents; answer where the parents end."""
        short_lived = {child.number for child in pending.children} & set(pending.parents)
        lasting = [c.number for c in pending.children if c.number not in short_lived]
        await self._records.create(stream.id, lasting)
        closing = [number for number in pending.parents if number not in short_lived]
        sealed = await self._records.seal(stream.id, closing)
        return dict.fromkeys(short_lived, 0) | dict(sealed)

    async def refuse_late_writes(self, stream: Stream) -> None:
        """Seal what is being deleted, for the writes that found it before it was.

        They are acknowledged before DeleteStream is, or refused, also if the stream goes later.
        """
        if stream.topic is not None:
            return  # nobody writes to it here, and its end is not ours
        try:
            open_shards = [shard.number for shard in stream.shards if shard.is_open]
            await self._records.seal(stream.id, open_shards)
        except UnknownShard:
            return  # it is gone, or was never made
        except StorageError as error:
            log.error("deleted stream %s could not be sealed: %s", stream.name, error)
