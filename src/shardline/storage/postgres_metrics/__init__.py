"""The metric store on PostgreSQL, for any number of gateways at once."""

from shardline.storage.postgres_metrics.store import PostgresMetrics

__all__ = ["PostgresMetrics"]
