"""To have every worker do something, and to wait until each has."""

import asyncio
import itertools
import logging
from collections.abc import Awaitable, Callable

from shardline.storage.members import Bus
from shardline.storage.members_port import Members

log = logging.getLogger("shardline.node")


class Asking:
    """One thing that workers ask of each other; `do` is how this one does it.

    `ask` and `answer` are the topics of the messages.
    """

    def __init__(
        self,
        bus: Bus,
        members: Members,
        ask: bytes,
        answer: bytes,
        do: Callable[[], Awaitable[None]],
    ) -> None:
        self._bus = bus
        self._members = members
        self._ask, self._answer = ask, answer
        self._do = do
        self._numbers = itertools.count()
        self._missing: dict[bytes, int] = {}  # answers that an ask waits for
        self._complete: dict[bytes, asyncio.Event] = {}
        self._answered: dict[bytes, set[int]] = {}
        self._doing: set[asyncio.Task[None]] = set()
        bus.on(ask, self._asked)
        bus.on(answer, self._was_answered)

    async def all(self, patience_s: float) -> set[int]:
        """Have all workers do it, this one too; the numbers of the others that did in time."""
        others = self._members.count() - 1
        number = next(self._numbers).to_bytes(8)
        self._missing[number] = others
        complete = self._complete[number] = asyncio.Event()
        answered = self._answered[number] = set()
        if others:
            self._bus.tell(self._ask, number)
        try:
            await self._do()
            if others:
                async with asyncio.timeout(patience_s):
                    await complete.wait()
        except TimeoutError:
            pass
        finally:
            del self._missing[number], self._complete[number], self._answered[number]
        return answered

    def _asked(self, worker: int, number: bytes) -> None:
        task = asyncio.create_task(self._do_for(worker, number))
        self._doing.add(task)
        task.add_done_callback(self._doing.discard)

    async def _do_for(self, worker: int, number: bytes) -> None:
        try:
            await self._do()
        except Exception:
            log.exception("a fault of ours in what another worker asked for")
            return
        self._bus.tell(self._answer, number, worker=worker)

    def _was_answered(self, worker: int, number: bytes) -> None:
        if number in self._missing:
            self._answered[number].add(worker)
            if len(self._answered[number]) >= self._missing[number]:
                self._complete[number].set()
