"""A stream that several processes write and read: what it knows, it may have to be told.

Every commit is made within the stream's turn (see `turns`), after what others committed was taken
over. Every reader compares first, and takes over what was published; that costs a comparison when
nothing was. Extents never go back: what two have found out is merged.
"""

import asyncio
import contextlib
import logging
from collections import ChainMap
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import apsw

from shardline.storage.members.bus import Bus
from shardline.storage.record_log import StorageError
from shardline.storage.sqlite_log.extent import Extent, unknown
from shardline.storage.sqlite_log.jobs import Alone, Drop, Extents, Release, Write
from shardline.storage.sqlite_log.stream import Shared, Stream
from shardline.storage.sqlite_log.streamfile import StreamFile, load_extents
from shardline.storage.sqlite_log.turns import Turn
from shardline.storage.sqlite_log.worker import Outcome, failure, run_alone, run_writes

log = logging.getLogger(__name__)

TOPIC = b"l"  # of the messages that tell of a commit; the payload is the stream's id
RECHECK_S = 1.0  # a message that was lost delays a reader so long


@dataclass(frozen=True, slots=True)
class Sharing:
    """What a worker shares a log with the others by."""

    bus: Bus

    @property
    def worker(self) -> int:
        """The number of this worker."""
        return self.bus.place.worker


class SharedStream(Stream):
    """One stream of a log that several processes have open."""

    def __init__(self, id: str, file: StreamFile, shared: Shared, sharing: Sharing) -> None:
        super().__init__(id, file, {}, shared)
        self._sharing = sharing
        self._turn = _turn(file, sharing)
        # How much of what was published is in `extents`; -1 before they were read at all.
        self._known = -1
        self._is_noted_drop = False  # the drop is another process's, which is joined in
        self._reading: asyncio.Task[None] | None = None
        self._telling: asyncio.Task[None] | None = None

    @property
    def is_behind(self) -> bool:
        """Whether something was published that is not known here yet."""
        if not self._turn.is_open:
            self._shared.used(self)
        return self._turn.position != self._known or self._turn.is_left

    async def catch_up(self) -> None:
        """Take over what was published. Raises `StorageError` when it cannot be read."""
        self._turn.mend()
        while not self._take_over_published():
            if self._reading is None:
                self._reading = asyncio.create_task(self._read_extents())
            await asyncio.shield(self._reading)

    def _take_over_published(self) -> bool:
        """Take over what the ring holds; whether that was all."""
        if self._turn.is_dropped:
            self._note_dropped()
            return True
        changed, position = self._turn.changes(self._known)
        if changed is None:
            return False
        self._merge(changed, position)
        return True

    async def _read_extents(self) -> None:
        try:
            position = self._turn.position  # before: what is published meanwhile is found again
            if not self._file.path.exists():
                raise unknown(self.id)
            self._merge(await self.read(load_extents), position)
        finally:
            self._reading = None

    def _merge(self, changed: Mapping[int, Extent], position: int) -> None:
        for shard, extent in changed.items():
            self.extents[shard] = extent.merged(self.extents.get(shard))
        # Only now: the committing thread relies on it.
        self._known = max(self._known, position)
        self.waiters.wake(changed)

    def _note_dropped(self) -> None:
        """Another process dropped the stream: what is open here is closed."""
        self._is_noted_drop = self._drop is None
        super().drop()
        self.extents.clear()
        self.waiters.wake_all()

    def drop(self) -> "asyncio.Future[None]":
        """Drop the stream, whoever has begun to."""
        self._is_noted_drop = False
        return super().drop()

    async def close(self) -> None:
        """Finish what is queued, and what is looked at, and close the files."""
        await super().close()
        tasks = [task for task in (self._reading, self._telling) if task is not None]
        if tasks:
            await asyncio.wait(tasks)
        self._turn.close()

    async def wait_for_change(self, shard: int) -> None:
        """Return when something may have happened to a shard."""
        self._turn.note_waiting(True)
        if self.is_behind:  # it happened before the others knew that somebody waits
            await self.catch_up()
            return
        try:
            async with asyncio.timeout(RECHECK_S):
                await self.waiters.wait(shard)
        except TimeoutError:
            await self.catch_up()

    def told(self) -> None:
        """Another worker says that there is more."""
        if not self.waiters.any:
            self._turn.note_waiting(False)
        elif not self._take_over_published():
            self._telling = self._loop.create_task(self._catch_up_or_log())

    async def _catch_up_or_log(self) -> None:
        try:
            await self.catch_up()
        except StorageError as error:
            log.warning("%s", error)  # who waits looks again in a second

    # In a committing thread.

    def _run(self, jobs: list[Write | Alone]) -> Outcome:
        if isinstance(jobs[0], Release):
            return self._release(jobs[0])
        # Not for a drop: a file that is missing then is one that another process removed with all.
        make = not isinstance(jobs[0], Drop) and (not self._file.exists or self._known < 0)
        try:
            with self._turn.taken(make=make):
                return self._run_in_turn(jobs)
        except Exception as error:
            return Outcome([failure(self._file, error)] * len(jobs))
        finally:
            with contextlib.suppress(OSError):  # what was committed stays so; they look in a second
                for worker in self._turn.waiting():
                    self._sharing.bus.tell(TOPIC, self.id.encode(), worker=worker)

    def _run_in_turn(self, jobs: list[Write | Alone]) -> Outcome:
        shared, job = self._shared, jobs[0]
        if isinstance(job, Drop):
            return self._drop_in_turn(job)
        if self._turn.is_dropped:
            return Outcome([unknown(self.id)] * len(jobs))
        self._take_more(jobs)  # what came while this waited for its turn
        extents = self._up_to_date(as_copy=job.alone)
        self._turn.begin()
        if job.alone:
            outcome = run_alone(self._file, extents, cast(Alone, job))
        else:
            writes = cast("list[Write]", jobs)
            outcome = run_writes(
                self._file, extents, writes, shared.clock, shared.bounds.frame_bytes
            )
        self._turn.publish(outcome.changed)
        return outcome

    def _up_to_date(self, *, as_copy: bool) -> Mapping[int, Extent]:
        """The extents as they are now. With the turn, so that they stay so.

        The event loop may add some that it finds out meanwhile: who goes through all needs a copy.
        """
        self._file.find()
        known = self._known
        changed, position = self._turn.changes(known)
        if changed is None:
            if not self._file.exists:
                return {}
            if not self._file.path.exists():  # dropped since it was found, with its turn file
                self._turn.remove()
                raise unknown(self.id)
            if known < 0:
                self._file.find_garbage()
            loaded = load_extents(self._file.writer())
            # Before the answer, so that the next commit need not load them again.
            self._loop.call_soon_threadsafe(self._merge, loaded, position)
            return loaded
        if not changed and not as_copy:
            return self.extents
        merged = {n: extent.merged(self.extents.get(n)) for n, extent in changed.items()}
        return {**self.extents, **merged} if as_copy else ChainMap(merged, self.extents)

    def _drop_in_turn(self, job: Drop) -> Outcome:
        self._file.find()
        if not self._turn.is_dropped:
            if self._is_noted_drop:  # it failed meanwhile, and the stream goes on
                self._file.abandon()
                return Outcome([None])
            self._turn.publish_drop()
        # Also when another process said so: it may have died before it removed the file.
        outcome = run_alone(self._file, {}, job)
        if not isinstance(outcome.results[0], Exception):
            self._turn.remove()
        elif self._file.path.exists() and self._turn.is_open:
            self._turn.publish_gap()  # the stream goes on
        return outcome

    def _release(self, job: Release) -> Outcome:
        try:
            with self._turn.taken():
                if self._turn.is_dropped:
                    self._file.abandon()
                else:
                    self._file.release_shared()
        except (OSError, apsw.Error) as error:
            return Outcome([failure(self._file, error)])
        finally:
            self._turn.close()
        return Outcome([None])

    def _keep_house(self) -> bool:
        try:
            with self._turn.taken():
                return self._turn.is_dropped or super()._keep_house()
        except OSError as error:
            log.warning("%s: background work failed, to be tried again: %s", self._file.path, error)
            return False

    def _take_over(self, changed: Extents) -> None:
        """What this worker committed was published with the rest, and may be overtaken already."""
        if not self._take_over_published():
            self._merge(changed, self._known)  # the rest is read by who asks next

    def _end_drop(self, result: object) -> None:
        super()._end_drop(result)
        if not isinstance(result, Exception):
            self._turn.close()


def has_turn(file: StreamFile, sharing: Sharing) -> bool:
    """Make the turn file of a stream that another process made; whether the stream is still there.

    Blocks. Raises `OSError`.
    """
    turn = _turn(file, sharing)
    turn.make()
    turn.close()
    if file.path.exists():
        return True
    turn.remove()  # it was dropped this very moment
    return False


def _turn(file: StreamFile, sharing: Sharing) -> Turn:
    return Turn(file.path.with_suffix(".turn"), sharing.worker)
