"""What the leases of the other processes are, and waiting for them; see `postgres`."""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from typing import Final

from shardline.storage.members.lease_statements import OTHERS
from shardline.storage.members.session import Session
from shardline.storage.members_port import LEASE_S
from shardline.storage.record_log import StorageError

LEASE_MORE_S: Final = LEASE_S * 1.05  # no two clocks run alike
_LOOK_AGAIN_S: Final = 0.1
_Leases = Sequence[tuple[int, float]]  # of the others: what was seen, and for how many seconds more


class Others:
    """The leases of all processes but the one of this `name`."""

    def __init__(self, session: Session, name: str, now: Callable[[], float]) -> None:
        self._session = session
        self._name = name
        self._now = now
        self._looking = asyncio.Lock()
        self._next_look: asyncio.Task[_Leases | None] | None = None
        self.saw = asyncio.Event()  # to be set when one tells that it saw a change
        self.count = 0  # as of the last `look`

    async def look(self) -> _Leases:
        """Their leases now. Raises `StorageError`."""
        leases: _Leases = await self._session.rows(OTHERS, {"id": self._name})
        self.count = len(leases)
        return leases

    async def have_seen(self, change: int) -> None:
        """Return when each has seen a change or has no lease any more: after as long as a lease
        lasts, if the database does not answer."""
        until = self._now() + LEASE_MORE_S
        while (left := until - self._now()) > 0:
            self.saw.clear()
            looking = self._look_for_all()
            await asyncio.wait({looking}, timeout=left)
            wait = left
            if looking.done() and (leases := looking.result()) is not None:
                waits = [lease for seen, lease in leases if seen < change]
                # From when the connection was made, what was promised before is in the table.
                waits.append(self._session.since + LEASE_MORE_S - self._now())
                wait = min(max(waits), left)
            if wait <= 0:
                return
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(min(wait, _LOOK_AGAIN_S)):
                    await self.saw.wait()

    def _look_for_all(self) -> asyncio.Task[_Leases | None]:
        """Their leases, as of now or later: a look that has begun is too early for who asks now."""
        if self._next_look is None:
            self._next_look = asyncio.create_task(self._look_once())
        return self._next_look

    async def _look_once(self) -> _Leases | None:
        async with self._looking:
            self._next_look = None
            try:
                return await self.look()
            except StorageError:
                return None
