"""The last bound on memory: what the process really holds."""

import ctypes
import logging
import os
import time
from collections.abc import Callable
from pathlib import Path

log = logging.getLogger("shardline.gateway")

STATM = Path("/proc/self/statm")


def private_bytes() -> int:
    """What this process holds of memory that is its own (RSS without shared pages); Linux only."""
    _, resident, shared, *_ = STATM.read_bytes().split()
    return (int(resident) - int(shared)) * os.sysconf("SC_PAGE_SIZE")


def give_back_freed() -> None:
    """Give the kernel back what was freed but is kept for the next time, where glibc is."""
    try:
        ctypes.CDLL(None).malloc_trim(0)
    except AttributeError:
        return


class MemoryGuard:
    """Whether the process holds more memory than it may.

    The budgets count what the application knows of. An HTTP server holds more: up to 2 MiB of each
    answer that it took and that its reader does not read. Only the process as a whole tells how
    much that is.
    """

    INTERVAL_S = 0.01  # looking takes 10 µs, too much to do for each request
    TRIM_INTERVAL_S = 1.0  # giving back takes milliseconds

    def __init__(
        self,
        limit: int | None,
        *,
        held: Callable[[], int] = private_bytes,
        trim: Callable[[], None] = give_back_freed,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._limit = limit if STATM.exists() else None
        self._held = held
        self._trim = trim
        self._now = now
        self._look_at = self._trim_at = 0.0
        self._full = False

    def is_full(self) -> bool:
        """Whether there was too much when it was looked at last."""
        if self._limit is None:
            return False
        now = self._now()
        if now >= self._look_at:
            self._look_at = now + self.INTERVAL_S
            self._note(self._is_over(now, self._limit))
        return self._full

    def _is_over(self, now: float, limit: int) -> bool:
        if self._held() <= limit:
            return False
        if now < self._trim_at:
            return True
        # What is free but kept must not shut the door for good.
        self._trim_at = now + self.TRIM_INTERVAL_S
        self._trim()
        return self._held() > limit

    def _note(self, full: bool) -> None:
        if full and not self._full:
            log.warning("memory is over its bound: new requests are answered 503 until it is not")
        if self._full and not full:
            log.warning("memory is within its bound again")
        self._full = full
