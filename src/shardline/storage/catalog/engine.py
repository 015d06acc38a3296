"""The connection to the catalog's database, and what its errors mean.

SQLite is used through pysqlite3, which brings a current one: SQLite from 3.7 to 3.51.2 can corrupt
a database in WAL mode when several connections write and checkpoint at once. The driver's own
transactions are switched off, and every transaction begins here: a reader's with BEGIN, a writer's
with BEGIN IMMEDIATE, so that a writer waits for its turn at the start and never fails half-way.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pysqlite3 import dbapi2
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.pool import StaticPool

from shardline.storage.record_log import StorageError, StoreUnusable, WriteFailed

OLDEST_SQLITE = (3, 51, 3)
_WRITING = "shardline_writing"


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
def reading(engine: Engine, store: str) -> Iterator[Connection]:
    """A transaction that sees one state of the database. Raises `StorageError`."""
    try:
        with engine.begin() as connection:
            yield connection
    except SQLAlchemyError as error:
        raise StorageError(f"{store} could not be read: {reason(error)}") from error


@contextmanager
def writing(engine: Engine, store: str) -> Iterator[Connection]:
    """A transaction that is durable when the block is left.

    Raises `WriteFailed` for what may pass (a lock, a full disk, a failed sync), `StorageError` for
    what does not (a damaged file).
    """
    try:
        with engine.execution_options(**{_WRITING: True}).begin() as connection:
            yield connection
    except OperationalError as error:
        raise WriteFailed(f"{store} could not be written: {reason(error)}") from error
    except SQLAlchemyError as error:
        raise StorageError(f"{store} refused a change: {reason(error)}") from error


def reason(error: SQLAlchemyError) -> str:
    """What the database said, on one line and without the statement."""
    return str(getattr(error, "orig", None) or error).splitlines()[0]


def _set_up_connection(connection: Any, record: object) -> None:
    for text in ("foreign_keys = ON", "synchronous = FULL"):
        connection.execute(f"PRAGMA {text}")


def _begin(connection: Connection) -> None:
    is_writing = connection.get_execution_options().get(_WRITING, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if is_writing else "BEGIN")
