"""Which minutes of which metrics a decision is made of, wherever they are read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shardline.module.scaling.load import Load, Window
from shardline.module.scaling.rules import MINUTE_S, WINDOW_MINUTES

# Of the namespace AWS/Kinesis: Sum of the first two, Maximum of the others.
BYTES, RECORDS = "IncomingBytes", "IncomingRecords"
POLLING_LAG = "GetRecords.IteratorAgeMilliseconds"
FAN_OUT_LAG = "SubscribeToShardEvent.MillisBehindLatest"  # of each consumer

DELAY_S = 60
"""The minute that has just ended may not be there yet; the one before is."""
LAG_MINUTES = 15
"""The furthest that a reader was behind in so many minutes counts: one that polls rarely shows."""


@dataclass(frozen=True, slots=True)
class Span:
    """Whole minutes, by the second in which the first begins, and by which the last has ended."""

    load_from_s: int
    lag_from_s: int
    end_s: int

    @classmethod
    def until(cls, now_s: int) -> "Span":
        """The minutes that are looked at at a time."""
        end_s = (now_s - DELAY_S) // MINUTE_S * MINUTE_S
        return cls(end_s - WINDOW_MINUTES * MINUTE_S, end_s - LAG_MINUTES * MINUTE_S, end_s)

    def window(
        self,
        bytes_in: Mapping[int, float],
        records_in: Mapping[int, float],
        lags_ms: Sequence[Mapping[int, float]],
    ) -> Window:
        """What the metrics say, each by the second in which its minute begins."""
        minutes = [
            Load(bytes_in.get(at, 0.0), records_in.get(at, 0.0))
            for at in range(self.load_from_s, self.end_s, MINUTE_S)
        ]
        behind = [value for lag in lags_ms for at, value in lag.items() if at >= self.lag_from_s]
        return Window(minutes, max(behind) / 1000 if behind else None)
