"""What the reading thread does."""

from typing import TypeAlias

import apsw
import msgspec

from shardline.storage.metric_store import Datapoint, Metric, Resolution
from shardline.storage.statistic_set import StatisticSet, unpack_values

StatisticRow: TypeAlias = tuple[float, float, float, float, bytes | None]

_READ = """
SELECT start_s, unit, count, sum, minimum, maximum, value_counts
FROM datapoints JOIN metrics ON metrics.id = datapoints.metric
WHERE account = ? AND region = ? AND namespace = ? AND name = ? AND dimensions = ?
    AND resolution = ? AND start_s >= ? AND start_s < ?
ORDER BY start_s, unit
"""


class Reader:
    """The reading connection; for one thread."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection

    def read(
        self, metric: Metric, resolution: Resolution, start_s: int, end_s: int
    ) -> list[Datapoint]:
        """See `MetricStore.read`."""
        names = (*metric[:4], metric.packed_dimensions())
        rows = self._connection.execute(_READ, (*names, resolution, start_s, end_s))
        return [Datapoint(row[0], row[1], statistics_of(row[2:])) for row in rows]

    def metrics(
        self,
        account: str,
        region: str,
        namespace: str | None,
        name: str | None,
        since_s: int,
        after: Metric | None,
        limit: int,
    ) -> list[Metric]:
        """See `MetricStore.metrics`."""
        conditions = ["account = ?", "region = ?", "last_s >= ?"]
        values: list[str | int] = [account, region, since_s]
        for column, wanted in (("namespace", namespace), ("name", name)):
            if wanted is not None:
                conditions.append(f"{column} = ?")
                values.append(wanted)
        if after is not None:
            conditions.append("(namespace, name, dimensions) > (?, ?, ?)")
            values += (after.namespace, after.name, after.packed_dimensions())
        rows = self._connection.execute(
            f"SELECT namespace, name, dimensions FROM metrics WHERE {' AND '.join(conditions)} "
            "ORDER BY namespace, name, dimensions LIMIT ?",
            (*values, limit),
        )
        return [Metric(account, region, row[0], row[1], _dimensions(row[2])) for row in rows]

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


def statistics_of(row: StatisticRow) -> StatisticSet:
    """A set as it lies in the file."""
    return StatisticSet(row[0], row[1], row[2], row[3], unpack_values(row[4]))


def _dimensions(packed: str) -> tuple[tuple[str, str], ...]:
    return msgspec.json.decode(packed, type=tuple[tuple[str, str], ...])
