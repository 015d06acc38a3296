"""The catalog on PostgreSQL: a server that restarts, writers that meet, and its own text rules."""

import asyncio
import contextlib
from dataclasses import replace

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from contract.test_catalog import FULL, a_stream
from real_postgres import PostgresServer, postgres_server
from shardline.storage.catalog import SqlCatalog, migrate
from shardline.storage.catalog.postgres_engine import postgres_engine
from shardline.storage.catalog.schema import metadata
from shardline.storage.catalog_port import Conflict, NameTaken
from shardline.storage.dashboard_entities import Dashboard
from shardline.storage.entities import DayPeak
from shardline.storage.postgres import PostgresUrl
from shardline.storage.record_log import WriteFailed

COLUMNS = """
SELECT table_name, column_name, data_type, is_nullable, collation_name, column_default
FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1, 2
"""


@contextlib.asynccontextmanager
async def opened(*urls: str):
    async with contextlib.AsyncExitStack() as stack:
        catalogs = []
        for url in urls:
            catalogs.append(await SqlCatalog.connect(PostgresUrl.parse(url)))
            stack.push_async_callback(catalogs[-1].close)
        yield catalogs


@pytest.mark.slow
def test_the_migrations_make_the_tables_of_the_metadata(postgres: PostgresServer) -> None:
    made, migrated = postgres.fresh_database(), postgres.fresh_database()
    for url, make in ((made, migrate.create), (migrated, migrate.upgrade)):
        engine = postgres_engine(PostgresUrl.parse(url))
        with engine.connect() as db, db.begin():
            # the begin event makes what is not marked as writing read only
            db.connection.dbapi_connection.read_only = False
            make(db)
            context = MigrationContext.configure(db, opts={"compare_type": True})
            assert compare_metadata(context, metadata) == []
        engine.dispose()
    assert postgres.execute(COLUMNS, made) == postgres.execute(COLUMNS, migrated) != []


def test_processes_that_open_a_new_catalog_at_once_make_it_once(database: str) -> None:
    async def scenario() -> None:
        url = PostgresUrl.parse(f"{database}?schema=fresh")
        catalogs = await asyncio.gather(*[SqlCatalog.connect(url) for _ in range(4)])
        assert [await each.last_change() for each in catalogs] == [0] * 4
        for each in catalogs:
            await each.close()

    asyncio.run(scenario())


def test_of_writers_that_meet_one_is_first_and_the_others_are_told(database: str) -> None:
    async def scenario() -> None:
        async with opened(*[database] * 4) as catalogs:
            inserted = await asyncio.gather(
                *[each.insert(a_stream(id=f"s{n}")) for n, each in enumerate(catalogs)],
                return_exceptions=True,
            )
            assert inserted.count(None) == 1
            assert sum(isinstance(each, NameTaken) for each in inserted) == 3
            (stream,) = await catalogs[0].streams()
            for _ in range(10):
                done = await asyncio.gather(
                    *[each.update(stream) for each in catalogs], return_exceptions=True
                )
                assert sum(isinstance(each, Conflict) for each in done) == 3
                (stream,) = await catalogs[0].streams()
            assert stream.version == 10
            assert await catalogs[0].last_change() == 11
            secrets = await asyncio.gather(*[each.secret("same", 32) for each in catalogs])
            assert len(set(secrets)) == 1

    asyncio.run(scenario())


def test_a_removed_stream_leaves_nothing_whoever_changes_it_meanwhile(
    database: str, postgres: PostgresServer
) -> None:
    async def scenario() -> None:
        async with opened(database, database) as (one, other):
            for number in range(20):
                stream = a_stream(id=f"s{number}", name=f"n{number}")
                await one.insert(stream)
                tagged = replace(stream, tags=(("a", "b"),))
                peaks = {stream.id: [DayPeak(stream.id, 1, 2, 3)]}
                results = await asyncio.gather(
                    one.remove(stream.id),
                    other.update(tagged),
                    other.replace_peaks(peaks),
                    return_exceptions=True,
                )
                assert all(each is None or not isinstance(each, Exception)
                           or isinstance(each, Conflict) for each in results)  # fmt: skip
            for table in ("streams", "tags", "shards", "load_peaks"):
                assert postgres.execute(f"SELECT count(*) FROM {table}", database) == [(0,)]

    asyncio.run(scenario())


def test_the_server_asks_after_who_is_gone(database: str) -> None:
    """It would keep the locks of a machine that is gone for the system's two hours else."""
    with psycopg.connect(PostgresUrl.parse(database).conninfo) as connection:
        for name, value in (("idle", "5"), ("interval", "2"), ("count", "3")):
            row = connection.execute(f"SHOW tcp_keepalives_{name}".encode()).fetchone()
            assert row == (value,)


def test_text_is_sorted_by_its_code_points_and_may_hold_a_zero(database: str) -> None:
    async def scenario() -> None:
        async with opened(database) as (catalog,):
            for name in ("b", "B", "a", "_", "é", "Z"):
                await catalog.put_dashboard(Dashboard("1", name, "\0\ufffe0\ufffe", 5))
            names = [each.name for each in await catalog.dashboards("1", "", "", 10)]
            assert names == sorted(names) == ["B", "Z", "_", "a", "b", "é"]
            stored = await catalog.dashboard("1", "a")
            assert stored is not None
            assert stored.body == "\0\ufffe0\ufffe"

    asyncio.run(scenario())


@pytest.mark.slow
def test_calls_go_on_when_the_server_has_crashed_and_is_back() -> None:
    async def scenario(server: PostgresServer) -> None:
        async with opened(server.fresh_database()) as (catalog,):
            stream = a_stream()
            await catalog.insert(stream)
            # When it restarts between calls, Then a call is made again
            server.restart("immediate")
            stream = await catalog.update(stream)
            assert list(await catalog.streams()) == [stream]
            # When it is away for long, Then calls fail, together, and may be tried again
            server.stop("immediate")
            async with asyncio.timeout(15):
                failed = await asyncio.gather(
                    *[catalog.update(stream) for _ in range(20)], return_exceptions=True
                )
            assert all(isinstance(each, WriteFailed) for each in failed)
            server.start()
            assert (await catalog.update(replace(FULL, id=stream.id, version=1))).version == 2

    with postgres_server() as server:
        asyncio.run(scenario(server))
