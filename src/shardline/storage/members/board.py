"""The leases of the workers of one machine, in memory that they share.

    board     one slot for each worker
    slot      four 64-bit numbers, native byte order, each written by its worker alone:
                pid     0 when the worker has left
                until   when its lease ends, in nanoseconds of the machine's monotonic clock
                seen    the number of the last change that it saw
                (free)

A number is written at once, so that no reader sees half of it. The order of writing is the whole
protocol: `until` before the look at the catalog, `seen` after it. A worker has its byte of the
board's file locked as long as it lives (the kernel's own record of that), so that no two write one
slot, and who replaces it begins the slot anew.
"""

import asyncio
import contextlib
import fcntl
import mmap
import os
import time
from collections.abc import Callable

from shardline.storage.members.bus import BOARD_BYTES, Bus
from shardline.storage.members_port import LEASE_S, Look

_FIELDS = 4
_PID, _UNTIL, _SEEN = range(3)
_TOLD = b"c"
_SAW = b"s"
_NS = 1_000_000_000
_LOOK_AGAIN_S = 0.05  # a message that says that a worker saw a change may be lost


class Board:
    """See `shardline.storage.members_port.Members`. For one event loop.

    `duties` is the path of a file that whoever is on duty has locked: the kernel gives it to
    another when that process ends. Raises `OSError`, also when another process has the place.
    """

    def __init__(
        self, bus: Bus, duties: str, *, now_ns: Callable[[], int] = time.monotonic_ns
    ) -> None:
        place = bus.place
        try:
            fcntl.lockf(place.board, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, place.worker)
        except (BlockingIOError, PermissionError) as error:
            raise OSError(f"another process is worker {place.worker}") from error
        self._bus = bus
        self._now_ns = now_ns
        self._memory = mmap.mmap(place.board, BOARD_BYTES)
        self._numbers = memoryview(self._memory).cast("Q")
        self._mine = place.worker * _FIELDS
        self._until_ns = 0
        self._term = 0
        self._was_told = asyncio.Event()
        self._saw = asyncio.Event()
        self._duties = os.open(duties, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._is_on_duty = False
        bus.on(_TOLD, lambda *_: self._was_told.set())
        bus.on(_SAW, lambda *_: self._saw.set())
        # What a worker before this one wrote: its lease is over, since the process is.
        self._numbers[self._mine + _UNTIL] = 0
        self._numbers[self._mine + _SEEN] = 0
        self._numbers[self._mine + _PID] = os.getpid()

    def holds(self) -> bool:
        """See the port."""
        return self._now_ns() < self._until_ns

    def term(self) -> int | None:
        """See the port."""
        return self._term if self.holds() else None

    async def renew(self, look: Look) -> None:
        """See the port."""
        until = self._now_ns() + int(LEASE_S * _NS)
        self._numbers[self._mine + _UNTIL] = until
        seen = await look()
        if self._duties < 0:  # left meanwhile
            self._numbers[self._mine + _UNTIL] = 0
            return
        if seen != self._numbers[self._mine + _SEEN]:
            self._numbers[self._mine + _SEEN] = seen
            self._bus.tell(_SAW)
        self._term += not self.holds()
        self._until_ns = until

    async def seen_by_all(self, change: int) -> None:
        """See the port."""
        self._bus.tell(_TOLD)
        while wait_ns := self._wait_ns(change):
            self._saw.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(min(wait_ns / _NS, _LOOK_AGAIN_S)):
                    await self._saw.wait()

    def _wait_ns(self, change: int) -> int:
        """How long until the last lease ends of those who have not seen a change; 0 for none."""
        now = self._now_ns()
        waits = [0]
        for worker in range(self._bus.place.workers):
            slot = worker * _FIELDS
            if slot != self._mine and self._numbers[slot + _SEEN] < change:
                waits.append(self._numbers[slot + _UNTIL] - now)
        return max(waits)

    async def told(self, timeout_s: float) -> None:
        """See the port."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self._was_told.wait()
        self._was_told.clear()

    def is_on_duty(self) -> bool:
        """See the port. Not without a lease: duties are not done by what may be out of date."""
        if not self.holds():
            return False
        if not self._is_on_duty:
            try:
                fcntl.flock(self._duties, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            self._is_on_duty = True
        return True

    def count(self) -> int:
        """See the port."""
        now = self._now_ns()
        slots = range(0, self._bus.place.workers * _FIELDS, _FIELDS)
        others = sum(self._numbers[slot + _UNTIL] > now for slot in slots if slot != self._mine)
        return 1 + others

    async def leave(self) -> None:
        """See the port. Idempotent. Changes can still be made, and waited for."""
        if self._duties < 0:
            return
        self._until_ns = 0
        self._numbers[self._mine + _UNTIL] = 0
        self._numbers[self._mine + _PID] = 0
        self._bus.tell(_SAW)
        os.close(self._duties)
        self._duties = -1
        self._is_on_duty = False
