"""The datapoints of an alarm, read from the metrics."""

from collections.abc import Sequence

from shardline.cloudwatch.alarms.definitions import compiled
from shardline.cloudwatch.alarms.evaluation import Point, evaluation_range
from shardline.cloudwatch.alarms.reasons import period_of
from shardline.cloudwatch.math.values import Series
from shardline.cloudwatch.reader import MetricReader
from shardline.cloudwatch.statistics import statistic_of
from shardline.storage.alarm_entities import Alarm, MetricStat, Watch
from shardline.storage.metric_store import Metric
from shardline.storage.statistic_set import StatisticSet

SHORTEST_S = 60


def step_of(watch: Watch) -> int:
    """How many seconds lie between two looks at an alarm: a minute, or its period if shorter.

    A longer period's window slides by minutes. (AWS looks every 10 seconds at periods of 20 and
    30, too.)
    """
    return min(SHORTEST_S, period_of(watch))


async def points_of(reader: MetricReader, alarm: Alarm, end_s: int) -> Sequence[Point]:
    """The periods of an alarm's evaluation range until `end_s`, oldest first.

    Raises `StorageError`, and `MathError` for an expression that is too much work.
    """
    watch = alarm.watch
    assert watch is not None
    period, count = period_of(watch), evaluation_range(watch)
    start_s = end_s - period * count
    known = (
        await _of_queries(reader, alarm, watch, start_s, end_s)
        if watch.metric is None
        else await _of_metric(reader, alarm, watch.metric, start_s, end_s)
    )
    return [known.get(at_s) or Point(at_s) for at_s in range(start_s, end_s, period)]


async def _of_metric(
    reader: MetricReader, alarm: Alarm, stat: MetricStat, start_s: int, end_s: int
) -> dict[int, Point]:
    statistic = statistic_of(stat.stat)
    if statistic is None:  # one that an older Shardline knew
        return {}
    metric = Metric(
        alarm.account,
        alarm.region,
        stat.namespace,
        stat.metric_name,
        tuple(sorted(stat.dimensions)),
    )
    found = await reader.datapoints(
        metric, stat.unit, stat.period, start_s, end_s, with_values=statistic.needs_values
    )
    sets: dict[int, StatisticSet] = {}
    for at_s, _, known in found:
        sets[at_s] = sets[at_s].merged(known) if at_s in sets else known
    return {at_s: Point(at_s, statistic.of(known), known.count) for at_s, known in sets.items()}


async def _of_queries(
    reader: MetricReader, alarm: Alarm, watch: Watch, start_s: int, end_s: int
) -> dict[int, Point]:
    watched = next(query for query in watch.queries if query.returns)
    queries = compiled(alarm.account, alarm.region, watch.queries)
    value = (await reader.series(queries, start_s, end_s))[watched.id]
    if not isinstance(value, Series):  # refused when it was put
        return {}
    return {at_s: Point(at_s, point) for at_s, point in value.points.items()}
