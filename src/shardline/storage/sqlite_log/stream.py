"""A stream as the event loop sees it: its extents, its queue of jobs, its waiting readers.

One job, or one group of writes, is in flight at a time. While it runs the next ones queue, and go
together. Everything here runs on the event loop, except `_work` and `_read`.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

import apsw

from shardline.clock import Clock
from shardline.storage.frames import FrameError
from shardline.storage.log_numbers import LogNumbers
from shardline.storage.record_log import StorageError
from shardline.storage.sqlite_log.bounds import Bounds
from shardline.storage.sqlite_log.extent import Extent, unknown
from shardline.storage.sqlite_log.jobs import Alone, Drop, Extents, Release, Write
from shardline.storage.sqlite_log.streamfile import StreamFile
from shardline.storage.sqlite_log.waiters import Waiters
from shardline.storage.sqlite_log.worker import Outcome, keep_house, run_alone, run_writes

T = TypeVar("T")

_log = logging.getLogger(__name__)

# After background work has failed, it is left alone for so many commits.
_PAUSE_COMMITS = 100


@dataclass(frozen=True, slots=True)
class Shared:
    """What all streams of a log have in common."""

    clock: Clock
    bounds: Bounds
    commits: ThreadPoolExecutor
    reads: ThreadPoolExecutor
    used: "Callable[[Stream], None]"  # called whenever a stream needs its file
    dropped: "Callable[[Stream], None]"  # called when the file of a stream is gone
    numbers: LogNumbers = field(default_factory=LogNumbers)


class Stream:
    """One stream of an open log."""

    def __init__(self, id: str, file: StreamFile, extents: Extents, shared: Shared) -> None:
        self.id = id
        self.extents = dict(extents)
        self.waiters = Waiters()
        self._file = file
        self._shared = shared
        self._loop = asyncio.get_running_loop()
        self._queue: deque[Write | Alone] = deque()
        self._busy = False  # jobs are in flight, or `_start` is about to be called
        self._linger: asyncio.TimerHandle | None = None  # the next commit waits for more writes
        self._expected = 0  # how many of them are worth waiting for
        self._drop: Drop | None = None
        self._closed = False
        self._pause = 0

    def extent(self, shard: int) -> Extent:
        """What is known of a shard. Raises `UnknownShard`."""
        extent = self.extents.get(shard)
        if extent is None:
            raise unknown(self.id, [shard])
        return extent

    # Where several processes have the stream open; see `shared_stream`.

    @property
    def is_behind(self) -> bool:
        """Whether another process committed what is not known here yet."""
        return False

    async def catch_up(self) -> None:
        """Know what other processes committed."""

    async def wait_for_change(self, shard: int) -> None:
        """Return when something may have happened to a shard."""
        await self.waiters.wait(shard)

    @property
    def waiting(self) -> int:
        """How many jobs wait for their commit."""
        return len(self._queue)

    def submit(self, job: Write | Alone) -> "asyncio.Future[Any]":
        """Queue a job; its future gets the result."""
        if self._drop is not None:
            raise unknown(self.id)
        self._enqueue(job)
        return job.future

    def _enqueue(self, job: Write | Alone) -> None:
        self._queue.append(job)
        if not self._busy:
            # Not at once: what other tasks append in this turn of the loop joins the commit.
            self._busy = True
            self._loop.call_soon(self._start)
        elif self._linger is not None and (job.alone or len(self._queue) >= self._expected):
            self._linger.cancel()
            self._start()

    def drop(self) -> "asyncio.Future[None]":
        """Refuse what waits, and delete the file when the commit in flight is done. All who drop
        a stream have the same future."""
        if self._drop is None:
            self._drop = Drop(self._loop.create_future())
            for job in self._queue:
                if not job.future.done():
                    job.future.set_exception(unknown(self.id))
            self._queue.clear()
            self._enqueue(self._drop)
        return self._drop.future

    def release_if_idle(self) -> bool:
        """Close the file until it is needed again, unless the stream is being worked on."""
        if self._busy or self._drop is not None:
            return False
        job = Release(self._loop.create_future())
        job.future.add_done_callback(self._note_failure)
        self._enqueue(job)
        return True

    async def close(self) -> None:
        """Finish what is queued and close the file."""
        self._closed = True
        self.waiters.wake_all()
        job = Release(self._loop.create_future())
        job.future.add_done_callback(self._note_failure)
        self._enqueue(job)
        await asyncio.wait([job.future])

    def _note_failure(self, future: "asyncio.Future[None]") -> None:
        # A checkpoint at closing may fail; the write-ahead log then stays, and is as durable.
        if error := future.exception():
            _log.warning("%s", error)

    def _start(self) -> None:
        self._linger = None
        jobs = self._take()
        if not (jobs or self._wants_housekeeping()):
            self._busy = False
            return
        if not (jobs and isinstance(jobs[0], Release)):
            self._shared.used(self)
        self._shared.commits.submit(self._work, jobs)

    def _take(self) -> list[Write | Alone]:
        """Take the writes at the head of the queue up to the bound of a commit, or another job."""
        jobs: list[Write | Alone] = []
        self._take_more(jobs)
        return jobs

    def _take_more(self, jobs: list[Write | Alone]) -> None:
        if jobs and jobs[0].alone:
            return
        room = self._shared.bounds.commit_bytes - sum(job.size for job in jobs)
        while self._queue:
            job = self._queue[0]
            if job.future.cancelled():
                self._queue.popleft()
                continue
            room -= job.size
            if jobs and (room < 0 or job.alone):
                break
            jobs.append(self._queue.popleft())
            if job.alone:
                break

    def _wants_housekeeping(self) -> bool:
        return not (self._closed or self._pause) and self._file.wants_housekeeping()

    def _work(self, jobs: list[Write | Alone]) -> None:
        """Run jobs in a committing thread, and answer them before any work that can wait."""
        if jobs:
            outcome = self._run(jobs)
            self._pause = max(0, self._pause - 1)
            if not self._wants_housekeeping():
                self._loop.call_soon_threadsafe(self._finish, jobs, outcome)
                return
            self._loop.call_soon_threadsafe(self._answer, jobs, outcome)
        if not self._keep_house():
            self._pause = _PAUSE_COMMITS
        self._loop.call_soon_threadsafe(self._start)

    def _run(self, jobs: list[Write | Alone]) -> Outcome:
        if jobs[0].alone:
            return run_alone(self._file, self.extents, cast(Alone, jobs[0]))
        shared, writes = self._shared, cast("list[Write]", jobs)
        return run_writes(self._file, self.extents, writes, shared.clock, shared.bounds.frame_bytes)

    def _keep_house(self) -> bool:
        return keep_house(self._file, self._shared.bounds)

    def _finish(self, jobs: list[Write | Alone], outcome: Outcome) -> None:
        self._answer(jobs, outcome)
        # Not at once: the tasks that were just answered may append again, and join the commit.
        # Clients that wait for their answers fall into two groups of which each waits for the
        # other's commit. A moment's patience makes them one, and of two commits one; where a
        # commit is large or has one write, nothing would be saved.
        both = [*jobs, *self._queue]
        if len(jobs) > 1 and sum(job.size for job in both) <= self._shared.bounds.linger_bytes:
            self._expected = len(both)
            self._linger = self._loop.call_later(self._shared.bounds.linger_s, self._start)
        else:
            self._loop.call_soon(self._start)

    def _answer(self, jobs: list[Write | Alone], outcome: Outcome) -> None:
        self._count(jobs, outcome)
        self._take_over(outcome.changed)
        if self._drop is not None and jobs[0] is self._drop:
            self._end_drop(outcome.results[0])
        for job, result in zip(jobs, outcome.results, strict=True):
            if job.future.done():
                continue
            if isinstance(result, Exception):
                job.future.set_exception(result)
            else:
                job.future.set_result(result)

    def _take_over(self, changed: Extents) -> None:
        self.extents.update(changed)
        self.waiters.wake(changed)

    def _count(self, jobs: list[Write | Alone], outcome: Outcome) -> None:
        if outcome.seconds is not None:
            size = sum(job.size for job in jobs)
            self._shared.numbers.add(len(jobs), size, outcome.seconds)
        elif not jobs[0].alone:
            self._shared.numbers.failed += 1

    def _end_drop(self, result: object) -> None:
        if isinstance(result, Exception):
            self._drop = None  # the caller of `drop` is told; the stream goes on
            return
        self.extents.clear()
        self.waiters.wake_all()
        self._shared.dropped(self)

    async def read(self, function: Callable[[apsw.Connection], T]) -> T:
        """Call a function with a connection for reading, in a reading thread."""
        self._shared.used(self)
        return await self._loop.run_in_executor(self._shared.reads, self._read, function)

    def _read(self, function: Callable[[apsw.Connection], T]) -> T:
        try:
            with self._file.reader() as connection:
                return function(connection)
        except (apsw.Error, FrameError) as error:
            if self._drop is not None:
                raise unknown(self.id) from error
            raise StorageError(f"reading {self._file.path} failed: {error}") from error
