"""The metric store on SQLite: one file, one thread that writes and one that reads."""

from shardline.storage.sqlite_metrics.store import SqliteMetrics

__all__ = ["SqliteMetrics"]
