"""The MetricStore port: what metrics had for values, by the minute. This file is the contract.

A *metric* is known by account, region, namespace, name and dimensions. What is put into it is
aggregated into one statistic set for each minute and unit; what comes as high resolution also for
each second. `tests/contract/` runs one suite over every implementation.

* What `put` returned for is durable (an in-memory store lives as long as its process). All data of
  one call are kept, or none.
* What is read is what was put, in any order and by any number of calls.
* `forget` keeps what CloudWatch keeps: seconds for 3 hours, minutes for 15 days, then steps of
  five minutes for 63 days, then hours for 455 days. What becomes a coarser step is merged, so that
  counts, sums, minimum and maximum stay exact, and goes whole steps at a time.
* No method blocks the event loop.

Errors are the record log's: `WriteFailed` when nothing of a call was kept, `StoreUnusable` when a
store cannot be opened, `StorageError` when it cannot be read.
"""

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple, Protocol

import msgspec

from shardline.storage.statistic_set import StatisticSet

_DAY_S = 24 * 3600
SECONDS_KEPT_S = 3 * 3600
MINUTES_KEPT_S = 15 * _DAY_S
HOURS_KEPT_S = 455 * _DAY_S

Resolution = Literal[1, 60, 300, 3600]
"""Seconds that a datapoint stands for."""

KEPT_S: Mapping[Resolution, int] = {
    1: SECONDS_KEPT_S,
    60: MINUTES_KEPT_S,
    300: 63 * _DAY_S,
    3600: HOURS_KEPT_S,
}
ROLLED_UP: tuple[tuple[Resolution, Resolution], ...] = ((60, 300), (300, 3600))
"""Steps that become coarser when they are too old, in this order."""


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
    """What a metric had in the step or period that begins at `start_s`, in one unit."""

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

    async def read_periods(
        self,
        metric: Metric,
        period_s: int,
        start_s: int,
        end_s: int,
        *,
        unit: str | None = None,
        with_values: bool = False,
    ) -> Sequence[Datapoint]:
        """What is kept from `start_s` until before `end_s`, in one set for each period and unit.

        Periods begin at `start_s`, which has to be a multiple of the resolutions that are to be
        found there. Those below a minute are made of seconds, others of all that is kept in
        minutes and in coarser steps that go into the period without remainder. Sets have their
        values only `with_values`, which costs more. Raises `StorageError`.
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
        """Make coarser, or give up, what is too old, and metrics of which nothing is left.

        Raises `WriteFailed`; what was done until then stays done.
        """
        ...

    async def close(self) -> None:
        """Finish what was begun. Nothing can be put or read any more."""
        ...


def rolled_up_before_s(fine: Resolution, coarse: Resolution, now_s: int) -> int:
    """Which steps have become coarser by now: those that begin before this."""
    return (now_s - KEPT_S[fine]) // coarse * coarse


def resolutions_for(period_s: int) -> tuple[Resolution, ...]:
    """The resolutions of which a period is made."""
    if period_s < 60:
        return (1,)
    return tuple(each for each in KEPT_S if each >= 60 and period_s % each == 0)


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
