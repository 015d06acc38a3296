"""To have every worker do something, and to wait until each has."""

import asyncio
import itertools
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from shardline.storage.members_port import Members, Messages

log = logging.getLogger("shardline.node")


@dataclass(slots=True)
class _Ask:
    """One that waits for answers."""

    others: int
    answered: set[int] = field(default_factory=set)
    complete: asyncio.Event = field(default_factory=asyncio.Event)


class Asking:
    """One thing that workers ask of each other; `do` is how this one does it.

    `ask` and `answer` are the topics of the messages.
    """

    def __init__(
        self,
        bus: Messages,
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
        self._asked_for: dict[bytes, _Ask] = {}
        self._doing: set[asyncio.Task[None]] = set()
        bus.on(ask, self._asked)
        bus.on(answer, self._was_answered)

    async def all(self, patience_s: float) -> set[int]:
        """Have all workers do it, this one too; the numbers of the others that did in time."""
        others = self._members.count() - 1
        number = next(self._numbers).to_bytes(8)
        ask = self._asked_for[number] = _Ask(others)
        if others:
            self._bus.tell(self._ask, number)
        try:
            await self._do()
            if others:
                async with asyncio.timeout(patience_s):
                    await ask.complete.wait()
        except TimeoutError:
            pass
        finally:
            del self._asked_for[number]
        return ask.answered

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
        ask = self._asked_for.get(number)
        if ask is not None:
            ask.answered.add(worker)
            if len(ask.answered) >= ask.others:
                ask.complete.set()
