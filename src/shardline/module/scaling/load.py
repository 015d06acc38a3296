"""What the metrics said of a stream's load."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from shardline.module.scaling.rules import MINUTE_S, POINT_MINUTES, SHARD_BYTES, SHARD_RECORDS


@dataclass(frozen=True)
class Load:
    """What came into the stream in one minute (IncomingBytes and IncomingRecords, Sum)."""

    bytes: float = 0
    records: float = 0

    @cached_property
    def shards(self) -> float:
        """How many shards it fills, by whichever of bytes and records fills more."""
        by_bytes = self.bytes / (SHARD_BYTES * MINUTE_S)
        return max(by_bytes, self.records / (SHARD_RECORDS * MINUTE_S))


@dataclass(frozen=True)
class Window:
    """The last minutes of a stream, the oldest first; a minute without data is one without load.

    `lag_s` is how far the reader that is furthest behind has been in the last minutes; None when
    nobody read. A reader that stands still reads nothing, and AWS says nothing of it.
    """

    minutes: Sequence[Load]
    lag_s: float | None = None

    def recent(self, count: int) -> list[float]:
        """The shards that each of the last `count` minutes filled; fewer if there are fewer."""
        return [load.shards for load in self.minutes[-count:]]

    @cached_property
    def points(self) -> list[float]:
        """The shards filled, as averages of five minutes; an incomplete oldest one is left out."""
        filled = [load.shards for load in self.minutes]
        first = len(filled) % POINT_MINUTES
        return [
            sum(filled[start : start + POINT_MINUTES]) / POINT_MINUTES
            for start in range(first, len(filled), POINT_MINUTES)
        ]
