"""What the reading thread does."""

from typing import cast

import apsw
import msgspec

from shardline.storage.metric_store import Datapoint, Metric, Resolution, resolutions_for
from shardline.storage.sqlite_metrics.datapoints import StatisticRow, statistics_of

_READ = """
SELECT start_s, unit, count, sum, minimum, maximum, value_counts
FROM datapoints JOIN metrics ON metrics.id = datapoints.metric
WHERE account = ? AND region = ? AND namespace = ? AND name = ? AND dimensions = ?
    AND resolution = ? AND start_s >= ? AND start_s < ?
ORDER BY start_s, unit
"""

_PERIODS = """
SELECT start_s - (start_s - {start_s}) % {period_s} AS period_start_s, unit, {columns}
FROM datapoints JOIN metrics ON metrics.id = datapoints.metric
WHERE account = ? AND region = ? AND namespace = ? AND name = ? AND dimensions = ?
    AND resolution IN ({resolutions}) AND start_s >= ? AND start_s < ? AND unit = coalesce(?, unit)
"""
_SUMS = "sum(count), sum(sum), min(minimum), max(maximum), NULL"
_SETS = "count, sum, minimum, maximum, value_counts"


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

    def read_sums(
        self, metric: Metric, period_s: int, start_s: int, end_s: int, unit: str | None
    ) -> list[Datapoint]:
        """See `MetricStore.read_periods`; without values."""
        rows = self._periods(_SUMS, "GROUP BY 1, 2", metric, period_s, start_s, end_s, unit)
        return [Datapoint(row[0], row[1], statistics_of(row[2:])) for row in rows]

    def read_values(
        self, metric: Metric, period_s: int, start_s: int, end_s: int, unit: str | None
    ) -> list[Datapoint]:
        """See `MetricStore.read_periods`; with values."""
        merged: list[Datapoint] = []
        for at, of_unit, *row in self._periods(_SETS, "", metric, period_s, start_s, end_s, unit):
            added = statistics_of(cast(StatisticRow, tuple(row)))
            if merged and merged[-1][:2] == (at, of_unit):
                added = merged.pop().statistics.merged(added)
            merged.append(Datapoint(at, of_unit, added))
        return merged

    def _periods(
        self,
        columns: str,
        grouped: str,
        metric: Metric,
        period_s: int,
        start_s: int,
        end_s: int,
        unit: str | None,
    ) -> apsw.Cursor:
        query = _PERIODS.format(
            start_s=int(start_s),
            period_s=int(period_s),
            columns=columns,
            resolutions=", ".join(map(str, resolutions_for(period_s))),
        )
        values = (*metric[:4], metric.packed_dimensions(), start_s, end_s, unit)
        return self._connection.execute(f"{query} {grouped} ORDER BY 1, 2", values)

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


def _dimensions(packed: str) -> tuple[tuple[str, str], ...]:
    return msgspec.json.decode(packed, type=tuple[tuple[str, str], ...])
