"""What is done with datapoints that are too old: made coarser, at last given up."""

from collections.abc import Sequence
from typing import Final

from shardline.storage.metric_store import (
    HOURS_KEPT_S,
    ROLLED_UP,
    SECONDS_KEPT_S,
    Resolution,
    rolled_up_before_s,
)
from shardline.storage.postgres_metrics.datapoints import COLUMNS, Place, add, statistics_of
from shardline.storage.postgres_metrics.link import Connection
from shardline.storage.statistic_set import StatisticSet

_METRICS_AT_ONCE: Final = 200
_ROWS_AT_ONCE: Final = 20_000
"""A transaction ends behind the metric that reaches either of these."""

_WRITERS: Final = "DELETE FROM metric_writers WHERE at < now() - interval '1 day'"
_COUNT: Final = """
(SELECT count(*) FROM metric_datapoints WHERE metric = id AND resolution = %s AND start_s < %s)
"""
_PAGE: Final = f"""
SELECT id, {" + ".join([_COUNT] * len(ROLLED_UP))} FROM metric_names WHERE id > %s
ORDER BY id LIMIT {_METRICS_AT_ONCE}
"""
_OLD: Final = f"""
SELECT metric, start_s, unit, {COLUMNS} FROM metric_datapoints
WHERE metric = ANY(%s) AND resolution = %s AND start_s < %s ORDER BY metric, start_s, unit
"""
_FORGET: Final = """
DELETE FROM metric_datapoints WHERE metric = ANY(%s) AND resolution = %s AND start_s < %s
"""
_FORGET_METRICS: Final = """
DELETE FROM metric_names
WHERE id = ANY(%s) AND NOT EXISTS (SELECT 1 FROM metric_datapoints WHERE metric = id)
"""


def forget_some(connection: Connection, now_s: int, after: int) -> int | None:
    """Do it for the next metrics behind the id `after`, within a transaction.

    Answers where to go on, or None at the end.
    """
    if not after:
        connection.execute(_WRITERS)
    metrics = _page(connection, now_s, after)
    if not metrics:
        return None
    for fine, coarse in ROLLED_UP:
        _roll_up(connection, metrics, fine, coarse, now_s)
    for resolution, kept_s in ((1, SECONDS_KEPT_S), (3600, HOURS_KEPT_S)):
        connection.execute(_FORGET, (metrics, resolution, now_s - kept_s))
    connection.execute(_FORGET_METRICS, (metrics,))
    return metrics[-1]


def _page(connection: Connection, now_s: int, after: int) -> list[int]:
    """The next metrics, as many as have few enough rows to be rolled up."""
    bounds: list[int] = []
    for fine, coarse in ROLLED_UP:
        bounds += fine, rolled_up_before_s(fine, coarse, now_s)
    metrics: list[int] = []
    rows = 0
    for metric, count in connection.execute(_PAGE, (*bounds, after)):
        metrics.append(metric)
        rows += count
        if rows >= _ROWS_AT_ONCE:
            break
    return metrics


def _roll_up(
    connection: Connection,
    metrics: Sequence[int],
    fine: Resolution,
    coarse: Resolution,
    now_s: int,
) -> None:
    """Merge the steps of metrics that are too old into coarser ones."""
    old = (metrics, fine, rolled_up_before_s(fine, coarse, now_s))
    steps: dict[Place, StatisticSet] = {}
    for metric, start_s, unit, *row in connection.cursor(binary=True).execute(_OLD, old):
        place = (metric, coarse, start_s // coarse * coarse, unit)
        added = statistics_of(tuple(row))
        steps[place] = steps[place].merged(added) if place in steps else added
    add(connection, steps)
    connection.execute(_FORGET, old)
