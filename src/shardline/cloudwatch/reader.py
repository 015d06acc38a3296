"""`MetricReader`: statistics and series as CloudWatch's operations, and alarms, read them."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence

from shardline.clock import Clock
from shardline.cloudwatch.computing import evaluated, possible_points, searches_in
from shardline.cloudwatch.finding import find
from shardline.cloudwatch.labels import labels_of_found
from shardline.cloudwatch.math.signatures import SearchKey
from shardline.cloudwatch.math.values import MOST_SERIES, MathError, Series, Value
from shardline.cloudwatch.periods import oldest_s
from shardline.cloudwatch.queries import MetricQuery, MetricStat
from shardline.cloudwatch.statistics import Statistic
from shardline.storage.metric_store import Datapoint, Metric, MetricStore
from shardline.storage.statistic_set import StatisticSet

Points = Sequence[tuple[int, float]]
"""When a period begins (seconds since 1970), and its value; ascending, without empty periods."""

MOST_POINTS = 720_000
"""Datapoints in memory for one reading: what 500 metrics have in the minutes of a day."""
MOST_SEARCHES = 20


class MetricReader:
    """Reads a metric store.

    `before_read` is awaited before every reading: whoever counts puts what was counted last into
    the store there.
    """

    def __init__(
        self,
        store: MetricStore,
        clock: Clock,
        before_read: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self._store = store
        self._clock = clock
        self._before_read = before_read
        self._one_at_a_time = asyncio.Semaphore(1)

    async def statistic(
        self,
        metric: Metric,
        statistic: Statistic,
        unit: str | None,
        period_s: int,
        start_s: int,
        end_s: int,
    ) -> Points:
        """One statistic of one metric for each period from `start_s` until before `end_s`.

        Periods begin at `start_s`, those of a minute or more at the minute that it is in; for what
        is older than 15 days see `shardline.cloudwatch.periods`. Without a
        `unit` all units count together. A period has no point if nothing was put in it, or if the
        statistic has no value (`Statistic.of`). Raises `StorageError`.
        """
        stat = MetricStat(metric, statistic, period_s, unit)
        await self._prepare()
        return list((await self._points(stat, start_s, end_s)).items())

    async def series(
        self,
        queries: Sequence[MetricQuery],
        start_s: int,
        end_s: int,
        notes: list[str] | None = None,
    ) -> Mapping[str, Value]:
        """What each query comes to, by its Id (`shardline.cloudwatch.queries.queries_of` makes
        them of a call's members, whose account and region they carry).

        A metric's value is a `Series`, an expression's may also be a list of series, or a scalar:
        see the query's `kind`. What a SEARCH had to leave out is said in `notes`. Times as for
        `statistic`. Raises `StorageError`, and `MathError` if that is too much at once.
        """
        self._not_too_many([query.stat for query in queries if query.stat], start_s, end_s)
        await self._prepare()
        async with self._one_at_a_time:
            return await self._series(queries, start_s, end_s, [] if notes is None else notes)

    async def _series(
        self, queries: Sequence[MetricQuery], start_s: int, end_s: int, notes: list[str]
    ) -> Mapping[str, Value]:
        searches = await self._searched(queries, start_s, end_s, notes)
        metrics = {
            query.id: Series(
                query.label if query.label is not None else query.default_label(),
                query.stat.period_s,
                await self._points(query.stat, start_s, end_s),
            )
            for query in queries
            if query.stat
        }
        return await asyncio.to_thread(evaluated, queries, metrics, searches, start_s, end_s)

    async def _searched(
        self, queries: Sequence[MetricQuery], start_s: int, end_s: int, notes: list[str]
    ) -> dict[SearchKey, list[Series]]:
        """What each SEARCH of the queries finds."""
        all_asked = searches_in(queries)
        if len(all_asked) > MOST_SEARCHES:
            raise MathError(f"a call must not have more than {MOST_SEARCHES} SEARCHes")
        found: dict[SearchKey, list[tuple[str, MetricStat]]] = {}
        for asked in all_asked:
            metrics, is_whole = await find(self._store, asked, self._now_s())
            if not is_whole:
                notes.append(
                    f"The maximum number of allowed metrics, {MOST_SERIES}, has been exceeded."
                )
            stats = [asked.stat(metric) for metric in metrics]
            labelled = zip(labels_of_found(metrics), stats, strict=True)
            found[asked.key] = sorted(labelled, key=lambda each: each[0])
        stats = [stat for each in found.values() for _, stat in each]
        stats += [query.stat for query in queries if query.stat]
        self._not_too_many(stats, start_s, end_s)
        return {
            key: [
                Series(label, stat.period_s, await self._points(stat, start_s, end_s))
                for label, stat in each
            ]
            for key, each in found.items()
        }

    def _not_too_many(self, stats: Sequence[MetricStat], start_s: int, end_s: int) -> None:
        periods_s = (stat.period_s for stat in stats)
        if possible_points(periods_s, start_s, end_s, self._now_s()) > MOST_POINTS:
            raise MathError("the queries need too many datapoints")

    async def datapoints(
        self,
        metric: Metric,
        unit: str | None,
        period_s: int,
        start_s: int,
        end_s: int,
        *,
        with_values: bool,
    ) -> Sequence[Datapoint]:
        """Whole statistic sets, for each unit apart. Times as for `statistic`."""
        await self._prepare()
        return await self._read(metric, unit, period_s, start_s, end_s, with_values)

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
        """See `MetricStore.metrics`."""
        if after is None:
            await self._prepare()
        return await self._store.metrics(
            account,
            region,
            namespace=namespace,
            name=name,
            since_s=since_s,
            after=after,
            limit=limit,
        )

    async def _prepare(self) -> None:
        if self._before_read is not None:
            await self._before_read()

    async def _points(self, stat: MetricStat, start_s: int, end_s: int) -> dict[int, float]:
        found = await self._read(
            stat.metric, stat.unit, stat.period_s, start_s, end_s, stat.statistic.needs_values
        )
        sets: dict[int, StatisticSet] = {}
        for at_s, _, known in found:
            there = sets.get(at_s)
            sets[at_s] = known if there is None else there.merged(known)
        points = ((at_s, stat.statistic.of(known)) for at_s, known in sets.items())
        return {at_s: value for at_s, value in points if value is not None}

    async def _read(
        self,
        metric: Metric,
        unit: str | None,
        period_s: int,
        start_s: int,
        end_s: int,
        with_values: bool,
    ) -> Sequence[Datapoint]:
        """Periods all of which is too old are left out."""
        if period_s >= 60:
            start_s -= start_s % 60
        gone_s = oldest_s(period_s, self._now_s()) - start_s
        if gone_s > 0:
            start_s += gone_s // period_s * period_s
        if start_s >= end_s:
            return []
        return await self._store.read_periods(
            metric, period_s, start_s, end_s, unit=unit, with_values=with_values
        )

    def _now_s(self) -> int:
        return self._clock.now_ms() // 1000
