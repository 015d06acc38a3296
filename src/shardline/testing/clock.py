"""A clock that a test moves."""

import threading
import time
from collections.abc import Callable


class ManualClock:
    """Tells `start_ms` (default: the wall's time when made) until it is moved.

    With `running=True` it also goes on with the wall clock, as real clients expect that pass
    timestamps of their own. Safe to use from any thread.
    """

    def __init__(self, start_ms: int | None = None, *, running: bool = False) -> None:
        self._lock = threading.Lock()
        self._running = running
        now = _wall_ms()
        self._at = now if start_ms is None else start_ms
        self._offset = self._at - now
        self._watchers: list[Callable[[], None]] = []

    def now_ms(self) -> int:
        """Milliseconds since 1970-01-01T00:00:00Z, as far as this clock is concerned."""
        with self._lock:
            return _wall_ms() + self._offset if self._running else self._at

    def advance(
        self,
        *,
        days: float = 0,
        hours: float = 0,
        minutes: float = 0,
        seconds: float = 0,
        milliseconds: float = 0,
    ) -> None:
        """Move time forward. Raises ValueError for a step back: time does not do that.

        What a server does by itself as time goes by has been done when this returns.
        """
        step = round((((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000 + milliseconds)
        if step < 0:
            raise ValueError("a clock can only be moved forward")
        with self._lock:
            self._at += step
            self._offset += step
            watchers = list(self._watchers)
        for watcher in watchers:
            watcher()

    def watch(self, watcher: Callable[[], None]) -> Callable[[], None]:
        """Have `watcher` called whenever the clock was moved; answers what ends that."""
        with self._lock:
            self._watchers.append(watcher)

        def end() -> None:
            with self._lock:
                self._watchers.remove(watcher)

        return end


def _wall_ms() -> int:
    return time.time_ns() // 1_000_000
