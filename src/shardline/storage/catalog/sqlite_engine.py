"""The catalog on SQLite: one connection, to a file or to memory.

SQLite is used through pysqlite3, which brings a current one: SQLite from 3.7 to 3.51.2 can corrupt
a database in WAL mode when several connections write and checkpoint at once. The driver's own
transactions are switched off, and every transaction begins here: a reader's with BEGIN, a writer's
with BEGIN IMMEDIATE, so that a writer waits for its turn at the start and never fails half-way.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from pysqlite3 import dbapi2
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.pool import StaticPool

from shardline.storage.catalog.engine import WRITING, Dialect, writing
from shardline.storage.record_log import StorageError, StoreUnusable

OLDEST_SQLITE = (3, 51, 3)


def sqlite_engine(path: Path | None, busy_timeout_ms: int) -> Engine:
    """An engine with one connection, for one thread: to a file that exists, or in memory."""
    require_sqlite(dbapi2.sqlite_version_info)
    engine = create_engine(
        URL.create("sqlite+pysqlite", database=None if path is None else str(path)),
        module=dbapi2,
        poolclass=StaticPool,
        connect_args={"isolation_level": None, "timeout": busy_timeout_ms / 1000},
    )
    event.listen(engine, "connect", _set_up_connection)
    event.listen(engine, "begin", _begin)
    return engine


def require_sqlite(version: tuple[int, ...]) -> None:
    """Refuse an SQLite that can corrupt a database."""
    if version < OLDEST_SQLITE:
        found, needed = (".".join(map(str, each)) for each in (version, OLDEST_SQLITE))
        raise StoreUnusable(
            f"SQLite {found} can corrupt a database in WAL mode; {needed} or later is needed: "
            "install a current pysqlite3"
        )


def use_wal(engine: Engine) -> None:
    """Put the file in WAL mode, for good. Raises `StoreUnusable` where that is not possible."""
    mode = pragma(engine, "journal_mode = WAL")
    if mode != "wal":
        raise StoreUnusable(
            f"the catalog cannot use write-ahead logging here (its journal mode stays {mode}): "
            "keep the data directory on a local file system"
        )


def pragma(engine: Engine, text: str) -> Any:
    """Run a pragma outside of any transaction; answer its first value. Raises `StorageError`."""
    connection = engine.raw_connection()
    try:
        cursor = connection.cursor()
        row = cursor.execute(f"PRAGMA {text}").fetchone()
        cursor.close()
        return None if row is None else row[0]
    except dbapi2.Error as error:
        raise StorageError(f"the catalog refused PRAGMA {text}: {error}") from error
    finally:
        connection.close()


@contextmanager
def _migrating(engine: Engine, store: str) -> Iterator[Connection]:
    # SQLite changes a table's constraints by building it anew and dropping the old one, which
    # would delete all that refers to it; so foreign keys are off, and checked before the commit.
    pragma(engine, "foreign_keys = OFF")
    with writing(engine, store) as db:
        yield db
        if db.exec_driver_sql("PRAGMA foreign_key_check").first() is not None:
            raise StoreUnusable(f"{store} could not be migrated: rows would refer to nothing")
    pragma(engine, "foreign_keys = ON")


def _make_ready(engine: Engine) -> None:
    if engine.url.database is not None:  # memory has no log
        use_wal(engine)


SQLITE: Final = Dialect(make_ready=_make_ready, migrating=_migrating)


def _set_up_connection(connection: Any, record: object) -> None:
    for text in ("foreign_keys = ON", "synchronous = FULL"):
        connection.execute(f"PRAGMA {text}")


def _begin(connection: Connection) -> None:
    is_writing = connection.get_execution_options().get(WRITING, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if is_writing else "BEGIN")
