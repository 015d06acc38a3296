"""`SqliteMetrics`: the metric store in an SQLite file."""

import asyncio
from pathlib import Path

import apsw

from shardline.storage.record_log import StorageError
from shardline.storage.sqlite_metrics.reading import Reader
from shardline.storage.sqlite_metrics.schema import open_file
from shardline.storage.sqlite_metrics.writing import Writer
from shardline.storage.threaded_metrics import ThreadedMetrics


class SqliteMetrics(ThreadedMetrics):
    """A `MetricStore` in a file. Open it with `SqliteMetrics.open`."""

    def __init__(self, path: Path, writer: Writer, reader: Reader) -> None:
        super().__init__(writer, reader)
        self._path = path

    @classmethod
    async def open(cls, path: Path) -> "SqliteMetrics":
        """Open the file, making it if it is missing. Raises `StoreUnusable`."""
        loop = asyncio.get_running_loop()
        writer, reader = await loop.run_in_executor(None, open_file, path)
        return cls(path, Writer(writer), Reader(reader))

    def _told(self, error: Exception, kind: type[StorageError]) -> StorageError | None:
        if isinstance(error, apsw.FullError):
            return kind(f"writing {self._path} failed: the disk is full")
        return kind(f"{self._path}: {error}") if isinstance(error, apsw.Error | OSError) else None
