"""The MetricStore port: what metrics had for values, by the minute. This file is the contract.

A *metric* is known by account, region, namespace, name and dimensions. What is put into it is
aggregated into one statistic set for each minute and unit; what comes as high resolution also for
each second. `tests/contract/` runs one suite over every implementation.

* What `put` returned for is durable (an in-memory store lives as long as its process). All data of
  one call are kept, or none.
* What is read is what was put, in any order and by any number of calls.
* `forget` gives up seconds after 3 hours and minutes after 15 days, as CloudWatch does; what
  CloudWatch goes on keeping as five minutes and hours is not kept yet.
* No method blocks the event loop.

Errors are the record log's: `WriteFailed` when nothing of a call was kept, `StoreUnusable` when a
store cannot be opened, `StorageError` when it cannot be read.
"""

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple, Protocol

import msgspec

from shardline.storage.statistic_set import StatisticSet

SECONDS_KEPT_S = 3 * 3600
MINUTES_KEPT_S = 15 * 24 * 3600

Resolution = Literal[1, 60]
"""Seconds that a datapoint stands for."""

KEPT_S: Mapping[Resolution, int] = {1: SECONDS_KEPT_S, 60: MINUTES_KEPT_S}


class Metric(NamedTuple):
    """What a metric is known by. Dimensions are pairs of name and value, sorted, each name once."""

    account: str
    region: str
    namespace: str
    name: str
    dimensions: tuple[tuple[str, str], ...]

    def packed_dimensions(self) -> str:
        """The dimensions as JSON: what a listing is ordered by, after namespace and name."""
        return msgspec.json.encode(self.dimensions).decode()


class Datum(NamedTuple):
    """Values of a metric at a moment (seconds since 1970), to be aggregated.

    `resolution` 1 is high resolution: kept by the second too.
    """

    metric: Metric
    unit: str
    resolution: Resolution
    at_s: int
    statistics: StatisticSet


class Datapoint(NamedTuple):
    """What a metric had in the minute or second that begins at `start_s`, in one unit."""

    start_s: int
    unit: str
    statistics: StatisticSet


class MetricStore(Protocol):
    """Metrics and their datapoints. The module's docstring is the contract."""

    async def put(self, data: Sequence[Datum]) -> None:
        """Aggregate data into what is kept. Raises `WriteFailed`."""
        ...

    async def read(
        self, metric: Metric, resolution: Resolution, start_s: int, end_s: int
    ) -> Sequence[Datapoint]:
        """The datapoints that begin at `start_s` or later and before `end_s`, by time and unit.

        Empty for a metric that is not known. Raises `StorageError`.
        """
        ...

    async def metrics(
        self,
        account: str,
        region: str,
        *,
        namespace: str | None = None,
        name: str | None = None,
        since_s: int = 0,
        after: Metric | None = None,
        limit: int,
    ) -> Sequence[Metric]:
        """Metrics with a minute that begins at `since_s` or later; at most `limit` of them.

        In the order of namespace, name and dimensions (`packed_dimensions`), by code point;
        `after` is where to go on. Raises `StorageError`.
        """
        ...

    async def forget(self, now_s: int) -> None:
        """Give up what is too old, and metrics of which nothing is left. Raises `WriteFailed`."""
        ...

    async def close(self) -> None:
        """Finish what was begun. Nothing can be put or read any more."""
        ...


Place = tuple[Metric, tuple[Resolution, int, str]]
"""Where a set belongs: a metric, and the resolution, the beginning and the unit of a datapoint."""


def aggregated(data: Sequence[Datum]) -> dict[Place, StatisticSet]:
    """What data come to."""
    sets: dict[Place, StatisticSet] = {}
    for datum in data:
        resolutions: tuple[Resolution, ...] = (60,) if datum.resolution == 60 else (1, 60)
        for resolution in resolutions:
            start_s = datum.at_s - datum.at_s % resolution
            place = datum.metric, (resolution, start_s, datum.unit)
            there = sets.get(place)
            sets[place] = datum.statistics if there is None else there.merged(datum.statistics)
    return sets
