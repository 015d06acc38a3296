"""Rows to entities and back."""

from collections.abc import Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any, Final

import msgspec
from sqlalchemy import RowMapping

from shardline.storage.entities import Consumer, Pending, Shard, Stream, StreamKey

# The row of something that belongs to a resource, in the table's order of columns: first the id of
# the resource, then the key within the resource.
OwnedRow = Sequence[Any]
_key: Final = itemgetter(1)


def stream_row(stream: Stream) -> dict[str, Any]:
    """The columns of a stream's own row."""
    return {
        "id": stream.id,
        "account": stream.account,
        "region": stream.region,
        "name": stream.name,
        "created_ms": stream.created_ms,
        "mode": stream.mode,
        "status": stream.status,
        "retention_hours": stream.retention_hours,
        "max_record_kib": stream.max_record_kib,
        "shard_metrics": _to_json(stream.shard_metrics),
        "reshards_ms": _to_json(stream.reshards_ms),
        "mode_switches_ms": _to_json(stream.mode_switches_ms),
        "distribution": stream.distribution,
        "warm_mibps": stream.warm_mibps,
        "key_id": stream.key_id,
        "key_changes_ms": _to_json(stream.key_changes_ms),
        "policy": stream.policy,
        "topic": stream.topic,
        "pending": None if stream.pending is None else _to_json(stream.pending),
        "version": stream.version,
    }


def shard_rows(stream: Stream) -> list[tuple[Any, ...]]:
    """The rows of a stream's shards."""
    return [
        (
            stream.id,
            shard.number,
            f"{shard.hash_start:039d}",
            f"{shard.hash_end:039d}",
            shard.created_s,
            shard.parent,
            shard.adjacent_parent,
            shard.closed_ms,
            shard.end,
        )
        for shard in stream.shards
    ]


def tag_rows(stream: Stream) -> list[tuple[Any, ...]]:
    """The rows of a stream's tags."""
    return [(stream.id, name, value) for name, value in stream.tags]


def consumer_rows(stream: Stream) -> list[tuple[Any, ...]]:
    """The rows of a stream's consumers."""
    return [
        (
            stream.id,
            consumer.name,
            consumer.created_ms,
            consumer.status,
            consumer.due_ms,
            _to_json(consumer.tags),
            consumer.policy,
        )
        for consumer in stream.consumers
    ]


def key_rows(stream: Stream) -> list[tuple[Any, ...]]:
    """The rows of a stream's data keys."""
    return [(stream.id, key.number, key.kms_key, key.wrapped) for key in stream.keys]


def stream_of(row: RowMapping, owned: Mapping[str, Iterable[OwnedRow]]) -> Stream:
    """The stream of a row; `owned` has the rows that belong to it by table, in any order."""
    return Stream(
        id=row["id"],
        account=row["account"],
        region=row["region"],
        name=row["name"],
        created_ms=row["created_ms"],
        mode=row["mode"],
        status=row["status"],
        retention_hours=row["retention_hours"],
        max_record_kib=row["max_record_kib"],
        shards=tuple(_shard_of(shard) for shard in _in_order(owned, "shards")),
        shard_metrics=msgspec.json.decode(row["shard_metrics"], type=tuple[str, ...]),
        tags=tuple((name, value) for _, name, value in _in_order(owned, "tags")),
        reshards_ms=msgspec.json.decode(row["reshards_ms"], type=tuple[int, ...]),
        mode_switches_ms=msgspec.json.decode(row["mode_switches_ms"], type=tuple[int, ...]),
        distribution=row["distribution"],
        warm_mibps=row["warm_mibps"],
        key_id=row["key_id"],
        key_changes_ms=msgspec.json.decode(row["key_changes_ms"], type=tuple[int, ...]),
        keys=tuple(StreamKey(*key[1:]) for key in _in_order(owned, "stream_keys")),
        policy=row["policy"],
        topic=row["topic"],
        consumers=tuple(_consumer_of(consumer) for consumer in _in_order(owned, "consumers")),
        pending=None
        if row["pending"] is None
        else msgspec.json.decode(row["pending"], type=Pending),
        version=row["version"],
    )


def _in_order(owned: Mapping[str, Iterable[OwnedRow]], table: str) -> list[OwnedRow]:
    return sorted(owned.get(table, ()), key=_key)


def _shard_of(row: OwnedRow) -> Shard:
    _, number, hash_start, hash_end, created_s, parent, adjacent_parent, closed_ms, end = row
    return Shard(
        number, int(hash_start), int(hash_end), created_s, parent, adjacent_parent, closed_ms, end
    )


def _consumer_of(row: OwnedRow) -> Consumer:
    _, name, created_ms, status, due_ms, tags, policy = row
    pairs = msgspec.json.decode(tags, type=tuple[tuple[str, str], ...])
    return Consumer(name, created_ms, status, due_ms, pairs, policy)


def _to_json(value: object) -> str:
    return msgspec.json.encode(value).decode()
