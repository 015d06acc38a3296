"""What is done with datapoints that are too old: made coarser, at last given up."""

from typing import cast

import apsw

from shardline.storage.metric_store import (
    HOURS_KEPT_S,
    ROLLED_UP,
    SECONDS_KEPT_S,
    Resolution,
    rolled_up_before_s,
)
from shardline.storage.sqlite_metrics.datapoints import StatisticRow, add, statistics_of
from shardline.storage.statistic_set import StatisticSet

_METRICS_AT_ONCE = 200
_ROWS_AT_ONCE = 20_000
"""A transaction ends behind the metric that reaches either of these."""

_NEXT_METRIC = "SELECT id FROM metrics WHERE id > ? ORDER BY id LIMIT 1"
_OLD = """
SELECT start_s, unit, count, sum, minimum, maximum, value_counts FROM datapoints
WHERE metric = ? AND resolution = ? AND start_s < ?
"""
_FORGET = "DELETE FROM datapoints WHERE metric = ? AND resolution = ? AND start_s < ?"
_FORGET_METRIC = """
DELETE FROM metrics
WHERE id = ? AND NOT EXISTS (SELECT 1 FROM datapoints WHERE metric = metrics.id)
"""


def forget_some(connection: apsw.Connection, now_s: int, after: int) -> tuple[int | None, bool]:
    """Do it for the next metrics behind the id `after`, within a transaction.

    Answers where to go on, or None at the end, and whether a metric was given up.
    """
    metrics = rows = 0
    has_given_up = False
    while metrics < _METRICS_AT_ONCE and rows < _ROWS_AT_ONCE:
        found = cast("list[tuple[int]]", connection.execute(_NEXT_METRIC, (after,)).fetchall())
        if not found:
            return None, has_given_up
        after = found[0][0]
        metrics += 1
        rows += sum(_roll_up(connection, after, fine, coarse, now_s) for fine, coarse in ROLLED_UP)
        for resolution, kept_s in ((1, SECONDS_KEPT_S), (3600, HOURS_KEPT_S)):
            connection.execute(_FORGET, (after, resolution, now_s - kept_s))
        connection.execute(_FORGET_METRIC, (after,))
        has_given_up |= connection.changes() > 0
    return after, has_given_up


def _roll_up(
    connection: apsw.Connection, metric: int, fine: Resolution, coarse: Resolution, now_s: int
) -> int:
    """Merge the steps of a metric that are too old into coarser ones; answers how many."""
    before_s = rolled_up_before_s(fine, coarse, now_s)
    steps: dict[tuple[int, str], StatisticSet] = {}
    rows = 0
    for start_s, unit, *row in connection.execute(_OLD, (metric, fine, before_s)):
        place = (cast(int, start_s) // coarse * coarse, cast(str, unit))
        added = statistics_of(cast(StatisticRow, tuple(row)))
        steps[place] = steps[place].merged(added) if place in steps else added
        rows += 1
    for (start_s, unit), added in steps.items():
        add(connection, metric, (coarse, start_s, unit), added)
    connection.execute(_FORGET, (metric, fine, before_s))
    return rows
