"""What happens to a store when it is opened: made, migrated, or refused and left alone."""

import asyncio
import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from pysqlite3 import dbapi2
from sqlalchemy import Connection, Engine, text

from shardline import __version__
from shardline.storage.catalog import SqlCatalog, migrate
from shardline.storage.catalog.schema import metadata
from shardline.storage.catalog.sqlite_engine import sqlite_engine
from shardline.storage.entities import Shard, Stream
from shardline.storage.record_log import StoreUnusable

STREAM = Stream(
    id="stream-1",
    account="000000000000",
    region="us-east-1",
    name="flights",
    created_ms=1_700_000_000_000,
    mode="PROVISIONED",
    status="ACTIVE",
    retention_hours=24,
    max_record_kib=1024,
    shards=(Shard(0, 0, 2**128 - 1, 1_700_000_000),),
    tags=(("a", "b"),),
)


@pytest.fixture
def engine() -> Iterator[Engine]:
    engine = sqlite_engine(None, 1)
    yield engine
    engine.dispose()


async def open_and_close(path: Path, *inserts: Stream) -> list[Stream]:
    catalog = await SqlCatalog.open(path)
    try:
        for stream in inserts:
            await catalog.insert(stream)
        return list(await catalog.streams())
    finally:
        await catalog.close()


def query(path: Path, statement: str) -> list[Any]:
    connection = dbapi2.connect(path)
    try:
        with connection:
            return connection.execute(statement).fetchall()
    finally:
        connection.close()


def tables(db: Connection) -> dict[str, Any]:
    """All that SQLite knows of each table: columns, keys, indexes, and how it is stored."""

    def rows(pragma: str) -> list[tuple[Any, ...]]:
        return sorted(map(repr, db.execute(text(f"PRAGMA {pragma}"))))

    names = [row.name for row in db.execute(text("PRAGMA table_list")) if row.schema == "main"]
    return {
        name: [rows(f"{each}({name})") for each in ("table_xinfo", "foreign_key_list")]
        + sorted(  # they have no order of their own, and are made in any
            (index.name, index.unique, index.origin, rows(f"index_xinfo({index.name})"))
            for index in db.execute(text(f"PRAGMA index_list({name})"))
        )
        + [row for row in rows("table_list") if f"'{name}'" in row]
        for name in names
    }


def test_the_migrations_make_the_tables_of_the_metadata(engine: Engine) -> None:
    with engine.begin() as db:
        migrate.upgrade(db)
        migrated = tables(db)
        context = MigrationContext.configure(db, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
        assert context.get_current_revision() == migrate.HEAD
    other = sqlite_engine(None, 1)
    with other.begin() as db:
        migrate.create(db)
        assert tables(db) == migrated
        assert {"streams", "shards", "tags", "secrets", "meta"} < migrated.keys()
    other.dispose()


def test_a_new_store_says_who_made_it(tmp_path: Path) -> None:
    path = tmp_path / "catalog.db"
    asyncio.run(open_and_close(path))
    assert query(path, "SELECT version_num FROM alembic_version") == [(migrate.HEAD,)]
    assert query(path, "SELECT name, value FROM meta") == [("made_by", f"shardline {__version__}")]


def test_a_store_from_before_the_first_revision_is_migrated(tmp_path: Path) -> None:
    path = tmp_path / "catalog.db"
    query(path, "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)")
    assert asyncio.run(open_and_close(path, STREAM)) == [STREAM]
    assert query(path, "SELECT version_num FROM alembic_version") == [(migrate.HEAD,)]


NEXT_REVISION = """
import sqlalchemy as sa
from alembic import op

revision = "9999"
down_revision = "{head}"


def upgrade() -> None:
    with op.batch_alter_table("streams", recreate="always") as table:
        table.add_column(sa.Column("kms_key", sa.Text))
    {then}
"""


def add_revision(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, then: str) -> None:
    """A Shardline that knows one revision more, which builds the table of streams anew."""
    scripts = tmp_path / "a 100% new version"
    shutil.copytree(migrate.SCRIPTS, scripts, ignore=shutil.ignore_patterns("__pycache__"))
    source = NEXT_REVISION.format(head=migrate.HEAD, then=then)
    (scripts / "versions" / "v9999_next.py").write_text(source)
    monkeypatch.setattr(migrate, "SCRIPTS", scripts)
    monkeypatch.setattr(migrate, "HEAD", "9999")


@contextlib.contextmanager
def made_at(path: Path, revision: str) -> Iterator[Connection]:
    """A store as it was made at an earlier revision, to be filled in one transaction."""
    engine = sqlite_engine(path, 1)
    with engine.begin() as db:
        config = migrate.alembic_config()
        config.attributes["connection"] = db
        command.upgrade(config, revision)
        yield db
    engine.dispose()


def test_a_store_of_the_first_release_is_migrated_and_keeps_its_streams(tmp_path: Path) -> None:
    # Given a store as Shardline 0.1 made it
    path = tmp_path / "catalog.db"
    with made_at(path, "0001") as db:
        for statement in (
            "INSERT INTO meta VALUES ('made_by', 'shardline 0.1.0')",
            "INSERT INTO streams VALUES ('stream-1', '000000000000', 'us-east-1', 'flights', "
            "1700000000000, 'PROVISIONED', 'ACTIVE', 24, 1024, '[]', '[]', '[]', NULL, 0)",
            f"INSERT INTO shards VALUES ('stream-1', 0, '{0:039d}', '{2**128 - 1:039d}', "
            "1700000000, NULL, NULL, NULL, NULL)",
            "INSERT INTO tags VALUES ('stream-1', 'a', 'b')",
        ):
            db.exec_driver_sql(statement)
    # When this one opens it, Then the stream has what it had, and none of what came since
    assert asyncio.run(open_and_close(path)) == [STREAM]
    # And it counts its changes from now on
    assert query(path, "SELECT number FROM changes") == [(0,)]


def test_a_topic_that_was_taken_twice_has_to_be_given_back_once(tmp_path: Path) -> None:
    # Given a store from before a topic was one stream, with one that is two
    path = tmp_path / "catalog.db"
    with made_at(path, "0009") as db:
        for n in ("1", "2"):
            db.exec_driver_sql(
                "INSERT INTO streams (id, account, region, name, created_ms, mode, status, "
                "retention_hours, max_record_kib, shard_metrics, reshards_ms, mode_switches_ms, "
                f"version, topic) VALUES ('{n}', '000000000000', 'us-east-1', 'orders-{n}', 1, "
                "'PROVISIONED', 'ACTIVE', 24, 1024, '[]', '[]', '[]', 0, 'their.orders')"
            )
    # Then it is refused, for the reason, until one is gone
    with pytest.raises(StoreUnusable, match=r"topic their\.orders is two streams of this catalog"):
        asyncio.run(open_and_close(path))
    query(path, "DELETE FROM streams WHERE id = '2'")
    assert [stream.name for stream in asyncio.run(open_and_close(path))] == ["orders-1"]


def test_an_old_store_is_migrated_and_keeps_everything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "catalog.db"
    asyncio.run(open_and_close(path, STREAM))
    query(path, "UPDATE meta SET value = 'shardline 0.0.1'")
    # When a newer Shardline opens it
    add_revision(tmp_path, monkeypatch, then="")
    # Then the shards are there, though the table that they refer to was dropped and made again
    assert asyncio.run(open_and_close(path)) == [STREAM]
    assert query(path, "SELECT kms_key FROM streams") == [(None,)]
    assert query(path, "SELECT value FROM meta") == [(f"shardline {__version__}",)]

    # And a removed stream still takes its shards with it
    async def remove() -> None:
        catalog = await SqlCatalog.open(path)
        await catalog.remove(STREAM.id)
        await catalog.close()

    asyncio.run(remove())
    assert query(path, "SELECT * FROM shards") == []


@pytest.mark.parametrize(
    ("then", "reason"),
    [
        ("op.execute('INSERT INTO nowhere VALUES (1)')", "no such table: nowhere"),
        ("op.execute('DELETE FROM streams')", "rows would refer to nothing"),
    ],
)
def test_a_migration_that_fails_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, then: str, reason: str
) -> None:
    path = tmp_path / "catalog.db"
    asyncio.run(open_and_close(path, STREAM))
    with monkeypatch.context() as newer:
        add_revision(tmp_path, newer, then)
        with pytest.raises(StoreUnusable, match=reason):
            asyncio.run(open_and_close(path))
    assert asyncio.run(open_and_close(path)) == [STREAM]


def assert_refused_untouched(path: Path, refusal: str) -> None:
    before = path.read_bytes()
    with pytest.raises(StoreUnusable, match=refusal):
        asyncio.run(open_and_close(path))
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_a_newer_store_is_refused_and_untouched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "data" / "catalog.db"
    path.parent.mkdir()
    with monkeypatch.context() as newer:
        add_revision(tmp_path, newer, then="")
        newer.setattr(migrate, "__version__", "7.0.0")
        asyncio.run(open_and_close(path, STREAM))
    assert_refused_untouched(
        path,
        rf"made by a newer Shardline \(shardline 7\.0\.0, revision 9999\); .* up to {migrate.HEAD}",
    )


def test_a_database_of_something_else_is_refused_and_untouched(tmp_path: Path) -> None:
    path = tmp_path / "catalog.db"
    query(path, "CREATE TABLE customers (name)")
    assert_refused_untouched(path, "is not a catalog of Shardline")


def test_a_file_that_is_no_database_is_refused_and_untouched(tmp_path: Path) -> None:
    path = tmp_path / "catalog.db"
    path.write_bytes(b"hello, world\n" * 1000)
    assert_refused_untouched(path, "file is not a database")
