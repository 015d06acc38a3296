"""What the configuration says of scaling, and the fixed numbers of the engine."""

from dataclasses import dataclass

MINUTE_S, HOUR_S, DAY_S = 60, 3600, 86_400

# Of a shard, per second (AWS's quotas); what comes in decides, not what is read.
SHARD_BYTES, SHARD_RECORDS = 1_048_576, 1_000

UP_MINUTES = 5
"""So many minutes in a row must be above the upper threshold to grow."""
DOWN_POINTS, LOW_POINTS = 60, 57
"""Of so many points of five minutes, so many must be below the lower threshold to shrink."""
POINT_MINUTES = 5
WINDOW_MINUTES = DOWN_POINTS * POINT_MINUTES

UP_PAUSE_S = 10 * MINUTE_S
"""Between any change and the next growth."""
DOWN_PAUSE_S = HOUR_S
"""Between any change and the next shrinking."""
MOST_LAG_S = 30 * MINUTE_S
"""Never shrunk while a reader is further behind than this."""
CHANGES_A_DAY, RESERVED = 10, 2
"""AWS's limit in 24 hours, and how many of it are left for growing."""


@dataclass(frozen=True, slots=True)
class Rules:
    """Bounds in shards, and the share of the capacity (0 to 1) that the load is meant to be."""

    least: int
    most: int
    target: float = 0.6

    def __post_init__(self) -> None:
        if not (1 <= self.least <= self.most and 0 < self.target <= 1):
            raise ValueError(f"no rules of scaling: {self}")

    @property
    def high(self) -> float:
        """At this share or above, the stream is too small: 75% for an aim of 60%."""
        return min(0.95, self.target * 1.25)

    @property
    def low(self) -> float:
        """At this share or below, the stream is too large: 25% for an aim of 60%."""
        return self.target * 5 / 12
