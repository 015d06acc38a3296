"""Metrics on PostgreSQL: stores that write the same ones, a server that goes, what is not ours."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import psycopg
import pytest

from contract.test_catalog import a_stream
from contract.test_metric_store import ACCOUNT, LATENCY, NOW_S, REGION, datum, metric
from real_postgres import PostgresServer
from shardline.storage.catalog import SqlCatalog
from shardline.storage.metric_store import KEPT_S, MINUTES_KEPT_S, MetricStore
from shardline.storage.postgres import PostgresUrl
from shardline.storage.postgres_metrics import PostgresMetrics
from shardline.storage.postgres_metrics.schema import VERSION
from shardline.storage.record_log import StoreUnusable, WriteFailed
from shardline.storage.statistic_set import set_of_values

pytestmark = pytest.mark.slow
TABLES = "SELECT count(*) FROM pg_tables WHERE tablename LIKE 'metric%'"


@contextlib.asynccontextmanager
async def opened(*urls: str) -> AsyncIterator[list[PostgresMetrics]]:
    async with contextlib.AsyncExitStack() as stack:
        stores = []
        for url in urls:
            stores.append(await PostgresMetrics.open(PostgresUrl.parse(url)))
            stack.push_async_callback(stores[-1].close)
        yield stores


async def count_in(store: MetricStore, resolution=60, of=LATENCY) -> float:
    return sum(each.statistics.count for each in await store.read(of, resolution, 0, 2**40))


def test_what_several_stores_put_at_once_adds_up(database: str) -> None:
    names = [metric(f"m{number}") for number in range(30)]

    async def scenario() -> None:
        async with opened(*[database] * 4) as stores:
            # When each puts values of its own, of the same metrics, in an order of its own
            await asyncio.gather(*[
                store.put([
                    datum(float(number), at_s=NOW_S + turn, of=name, resolution=1)
                    for name in (names if (number + turn) % 2 else reversed(names))
                ])
                for number, store in enumerate(stores)
                for turn in range(10)
            ])  # fmt: skip
            # Then each reads all of them
            whole = set_of_values([(0.0, 10.0), (1.0, 10.0), (2.0, 10.0), (3.0, 10.0)])
            second = set_of_values([(0.0, 1.0), (1.0, 1.0), (2.0, 1.0), (3.0, 1.0)])
            for store in stores:
                for name in names:
                    (point,) = await store.read(name, 60, 0, 2**40)
                    assert point == (NOW_S, "Count", whole)
                    seconds = await store.read(name, 1, 0, 2**40)
                    assert [each.statistics for each in seconds] == [second] * 10

    asyncio.run(scenario())


def test_stores_that_open_at_once_make_the_tables_once(
    database: str, postgres: PostgresServer
) -> None:
    async def scenario() -> None:
        url = PostgresUrl.parse(f"{database}?schema=fresh")
        stores = await asyncio.gather(*[PostgresMetrics.open(url) for _ in range(4)])
        for store in stores:
            await store.put([datum(1.0)])
        assert await count_in(stores[0]) == 4
        for store in stores:
            await store.close()
        assert postgres.execute(TABLES, database) == [(4,)]

    asyncio.run(scenario())


def test_they_lie_beside_the_catalog_and_lock_nothing_of_it(database: str) -> None:
    url = PostgresUrl.parse(f"{database}?schema=both")

    async def scenario() -> None:
        catalog = await SqlCatalog.connect(url)
        store = await PostgresMetrics.open(url)
        # Given another store that is in the middle of a transaction
        with psycopg.connect(url.conninfo) as other:
            other.execute(
                "SELECT pg_advisory_xact_lock("
                "hashtextextended('shardline metrics ' || current_schema(), 0))"
            )
            other.execute("SELECT * FROM metric_names FOR UPDATE")
            # Then a put waits for it, but no change of the catalog
            putting = asyncio.create_task(store.put([datum(1.0)]))
            await catalog.insert(a_stream())
            assert not putting.done()
            other.rollback()
            await putting
        await store.close()
        await catalog.close()
        # And the catalog can be opened again, beside them
        catalog = await SqlCatalog.connect(url)
        assert await catalog.streams() == [a_stream()]
        await catalog.close()

    asyncio.run(scenario())


def test_a_reading_sees_all_while_steps_become_coarser_and_more_comes(database: str) -> None:
    # Given the minutes of a day, of five metrics
    names = [metric(f"m{number}") for number in range(5)]
    start_s, minutes = 1_699_999_200, 1440  # at an hour
    end_s = start_s + 60 * minutes

    async def scenario() -> None:
        async with opened(database, database, database) as (store, late, reading):
            for name in names:
                await store.put(
                    [datum(1.0, at_s=start_s + 60 * n, of=name) for n in range(minutes)]
                )
            # When they become five minutes, and then hours, while they are read and put
            puts = readings = 0
            for age_s in (MINUTES_KEPT_S, KEPT_S[300]):
                forgetting = asyncio.gather(store.forget(end_s + age_s), late.forget(end_s + age_s))
                while not forgetting.done():
                    await late.put(
                        [datum(1.0, at_s=start_s + 60 * puts, of=name) for name in names]
                    )
                    puts += 1
                    for name in names:
                        (point,) = await reading.read_periods(name, 60 * minutes, start_s, end_s)
                        assert point.statistics.count == minutes + puts
                        readings += 1
                await forgetting
            assert readings >= 10
            # Then nothing was ever missing or there twice, nor is it at the end
            await store.forget(end_s + KEPT_S[300])
            for name in names:
                assert len(await store.read(name, 3600, 0, 2**40)) == minutes // 60
                assert await count_in(store, 3600, name) == minutes + puts

    asyncio.run(scenario())


def test_long_dimensions_are_kept_and_listed_in_order(database: str) -> None:
    long = "x" * 300
    found = [
        metric(Host=f"{end}") for end in (long, f"{long}a", f"{long}b", "é", "é" * 300 + "z", "Z")
    ]
    most = {f"name{number:02}" + "n" * 240: chr(33 + number) * 1024 for number in range(30)}
    found = sorted([*found, metric(**most)], key=lambda each: each.packed_dimensions())

    async def scenario() -> None:
        async with opened(database) as (store,):
            await store.put([datum(1.0, of=each) for each in reversed(found)])
            for at, each in enumerate(found):
                after = found[at - 1] if at else None
                assert await store.metrics(ACCOUNT, REGION, after=after, limit=1) == [each]
                assert await count_in(store, of=each) == 1

    asyncio.run(scenario())


def test_a_write_that_fails_keeps_nothing_and_the_next_one_works(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise psycopg.errors.DiskFull("no space left on device")

    async def scenario() -> None:
        async with opened(database) as (store,):
            # Given a disk that is full when the metric is there already
            with monkeypatch.context() as patched:
                patched.setattr("shardline.storage.postgres_metrics.datapoints.pack_values", full)
                with pytest.raises(WriteFailed, match=r"127\.0\.0\.1.*no space left"):
                    await store.put([datum(1.0)])
            # Then nothing of it is there, and the store goes on.
            assert list(await store.metrics(ACCOUNT, REGION, limit=1)) == []
            await store.put([datum(1.0)])
            assert await count_in(store) == 1

    asyncio.run(scenario())


def test_numbers_of_stores_that_are_gone_are_forgotten(
    database: str, postgres: PostgresServer
) -> None:
    async def scenario() -> None:
        async with opened(database) as (store,):
            await store.put([datum(1.0)])
            old = "INSERT INTO metric_writers VALUES ('old', 1, now() - interval '25 hours')"
            postgres.execute(old, database)
            await store.forget(NOW_S)
            assert postgres.execute("SELECT number FROM metric_writers", database) == [(1,)]

    asyncio.run(scenario())


def test_a_schema_that_somebody_else_made_needs_no_right_to_make_one(
    database: str, postgres: PostgresServer
) -> None:
    user = f"guest_{database.rpartition('/')[2]}"
    postgres.execute(f"CREATE ROLE {user} LOGIN PASSWORD 'guest'")
    postgres.execute(f"CREATE SCHEMA given AUTHORIZATION {user}", database)
    url = database.replace(database[: database.index("@")], f"postgresql://{user}:guest")

    async def scenario() -> None:
        async with opened(f"{url}?schema=given") as (store,):
            await store.put([datum(1.0)])
            assert await count_in(store) == 1

    asyncio.run(scenario())
    assert "permission denied" in refusal_of(f"{url}?schema=another")


def refusal_of(url: str) -> str:
    with pytest.raises(StoreUnusable) as refused:
        asyncio.run(PostgresMetrics.open(PostgresUrl.parse(url)))
    return str(refused.value)


def test_a_schema_of_something_else_is_refused(database: str, postgres: PostgresServer) -> None:
    postgres.execute("CREATE TABLE orders (id integer)", database)
    assert "the schema holds other tables" in refusal_of(database)
    assert postgres.execute(TABLES, database) == [(0,)]


def test_newer_tables_are_refused(database: str, postgres: PostgresServer) -> None:
    async def make() -> None:
        async with opened(database):
            pass

    asyncio.run(make())
    postgres.execute(
        f"UPDATE metric_store SET version = {VERSION + 1}, made_by = 'shardline 9'", database
    )
    assert "made by a newer Shardline (shardline 9, version 2)" in refusal_of(database)


def test_a_server_that_does_not_let_us_in_is_told(postgres: PostgresServer) -> None:
    told = refusal_of(postgres.url(password="wrong-secret"))
    assert "cannot be opened" in told
    assert "password authentication failed" in told
    assert "wrong-secret" not in told
    assert "cannot be opened" in refusal_of("postgresql://nobody@127.0.0.1:1/none")
