"""One process, which has seen every change because it made it."""

import asyncio

from shardline.storage.members_port import Look


class Alone:
    """See `shardline.storage.members_port.Members`."""

    def holds(self) -> bool:
        """Always: nobody else changes anything that may not be a second late."""
        return True

    def term(self) -> int | None:
        """Always the same."""
        return 0

    async def renew(self, look: Look) -> None:
        """Look."""
        await look()

    async def seen_by_all(self, change: int) -> None:
        """There is nobody to be waited for."""

    async def told(self, timeout_s: float) -> None:
        """Nobody tells."""
        await asyncio.sleep(timeout_s)

    def is_on_duty(self) -> bool:
        """Always."""
        return True

    def count(self) -> int:
        """One."""
        return 1

    async def leave(self) -> None:
        """Nobody waits."""
