"""A `MetricStore` in memory: for tests, and as the shortest statement of what one does.

It lives as long as its process: durable, here, means kept in a dictionary.
"""

from collections.abc import Sequence
from dataclasses import replace

from shardline.storage.metric_store import (
    KEPT_S,
    ROLLED_UP,
    Datapoint,
    Datum,
    Metric,
    Resolution,
    aggregated,
    resolutions_for,
    rolled_up_before_s,
)
from shardline.storage.record_log import StorageError, WriteFailed
from shardline.storage.statistic_set import StatisticSet

_Place = tuple[Resolution, int, str]
_Kept = dict[_Place, StatisticSet]


class MemoryMetrics:
    """A `MetricStore`; see `shardline.storage.metric_store`."""

    def __init__(self) -> None:
        self._kept: dict[Metric, _Kept] = {}
        self._is_closed = False

    async def put(self, data: Sequence[Datum]) -> None:
        """See the contract."""
        self._check_open(WriteFailed)
        for (metric, place), added in aggregated(data).items():
            self._add(self._kept.setdefault(metric, {}), place, added)

    async def read(
        self, metric: Metric, resolution: Resolution, start_s: int, end_s: int
    ) -> Sequence[Datapoint]:
        """See the contract."""
        self._check_open(StorageError)
        return [
            Datapoint(at, unit, statistics)
            for (kind, at, unit), statistics in sorted(
                self._kept.get(metric, {}).items(), key=lambda item: item[0]
            )
            if kind == resolution and start_s <= at < end_s
        ]

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
        """See the contract."""
        self._check_open(StorageError)
        sets: dict[tuple[int, str], StatisticSet] = {}
        for (kind, at, of_unit), added in sorted(
            self._kept.get(metric, {}).items(), key=lambda item: item[0]
        ):
            is_in = start_s <= at < end_s and unit in (None, of_unit)
            if is_in and kind in resolutions_for(period_s):
                place = (at - (at - start_s) % period_s, of_unit)
                there = sets.get(place)
                sets[place] = added if there is None else there.merged(added)
        return [
            Datapoint(at, of_unit, known if with_values else replace(known, values=None))
            for (at, of_unit), known in sorted(sets.items(), key=lambda item: item[0])
        ]

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
        """See the contract."""
        self._check_open(StorageError)
        found = [
            metric
            for metric, kept in self._kept.items()
            if metric[:2] == (account, region)
            and namespace in (None, metric.namespace)
            and name in (None, metric.name)
            and max(at for resolution, at, _ in kept if resolution >= 60) >= since_s
            and (after is None or _order(metric) > _order(after))
        ]
        return sorted(found, key=_order)[:limit]

    async def forget(self, now_s: int) -> None:
        """See the contract."""
        self._check_open(WriteFailed)
        for metric, kept in list(self._kept.items()):
            for fine, coarse in ROLLED_UP:
                before_s = rolled_up_before_s(fine, coarse, now_s)
                for place in sorted(kept):
                    resolution, at, unit = place
                    if resolution == fine and at < before_s:
                        self._add(kept, (coarse, at - at % coarse, unit), kept.pop(place))
            for place in list(kept):
                resolution, at, _ = place
                if resolution in (1, 3600) and at < now_s - KEPT_S[resolution]:
                    del kept[place]
            if not kept:
                del self._kept[metric]

    async def close(self) -> None:
        """See the contract."""
        self._is_closed = True

    @staticmethod
    def _add(kept: _Kept, place: _Place, added: StatisticSet) -> None:
        there = kept.get(place)
        kept[place] = added if there is None else there.merged(added)

    def _check_open(self, error: type[StorageError]) -> None:
        if self._is_closed:
            raise error("the metric store is closed")


def _order(metric: Metric) -> tuple[str, str, str]:
    return metric.namespace, metric.name, metric.packed_dimensions()
