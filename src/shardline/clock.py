"""Time, as a thing that is handed in.

Stream time (arrivals, retention, iterators, transitions) comes from a `Clock`. Signatures are
checked against the wall, since real clients sign with it; see `shardline.gateway.sigv4`.
"""

import time
from typing import Protocol


class Clock(Protocol):
    """Tells the time of day. Implementations must be safe to call from any thread."""

    def now_ms(self) -> int:
        """Milliseconds since 1970-01-01T00:00:00Z."""
        ...


class SystemClock:
    """The machine's own wall clock."""

    def now_ms(self) -> int:
        """Milliseconds since 1970-01-01T00:00:00Z, by the machine's wall clock."""
        return time.time_ns() // 1_000_000
