"""The book of streams: what a node knows of every stream, and the only way to change one.

The catalog holds the truth; the book holds what was read from it, with what the hot path needs
derived once. A change is made in one place, under the stream's own lock: first in the catalog,
then in the book.

A transition (CREATING, UPDATING, DELETING) that is due is completed by whoever looks the stream up
next: there is no timer that could be late, and a node that stopped in the middle goes on where it
was. What a completion does outside the catalog (making, sealing and dropping shards in the log) is
idempotent and comes before the catalog's own change, so it can be cut off anywhere and done again.
When it fails, as on a full disk, the stream stays in its transition, and the next look tries again.

A change that has begun goes on to its end, even if the call that asked for it is cancelled (an
HTTP/2 client that resets its request): otherwise the catalog could be changed, and the book not.
"""

import asyncio
import logging
import secrets
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from shardline.clock import Clock
from shardline.gateway.types import Caller
from shardline.kinesis import lifecycle, messages, naming
from shardline.kinesis.hashing import RouteTable
from shardline.kinesis.lifecycle import Event
from shardline.kinesis.resharding import Plan
from shardline.storage.catalog_port import Catalog, NameTaken
from shardline.storage.entities import Pending, Stream
from shardline.storage.record_log import RecordLog, StorageError, UnknownShard

Answer = TypeVar("Answer")

log = logging.getLogger("shardline.kinesis")

NO_PLAN = Plan()


class LiveStream:
    """One stream as the node knows it now: the catalog's value, and what follows from it."""

    __slots__ = ("lock", "max_record_bytes", "retention_ms", "routes", "shards", "stream")

    def __init__(self, stream: Stream) -> None:
        self.lock = asyncio.Lock()
        self.become(stream)

    def become(self, stream: Stream) -> None:
        """Take a new value over from the catalog."""
        self.stream = stream
        self.shards = {shard.number: shard for shard in stream.shards}
        self.routes = RouteTable(shard for shard in stream.shards if shard.is_open)
        self.max_record_bytes = stream.max_record_kib * 1024
        self.retention_ms = stream.retention_hours * 3_600_000


class StreamBook:
    """Every stream of a node, by name and by id."""

    def __init__(
        self, catalog: Catalog, log: RecordLog, clock: Clock, *, transition_ms: int = 0
    ) -> None:
        self.clock = clock
        self._catalog = catalog
        self._log = log
        self._transition_ms = transition_ms
        self._by_name: dict[tuple[str, str, str], LiveStream] = {}
        self._by_id: dict[str, LiveStream] = {}
        self._changes: set[asyncio.Task[Any]] = set()  # those under way

    async def load(self) -> None:
        """Read every stream from the catalog, and complete what is due."""
        for stream in await self._catalog.streams():
            self._enter(LiveStream(stream))
        for live in self.all():
            await self._settle_now_or_later(live)

    def all(self) -> list[LiveStream]:
        """Every stream of every account and region."""
        return list(self._by_id.values())

    async def of(self, account: str, region: str) -> list[Stream]:
        """The streams of an account and region, sorted by name, each as it is by now."""
        mine = sorted(key for key in self._by_name if key[:2] == (account, region))
        for each in [self._by_name[key] for key in mine]:
            await self._settle_now_or_later(each)
        return [live.stream for key in mine if (live := self._by_name.get(key)) is not None]

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
            name = address.name
            if name is None:
                name = self._name_of(address.stream_id, account, region)
        live = self._by_name.get((account, region, name))
        if live is not None and live.stream.pending is not None:
            await self._settle_now_or_later(live)
            live = self._by_name.get((account, region, name))
        if live is None or (stream_id is not None and live.stream.id != stream_id):
            raise messages.stream_not_found(name, account)
        return live

    async def of_call(self, caller: Caller, call: Mapping[str, Any]) -> LiveStream:
        """As `find`, from the three members by which a call names its stream."""
        return await self.find(
            caller.account,
            caller.region,
            call.get("StreamName"),
            call.get("StreamARN"),
            call.get("StreamId"),
        )

    async def by_id(self, stream_id: str) -> LiveStream | None:
        """The stream of that id, as it is by now; None when it is gone."""
        live = self._by_id.get(stream_id)
        if live is not None and live.stream.pending is not None:
            await self._settle_now_or_later(live)
            live = self._by_id.get(stream_id)
        return live

    def _name_of(self, stream_id: str | None, account: str, region: str) -> str:
        live = self._by_id.get(stream_id or "")
        if live is None or (live.stream.account, live.stream.region) != (account, region):
            raise messages.stream_not_found(stream_id or "", account)
        return live.stream.name

    async def create(self, stream: Stream) -> LiveStream:
        """Add a stream in CREATING, its first shards open; complete it if that is due.

        Raises ResourceInUseException when the name is taken.
        """
        return await self._to_the_end(self._create(stream))

    async def _create(self, stream: Stream) -> LiveStream:
        key = (stream.account, stream.region, stream.name)
        known = self._by_name.get(key)
        if known is not None:
            await self.settle(known)
            if key in self._by_name:
                raise messages.stream_exists(stream.name, stream.account)
        stream = replace(stream, status="CREATING", pending=Pending("created", self._due()))
        try:
            await self._catalog.insert(stream)
        except NameTaken as taken:
            raise messages.stream_exists(stream.name, stream.account) from taken
        live = LiveStream(stream)
        self._enter(live)
        await self._settle_now_or_later(live)
        return live

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
        return await self._to_the_end(self._change(live, event, make, plan))

    async def _change(
        self,
        live: LiveStream,
        event: Event,
        make: Callable[[Stream], Stream],
        plan: Callable[[Stream], Plan] | None,
    ) -> Stream:
        async with live.lock:
            await self._complete_if_due(live)
            before = live.stream
            if self._by_id.get(before.id) is not live:  # deleted while this call waited its turn
                raise messages.stream_not_found(before.name, before.account)
            status = lifecycle.after(before, event)
            assert status is not None, "only completions end a stream"
            changes = plan(before) if plan is not None else NO_PLAN
            after = replace(make(before), status=status)
            if status != before.status:
                after = replace(
                    after,
                    pending=Pending(
                        lifecycle.COMPLETIONS[status],
                        self._due(),
                        changes.parents,
                        changes.children,
                    ),
                )
            live.become(await self._catalog.update(after))
        await self._settle_now_or_later(live)
        if live.stream.status == "DELETING":
            await self._refuse_late_writes(live)
        return before

    async def _refuse_late_writes(self, live: LiveStream) -> None:
        """Seal what is being deleted, for the writes that found it before it was.

        They are acknowledged before DeleteStream is, or refused, also if the stream goes later.
        """
        try:
            await self._log.seal(live.stream.id, _open_numbers(live.stream))
        except UnknownShard:
            return  # it is gone, or was never made
        except StorageError as error:
            log.error("deleted stream %s could not be sealed: %s", live.stream.name, error)

    async def forget_shards(self, live: LiveStream, numbers: Sequence[int]) -> None:
        """Take closed shards, whose data has expired, out of the stream."""
        await self._to_the_end(self._forget_shards(live, numbers))

    async def _forget_shards(self, live: LiveStream, numbers: Sequence[int]) -> None:
        async with live.lock:
            gone = set(numbers)
            kept = tuple(shard for shard in live.stream.shards if shard.number not in gone)
            if len(kept) < len(live.stream.shards) and live.stream.pending is None:
                live.become(await self._catalog.update(replace(live.stream, shards=kept)))

    async def settle(self, live: LiveStream) -> None:
        """Complete the pending change of a stream if it is due. Raises `StorageError`."""
        pending = live.stream.pending
        if pending is not None and pending.due_ms <= self.clock.now_ms():
            await self._to_the_end(self._settle(live))

    async def _settle(self, live: LiveStream) -> None:
        async with live.lock:
            await self._complete_if_due(live)

    async def _settle_now_or_later(self, live: LiveStream) -> None:
        """Settle a change, but a failure is not one of the call: the stream is as it is meanwhile.

        An error would make the SDK of who asked for the change try again and meet its own change,
        and keep others from what they can have: a list of streams, the records of this one.
        """
        try:
            await self.settle(live)
        except StorageError as error:
            log.error("a change of stream %s waits: %s", live.stream.name, error)

    async def _to_the_end(self, change: Coroutine[Any, Any, Answer]) -> Answer:
        """Let a change run to its end, even if its caller is cancelled."""
        task = asyncio.ensure_future(change)
        self._changes.add(task)
        task.add_done_callback(self._note_end)
        return await asyncio.shield(task)

    def _note_end(self, change: asyncio.Task[Any]) -> None:
        self._changes.discard(change)
        if not change.cancelled():
            change.exception()  # of no interest to anyone, if its caller was cancelled

    async def finish(self) -> None:
        """Wait for the changes that outlived their callers."""
        while self._changes:
            await asyncio.wait(self._changes)

    async def _complete_if_due(self, live: LiveStream) -> None:
        stream, pending = live.stream, live.stream.pending
        if pending is None or pending.due_ms > self.clock.now_ms():
            return
        if stream.status == "DELETING":
            await self._log.drop(stream.id)
            await self._catalog.remove(stream.id)
            self._leave(live)
            return
        ends: dict[int, int] = {}
        if stream.status == "CREATING":
            await self._log.create(stream.id, [shard.number for shard in stream.shards])
        if pending.children:
            ends = await self._reshard(stream, pending)
        after = lifecycle.complete(stream, ends=ends, now_ms=self.clock.now_ms())
        assert after is not None, "only DELETING ends a stream"
        live.become(await self._catalog.update(after))

    async def _reshard(self, stream: Stream, pending: Pending) -> dict[int, int]:
        """Open the children in the log and close the parents; answer where the parents end."""
        short_lived = {child.number for child in pending.children} & set(pending.parents)
        lasting = [c.number for c in pending.children if c.number not in short_lived]
        await self._log.create(stream.id, lasting)
        sealed = await self._log.seal(
            stream.id, [n for n in pending.parents if n not in short_lived]
        )
        return dict.fromkeys(short_lived, 0) | dict(sealed)

    def _due(self) -> int:
        return self.clock.now_ms() + self._transition_ms

    def _enter(self, live: LiveStream) -> None:
        stream = live.stream
        self._by_name[stream.account, stream.region, stream.name] = live
        self._by_id[stream.id] = live

    def _leave(self, live: LiveStream) -> None:
        stream = live.stream
        self._by_id.pop(stream.id, None)
        key = (stream.account, stream.region, stream.name)
        if self._by_name.get(key) is live:
            del self._by_name[key]


def _open_numbers(stream: Stream) -> list[int]:
    return [shard.number for shard in stream.shards if shard.is_open]


def new_stream_id() -> str:
    """An id that no stream had before."""
    return naming.make_stream_id(secrets.token_bytes(naming.ID_RANDOM_BYTES))
