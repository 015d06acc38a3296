"""What tells the subscriptions of a shard that there is more to read.

One task for each shard waits on the log, however many subscriptions there are. The first record
after a pause is told at once. Then the task rests, and tells what came meanwhile all together: on a
busy shard every subscription gets `1 / REST_S` events a second at most, each with all there is.
"""

import asyncio
import logging
from collections.abc import Callable

from shardline.storage.record_log import RecordLog, StorageError, UnknownShard

log = logging.getLogger("shardline.kinesis")

REST_S = 0.01


class Feed:
    """One shard that has subscriptions. `seen` is the offset up to which it is known to have grown.

    It begins at `tail`. `over` says that it grows no more (it is closed or gone), or nobody can
    tell; then `failure` says why.
    """

    def __init__(
        self, records: RecordLog, stream: str, shard: int, *, tail: int, over: bool
    ) -> None:
        self._records = records
        self._stream = stream
        self._shard = shard
        self._wakes: set[Callable[[], None]] = set()
        self._task: asyncio.Task[None] | None = None
        self.over = over
        self.failure: StorageError | None = None
        self.seen = tail

    @property
    def subscribers(self) -> int:
        """How many are told."""
        return len(self._wakes)

    def join(self, wake: Callable[[], None]) -> None:
        """Let `wake` be called when there is more, or the feed is over."""
        self._wakes.add(wake)
        if self._task is None and not self.over:
            self._task = asyncio.create_task(self._watch())

    def leave(self, wake: Callable[[], None]) -> None:
        """Let it be called no more; when nobody is left, the feed ends."""
        self._wakes.discard(wake)
        if not self._wakes and self._task is not None:
            self._task.cancel()

    async def _watch(self) -> None:
        try:
            while not self.over:
                await self._records.wait(self._stream, self._shard, self.seen)
                tail = await self._records.tail(self._stream, self._shard)
                self.over = tail == self.seen
                self.seen = tail
                self._tell()
                await asyncio.sleep(REST_S)
        except UnknownShard:
            log.debug("shard %d of %s is gone", self._shard, self._stream)
        except StorageError as error:
            log.debug("nothing more of shard %d of %s: %s", self._shard, self._stream, error)
            self.failure = error
        finally:
            self.over = True
            self._tell()

    def _tell(self) -> None:
        for wake in tuple(self._wakes):
            wake()
