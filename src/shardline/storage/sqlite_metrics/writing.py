"""What the writing thread does: aggregate into the file; `forgetting` does the rest."""

from collections.abc import Mapping, Sequence
from typing import cast

import apsw

from shardline.storage.metric_store import Datum, Metric, Place, aggregated
from shardline.storage.sqlite_metrics.datapoints import add
from shardline.storage.sqlite_metrics.forgetting import forget_some
from shardline.storage.statistic_set import StatisticSet

_MOST_IDS = 20_000  # of metrics, kept in memory

_FIND = """
SELECT id FROM metrics
WHERE account = ? AND region = ? AND namespace = ? AND name = ? AND dimensions = ?
"""
_ADD = """
INSERT INTO metrics (account, region, namespace, name, dimensions, last_s) VALUES (?, ?, ?, ?, ?, 0)
RETURNING id
"""
_NOTE_LAST = "UPDATE metrics SET last_s = max(last_s, ?) WHERE id = ?"


class Writer:
    """The writing connection; for one thread."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection
        self._ids: dict[Metric, int] = {}

    def put(self, data: Sequence[Datum]) -> None:
        """Aggregate data into the file, as one transaction, durable on return."""
        try:
            with self._transaction():
                self._save(aggregated(data))
        except BaseException:
            self._ids.clear()  # of metrics that were not added after all
            raise

    def forget_some(self, now_s: int, after: int) -> int | None:
        """Make coarser, or give up, what is too old of the next metrics behind the id `after`.

        Answers where to go on, or None at the end. Others may write in between.
        """
        with self._transaction():
            last, gone = forget_some(self._connection, now_s, after)
        if gone:
            self._ids.clear()
        return last

    def close(self) -> None:
        """Close the connection; what is in the write-ahead log goes into the file."""
        self._connection.close()

    def _transaction(self) -> "_Transaction":
        return _Transaction(self._connection)

    def _save(self, sets: Mapping[Place, StatisticSet]) -> None:
        last: dict[int, int] = {}
        for (metric, datapoint), added in sets.items():
            metric_id = self._id(metric)
            add(self._connection, metric_id, datapoint, added)
            resolution, start_s, _ = datapoint
            if resolution == 60:
                last[metric_id] = max(start_s, last.get(metric_id, 0))
        for metric_id, start_s in last.items():
            self._connection.execute(_NOTE_LAST, (start_s, metric_id))

    def _id(self, metric: Metric) -> int:
        known = self._ids.get(metric)
        if known is not None:
            return known
        names = (*metric[:4], metric.packed_dimensions())
        rows = self._connection.execute(_FIND, names).fetchall()
        found = cast(int, (rows or self._connection.execute(_ADD, names).fetchall())[0][0])
        if len(self._ids) >= _MOST_IDS:
            self._ids.clear()
        self._ids[metric] = found
        return found


class _Transaction:
    """`BEGIN IMMEDIATE` to `COMMIT`, or back to where it began."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection

    def __enter__(self) -> None:
        if self._connection.in_transaction:  # left by a rollback that failed
            self._connection.execute("ROLLBACK")
        self._connection.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            try:
                self._connection.execute("COMMIT")
            except BaseException:
                self._roll_back()
                raise
        else:
            self._roll_back()

    def _roll_back(self) -> None:
        if self._connection.in_transaction:  # SQLite has rolled back itself after some failures
            self._connection.execute("ROLLBACK")
