"""`MetricReader`: what alarms and operations read through."""

import asyncio
from typing import Any

import pytest

from shardline.cloudwatch.checks import Checks
from shardline.cloudwatch.math.values import MathError, Series
from shardline.cloudwatch.queries import MetricQuery, queries_of
from shardline.cloudwatch.reader import MetricReader
from shardline.cloudwatch.statistics import Statistic, statistic_of
from shardline.storage.metric_store import Datum, Metric
from shardline.storage.statistic_set import set_of_values
from shardline.testing import ManualClock, MemoryMetrics

METRIC = Metric("0", "r", "App", "m", ())


def statistic(name: str) -> Statistic:
    found = statistic_of(name)
    assert found
    return found


def queries(*members: dict[str, Any]) -> list[MetricQuery]:
    checks = Checks()
    found = queries_of(checks, "Metrics", "0", "r", members, ())
    checks.raise_any()
    return found


M1 = {
    "Id": "m1",
    "MetricStat": {
        "Metric": {"Namespace": "App", "MetricName": "m"}, "Period": 60, "Stat": "Average",
    },
}  # fmt: skip


def a_datum(at_s: int, value: float, unit: str = "Count", resolution: Any = 60) -> Datum:
    known = set_of_values([(value, 1.0)])
    assert known
    return Datum(METRIC, unit, resolution, at_s, known)


def test_what_was_counted_last_is_put_before_anything_is_read() -> None:
    async def scenario() -> None:
        store, clock = MemoryMetrics(), ManualClock()
        now_s = clock.now_ms() // 1000 // 60 * 60
        flushed = 0

        async def flush() -> None:
            nonlocal flushed
            flushed += 1
            await store.put([a_datum(now_s, float(flushed))])

        reader = MetricReader(store, clock, flush)
        asked = (METRIC, statistic("Sum"), None, 60, now_s, now_s + 60)
        assert await reader.statistic(*asked) == [(now_s, 1.0)]
        values = await reader.series(queries(M1), now_s, now_s + 60)
        assert values == {"m1": Series("m", 60, {now_s: 1.5})}
        assert await reader.metrics("0", "r", limit=1) == [METRIC]
        await reader.metrics("0", "r", after=METRIC, limit=1)  # a page behind needs no more
        points = await reader.datapoints(METRIC, None, 60, now_s, now_s + 60, with_values=False)
        assert points[0].statistics.sum == 1 + 2 + 3 + 4
        assert flushed == 4

    asyncio.run(scenario())


def test_units_count_together_unless_one_is_named() -> None:
    async def scenario() -> None:
        store, clock = MemoryMetrics(), ManualClock()
        now_s = clock.now_ms() // 1000 // 60 * 60
        await store.put([a_datum(now_s, 1), a_datum(now_s, 5, "Bytes")])
        reader = MetricReader(store, clock)
        for unit, maximum, minimum in ((None, 5, 1), ("Bytes", 5, 5), ("Count", 1, 1)):
            for name, value in (("Maximum", maximum), ("p0", minimum)):
                asked = (METRIC, statistic(name), unit, 60, now_s, now_s + 60)
                assert await reader.statistic(*asked) == [(now_s, value)]

    asyncio.run(scenario())


def test_minutes_and_seconds_in_one_reading() -> None:
    async def scenario() -> None:
        store, clock = MemoryMetrics(), ManualClock()
        minute_s = clock.now_ms() // 1000 // 60 * 60 - 120
        await store.put([a_datum(minute_s + 30 + n, 1, resolution=1) for n in range(60)])
        reader = MetricReader(store, clock)
        seconds = M1 | {"Id": "s1", "MetricStat": M1["MetricStat"] | {"Period": 30}}  # type: ignore[operator]
        asked = queries(M1, seconds, {"Id": "e", "Expression": "FILL(m1, 0)"})
        values = await reader.series(asked, minute_s + 30, minute_s + 90)
        assert values["m1"] == Series("m", 60, {minute_s: 1.0, minute_s + 60: 1.0})
        assert values["s1"] == Series("m", 30, {minute_s + 30: 1.0, minute_s + 60: 1.0})
        assert values["e"] == values["m1"]

    asyncio.run(scenario())


def test_too_much_at_once_is_refused() -> None:
    async def scenario() -> None:
        clock = ManualClock()
        reader = MetricReader(MemoryMetrics(), clock)
        now_s = clock.now_ms() // 1000
        many = [M1 | {"Id": f"m{n}"} for n in range(500)]
        await reader.series(queries(*many), now_s - 1400 * 60, now_s)
        with pytest.raises(MathError, match="too many datapoints"):
            await reader.series(queries(*many), now_s - 1500 * 60, now_s)

    asyncio.run(scenario())
