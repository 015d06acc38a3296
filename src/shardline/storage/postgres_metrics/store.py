"""`PostgresMetrics`: the metric store in tables of a PostgreSQL database."""

import asyncio
from typing import Self

import psycopg

from shardline.storage.postgres import PostgresUrl
from shardline.storage.postgres_metrics.link import Link, reason
from shardline.storage.postgres_metrics.reading import Reader
from shardline.storage.postgres_metrics.schema import make_ready
from shardline.storage.postgres_metrics.writing import Writer
from shardline.storage.record_log import StorageError
from shardline.storage.threaded_metrics import ThreadedMetrics


class PostgresMetrics(ThreadedMetrics):
    """A `MetricStore` in a database. Open it with `PostgresMetrics.open`."""

    def __init__(self, url: PostgresUrl) -> None:
        super().__init__(Writer(Link(url, is_writing=True)), Reader(Link(url, is_writing=False)))
        self._url = url

    @classmethod
    async def open(cls, url: PostgresUrl) -> Self:
        """Open the metrics in a database, making their tables if there are none.

        Raises `StoreUnusable`, having touched nothing, for a server that does not let us in, and a
        schema that is newer or something else.
        """
        await asyncio.get_running_loop().run_in_executor(None, make_ready, url)
        return cls(url)

    def _told(self, error: Exception, kind: type[StorageError]) -> StorageError | None:
        if isinstance(error, psycopg.Error):
            return kind(f"the metrics ({self._url}): {reason(error)}")
        return None
