"""The operations that read metrics."""

import asyncio
from collections.abc import Mapping
from typing import Any

from shardline.clock import Clock
from shardline.cloudwatch import get_data, get_statistics, list_metrics
from shardline.cloudwatch.checks import VALIDATION
from shardline.cloudwatch.math.values import MathError
from shardline.cloudwatch.reader import MOST_POINTS, MetricReader
from shardline.cloudwatch.units import UNITS
from shardline.gateway.errors import ServiceError
from shardline.gateway.types import Caller, Handler
from shardline.storage.metric_store import Metric

_LOOKED_AT = 10_000
"""Metrics that one ListMetrics looks at, at most; the page may then be short of 500."""


class MetricReading:
    """GetMetricStatistics, GetMetricData and ListMetrics."""

    def __init__(self, reader: MetricReader, clock: Clock) -> None:
        self._reader = reader
        self._clock = clock

    def handlers(self) -> dict[str, Handler]:
        """The operations, by AWS's name."""
        return {
            "GetMetricData": self.get_metric_data,
            "GetMetricStatistics": self.get_metric_statistics,
            "ListMetrics": self.list_metrics,
        }

    async def get_metric_statistics(
        self, caller: Caller, call: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Statistics of one metric."""
        asked = get_statistics.asked(caller.account, caller.region, call, UNITS, self._now_s())
        points = await self._reader.datapoints(
            asked.metric,
            asked.unit,
            asked.period_s,
            asked.start_s,
            asked.end_s,
            with_values=asked.needs_values,
        )
        return get_statistics.answer(asked, points)

    async def get_metric_data(self, caller: Caller, call: Mapping[str, Any]) -> dict[str, Any]:
        """Series of many metrics, and of expressions over them."""
        # Not in the event loop: expressions may be long.
        asked = await asyncio.to_thread(
            get_data.asked, caller.account, caller.region, call, UNITS, self._now_s()
        )
        page = get_data.Page(asked)
        for part in asked.parts(MOST_POINTS):
            try:
                values = await self._reader.series(part, asked.start_s, asked.end_s, page.notes)
            except MathError as error:
                raise ServiceError(VALIDATION, f"Error in MetricDataQueries: {error}") from None
            page.take(part, values)
            if page.next_place is not None:
                break
        return page.answer()

    async def list_metrics(self, caller: Caller, call: Mapping[str, Any]) -> dict[str, Any]:
        """Metrics that had data lately."""
        asked = list_metrics.asked(caller.account, caller.region, call, self._now_s())
        found: list[Metric] = []
        after, looked_at = asked.after, 0
        while asked.is_own and looked_at < _LOOKED_AT:
            some = await self._reader.metrics(
                asked.account,
                asked.region,
                namespace=asked.namespace,
                name=asked.name,
                since_s=asked.since_s,
                after=after,
                limit=list_metrics.PAGE,
            )
            looked_at += len(some)
            for metric in some:
                if asked.fits(metric):
                    found.append(metric)
                after = metric
                if len(found) == list_metrics.PAGE:
                    return list_metrics.answer(asked, found, after)
            if len(some) < list_metrics.PAGE:
                return list_metrics.answer(asked, found, None)
        return list_metrics.answer(asked, found, after if asked.is_own else None)

    def _now_s(self) -> int:
        return self._clock.now_ms() // 1000
