"""What `metric_store` promises, over every implementation of it."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from example_counts import examples
from real_postgres import PostgresServer
from shardline.storage.metric_store import (
    HOURS_KEPT_S,
    KEPT_S,
    MINUTES_KEPT_S,
    SECONDS_KEPT_S,
    Datapoint,
    Datum,
    Metric,
    MetricStore,
)
from shardline.storage.postgres import PostgresUrl
from shardline.storage.postgres_metrics import PostgresMetrics
from shardline.storage.record_log import StorageError, WriteFailed
from shardline.storage.sqlite_metrics import SqliteMetrics
from shardline.storage.statistic_set import StatisticSet, set_of_statistics, set_of_values
from shardline.testing import MemoryMetrics

Scenario = Callable[[MetricStore], Awaitable[None]]
Run = Callable[[Scenario], None]
NOW_S = 1_700_000_040  # the beginning of a minute
ACCOUNT, REGION = "000000000000", "us-east-1"


def metric(name: str = "Latency", namespace: str = "App", **dimensions: str) -> Metric:
    return Metric(ACCOUNT, REGION, namespace, name, tuple(sorted(dimensions.items())))


LATENCY = metric()


def values(*each: float) -> StatisticSet:
    found = set_of_values((value, 1.0) for value in each)
    assert found is not None
    return found


def datum(*each: float, at_s: int = NOW_S, of: Metric = LATENCY, **more: Any) -> Datum:
    return Datum(of, more.get("unit", "Count"), more.get("resolution", 60), at_s, values(*each))


@pytest.fixture(params=["memory", "sqlite", pytest.param("postgres", marks=pytest.mark.slow)])
def run(request: pytest.FixtureRequest, tmp_path: Path) -> Run:
    """Runs a scenario over a new store."""

    if request.param == "postgres":
        url = PostgresUrl.parse(request.getfixturevalue("database"))

    async def over_a_store(scenario: Scenario) -> None:
        store: MetricStore = MemoryMetrics()
        if request.param == "sqlite":
            store = await SqliteMetrics.open(tmp_path / "metrics.db")
        elif request.param == "postgres":
            store = await PostgresMetrics.open(url)
        try:
            await scenario(store)
        finally:
            await store.close()

    return lambda scenario: asyncio.run(over_a_store(scenario))


async def minutes(store: MetricStore, of: Metric = LATENCY) -> list[Datapoint]:
    return list(await store.read(of, 60, 0, 2**40))


async def seconds(store: MetricStore, of: Metric = LATENCY) -> list[Datapoint]:
    return list(await store.read(of, 1, 0, 2**40))


def test_values_of_a_minute_are_one_set(run: Run) -> None:
    async def scenario(store: MetricStore) -> None:
        await store.put([datum(1.0, at_s=NOW_S), datum(5.0, at_s=NOW_S + 59)])
        await store.put([datum(3.0, at_s=NOW_S + 30), datum(7.0, at_s=NOW_S + 60)])
        assert await minutes(store) == [
            Datapoint(NOW_S, "Count", values(1.0, 5.0, 3.0)),
            Datapoint(NOW_S + 60, "Count", values(7.0)),
        ]
        assert await seconds(store) == []

    run(scenario)


def test_whole_numbers_and_others_can_be_put_together(run: Run) -> None:
    async def scenario(store: MetricStore) -> None:
        whole = StatisticSet(3, 6, 1, 3, {1: 1, 2: 1, 3: 1})
        at_once = [datum(0.5)._replace(statistics=whole), datum(0.5), datum(2, of=metric("Other"))]
        await store.put(at_once)
        assert await minutes(store) == [Datapoint(NOW_S, "Count", values(0.5, 1.0, 2.0, 3.0))]

    run(scenario)


def test_high_resolution_is_kept_by_second_and_minute(run: Run) -> None:
    async def scenario(store: MetricStore) -> None:
        await store.put([datum(1.0, resolution=1), datum(2.0, at_s=NOW_S + 1, resolution=1)])
        await store.put([datum(4.0, at_s=NOW_S + 1)])
        assert await minutes(store) == [Datapoint(NOW_S, "Count", values(1.0, 2.0, 4.0))]
        assert await seconds(store) == [
            Datapoint(NOW_S, "Count", values(1.0)),
            Datapoint(NOW_S + 1, "Count", values(2.0)),
        ]

    run(scenario)


def test_units_dimensions_regions_and_accounts_are_apart(run: Run) -> None:
    others = [
        metric("Other"),
        metric(namespace="Other"),
        metric(Host="a"),
        LATENCY._replace(region="eu-west-1"),
        LATENCY._replace(account="111111111111"),
    ]

    async def scenario(store: MetricStore) -> None:
        await store.put([datum(1.0), datum(2.0, unit="Bytes")])
        await store.put([datum(float(n), of=other) for n, other in enumerate(others)])
        assert await minutes(store) == [
            Datapoint(NOW_S, "Bytes", values(2.0)),
            Datapoint(NOW_S, "Count", values(1.0)),
        ]
        for number, other in enumerate(others):
            assert await minutes(store, other) == [Datapoint(NOW_S, "Count", values(number))]
        assert await minutes(store, metric("Unknown")) == []

    run(scenario)


def test_a_reading_begins_at_its_start_and_ends_before_its_end(run: Run) -> None:
    async def scenario(store: MetricStore) -> None:
        await store.put([datum(1.0, at_s=NOW_S + 60 * n) for n in range(4)])
        found = await store.read(LATENCY, 60, NOW_S + 60, NOW_S + 180)
        assert [point.start_s for point in found] == [NOW_S + 60, NOW_S + 120]

    run(scenario)


def test_a_set_that_came_as_a_set_hides_the_values(run: Run) -> None:
    async def scenario(store: MetricStore) -> None:
        known = set_of_statistics(10, 55, 1, 10)
        await store.put([Datum(LATENCY, "Count", 60, NOW_S, known)])
        assert (await minutes(store))[0].statistics == known
        await store.put([datum(11.0)])
        assert (await minutes(store))[0].statistics == StatisticSet(11, 66, 1, 11, None)

    run(scenario)


def test_metrics_are_listed_in_order_and_in_pages(run: Run) -> None:
    listed = [
        metric("a", "A"),
        metric("b", "A", Host="x"),
        metric("b", "A", Host="y"),
        metric("b", "A"),
        metric("b", "B"),
        metric("Ł", "B"),
    ]

    async def scenario(store: MetricStore) -> None:
        await store.put([datum(1.0, of=each) for each in reversed(listed)])
        await store.put([datum(1.0, of=listed[0]._replace(region="eu-west-1"))])
        found = await store.metrics(ACCOUNT, REGION, limit=4)
        assert list(found) == listed[:4]
        found = await store.metrics(ACCOUNT, REGION, after=found[-1], limit=4)
        assert list(found) == listed[4:]
        assert list(await store.metrics(ACCOUNT, REGION, namespace="B", limit=9)) == listed[4:]
        found = await store.metrics(ACCOUNT, REGION, namespace="A", name="b", limit=9)
        assert list(found) == listed[1:4]
        assert list(await store.metrics("111111111111", REGION, limit=9)) == []

    run(scenario)


def test_metrics_without_recent_minutes_are_not_listed(run: Run) -> None:
    async def scenario(store: MetricStore) -> None:
        await store.put([datum(1.0, at_s=NOW_S, resolution=1)])
        await store.put([datum(1.0, at_s=NOW_S - 60)])
        assert list(await store.metrics(ACCOUNT, REGION, since_s=NOW_S, limit=9)) == [LATENCY]
        assert list(await store.metrics(ACCOUNT, REGION, since_s=NOW_S + 1, limit=9)) == []

    run(scenario)


def test_seconds_go_after_three_hours(run: Run) -> None:
    async def scenario(store: MetricStore) -> None:
        await store.put([datum(1.0, resolution=1)])
        await store.forget(NOW_S + SECONDS_KEPT_S)
        assert len(await seconds(store)) == 1
        await store.forget(NOW_S + SECONDS_KEPT_S + 1)
        assert await seconds(store) == []
        assert len(await minutes(store)) == 1

    run(scenario)


def test_minutes_become_five_minutes_and_hours_and_go(run: Run) -> None:
    hour_s = NOW_S // 3600 * 3600 + 3600
    ten = [datum(float(n), at_s=hour_s + 60 * n) for n in range(10)]
    first, second = values(0, 1, 2, 3, 4), values(5, 6, 7, 8, 9)

    async def kept(store: MetricStore) -> list[list[tuple[int, StatisticSet]]]:
        return [
            [(at_s - hour_s, known) for at_s, _, known in await store.read(LATENCY, step, 0, 2**40)]
            for step in (60, 300, 3600)
        ]

    async def scenario(store: MetricStore) -> None:
        # Given ten minutes
        await store.put(ten)
        one_by_one = [(datum.at_s - hour_s, datum.statistics) for datum in ten]
        # Then five of them become one step, when the whole of it is 15 days old
        await store.forget(hour_s + 299 + MINUTES_KEPT_S)
        assert await kept(store) == [one_by_one, [], []]
        await store.forget(hour_s + 300 + MINUTES_KEPT_S)
        assert await kept(store) == [one_by_one[5:], [(0, first)], []]
        # and one that comes late goes into it too
        await store.put([datum(9.5, at_s=hour_s + 60)])
        await store.forget(hour_s + 600 + MINUTES_KEPT_S)
        late = first.merged(values(9.5))
        assert await kept(store) == [[], [(0, late), (300, second)], []]
        # and an hour after 63 days, which goes after 455
        await store.forget(hour_s + 3600 + KEPT_S[300])
        assert await kept(store) == [[], [], [(0, late.merged(second))]]
        await store.forget(hour_s + HOURS_KEPT_S)
        assert list(await store.metrics(ACCOUNT, REGION, limit=9)) == [LATENCY]
        await store.forget(hour_s + HOURS_KEPT_S + 1)
        assert await kept(store) == [[], [], []]
        assert list(await store.metrics(ACCOUNT, REGION, limit=9)) == []
        # And it can be put again.
        await store.put(ten)
        assert len(await minutes(store)) == 10

    run(scenario)


@pytest.mark.one_in(3)
def test_a_reading_by_periods_takes_what_is_kept_of_each_age(run: Run) -> None:
    start_s = NOW_S // 3600 * 3600
    count = 455 * 24

    async def scenario(store: MetricStore) -> None:
        # Given a value an hour (in one of two units) for 455 days, of which most is rolled up
        await store.put(
            [
                datum(float(n), at_s=start_s + 3600 * n + 60, unit="Bytes" if n % 2 else "Count")
                for n in range(count)
            ]
        )
        now_s = start_s + count * 3600
        await store.forget(now_s)
        # Then hours, days and the whole have all of it
        for period_s in (3600, 86_400, count * 3600):
            for with_values in (False, True):
                points = await store.read_periods(
                    LATENCY, period_s, start_s, now_s, with_values=with_values
                )
                per_unit = min(2, period_s // 3600) * count * 3600 // period_s
                assert len(points) == per_unit
                assert sum(point.statistics.count for point in points) == count
                assert sum(point.statistics.sum for point in points) == count * (count - 1) / 2
                assert (points[0].statistics.values is not None) == with_values
        # and minutes what is no more than 15 days old.
        points = await store.read_periods(LATENCY, 60, start_s, now_s)
        assert len(points) == 15 * 24
        assert len(await store.read_periods(LATENCY, 300, start_s, now_s)) == 63 * 24
        points = await store.read_periods(LATENCY, 3600, start_s, now_s, unit="Bytes")
        assert {point.unit for point in points} == {"Bytes"}
        assert len(points) == count // 2

    run(scenario)


def test_periods_begin_at_the_start_and_end_before_the_end(run: Run) -> None:
    async def scenario(store: MetricStore) -> None:
        await store.put([datum(1.0, at_s=NOW_S + 60 * n, resolution=1) for n in range(10)])
        found = await store.read_periods(LATENCY, 180, NOW_S + 60, NOW_S + 480)
        assert [(point.start_s - NOW_S, point.statistics.count) for point in found] == [
            (60, 3), (240, 3), (420, 1),
        ]  # fmt: skip
        found = await store.read_periods(LATENCY, 10, NOW_S + 55, NOW_S + 121)
        assert [point.start_s - NOW_S for point in found] == [55, 115]
        assert list(await store.read_periods(metric("Unknown"), 60, 0, NOW_S)) == []

    run(scenario)


def test_many_metrics_are_forgotten(run: Run) -> None:
    async def scenario(store: MetricStore) -> None:
        await store.put([datum(1.0, of=metric(f"m{n}"), at_s=NOW_S + n % 2) for n in range(900)])
        await store.forget(NOW_S + HOURS_KEPT_S + 3600)
        assert list(await store.metrics(ACCOUNT, REGION, limit=9)) == []

    run(scenario)


def test_what_is_put_at_once_adds_up(run: Run) -> None:
    async def scenario(store: MetricStore) -> None:
        await asyncio.gather(*(store.put([datum(1.0)] * 10) for _ in range(50)))
        assert (await minutes(store))[0].statistics == set_of_values([(1.0, 500.0)])

    run(scenario)


def test_a_closed_store_takes_and_gives_nothing(run: Run) -> None:
    async def scenario(store: MetricStore) -> None:
        await store.close()
        with pytest.raises(WriteFailed):
            await store.put([datum(1.0)])
        with pytest.raises(StorageError):
            await minutes(store)
        with pytest.raises(StorageError):
            await store.metrics(ACCOUNT, REGION, limit=1)
        with pytest.raises(WriteFailed):
            await store.forget(NOW_S)

    run(scenario)


_data = st.lists(
    st.builds(
        datum,
        st.integers(-100, 100).map(float),
        at_s=st.integers(NOW_S - 3, NOW_S + 62),
        of=st.sampled_from([LATENCY, metric(Host="a")]),
        resolution=st.sampled_from([1, 60]),
        unit=st.sampled_from(["Count", "Bytes"]),
    ),
    max_size=12,
)


_same = given(
    calls=st.lists(_data, max_size=4),
    period_s=st.sampled_from([1, 5, 60, 120]),
    days=st.sampled_from([0, 16, 64]),
)
_Calls = list[list[Datum]]


async def keeps_the_same(store: MetricStore, calls: _Calls, period_s: int, days: int) -> None:
    """Make the calls of an empty store and of one in memory, and hold them against each other."""
    memory = MemoryMetrics()
    for data in calls:
        await memory.put(data)
        await store.put(data)
        await memory.forget(NOW_S + days * 86_400)
        await store.forget(NOW_S + days * 86_400)
    for each in await memory.metrics(ACCOUNT, REGION, limit=9):
        assert await minutes(memory, each) == await minutes(store, each)
        assert await seconds(memory, each) == await seconds(store, each)
        for with_values in (True, False):
            asked = (each, period_s, NOW_S - 3 * period_s, NOW_S + 99)
            stored = await store.read_periods(*asked, with_values=with_values)
            assert await memory.read_periods(*asked, with_values=with_values) == stored
    assert await memory.metrics(ACCOUNT, REGION, limit=9) == await store.metrics(
        ACCOUNT, REGION, limit=9
    )
    await store.close()


@_same
@settings(max_examples=examples(40), deadline=None)
def test_sqlite_keeps_the_same_as_memory(
    calls: _Calls, period_s: int, days: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    async def scenario() -> None:
        store = await SqliteMetrics.open(tmp_path_factory.mktemp("metrics") / "metrics.db")
        await keeps_the_same(store, calls, period_s, days)

    asyncio.run(scenario())


@pytest.mark.slow
@_same
@settings(max_examples=examples(40), deadline=None)
def test_postgres_keeps_the_same_as_memory(
    calls: _Calls, period_s: int, days: int, postgres: PostgresServer
) -> None:
    async def scenario() -> None:
        url = f"{postgres.url()}?schema=same"
        postgres.execute("DROP SCHEMA IF EXISTS same CASCADE")
        store = await PostgresMetrics.open(PostgresUrl.parse(url))
        await keeps_the_same(store, calls, period_s, days)

    asyncio.run(scenario())
