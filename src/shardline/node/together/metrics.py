"""What all workers counted, published before one of them reads metrics."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable

from shardline.storage.members import Bus
from shardline.storage.members_port import Members

ASK = b"f"
ANSWER = b"F"
PATIENCE_S = 0.25  # a worker that is too busy to answer publishes within its minute


class MetricsTogether:
    """Has every worker publish; `flush` is this one's own."""

    def __init__(self, flush: Callable[[], Awaitable[None]], bus: Bus, members: Members) -> None:
        self._flush = flush
        self._bus = bus
        self._members = members
        self._numbers = itertools.count()
        self._missing: dict[bytes, int] = {}  # answers that an ask waits for
        self._all_answered: dict[bytes, asyncio.Event] = {}
        self._answering: set[asyncio.Task[None]] = set()
        bus.on(ASK, self._asked)
        bus.on(ANSWER, self._answered)

    async def flush(self) -> None:
        """Let what was counted up to now, by any worker, be in the store when this returns."""
        others = self._members.count() - 1
        if not others:
            await self._flush()
            return
        ask = next(self._numbers).to_bytes(8)
        self._missing[ask] = others
        answered = self._all_answered[ask] = asyncio.Event()
        self._bus.tell(ASK, ask)
        try:
            await self._flush()
            async with asyncio.timeout(PATIENCE_S):
                await answered.wait()
        except TimeoutError:
            pass
        finally:
            del self._missing[ask], self._all_answered[ask]

    def _asked(self, worker: int, ask: bytes) -> None:
        task = asyncio.create_task(self._publish_for(worker, ask))
        self._answering.add(task)
        task.add_done_callback(self._answering.discard)

    async def _publish_for(self, worker: int, ask: bytes) -> None:
        await self._flush()
        self._bus.tell(ANSWER, ask, worker=worker)

    def _answered(self, worker: int, ask: bytes) -> None:
        if ask in self._missing:
            self._missing[ask] -= 1
            if self._missing[ask] <= 0:
                self._all_answered[ask].set()
