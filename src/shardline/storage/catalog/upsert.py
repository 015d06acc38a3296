"""Put a row in place of the one with its key: standard SQL has no such statement."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite


def put_row(db: Connection, table: Table, row: Mapping[str, Any]) -> None:
    """Insert a row, or put it in place of the one that has its primary key."""
    keys = [column.name for column in table.primary_key]
    rest = {name: value for name, value in row.items() if name not in keys}
    if db.dialect.name == "postgresql":
        on_server = postgresql.insert(table).values(dict(row))
        db.execute(on_server.on_conflict_do_update(index_elements=keys, set_=rest))
    else:
        in_file = sqlite.insert(table).values(dict(row))
        db.execute(in_file.on_conflict_do_update(index_elements=keys, set_=rest))
