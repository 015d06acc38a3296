"""A bound on memory that many requests share."""

import asyncio
from collections import deque


class NoRoom(Exception):
    """There was no room for too long."""


class ByteBudget:
    """So many bytes and no more, handed out in the order of asking.

    Taking is immediate while there is room and nobody waits; else it waits, which is the
    back-pressure that keeps memory bounded. One event loop only.
    """

    def __init__(self, size: int, *, patience_s: float = 30.0) -> None:
        self.size = size
        self.free = size
        self._patience_s = patience_s
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()

    def take_now(self, amount: int) -> bool:
        """Take `amount` bytes if there is room and nobody waits; whether they were taken."""
        if amount > self.free or self._waiting:
            return False
        self.free -= amount
        return True

    async def take(self, amount: int) -> int:
        """Take `amount` bytes (at most the whole budget) and answer what was taken.

        Raises `NoRoom` after `patience_s` seconds.
        """
        amount = min(amount, self.size)
        if self.take_now(amount):
            return amount
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((amount, turn))
        try:
            async with asyncio.timeout(self._patience_s):
                await turn
        except BaseException as error:
            granted = turn.done() and not turn.cancelled()  # in the moment of the cancellation
            self.give(amount if granted else 0)
            if isinstance(error, TimeoutError):
                raise NoRoom from error
            raise
        return amount

    def give(self, amount: int) -> None:
        """Give bytes back, and let those go on for whom there is room now."""
        self.free += amount
        while self._waiting:
            wanted, turn = self._waiting[0]
            if turn.done():
                self._waiting.popleft()
                continue
            if wanted > self.free:
                return
            self._waiting.popleft()
            self.free -= wanted
            turn.set_result(None)
