"""What the catalog reads and writes, each within a transaction of the caller.

An update costs what it changes: it writes only those shards and tags that differ from the stored
ones, and it need not read these where the caller remembers that version of the stream.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Table, bindparam, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from shardline.storage.catalog.mapping import OwnedRow, shard_rows, stream_of, stream_row, tag_rows
from shardline.storage.catalog.schema import secrets, shards, streams, tags
from shardline.storage.catalog_port import Conflict, NameTaken
from shardline.storage.entities import Stream


def load_streams(db: Connection) -> list[Stream]:
    """Every stream, with its shards and tags."""
    shards_of = _rows_by_owner(db, shards)
    tags_of = _rows_by_owner(db, tags)
    return [
        stream_of(row, shards_of.get(row["id"], ()), tags_of.get(row["id"], ()))
        for row in db.execute(select(streams)).mappings()
    ]


def insert_stream(db: Connection, stream: Stream) -> None:
    """Add a stream. Raises `NameTaken`."""
    try:
        with db.begin_nested():
            db.execute(insert(streams).values(stream_row(stream)))
    except IntegrityError as error:
        address = (stream.account, stream.region, stream.name)
        same_name = select(streams.c.id).where(
            streams.c.account == stream.account,
            streams.c.region == stream.region,
            streams.c.name == stream.name,
        )
        if db.scalar(same_name) is None:
            raise
        raise NameTaken("/".join(address)) from error
    _insert_rows(db, shards, shard_rows(stream))
    _insert_rows(db, tags, tag_rows(stream))


def update_stream(db: Connection, stream: Stream, known: Stream | None) -> None:
    """Store a stream as a version one higher. Raises `Conflict` if it is at another version.

    `known` is an earlier value of it, which saves reading what is stored if its version is right.
    """
    # The stream's row comes first: it is the lock that makes the comparisons below safe.
    changed = db.execute(
        update(streams)
        .where(streams.c.id == stream.id, streams.c.version == stream.version)
        .values({**stream_row(stream), "version": stream.version + 1})
    )
    if changed.rowcount != 1:
        raise Conflict(f"stream {stream.id} is no longer at version {stream.version}")
    if known is None or known.version != stream.version:
        _replace_rows(db, shards, _rows_of(db, shards, stream.id), shard_rows(stream))
        _replace_rows(db, tags, _rows_of(db, tags, stream.id), tag_rows(stream))
        return
    if known.shards != stream.shards:
        _replace_rows(db, shards, shard_rows(known), shard_rows(stream))
    if known.tags != stream.tags:
        _replace_rows(db, tags, tag_rows(known), tag_rows(stream))


def remove_stream(db: Connection, stream_id: str) -> None:
    """Remove a stream with its shards and tags, if it is there."""
    db.execute(delete(tags).where(tags.c.resource_id == stream_id))
    db.execute(delete(streams).where(streams.c.id == stream_id))


def find_secret(db: Connection, name: str) -> bytes | None:
    """The secret of that name, if it was made."""
    return db.scalar(select(secrets.c.value).where(secrets.c.name == name))


def keep_secret(db: Connection, name: str, value: bytes) -> bytes:
    """The secret of that name, which is `value` unless another process was first."""
    try:
        with db.begin_nested():
            db.execute(insert(secrets).values(name=name, value=value))
    except IntegrityError:
        return find_secret(db, name) or value
    return value


def _rows_by_owner(db: Connection, table: Table) -> dict[str, list[OwnedRow]]:
    rows: dict[str, list[OwnedRow]] = defaultdict(list)
    for row in db.execute(select(table)).all():
        rows[row[0]].append(row)
    return rows


def _rows_of(db: Connection, table: Table, owner: str) -> list[tuple[Any, ...]]:
    owner_column = next(iter(table.columns))
    return [tuple(row) for row in db.execute(select(table).where(owner_column == owner)).all()]


def _replace_rows(
    db: Connection, table: Table, stored: list[tuple[Any, ...]], wanted: list[tuple[Any, ...]]
) -> None:
    """Turn the stored rows of one owner into those wanted. A row that changed is written anew."""
    if outdated := set(stored).difference(wanted):
        owner_column, key_column, *_ = table.columns
        db.execute(
            delete(table).where(
                owner_column == bindparam("row_owner"), key_column == bindparam("row_key")
            ),
            [{"row_owner": row[0], "row_key": row[1]} for row in outdated],
        )
    _insert_rows(db, table, set(wanted).difference(stored))


def _insert_rows(db: Connection, table: Table, rows: Iterable[OwnedRow]) -> None:
    names = table.columns.keys()
    values = [dict(zip(names, row, strict=True)) for row in rows]
    if values:
        db.execute(insert(table), values)
