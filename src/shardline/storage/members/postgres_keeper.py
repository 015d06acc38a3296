"""A thread that keeps a lease while the event loop is busy.

An event loop under load comes to each of its tasks seldom, and a renewal needs it several times. A
lease that ends meanwhile costs every call that is under way, though nobody changed anything. So
this thread promises and looks as well, on a connection of its own; but it takes nothing over. It
prolongs the lease only when the last change is one that the loop has taken over, and wakes the loop
when it is not.
"""

import contextlib
import threading
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import psycopg

from shardline.storage.members.lease_statements import LAST, PROMISE_AGAIN
from shardline.storage.members_port import LEASE_S, RENEW_S
from shardline.storage.postgres import PostgresUrl


class Lease(Protocol):
    """The lease that is kept. Both are called in the keeper's thread."""

    def prolong(self, last_change: int, until: float) -> bool:
        """Hold it until then, if it is held and that change was taken over; answer whether."""
        ...

    def wake(self) -> None:
        """Have the loop look."""
        ...


class Keeper:
    """Keeps a lease from when it is made until `stop`."""

    def __init__(
        self, url: PostgresUrl, values: Mapping[str, object], lease: Lease, now: Callable[[], float]
    ) -> None:
        """`values` are those of `PROMISE_AGAIN`."""
        self._url = url
        self._values = values
        self._lease = lease
        self._now = now
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="shardline-lease", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Prolong nothing any more. Does not wait for the thread: the database may be away."""
        self._stopped.set()

    def _keep(self) -> None:
        connection: psycopg.Connection[Any] | None = None
        while not self._stopped.wait(RENEW_S):
            # What is wrong with the database is the loop's to tell: it looks there too.
            with contextlib.suppress(psycopg.Error):
                if connection is None or connection.closed:
                    connection = psycopg.connect(self._url.conninfo, autocommit=True)
                if not self._prolong(connection):
                    self._lease.wake()
        if connection is not None:
            connection.close()

    def _prolong(self, connection: psycopg.Connection[Any]) -> bool:
        until = self._now() + LEASE_S
        # Two transactions: who changes something after the look has to find the promise.
        promised = connection.execute(PROMISE_AGAIN.encode(), self._values)
        if promised.rowcount == 0:  # the table was emptied, or this process has left
            return False
        last = connection.execute(LAST.encode()).fetchone()
        return last is not None and self._lease.prolong(last[0], until)
