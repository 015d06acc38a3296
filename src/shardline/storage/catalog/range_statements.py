"""Statements on the ranges of shards in Kafka, each within a transaction of the caller."""

from collections.abc import Mapping
from dataclasses import asdict

from sqlalchemy import Connection, delete, insert, select, update

from shardline.storage.catalog.schema import kafka_ranges, kafka_streams, shards, streams
from shardline.storage.catalog.upsert import put_rows
from shardline.storage.range_port import Range, RangesChanged, StreamRanges, adopted


def load(db: Connection, stream: str) -> StreamRanges | None:
    """The ranges of a stream, or None if it has none."""
    of_stream = kafka_streams.c.stream == stream
    version = db.scalar(select(kafka_streams.c.version).where(of_stream))
    if version is None:
        return _adopted(db, stream)
    columns = [column for column in kafka_ranges.c if column.name != "stream"]
    found = db.execute(select(*columns).where(kafka_ranges.c.stream == stream))
    return StreamRanges(version, {shard: Range(*rest) for shard, *rest in found})


def _adopted(db: Connection, stream: str) -> StreamRanges | None:
    """The ranges of a stream that is somebody else's topic; None if it is not."""
    topic = db.scalar(select(streams.c.topic).where(streams.c.id == stream))
    if topic is None:
        return None
    return adopted(topic, db.scalars(select(shards.c.number).where(shards.c.stream_id == stream)))


def keep(db: Connection, stream: str, version: int, changed: Mapping[int, Range]) -> int:
    """Add or replace ranges of a stream that is at `version`; answer the version after that.

    Raises `RangesChanged`.
    """
    if version:
        table = kafka_streams.c
        seen = (table.stream == stream) & (table.version == version)
        done = db.execute(update(kafka_streams).where(seen).values(version=version + 1)).rowcount
        if not done:
            raise RangesChanged(f"the ranges of {stream} are not at {version} any more")
    else:
        db.execute(insert(kafka_streams).values(stream=stream, version=1))
    rows = [{"stream": stream, "shard": n, **asdict(each)} for n, each in changed.items()]
    put_rows(db, kafka_ranges, rows)
    return version + 1


def remove(db: Connection, stream: str) -> None:
    """Forget a stream. Idempotent."""
    db.execute(delete(kafka_streams).where(kafka_streams.c.stream == stream))
