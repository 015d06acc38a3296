"""Tasks that wait for something to happen to a shard."""

import asyncio
from collections.abc import Iterable


class Waiters:
    """The waiting tasks of one stream, by shard."""

    def __init__(self) -> None:
        self._waiting: dict[int, set[asyncio.Future[None]]] = {}

    async def wait(self, shard: int) -> None:
        """Return when the shard is woken."""
        future = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(shard, set()).add(future)
        try:
            await future
        finally:
            waiting = self._waiting.get(shard)
            if waiting is not None:
                waiting.discard(future)

    @property
    def any(self) -> bool:
        """Whether somebody waits."""
        return any(self._waiting.values())

    def wake(self, shards: Iterable[int]) -> None:
        """Wake every task that waits for one of the shards."""
        if self._waiting:
            for shard in shards:
                for future in self._waiting.pop(shard, ()):
                    if not future.done():
                        future.set_result(None)

    def wake_all(self) -> None:
        """Wake every task."""
        self.wake(tuple(self._waiting))
