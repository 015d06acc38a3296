"""The tables of the metrics, and how they come into being.

* `metric_store` has one row: the version of the tables, and who made them.
* `metric_names` has what a metric is known by, and the beginning of its latest minute. `digest`
  stands for all of the names: an entry of an index has no room for every dimension's. For the same
  reason listings are ordered by an index that has only the beginning of the dimensions.
* `metric_datapoints` has the sets. `value_counts` is laid out in `shardline.storage.statistic_set`;
  NULL is unknown.
* `metric_writers` has the number of the last transaction of each store that was opened: who is not
  told whether it was committed looks there.

They lie beside the catalog's, if that is in the same schema, and share no lock with them. Text is
compared by its code points.
"""

from typing import Final

import psycopg

from shardline import __version__
from shardline.storage.postgres import MAKING_LOCK, PostgresUrl
from shardline.storage.postgres_metrics.link import Connection, reason
from shardline.storage.record_log import StoreUnusable

VERSION: Final = 1  # a store with a higher one is refused
BEGINNING: Final = "left(dimensions, 256)"

_CREATE: Final = f"""
CREATE TABLE metric_store (version integer NOT NULL, made_by text NOT NULL);
CREATE TABLE metric_names (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    digest     bytea NOT NULL UNIQUE,
    account    text COLLATE "C" NOT NULL,
    region     text COLLATE "C" NOT NULL,
    namespace  text COLLATE "C" NOT NULL,
    name       text COLLATE "C" NOT NULL,
    dimensions text COLLATE "C" NOT NULL,
    last_s     bigint NOT NULL
) WITH (fillfactor = 70);
CREATE INDEX metric_names_listed ON metric_names
    (account, region, namespace, name, {BEGINNING});
CREATE TABLE metric_datapoints (
    metric       bigint NOT NULL,
    resolution   integer NOT NULL,
    start_s      bigint NOT NULL,
    unit         text COLLATE "C" NOT NULL,
    count        double precision NOT NULL,
    sum          double precision NOT NULL,
    minimum      double precision NOT NULL,
    maximum      double precision NOT NULL,
    value_counts bytea,
    PRIMARY KEY (metric, resolution, start_s, unit)
);
CREATE TABLE metric_writers (
    id     text PRIMARY KEY,
    number bigint NOT NULL,
    at     timestamptz NOT NULL
) WITH (fillfactor = 50);
"""
_TABLES: Final = "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"
_CATALOGS: Final = "alembic_version"  # a table of the catalog


def make_ready(url: PostgresUrl) -> None:
    """Make the tables if they are missing.

    Raises `StoreUnusable`, with nothing touched, for tables that are newer or something else.
    """
    store = f"the metrics ({url})"
    try:
        with psycopg.connect(url.conninfo) as connection:
            if not _are_there(connection, store):
                connection.rollback()
                _make(connection, url, store)
    except psycopg.Error as error:
        raise StoreUnusable(f"{store} cannot be opened: {reason(error)}") from error


def _make(connection: Connection, url: PostgresUrl, store: str) -> None:
    # What waits here for another process may wait as long as that one takes.
    connection.execute("SET LOCAL statement_timeout = 0")
    connection.execute("SET LOCAL lock_timeout = 0")
    connection.execute("SELECT pg_advisory_xact_lock(%s)", (MAKING_LOCK,))
    if not _are_there(connection, store):
        ((schema,),) = connection.execute("SELECT current_schema()")
        if schema is None and url.schema is not None:
            connection.execute(f'CREATE SCHEMA "{url.schema}"'.encode())
        connection.execute(_CREATE.encode())
        connection.execute(
            "INSERT INTO metric_store VALUES (%s, %s)", (VERSION, f"shardline {__version__}")
        )


def _are_there(connection: Connection, store: str) -> bool:
    """Whether the tables are there. Refuses those that are not ours."""
    tables = {name for (name,) in connection.execute(_TABLES)}
    if "metric_store" not in tables:
        if tables and _CATALOGS not in tables:
            raise StoreUnusable(f"{store} are not Shardline's: the schema holds other tables")
        return False
    found = connection.execute("SELECT version, made_by FROM metric_store").fetchall()
    version, made_by = found[0]
    if version > VERSION:
        raise StoreUnusable(
            f"{store} were made by a newer Shardline ({made_by}, version {version}); this one is "
            f"{__version__} and knows up to version {VERSION}: upgrade it"
        )
    return True
