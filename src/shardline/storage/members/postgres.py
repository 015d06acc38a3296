"""The leases of any number of processes, in a table of the catalog's PostgreSQL database.

    members   one row for each process
                id      a random name, of its own
                until   when its lease ends, by the server's clock
                seen    the number of the last change that it saw

`until` is written before the look at the catalog, `seen` after it. A process counts its own lease
on its own clock, from before it wrote `until`; so its lease has ended when the server says so.

Two things make the table safe although it is UNLOGGED, which a crash or a failover empties. Who
has changed something never has to wait longer than a lease lasts: a lease that was promised later
began with a look that saw the change. And who has connected only just now cannot know whether a
lease was lost with the table, and waits as long as one may last.

NOTIFY wakes; what it tells is also found by looking. On duty is who holds a lock of the server's,
which goes with the connection; and only after as long as whoever had it before may not know yet
that it is lost.
"""

import asyncio
import contextlib
import secrets
import time
from collections.abc import Callable, Sequence
from typing import Final

from shardline.storage.members.lease_statements import (
    CHANNEL,
    LEAVE,
    LOCK,
    MAKE,
    OTHERS,
    PROMISE,
    SAW,
    SEEN,
    TOLD,
)
from shardline.storage.members.postgres_bus import PostgresBus
from shardline.storage.members.postgres_ears import Ears
from shardline.storage.members.session import Session
from shardline.storage.members_port import LEASE_S, Look
from shardline.storage.postgres import PostgresUrl
from shardline.storage.record_log import StorageError

_LEASE_MORE_S: Final = LEASE_S * 1.05  # no two clocks run alike
_LOOK_AGAIN_S: Final = 0.1
_Leases = Sequence[tuple[int, float]]  # of the others: what was seen, and for how many seconds more


class PostgresMembers:
    """See `shardline.storage.members_port.Members`. For one event loop; `join` comes first."""

    def __init__(self, url: PostgresUrl, *, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._id = secrets.token_hex(8)
        self._session = Session(url, now=now)
        self._was_told = asyncio.Event()
        self._saw = asyncio.Event()
        self._ears = Ears(url, self._id, self._was_told.set)
        self._ears.on({TOLD: lambda *_: self._was_told.set(), SAW: lambda *_: self._saw.set()})
        self._bus = PostgresBus(url, self._id, self._ears)
        self._until = 0.0
        self._term = 0
        self._seen = 0
        self._others: _Leases = ()
        self._left = asyncio.Event()
        self._duty: tuple[int, float] | None = None  # the connection of the lock, and since when
        self._looking = asyncio.Lock()
        self._next_look: asyncio.Task[_Leases | None] | None = None

    async def join(self) -> PostgresBus:
        """Make the table if it is not there, and listen; messages go by the answer, until this is
        closed. Raises `StorageError`."""
        await self._session.rows(MAKE)
        self._ears.open()
        self._bus.open()
        return self._bus

    def holds(self) -> bool:
        """See the port."""
        return self._now() < self._until

    def term(self) -> int | None:
        """See the port."""
        return self._term if self.holds() else None

    async def renew(self, look: Look) -> None:
        """See the port. Raises `StorageError` when the database does not answer."""
        if self._left.is_set():
            return
        until = self._now() + LEASE_S
        lease: dict[str, object] = {"id": self._id, "lease_s": _LEASE_MORE_S, "seen": self._seen}
        await self._session.rows(PROMISE, lease)
        seen = await look()
        if self._left.is_set():
            return
        if seen != self._seen:
            await self._session.rows(SEEN, {"id": self._id, "seen": seen})
            self._seen = seen
        self._term += not self.holds()
        self._until = until
        self._others = await self._session.rows(OTHERS, {"id": self._id})
        await self._take_duty()

    async def _take_duty(self) -> None:
        if self._duty is not None and self._duty[0] == self._session.number:
            return
        self._duty = None
        ((is_ours,),) = await self._session.rows(f"SELECT pg_try_advisory_lock({LOCK})")
        if is_ours:
            self._duty = self._session.number, self._now()

    async def seen_by_all(self, change: int) -> None:
        """See the port. Takes as long as a lease when the database does not answer."""
        until = self._now() + _LEASE_MORE_S
        telling: asyncio.Task[object] = asyncio.create_task(self._tell())
        while (left := until - self._now()) > 0:
            self._saw.clear()
            looking = self._look_at_others()
            await asyncio.wait({looking}, timeout=left)
            wait = left
            if looking.done() and (leases := looking.result()) is not None:
                waits = [lease for seen, lease in leases if seen < change]
                # From when the connection was made, what was promised before is in the table.
                waits.append(self._session.since + _LEASE_MORE_S - self._now())
                wait = min(max(waits), left)
            if wait <= 0:
                break
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(min(wait, _LOOK_AGAIN_S)):
                    await self._saw.wait()
        await asyncio.wait({telling}, timeout=0)

    async def _tell(self) -> None:
        with contextlib.suppress(StorageError):
            text = f"SELECT pg_notify({CHANNEL}, %(text)s)"
            await self._session.rows(text, {"text": f"{TOLD} {self._id}"})

    def _look_at_others(self) -> asyncio.Task[_Leases | None]:
        """Their leases, as of now or later: a look that has begun is too early for who asks now."""
        if self._next_look is None:
            self._next_look = asyncio.create_task(self._look_once())
        return self._next_look

    async def _look_once(self) -> _Leases | None:
        async with self._looking:
            self._next_look = None
            try:
                return await self._session.rows(OTHERS, {"id": self._id})
            except StorageError:
                return None

    async def told(self, timeout_s: float) -> None:
        """See the port."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self._was_told.wait()
        self._was_told.clear()

    def is_on_duty(self) -> bool:
        """See the port. Not without a lease: whoever is next waits only as long as that lasts."""
        if not self.holds() or self._duty is None:
            return False
        number, since = self._duty
        return number == self._session.number and self._now() >= since + _LEASE_MORE_S

    def count(self) -> int:
        """See the port. As of the last look."""
        return 1 + len(self._others)

    async def leave(self) -> None:
        """See the port. Idempotent."""
        if self._left.is_set():
            return
        self._left.set()
        self._until = 0.0
        with contextlib.suppress(StorageError):
            await self._session.rows(LEAVE, {"id": self._id})
            await self._session.rows("SELECT pg_advisory_unlock_all()")
        await self._ears.close()
        await self._bus.close()

    async def close(self) -> None:
        """Leave, and end the connection. Until then changes can still be waited for."""
        await self.leave()
        await self._session.close()
