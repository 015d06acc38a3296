"""What all workers counted, published before one of them reads metrics."""

from collections.abc import Awaitable, Callable

from shardline.node.together.asking import Asking
from shardline.storage.members_port import Members, Messages

PATIENCE_S = 0.25  # a worker that is too busy to answer publishes within its minute


class MetricsTogether:
    """Has every worker publish; `flush` is this one's own."""

    def __init__(
        self, flush: Callable[[], Awaitable[None]], bus: Messages, members: Members
    ) -> None:
        self._asking = Asking(bus, members, b"f", b"F", flush)

    async def flush(self) -> None:
        """Let what was counted up to now, by any worker, be in the store when this returns."""
        await self._asking.all(PATIENCE_S)
