"""The metrics file: its tables, its settings, and how it comes into being.

* `metrics` has what a metric is known by, and the beginning of its latest minute.
* `datapoints` is ordered by metric, resolution and time, so that a metric's minutes lie together:
  they are read in one piece and forgotten in one piece. `value_counts` is laid out in
  `shardline.storage.statistic_set`; NULL is unknown.

Version 1 had seconds and minutes only, and gave up metrics of which it knew no others. Its tables
are the same, so that a file of it is taken over as it is; only the version keeps an older Shardline
from giving up metrics whose five minutes and hours it would leave behind.
"""

from pathlib import Path

import apsw

from shardline.storage.files import create_private
from shardline.storage.record_log import StoreUnusable
from shardline.storage.sqlite_log.schema import check_sqlite

VERSION = 2  # PRAGMA user_version; a file with a higher one is refused
APPLICATION_ID = 0x53684D74  # "ShMt"

_CREATE = f"""
BEGIN IMMEDIATE;
PRAGMA application_id = {APPLICATION_ID};
PRAGMA user_version = {VERSION};
CREATE TABLE metrics (
    id         INTEGER PRIMARY KEY,
    account    TEXT NOT NULL,
    region     TEXT NOT NULL,
    namespace  TEXT NOT NULL,
    name       TEXT NOT NULL,
    dimensions TEXT NOT NULL,
    last_s     INTEGER NOT NULL,
    UNIQUE (account, region, namespace, name, dimensions)
) STRICT;
CREATE TABLE datapoints (
    metric       INTEGER NOT NULL,
    resolution   INTEGER NOT NULL,
    start_s      INTEGER NOT NULL,
    unit         TEXT NOT NULL,
    count        REAL NOT NULL,
    sum          REAL NOT NULL,
    minimum      REAL NOT NULL,
    maximum      REAL NOT NULL,
    value_counts BLOB,
    PRIMARY KEY (metric, resolution, start_s, unit)
) STRICT, WITHOUT ROWID;
COMMIT;
"""

# FULL: what was accepted is kept, whatever happens to the machine. One sync is shared by all that
# was put while the one before was under way.
_SETTINGS = """
PRAGMA synchronous = FULL;
PRAGMA temp_store = MEMORY;
PRAGMA busy_timeout = 5000;
"""


def open_file(path: Path) -> tuple[apsw.Connection, apsw.Connection]:
    """A connection that writes and one that reads, each for one thread; makes the file.

    Raises `StoreUnusable`, with nothing touched, for a file that is newer or something else.
    """
    check_sqlite()
    connections: list[apsw.Connection] = []
    try:
        create_private(path)
        for read_only in (False, True):
            connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
            connections.append(connection)
            if not read_only:
                _bring_into_being(connection, path)
            connection.execute(_SETTINGS).fetchall()
            connection.pragma("query_only", read_only)
    except (apsw.Error, OSError, StoreUnusable) as error:
        for connection in connections:
            connection.close()
        if isinstance(error, StoreUnusable):
            raise
        raise StoreUnusable(f"cannot open {path}: {error}") from error
    writer, reader = connections
    return writer, reader


def _bring_into_being(connection: apsw.Connection, path: Path) -> None:
    version, application = connection.pragma("user_version"), connection.pragma("application_id")
    tables = connection.execute("SELECT count(*) FROM sqlite_schema").fetchall()
    if not tables[0][0] and not version and not application:
        connection.pragma("journal_mode", "wal")
        connection.execute(_CREATE).fetchall()
    elif application != APPLICATION_ID:
        raise StoreUnusable(f"{path} is an SQLite database, but not Shardline's metrics")
    elif version > VERSION:
        raise StoreUnusable(
            f"{path} has version {version} and was written by a newer Shardline; "
            f"this one knows versions up to {VERSION}"
        )
    elif version < VERSION:
        connection.pragma("user_version", VERSION)
