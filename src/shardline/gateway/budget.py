"""A bound on memory that many requests share."""

import asyncio
from collections import deque


class ByteBudget:
    """So many bytes and no more, handed out in the order of asking.

    Taking is immediate while there is room and nobody waits; else it waits, which is the
    back-pressure that keeps memory bounded. One event loop only.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self.free = size
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()

    async def take(self, amount: int) -> int:
        """Take `amount` bytes (at most the whole budget) and answer what was taken."""
        amount = min(amount, self.size)
        if amount <= self.free and not self._waiting:
            self.free -= amount
            return amount
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((amount, turn))
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.give(amount)  # it was granted in the moment of the cancellation
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
