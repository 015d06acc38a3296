"""The book of streams: what a node knows of every stream, and the only way to change one.

The catalog holds the truth; the book holds what was read from it, with what the hot path needs
derived once. A change is made in one place, under the stream's own lock: first in the catalog,
then in the book. What another process changed is taken over (`following`), and a change that it
overtook is decided anew.

A transition (CREATING, UPDATING, DELETING) that is due is completed by whoever looks the stream up
next: there is no timer that could be late, and a node that stopped in the middle goes on where it
was (see `transitions`). When completing fails, as on a full disk, the stream stays in its
transition, and the next look tries again.

A change that has begun goes on to its end, even if the call that asked for it is cancelled:
otherwise the catalog could be changed, and the book not.
"""

import asyncio
import logging
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from shardline.clock import Clock
from shardline.gateway.types import Caller
from shardline.kinesis import lifecycle, messages, naming
from shardline.kinesis.counts.stream import StreamCounts
from shardline.kinesis.following import Following
from shardline.kinesis.lifecycle import Event
from shardline.kinesis.limit_modes import LimitsMode
from shardline.kinesis.resharding import Plan
from shardline.kinesis.shelf import LiveStream, Shelf, key_of
from shardline.kinesis.transitions import MOST_TRIES, Transitions
from shardline.storage.catalog_port import Catalog, Conflict, NameTaken
from shardline.storage.entities import Pending, Stream
from shardline.storage.record_log import OutOfReach, RecordLog, StorageError
from shardline.uninterrupted import Uninterrupted

log = logging.getLogger("shardline.kinesis")

NO_PLAN = Plan()


class StreamBook:
    """Every stream of a node: looked up, made and changed."""

    def __init__(
        self,
        catalog: Catalog,
        records: RecordLog,
        clock: Clock,
        *,
        transition_ms: int = 0,
        limits: LimitsMode = "counts",
    ) -> None:
        self.clock = clock
        self._catalog = catalog
        self._transition_ms = transition_ms
        self._shelf = Shelf()
        self._changes = Uninterrupted()
        self._settling: dict[str, asyncio.Future[None]] = {}
        self._following = Following(catalog, records, self._shelf, limits, self._changes)
        self._transitions = Transitions(catalog, records, clock, self._shelf, self._following)
        self.follow = self._following.follow

    async def load(self) -> None:
        """Read every stream from the catalog, and complete what is due."""
        await self._following.load()
        for live in self.all():
            await self._settle_now_or_later(live)

    def all(self) -> list[LiveStream]:
        """Every stream of every account and region."""
        return self._shelf.all()

    def counts(self) -> Iterator[tuple[Stream, StreamCounts]]:
        """What was counted of every stream, and once more of those that are gone since the last."""
        return self._shelf.counts()

    async def of(self, account: str, region: str) -> list[Stream]:
        """The streams of an account and region, sorted by name, each as it is by now."""
        mine = self._shelf.of(account, region)
        for live in mine:
            await self._settle_now_or_later(live)
        return [live.stream for live in mine if self._shelf.holds(live)]

    async def find(
        self,
        account: str,
        region: str,
        name: str | None,
        arn: str | None = None,
        stream_id: str | None = None,
    ) -> LiveStream:
        """The stream that a call means, as it is by now.

        Raises InvalidArgumentException (see `naming.resolve`) and ResourceNotFoundException.
        """
        if arn is not None or stream_id is not None or name is None:
            address = naming.resolve(account, region, name=name, arn=arn, stream_id=stream_id)
            name = address.name or self._shelf.name_of(address.stream_id or "", account, region)
        key = (account, region, name)
        live = self._shelf.named(key)
        if live is not None and live.stream.pending is not None:
            await self._settle_now_or_later(live)
            live = self._shelf.named(key)
        if live is None or (stream_id is not None and live.stream.id != stream_id):
            raise messages.stream_not_found(name, account)
        return live

    def at_hand(self, account: str, region: str, name: str) -> LiveStream | None:
        """What `find` answers without waiting; None if it may have to wait, or to refuse."""
        live = self._shelf.named((account, region, name))
        return None if live is None or live.stream.pending is not None else live

    async def of_call(self, caller: Caller, call: Mapping[str, Any]) -> LiveStream:
        """As `find`, from the three members by which a call names its stream."""
        return await self.find(
            caller.account,
            caller.region,
            call.get("StreamName"),
            call.get("StreamARN"),
            call.get("StreamId"),
        )

    def known(self, caller: Caller, name: str | None, stream_id: str | None) -> LiveStream | None:
        """The caller's stream of that name, or else id, as it was last seen; None without one."""
        if name is not None:
            return self._shelf.named((caller.account, caller.region, name))
        live = self._shelf.identified(stream_id or "")
        if live is None or key_of(live.stream)[:2] != (caller.account, caller.region):
            return None
        return live

    def named(self, account: str, region: str, name: str) -> LiveStream | None:
        """The stream of that name, as it was last seen; None without one."""
        return self._shelf.named((account, region, name))

    def identified(self, stream_id: str) -> LiveStream | None:
        """The stream of that id, as it was last seen; None when it is gone."""
        return self._shelf.identified(stream_id)

    async def by_id(self, stream_id: str) -> LiveStream | None:
        """The stream of that id, as it is by now; None when it is gone."""
        live = self._shelf.identified(stream_id)
        if live is not None and live.stream.pending is not None:
            await self._settle_now_or_later(live)
            live = self._shelf.identified(stream_id)
        return live

    async def create(self, stream: Stream) -> None:
        """Add a stream in CREATING, its first shards open; complete it if that is due.

        Raises ResourceInUseException when the name is taken.
        """
        await self._changes.run(self._create(stream))

    async def _create(self, stream: Stream) -> None:
        for _ in range(MOST_TRIES):
            known = self._shelf.named(key_of(stream))
            if known is not None:
                await self.settle(known)
                if self._shelf.named(key_of(stream)) is not None:
                    raise messages.stream_exists(stream.name, stream.account)
            stream = replace(stream, status="CREATING", pending=Pending("created", self.due_ms()))
            try:
                await self._catalog.insert(stream)
            except NameTaken:
                # Another process made it, and has not answered yet. Who is told that it exists may
                # use it next, through whichever process.
                await self.follow()
                await self._catalog.seen_by_all()
                continue
            self._following.take_over(stream)
            live = self._shelf.identified(stream.id)
            if live is not None:  # else it was deleted through another process
                await self._settle_now_or_later(live)
            return
        raise Conflict(f"stream {stream.name} is made and removed too often")

    async def change(
        self,
        live: LiveStream,
        event: Event,
        make: Callable[[Stream], Stream],
        plan: Callable[[Stream], Plan] | None = None,
    ) -> Stream:
        """Let `event` happen to a stream, with the change that `make` describes.

        `plan` says which shards to close and open when the event is completed. Both get the
        stream as it is under the lock, after the event was found to be allowed; what they raise
        goes to the caller with nothing changed. Answers the stream before.
        """
        return await self._changes.run(self._change(live, event, make, plan))

    async def _change(
        self,
        live: LiveStream,
        event: Event,
        make: Callable[[Stream], Stream],
        plan: Callable[[Stream], Plan] | None,
    ) -> Stream:
        async with live.lock:
            before = await self._decide(live, event, make, plan)
        await self._settle_now_or_later(live)
        if live.stream.status == "DELETING":
            await self._transitions.refuse_late_writes(live.stream)
        return before

    async def _decide(
        self,
        live: LiveStream,
        event: Event,
        make: Callable[[Stream], Stream],
        plan: Callable[[Stream], Plan] | None,
    ) -> Stream:
        for _ in range(MOST_TRIES):
            await self._transitions.complete_if_due(live)
            before = live.stream
            if not self._shelf.holds(live):  # deleted while this call waited its turn
                raise messages.stream_not_found(before.name, before.account)
            status = lifecycle.after(before, event)
            assert status is not None, "only completions end a stream"
            shards = plan(before) if plan is not None else NO_PLAN
            after = replace(make(before), status=status)
            if status != before.status:
                pending = Pending(lifecycle.COMPLETIONS[status], self.due_ms(), *shards)
                after = replace(after, pending=pending)
            try:
                self._following.take_over(await self._catalog.update(after))
            except Conflict:
                await self.follow([before.id])
                if live.stream is before and self._shelf.holds(live):
                    raise  # nothing to decide anew about
                continue
            return before
        raise Conflict(f"stream {live.stream.name} is changed too often")

    async def forget_shards(self, live: LiveStream, numbers: Sequence[int]) -> None:
        """Take closed shards, whose data has expired, out of the stream."""
        await self._changes.run(self._forget_shards(live, set(numbers)))

    async def _forget_shards(self, live: LiveStream, gone: set[int]) -> None:
        async with live.lock:
            stream = live.stream
            kept = tuple(shard for shard in stream.shards if shard.number not in gone)
            if len(kept) < len(stream.shards) and stream.pending is None:
                try:
                    after = await self._catalog.update(replace(stream, shards=kept))
                except Conflict:
                    await self.follow([stream.id])  # upkeep comes again
                else:
                    self._following.take_over(after)

    async def settle(self, live: LiveStream) -> None:
        """Complete the pending change of a stream if it is due. Raises `StorageError`.

        Who comes while that is tried shares the try, and its failure: one after the other, each
        would wait for as long as the store takes to fail.
        """
        if self._transitions.is_due(live.stream):
            settling = self._settling.get(live.stream.id)
            if settling is None or settling.done():
                settling = self._changes.begin(self._settle(live))
                self._settling[live.stream.id] = settling
            await asyncio.shield(settling)

    async def _settle(self, live: LiveStream) -> None:
        stream_id = live.stream.id
        try:
            async with live.lock:
                await self._transitions.complete_if_due(live)
        finally:
            del self._settling[stream_id]

    async def _settle_now_or_later(self, live: LiveStream) -> None:
        """Settle a change, but a failure is not one of the call: the stream is as it is meanwhile.

        An error would make the SDK of who asked for the change try again and meet its own change,
        and keep others from what they can have: a list of streams, the records of this one.
        """
        try:
            await self.settle(live)
        except OutOfReach:
            return  # of which the log has told once, and not at every look
        except StorageError as error:
            log.error("a change of stream %s waits: %s", live.stream.name, error)

    async def finish(self) -> None:
        """Wait for the changes that outlived their callers."""
        await self._changes.finish()

    def due_ms(self) -> int:
        """When a transition that begins now will have ended."""
        return self.clock.now_ms() + self._transition_ms


def new_stream_id() -> str:
    """An id that no stream had before."""
    return naming.make_stream_id(secrets.token_bytes(naming.ID_RANDOM_BYTES))
