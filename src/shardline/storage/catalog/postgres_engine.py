"""The catalog on PostgreSQL, through psycopg: a connection that reads, and one that writes.

A writer's transactions are READ COMMITTED: each statement sees what was committed before it began,
so that what a statement waited for (a row's lock, a name) is seen by the next. Every change begins
with the statement that takes the lock of what it changes. A reader's are REPEATABLE READ and READ
ONLY: of one moment, and never refused.

Text is compared by its code points (`schema.Text`), as SQLite does.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import psycopg
from sqlalchemy import Connection, Engine, create_engine, event

from shardline.storage.catalog.engine import WRITING, Dialect, writing
from shardline.storage.postgres import MAKING_LOCK, PostgresUrl


def postgres_engine(url: PostgresUrl) -> Engine:
    """An engine with a connection each for two threads; nothing is connected yet."""

    def connect() -> psycopg.Connection[Any]:
        return psycopg.connect(url.conninfo)

    engine = create_engine(
        "postgresql+psycopg://", creator=connect, pool_size=2, max_overflow=0, pool_timeout=5
    )
    event.listen(engine, "begin", _begin)
    return engine


@contextmanager
def _migrating(engine: Engine, store: str) -> Iterator[Connection]:
    with writing(engine, store) as db:
        # What waits here for another process may wait as long as that one migrates.
        db.exec_driver_sql("SET LOCAL statement_timeout = 0")
        db.exec_driver_sql("SET LOCAL lock_timeout = 0")
        db.exec_driver_sql(f"SELECT pg_advisory_xact_lock({MAKING_LOCK})")
        _make_schema(db)
        yield db


def _make_schema(db: Connection) -> None:
    """Make the schema that the URL names; without one, or when it is there, do nothing."""
    if db.exec_driver_sql("SELECT current_schema()").scalar() is None:
        name = db.exec_driver_sql("SHOW search_path").scalar()
        db.exec_driver_sql(f'CREATE SCHEMA IF NOT EXISTS "{name}"')


def _nothing(engine: Engine) -> None:
    """Durable is what PostgreSQL is by itself."""


POSTGRES: Final = Dialect(make_ready=_nothing, migrating=_migrating)


def _begin(connection: Connection) -> None:
    # Of psycopg's connection, which says it in the BEGIN that it sends with the first statement.
    driver: Any = connection.connection.dbapi_connection
    is_writing = connection.get_execution_options().get(WRITING, False)
    levels = psycopg.IsolationLevel
    driver.isolation_level = levels.READ_COMMITTED if is_writing else levels.REPEATABLE_READ
    driver.read_only = not is_writing
