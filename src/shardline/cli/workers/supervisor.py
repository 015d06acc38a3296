"""Keeps a worker at work for each number.

A worker that ended is replaced at once. One that ends within `STEADY_S` of being ready, or does not
become ready, is waited for before the next try, longer each time. When none serves and none can be
started, `lost` has the reason.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any

from shardline.cli.workers.posts import MOST_FAILURES, Launch, Post
from shardline.cli.workers.process import WorkerFailed, WorkerProcess
from shardline.cli.workers.wire import Ready
from shardline.storage.members import Place

log = logging.getLogger("shardline.workers")

STEADY_S = 10.0


class Supervisor:
    """See the module's docstring. `patience_s` is how long a worker may take to end."""

    def __init__(
        self,
        posts: Sequence[Post],
        free: Place,
        launch: Launch,
        *,
        patience_s: float,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.lost: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._posts = posts
        self._free = free
        self._launch = launch
        self._patience_s = patience_s
        self._sleep = sleep
        self._workers: Sequence[WorkerProcess] = ()
        self._tasks: set[asyncio.Task[None]] = set()
        self._exchanging = asyncio.Lock()
        self._exchanges = 0  # the one that goes on, and one that is to come
        self._has_started = False

    async def start(self, prepare: Callable[[Ready], None]) -> None:
        """Start the first worker, tell `prepare` of it, start the others. Raises `WorkerFailed`."""
        first, *others = self._posts
        prepare(await self._fill(first))
        await asyncio.gather(*map(self._fill, others))
        self._has_started = True

    def begin_exchange(self) -> None:
        """Put another worker in the place of each, one after the other, without a pause between.

        Asked for while it is done, it is done once more after that; before all have started, not.
        """
        if self._has_started and self._exchanges < 2:
            self._exchanges += 1
            self._do(self._exchange())

    async def _exchange(self) -> None:
        try:
            async with self._exchanging:
                await self._exchange_all()
        finally:
            self._exchanges -= 1

    async def _exchange_all(self) -> None:
        log.info("exchanging the workers, one after the other")
        for post in self._posts:
            async with post.changing:
                old = post.worker
                try:
                    worker = await self._started(post, self._free)
                except WorkerFailed as failed:
                    log.error(
                        "worker %d is not exchanged, nor those after it: the new one failed: %s",
                        post.number,
                        failed,
                    )
                    return
                post.worker = worker
                self._free, post.place = post.place, self._free
            if old is not None:
                old.leave()
                await self._end_of(old)
        log.info("the workers are exchanged")

    async def stop(self) -> str:
        """End all workers in order; answers what went wrong, or nothing.

        Connections are refused when all workers have stopped to accept: before, those would fail.
        """
        for task in self._tasks:
            task.cancel()
        workers = self._going_on()
        for worker in workers:
            worker.stop()
        closed = asyncio.gather(*(worker.closed() for worker in workers))
        endings = asyncio.gather(*map(self._end_of, workers))
        await closed
        for post in self._posts:
            post.refuse()
        codes = await endings
        return "; ".join(
            f"worker {worker.number} {worker.ending(code)}"
            for worker, code in zip(workers, codes, strict=True)
            if code
        )

    def kill(self) -> None:
        """End all workers at once."""
        for worker in self._going_on():
            worker.kill()

    def _going_on(self) -> Sequence[WorkerProcess]:
        return [worker for worker in self._workers if not worker.has_ended()]

    async def _fill(self, post: Post) -> Ready:
        """Have a worker at a post that has none. Raises `WorkerFailed`."""
        worker = await self._started(post, post.place)
        post.worker = worker
        return await worker.ready()

    async def _started(self, post: Post, place: Place) -> WorkerProcess:
        """A worker that serves, and is watched. Raises `WorkerFailed`."""
        try:
            worker = await self._launch(post, place)
        except OSError as error:
            raise WorkerFailed(f"it could not be started ({error.strerror})") from error
        self._workers = [*self._going_on(), worker]
        await worker.ready()
        self._do(self._watch(post, worker))
        return worker

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _watch(self, post: Post, worker: WorkerProcess) -> None:
        """Replace a worker when it ends without having been told to."""
        ready_at = time.monotonic()
        code = await worker.ended()
        if worker.is_leaving:
            return
        log.error("worker %d (pid %d) %s", post.number, worker.pid, worker.ending(code))
        post.failures = post.failures + 1 if time.monotonic() - ready_at < STEADY_S else 0
        async with post.changing:
            if post.worker is worker:
                await self._replace(post)

    async def _replace(self, post: Post) -> None:
        while True:
            if pause_s := post.pause_s():
                await self._sleep(pause_s)
            try:
                await self._fill(post)
            except WorkerFailed as failed:
                post.failures += 1
                log.error("worker %d did not start: %s", post.number, failed)
                if post.failures >= MOST_FAILURES and not self._is_served():
                    if not self.lost.done():
                        self.lost.set_result(str(failed))
                    return
                continue
            assert post.worker is not None
            log.info("worker %d is there again (pid %d)", post.number, post.worker.pid)
            return

    def _is_served(self) -> bool:
        return any(worker.is_serving() for worker in self._workers)

    async def _end_of(self, worker: WorkerProcess) -> int:
        """The exit code of a worker that was told to end; one that does not is killed."""
        try:
            async with asyncio.timeout(self._patience_s):
                return await worker.ended()
        except TimeoutError:
            log.error(
                "worker %d (pid %d) did not end in %d s: it is killed",
                worker.number,
                worker.pid,
                self._patience_s,
            )
            worker.kill()
            return await worker.ended()
