"""The Members port: the processes that serve from one catalog, and what each has seen of it.

Every process keeps what it reads from the catalog in memory, under a *lease* of at most a second.
The catalog counts its changes. Who renews its lease promises it to the others first, then looks
what the last change is and takes over what changed; so a change that was made is, for every other
process, either seen or waited for until that process's lease has ended. A process without a lease
answers no calls.

Who changes the catalog waits in `seen_by_all` before it says that the change was made: a key that
was deleted is dead in every process when the call returns.

Time here is that of leases, which only runs forward: no clock that a test or an operator moves.
"""

from collections.abc import Awaitable, Callable
from typing import Protocol

LEASE_S = 1.0
RENEW_S = 0.25  # a process that is busy for a moment should not lose its lease

Listener = Callable[[int, bytes], None]
"""Called on the event loop with the number of the process that sent a message, and its payload."""

Look = Callable[[], Awaitable[int]]
"""Takes over what changed in the catalog; answers the number of the last change that it saw."""


class Members(Protocol):
    """The processes of one catalog, this one among them. The module's docstring is the contract."""

    def holds(self) -> bool:
        """Whether this process may use what it knows: its lease has not ended. From memory."""
        ...

    def term(self) -> int | None:
        """Names the unbroken lease that this process holds; None without one. From memory.

        What held at two moments of one term has held between them.
        """
        ...

    async def renew(self, look: Look) -> None:
        """Promise the others a new lease, look, and hold it. What `look` raises is raised."""
        ...

    async def seen_by_all(self, change: int) -> None:
        """Tell the others of a change; return when each has seen it or has no lease any more."""
        ...

    async def told(self, timeout_s: float) -> None:
        """Return when another process told of a change since this last returned, or in time."""
        ...

    def is_on_duty(self) -> bool:
        """Whether what has to be done once (retention, scaling, alarms) is this process's to do.

        At most one process at a time is told so. From memory.
        """
        ...

    def count(self) -> int:
        """How many processes hold a lease, this one included; at least 1. From memory."""
        ...

    async def leave(self) -> None:
        """Give the lease up, so that nobody waits for it. Idempotent."""
        ...


class Messages(Protocol):
    """Messages between the processes of one catalog, each of which has a number.

    A message is a hint, never the truth: it may be lost, and what it tells must also be found by
    looking, or be missed without harm.
    """

    most_bytes: int  # of a payload

    def on(self, topic: bytes, listener: Listener) -> None:
        """Call `listener` for every message of a topic, which is one byte, a letter."""
        ...

    def tell(self, topic: bytes, payload: bytes = b"", *, worker: int | None = None) -> None:
        """Send a message to one other process, or to all; never waits.

        Raises `OSError` for a payload that is too large.
        """
        ...
