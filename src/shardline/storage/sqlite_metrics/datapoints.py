"""Statistic sets as rows of the table `datapoints`."""

from typing import TypeAlias, cast

import apsw

from shardline.storage.metric_store import Resolution
from shardline.storage.statistic_set import StatisticSet, pack_values, unpack_values

StatisticRow: TypeAlias = tuple[float, float, float, float, bytes | None]

_LOAD = """
SELECT count, sum, minimum, maximum, value_counts FROM datapoints
WHERE metric = ? AND resolution = ? AND start_s = ? AND unit = ?
"""
_SAVE = """
REPLACE INTO datapoints
    (metric, resolution, start_s, unit, count, sum, minimum, maximum, value_counts)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
"""


def statistics_of(row: StatisticRow) -> StatisticSet:
    """A set as it lies in the file."""
    return StatisticSet(row[0], row[1], row[2], row[3], unpack_values(row[4]))


def add(
    connection: apsw.Connection,
    metric: int,
    place: tuple[Resolution, int, str],
    added: StatisticSet,
) -> None:
    """Merge a set into the datapoint of a metric (by its id) at a place, which may be new."""
    there = cast("list[StatisticRow]", connection.execute(_LOAD, (metric, *place)).fetchall())
    now = statistics_of(there[0]).merged(added) if there else added
    row = (now.count, now.sum, now.minimum, now.maximum, pack_values(now.values))
    connection.execute(_SAVE, (metric, *place, *row))
