"""What the writing thread does: aggregate into the tables; `forgetting` does the rest.

One store writes at a time: its transaction begins by taking a lock of its own, no table's. So what
was read is still there when it is merged and written, writers that meet cannot deadlock, and none
ever waits for the catalog.

A transaction leaves its number in `metric_writers`. Where a commit is not answered, the same is
done again, on a new connection: it waits for the lock, and so for the end of the first one, and
finds the number if that was committed.
"""

import secrets
from collections.abc import Mapping, Sequence
from typing import Final

from shardline.storage.metric_store import Datum, Metric, Place, aggregated
from shardline.storage.postgres_metrics import datapoints
from shardline.storage.postgres_metrics.forgetting import forget_some
from shardline.storage.postgres_metrics.link import Connection, Link
from shardline.storage.postgres_metrics.names import digest_of, note_last, rows_of
from shardline.storage.statistic_set import StatisticSet

_LOCK: Final = """
SELECT pg_advisory_xact_lock(hashtextextended('shardline metrics ' || current_schema(), 0))
"""
_NUMBER: Final = """
INSERT INTO metric_writers VALUES (%s, %s, now())
ON CONFLICT (id) DO UPDATE SET number = excluded.number, at = excluded.at
WHERE metric_writers.number < excluded.number
RETURNING number
"""


class Writer:
    """The writing connection; for one thread."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._id = secrets.token_hex(8)
        self._number = 0

    def put(self, data: Sequence[Datum]) -> None:
        """Aggregate data into the tables, as one transaction, durable on return."""
        if not data:
            return
        self._number += 1
        sets = aggregated(data)
        digests = {metric: digest_of(metric) for metric, _ in sets}
        self._link.run(lambda connection: self._put(connection, sets, digests))

    def forget_some(self, now_s: int, after: int) -> int | None:
        """Make coarser, or give up, what is too old of the next metrics behind the id `after`.

        Answers where to go on, or None at the end. Others may write in between.
        """

        def work(connection: Connection) -> int | None:
            connection.execute(_LOCK)
            return forget_some(connection, now_s, after)

        return self._link.run(work)

    def close(self) -> None:
        """Close the connection."""
        self._link.close()

    def _put(
        self,
        connection: Connection,
        sets: Mapping[Place, StatisticSet],
        digests: Mapping[Metric, bytes],
    ) -> None:
        connection.execute(_LOCK)
        if not connection.execute(_NUMBER, (self._id, self._number)).fetchall():
            return  # it had been committed
        known = rows_of(connection, {digest: metric for metric, digest in digests.items()})
        new: dict[datapoints.Place, StatisticSet] = {}
        others: dict[datapoints.Place, StatisticSet] = {}
        last: dict[int, int] = {}
        for (metric, (resolution, start_s, unit)), added in sets.items():
            row = known[digests[metric]]
            minute_s = start_s - start_s % 60
            # Nothing can be there in a minute that is later than the latest.
            target = new if minute_s > row.last_s else others
            target[row.id, resolution, start_s, unit] = added
            if minute_s > max(row.last_s, last.get(row.id, -1)):
                last[row.id] = minute_s
        datapoints.save(connection, new)
        datapoints.add(connection, others)
        note_last(connection, last)
