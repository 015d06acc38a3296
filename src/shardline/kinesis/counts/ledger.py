"""Where samples of one stream come together: for publishing, and since the process started."""

from collections.abc import Collection, Mapping
from typing import NamedTuple

from shardline.kinesis.counts.columns import Samples
from shardline.kinesis.counts.metrics import Level
from shardline.storage.statistic_set import StatisticSet, set_of_values


class Place(NamedTuple):
    """What a metric is of: a stream, one of its shards, or one of its consumers (`part`)."""

    level: Level
    part: str
    name: str


Counted = Mapping[tuple[int, Place], StatisticSet]
"""Samples by the minute that they are from, in milliseconds since 1970, and what they are of."""


class Total:
    """What a metric's samples came to since the process started.

    `maximum` is the highest of the minute that begins at `minute_ms`, the last one with samples.
    """

    __slots__ = ("count", "maximum", "minute_ms", "sum")

    def __init__(self) -> None:
        self.count = self.sum = self.maximum = 0.0
        self.minute_ms = 0

    def add(self, minute_ms: int, added: StatisticSet) -> None:
        """Add samples of a minute."""
        self.count += added.count
        self.sum += added.sum
        same = minute_ms == self.minute_ms
        self.maximum = max(self.maximum, added.maximum) if same else added.maximum
        self.minute_ms = minute_ms


class Ledger:
    """The samples of one stream, its shards and its consumers."""

    __slots__ = ("_kept", "totals")

    def __init__(self) -> None:
        self._kept: dict[tuple[int, Place], StatisticSet] = {}
        self.totals: dict[Place, Total] = {}

    def note(self, minute_ms: int, level: Level, part: str, samples: Samples) -> None:
        """Add samples of a minute. A value that occurred 0 times is none."""
        for name, occurred in samples.items():
            added = set_of_values(occurred.items())
            if added is None:
                continue
            place = Place(level, part, name)
            there = self._kept.get((minute_ms, place))
            self._kept[minute_ms, place] = added if there is None else there.merged(added)
            self.totals.setdefault(place, Total()).add(minute_ms, added)

    def take(self) -> Counted:
        """What was added since it was last taken."""
        kept, self._kept = self._kept, {}
        return kept

    def keep_only(self, parts: Collection[str]) -> None:
        """Forget the totals of shards and consumers that are gone."""
        gone = [place for place in self.totals if place.part and place.part not in parts]
        for place in gone:
            del self.totals[place]
