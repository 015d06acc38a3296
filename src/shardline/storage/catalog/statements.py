"""What the catalog reads and writes of streams, each within a transaction of the caller.

An update costs what it changes: of what belongs to a stream (`OWNED`) it writes only the rows that
differ from the stored ones, and it need not read these where the caller remembers that version of
the stream.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from operator import attrgetter
from typing import Any, Final

from sqlalchemy import Connection, Select, Table, bindparam, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from shardline.storage.catalog.mapping import (
    OwnedRow,
    consumer_rows,
    key_rows,
    shard_rows,
    stream_of,
    stream_row,
    tag_rows,
)
from shardline.storage.catalog.schema import consumers, shards, stream_keys, streams, tags
from shardline.storage.catalog_port import Conflict, NameTaken, TopicTaken
from shardline.storage.entities import Stream

OWNED: Final = (
    ("shards", shards, shard_rows),
    ("tags", tags, tag_rows),
    ("consumers", consumers, consumer_rows),
    ("keys", stream_keys, key_rows),
)
"""What belongs to a stream: the member of `Stream`, its table, and what makes its rows."""

_IN_A_QUERY: Final = 500  # ids; databases have a limit on parameters


def load_streams(db: Connection, ids: Collection[str] | None = None) -> list[Stream]:
    """Every stream, or those of these ids that there are, with all that belongs to them."""
    if ids is None:
        return _load_streams(db, None)
    wanted, found = list(ids), list[Stream]()
    for start in range(0, len(wanted), _IN_A_QUERY):
        found += _load_streams(db, wanted[start : start + _IN_A_QUERY])
    return found


def stream_versions(db: Connection) -> dict[str, int]:
    """The version of every stream, by its id."""
    return {row.id: row.version for row in db.execute(select(streams.c.id, streams.c.version))}


def insert_stream(db: Connection, stream: Stream) -> None:
    """Add a stream. Raises `NameTaken`, `TopicTaken`."""
    try:
        with db.begin_nested():
            db.execute(insert(streams).values(stream_row(stream)))
    except IntegrityError as error:
        _refuse_topic(db, stream, error)
        address = (stream.account, stream.region, stream.name)
        same_name = select(streams.c.id).where(
            streams.c.account == stream.account,
            streams.c.region == stream.region,
            streams.c.name == stream.name,
        )
        if db.scalar(same_name) is None:
            raise
        raise NameTaken("/".join(address)) from error
    for _, table, rows_of in OWNED:
        _insert_rows(db, table, rows_of(stream))


def _refuse_topic(db: Connection, stream: Stream, error: IntegrityError) -> None:
    """Raise `TopicTaken` if the topic of a stream is another one's."""
    if stream.topic is None:
        return
    same_topic = select(streams).where(streams.c.topic == stream.topic)
    if (other := db.execute(same_topic).first()) is not None:
        raise TopicTaken(
            f"topic {stream.topic} is stream {other.name} already (account {other.account}, region "
            f"{other.region})"
        ) from error


def update_stream(db: Connection, stream: Stream, known: Stream | None) -> Stream:
    """Store a stream as a version one higher; answer that. Raises `Conflict` if it is at another
    version.

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
    if known is not None and known.version != stream.version:
        known = None
    for member, table, rows_of in OWNED:
        if known is None:
            _replace_rows(db, table, _rows_of(db, table, stream.id), rows_of(stream))
        elif getattr(known, member) != getattr(stream, member):
            _replace_rows(db, table, rows_of(known), rows_of(stream))
    return replace(
        stream,
        shards=tuple(sorted(stream.shards, key=attrgetter("number"))),
        tags=tuple(sorted(stream.tags)),
        consumers=tuple(sorted(stream.consumers, key=attrgetter("name"))),
        version=stream.version + 1,
    )


def remove_stream(db: Connection, stream_id: str) -> None:
    """Remove a stream with all that belongs to it, if it is there."""
    # The stream's row comes first, as in an update: it is the lock after which no tag is added.
    db.execute(delete(streams).where(streams.c.id == stream_id))
    db.execute(delete(tags).where(tags.c.resource_id == stream_id))


def _load_streams(db: Connection, ids: Sequence[str] | None) -> list[Stream]:
    rows = {table.name: _rows_by_owner(db, table, ids) for _, table, _ in OWNED}
    return [
        stream_of(row, {name: rows_of.get(row["id"], ()) for name, rows_of in rows.items()})
        for row in db.execute(_of(streams, ids)).mappings()
    ]


def _of(table: Table, ids: Sequence[str] | None) -> Select[Any]:
    """The rows of streams, or of what belongs to them: its first column is the stream's id."""
    query = select(table)
    return query if ids is None else query.where(next(iter(table.columns)).in_(ids))


def _rows_by_owner(
    db: Connection, table: Table, ids: Sequence[str] | None
) -> dict[str, list[OwnedRow]]:
    rows: dict[str, list[OwnedRow]] = defaultdict(list)
    for row in db.execute(_of(table, ids)).all():
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
