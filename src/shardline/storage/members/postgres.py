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

A lease may be prolonged by another thread (`postgres_keeper`), on another connection, as long as
nothing changed. Then the loop looks less often.

NOTIFY wakes; what it tells is also found by looking. On duty is who holds a lock of the server's,
which goes with the connection; and only after as long as whoever had it before may not know yet
that it is lost.
"""

import asyncio
import contextlib
import secrets
import threading
import time
from collections.abc import Callable
from typing import Final

from shardline.storage.members.lease_statements import (
    CHANNEL,
    LEAVE,
    LOCK,
    MAKE,
    PROMISE,
    SAW,
    SEEN,
    TOLD,
)
from shardline.storage.members.postgres_bus import PostgresBus
from shardline.storage.members.postgres_ears import Ears
from shardline.storage.members.postgres_keeper import Keeper
from shardline.storage.members.postgres_others import LEASE_MORE_S, Others
from shardline.storage.members.session import Session
from shardline.storage.members_port import LEASE_S, RENEW_S, Look
from shardline.storage.postgres import PostgresUrl
from shardline.storage.record_log import StorageError

# How often the loop looks while its lease is kept for it: often enough that its own connection is
# known to live, if it is on duty.
_KEPT_S: Final = 4 * RENEW_S
_ON_DUTY_S: Final = 2 * RENEW_S


class PostgresMembers:
    """See `shardline.storage.members_port.Members`. For one event loop; `join` comes first."""

    def __init__(self, url: PostgresUrl, *, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._id = secrets.token_hex(8)
        self._url = url
        self._session = Session(url, now=now)
        self._was_told = asyncio.Event()
        self._others = Others(self._session, self._id, now)
        self._ears = Ears(url, self._id, self._was_told.set)
        saw = self._others.saw
        self._ears.on({TOLD: lambda *_: self._was_told.set(), SAW: lambda *_: saw.set()})
        self._bus = PostgresBus(url, self._id, self._ears)
        self._until = 0.0
        self._term = 0
        self._seen = 0
        self._keeping = threading.Lock()  # over the three above: the keeper's thread uses them too
        self._keeper: Keeper | None = None
        self._looked_until = 0.0  # what the lease would be without a keeper
        self._left = asyncio.Event()
        self._duty: tuple[int, float] | None = None  # the connection of the lock, and since when

    async def join(self) -> PostgresBus:
        """Make the table if it is not there, and listen; messages go by the answer, until this is
        closed. Raises `StorageError`."""
        await self._session.rows(MAKE)
        self._ears.open()
        self._bus.open()
        return self._bus

    def keep(self) -> None:
        """Have a thread keep the lease while the loop is busy, until this leaves."""
        self._loop = asyncio.get_running_loop()
        values = {"id": self._id, "lease_s": LEASE_MORE_S}
        self._keeper = Keeper(self._url, values, self, self._now)

    def prolong(self, last_change: int, until: float) -> bool:
        """See `postgres_keeper.Lease`."""
        with self._keeping:
            if last_change != self._seen or not self.holds():
                return False
            self._until = max(self._until, until)
            return True

    def wake(self) -> None:
        """See `postgres_keeper.Lease`."""
        with contextlib.suppress(RuntimeError):  # the loop was closed
            self._loop.call_soon_threadsafe(self._was_told.set)

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
        lease: dict[str, object] = {"id": self._id, "lease_s": LEASE_MORE_S, "seen": self._seen}
        await self._session.rows(PROMISE, lease)
        seen = await look()
        if seen != self._seen:
            await self._session.rows(SEEN, {"id": self._id, "seen": seen})
        if self._left.is_set():
            return
        with self._keeping:
            self._seen = seen
            self._term += not self.holds()
            self._until = max(self._until, until)
        self._looked_until = until
        await self._others.look()
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
        telling: asyncio.Task[object] = asyncio.create_task(self._tell())
        await self._others.have_seen(change)
        await asyncio.wait({telling}, timeout=0)

    async def _tell(self) -> None:
        with contextlib.suppress(StorageError):
            text = f"SELECT pg_notify({CHANNEL}, %(text)s)"
            await self._session.rows(text, {"text": f"{TOLD} {self._id}"})

    async def told(self, timeout_s: float) -> None:
        """See the port. Longer while the lease is kept."""
        if self._keeper is not None and self.holds():
            timeout_s = max(timeout_s, _KEPT_S if self._duty is None else _ON_DUTY_S)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self._was_told.wait()
        self._was_told.clear()

    def is_on_duty(self) -> bool:
        """See the port. Not without a lease of its own connection's: whoever is next waits only as
        long as that lasts."""
        if self._now() >= self._looked_until or self._duty is None:
            return False
        number, since = self._duty
        return number == self._session.number and self._now() >= since + LEASE_MORE_S

    def count(self) -> int:
        """See the port. As of the last look."""
        return 1 + self._others.count

    async def leave(self) -> None:
        """See the port. Idempotent."""
        if self._left.is_set():
            return
        self._left.set()
        if self._keeper is not None:
            self._keeper.stop()
        with self._keeping:
            self._until = self._looked_until = 0.0
        with contextlib.suppress(StorageError):
            await self._session.rows(LEAVE, {"id": self._id})
            await self._session.rows("SELECT pg_advisory_unlock_all()")
        await self._ears.close()
        await self._bus.close()

    async def close(self) -> None:
        """Leave, and end the connection. Until then changes can still be waited for."""
        await self.leave()
        await self._session.close()
