"""Metrics on PostgreSQL when connections are lost: nothing is lost with them, or there twice."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from contract.test_metric_store import LATENCY, NOW_S, datum
from real_postgres import PostgresServer, postgres_server
from shardline.storage.metric_store import MINUTES_KEPT_S, MetricStore
from shardline.storage.postgres import PostgresUrl
from shardline.storage.postgres_metrics import PostgresMetrics, link
from shardline.storage.record_log import StorageError, WriteFailed
from storage.cutting_proxy import Cut, CuttingProxy, cutting_proxy

pytestmark = pytest.mark.slow
CUTS: list[Cut] = ["answer", "commit", "late commit"]


async def counts_in(store: MetricStore, resolution=60) -> list[float]:
    return [each.statistics.count for each in await store.read(LATENCY, resolution, 0, 2**40)]


@contextlib.asynccontextmanager
async def behind_a_proxy(database: str) -> AsyncIterator[tuple[CuttingProxy, PostgresMetrics]]:
    """A store with one value, which can be cut off from its server."""
    async with cutting_proxy(database) as proxy:
        store = await PostgresMetrics.open(PostgresUrl.parse(proxy.url))
        try:
            await store.put([datum(1.0)])
            yield proxy, store
        finally:
            await store.close()


@pytest.mark.parametrize("cut", CUTS)
def test_a_put_whose_commit_is_not_answered_is_kept_once(database: str, cut: Cut) -> None:
    async def scenario() -> None:
        async with behind_a_proxy(database) as (proxy, store):
            for turn in range(3):
                proxy.cut = cut
                await store.put([datum(2.0), datum(3.0, at_s=NOW_S + 60 * (turn + 1))])
            assert proxy.cuts == 3
            assert await counts_in(store) == [4, 1, 1, 1]

    asyncio.run(scenario())


@pytest.mark.parametrize("cut", CUTS)
def test_what_becomes_coarser_is_there_once_whatever_is_lost(database: str, cut: Cut) -> None:
    async def scenario() -> None:
        async with behind_a_proxy(database) as (proxy, store):
            proxy.cut = cut
            await store.forget(NOW_S + MINUTES_KEPT_S + 600)
            assert proxy.cuts == 1
            assert (await counts_in(store), await counts_in(store, 300)) == ([], [1])

    asyncio.run(scenario())


def test_an_outcome_that_is_not_known_is_waited_for_longer(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(link, "PATIENCE_S", 0.0)

    async def scenario() -> None:
        async with behind_a_proxy(database) as (proxy, store):
            # Given a server that is away when a commit was not answered
            proxy.cut, proxy.is_away = "answer", True
            putting = asyncio.create_task(store.put([datum(2.0)]))
            await proxy.turned_away.wait()
            assert not putting.done()
            # When it is back, Then the put has its answer
            proxy.is_away = False
            await putting
            assert await counts_in(store) == [2]
            # When it does not come back, Then it is told at last
            monkeypatch.setattr(link, "DOUBT_S", 0.3)
            proxy.cut, proxy.is_away = "answer", True
            with pytest.raises(WriteFailed, match="did not answer whether metrics were kept"):
                await store.put([datum(2.0)])
            proxy.is_away = False
            # and the next one is another
            await store.put([datum(2.0)])
            assert await counts_in(store) == [4]

    asyncio.run(scenario())


@pytest.mark.parametrize("mode", ["immediate", "fast"])
def test_puts_go_on_when_the_server_restarts(mode: str) -> None:
    async def scenario(server: PostgresServer) -> None:
        url = PostgresUrl.parse(server.fresh_database())
        stores = [await PostgresMetrics.open(url) for _ in range(2)]
        loop, told = asyncio.get_running_loop(), 0
        # When it restarts beside puts, several times
        for _ in range(3):
            restarting = loop.run_in_executor(None, server.restart, mode)
            has_restarted = False
            while not has_restarted:
                has_restarted = restarting.done()
                await asyncio.gather(*[store.put([datum(1.0)]) for store in stores])
                told += len(stores)
            await restarting
        # Then all of them succeeded, and each is there once
        assert await counts_in(stores[0]) == [told]
        for store in stores:
            await store.close()

    with postgres_server() as server:
        asyncio.run(scenario(server))


def test_calls_fail_while_the_server_is_away_and_work_afterwards(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(link, "PATIENCE_S", 0.3)

    async def scenario() -> None:
        async with cutting_proxy(database) as proxy:
            store = await PostgresMetrics.open(PostgresUrl.parse(proxy.url))
            proxy.is_away = True
            failed = await asyncio.gather(
                *[store.put([datum(1.0)]) for _ in range(20)], return_exceptions=True
            )
            assert {type(each) for each in failed} == {WriteFailed}
            with pytest.raises(WriteFailed):
                await store.forget(NOW_S)
            with pytest.raises(StorageError):
                await counts_in(store)
            proxy.is_away = False
            await store.put([datum(1.0)])
            assert await counts_in(store) == [1]
            await store.close()

    asyncio.run(scenario())
