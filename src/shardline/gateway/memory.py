"""The last bound on memory: what the process really holds."""

import logging
import os
import time
from collections.abc import Callable
from pathlib import Path

log = logging.getLogger("shardline.gateway")

_STATM = Path("/proc/self/statm")


def private_bytes() -> int:
    """What this process holds of memory that is its own (RSS without shared pages); Linux only."""
    _, resident, shared, *_ = _STATM.read_bytes().split()
    return (int(resident) - int(shared)) * os.sysconf("SC_PAGE_SIZE")


class MemoryGuard:
    """Whether the process holds more memory than it may.

    The budgets count what the application knows of. An HTTP server holds more: over HTTP/2, up to
    2 MiB of each answer that it took and that its reader does not read. Only the process as a
    whole tells how much that is.
    """

    INTERVAL_S = 0.05  # looking takes 10 µs, too much to do for each request

    def __init__(
        self,
        limit: int | None,
        *,
        held: Callable[[], int] = private_bytes,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._limit = limit if _STATM.exists() else None
        self._held = held
        self._now = now
        self._next = 0.0
        self._full = False

    def is_full(self) -> bool:
        """Whether there was too much when it was looked at last."""
        if self._limit is None:
            return False
        now = self._now()
        if now >= self._next:
            self._next = now + self.INTERVAL_S
            self._note(self._held() > self._limit)
        return self._full

    def _note(self, full: bool) -> None:
        if full and not self._full:
            log.warning("memory is over its bound: new requests are answered 503 until it is not")
        if self._full and not full:
            log.warning("memory is within its bound again")
        self._full = full
