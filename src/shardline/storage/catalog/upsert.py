"""Put rows in place of those with their keys: standard SQL has no such statement."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite


def put_row(db: Connection, table: Table, row: Mapping[str, Any]) -> None:
    """Insert a row, or put it in place of the one that has its primary key."""
    put_rows(db, table, [row])


def put_rows(db: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows of the same columns, each in place of the one that has its primary key."""
    if not rows:
        return
    keys = [column.name for column in table.primary_key]
    rest = [name for name in rows[0] if name not in keys]
    made = (postgresql if db.dialect.name == "postgresql" else sqlite).insert(table)
    putting = made.on_conflict_do_update(
        index_elements=keys, set_={name: made.excluded[name] for name in rest}
    )
    db.execute(putting, [dict(row) for row in rows])
