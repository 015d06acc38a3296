"""What the reading thread does."""

from typing import Any, Final, LiteralString

import msgspec

from shardline.storage.metric_store import Datapoint, Metric, Resolution, resolutions_for
from shardline.storage.postgres_metrics.datapoints import COLUMNS, statistics_of
from shardline.storage.postgres_metrics.link import Connection, Link
from shardline.storage.postgres_metrics.names import digest_of
from shardline.storage.postgres_metrics.schema import BEGINNING

_FROM: Final = """
FROM metric_datapoints JOIN metric_names ON metric_names.id = metric WHERE digest = %(digest)s
    AND start_s >= %(start_s)s AND start_s < %(end_s)s
"""
_READ: Final = f"""
SELECT start_s, unit, {COLUMNS} {_FROM} AND resolution = %(resolution)s ORDER BY start_s, unit
"""
_PERIOD: Final = "start_s - (start_s - %(start_s)s) %% %(period_s)s"
_OF_PERIODS: Final = f"""
{_FROM} AND resolution = ANY(%(resolutions)s) AND unit = coalesce(%(unit)s::text, unit)
"""
_SUMS: Final = f"""
SELECT {_PERIOD}, unit, sum(count), sum(sum), min(minimum), max(maximum), NULL::bytea
{_OF_PERIODS} GROUP BY 1, 2 ORDER BY 1, 2
"""
_SETS: Final = f"SELECT {_PERIOD}, unit, {COLUMNS} {_OF_PERIODS} ORDER BY 1, 2, start_s, resolution"


class Reader:
    """The reading connection; for one thread. Each reading is one statement: of one moment."""

    def __init__(self, link: Link) -> None:
        self._link = link

    def read(
        self, metric: Metric, resolution: Resolution, start_s: int, end_s: int
    ) -> list[Datapoint]:
        """See `MetricStore.read`."""
        return self._points(_READ, metric, start_s, end_s, resolution=resolution)

    def read_sums(
        self, metric: Metric, period_s: int, start_s: int, end_s: int, unit: str | None
    ) -> list[Datapoint]:
        """See `MetricStore.read_periods`; without values."""
        return self._periods(_SUMS, metric, period_s, start_s, end_s, unit)

    def read_values(
        self, metric: Metric, period_s: int, start_s: int, end_s: int, unit: str | None
    ) -> list[Datapoint]:
        """See `MetricStore.read_periods`; with values."""
        merged: list[Datapoint] = []
        for point in self._periods(_SETS, metric, period_s, start_s, end_s, unit):
            if merged and merged[-1][:2] == point[:2]:
                both = merged.pop().statistics.merged(point.statistics)
                point = point._replace(statistics=both)
            merged.append(point)
        return merged

    def _periods(
        self,
        query: LiteralString,
        metric: Metric,
        period_s: int,
        start_s: int,
        end_s: int,
        unit: str | None,
    ) -> list[Datapoint]:
        resolutions = list(resolutions_for(period_s))
        return self._points(
            query, metric, start_s, end_s, period_s=period_s, unit=unit, resolutions=resolutions
        )

    def _points(
        self, query: LiteralString, metric: Metric, start_s: int, end_s: int, **more: object
    ) -> list[Datapoint]:
        values = {"digest": digest_of(metric), "start_s": start_s, "end_s": end_s, **more}
        rows = self._rows(query, values)
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
        conditions = ["account = %(account)s", "region = %(region)s", "last_s >= %(since_s)s"]
        values: dict[str, object] = {
            "account": account,
            "region": region,
            "since_s": since_s,
            "limit": limit,
        }
        for column, wanted in (("namespace", namespace), ("name", name)):
            if wanted is not None:
                conditions.append(f"{column} = %({column})s")
                values[column] = wanted
        order = f"namespace, name, {BEGINNING}, dimensions"
        if after is not None:
            packed = "%(after_dimensions)s::text"
            conditions.append(
                f"({order}) > (%(after_namespace)s, %(after_name)s, left({packed}, 256), {packed})"
            )
            values |= {
                "after_namespace": after.namespace,
                "after_name": after.name,
                "after_dimensions": after.packed_dimensions(),
            }
        query = (
            f"SELECT namespace, name, dimensions FROM metric_names "
            f"WHERE {' AND '.join(conditions)} ORDER BY {order} LIMIT %(limit)s"
        )
        rows = self._rows(query, values)
        return [Metric(account, region, row[0], row[1], _dimensions(row[2])) for row in rows]

    def close(self) -> None:
        """Close the connection."""
        self._link.close()

    def _rows(self, query: str, values: dict[str, object]) -> list[tuple[Any, ...]]:
        def work(connection: Connection) -> list[tuple[Any, ...]]:
            return connection.cursor(binary=True).execute(query.encode(), values).fetchall()

        return self._link.run(work)


def _dimensions(packed: str) -> tuple[tuple[str, str], ...]:
    return msgspec.json.decode(packed, type=tuple[tuple[str, str], ...])
