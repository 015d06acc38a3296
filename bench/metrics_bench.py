"""What a minute of many shards costs a metric store: ``python -m bench.metrics_bench``.

The metrics are the seven that Kinesis publishes of a shard, put in one call, as a gateway puts them
every minute:

    first    a minute of metrics that the store does not know
    next     the next minute of the same
    share    that minute again, as another gateway's share of it
    both     two further minutes from two stores at once, each with its share

CPU is of this process, and for PostgreSQL on this machine also of the server's processes that work
for it; seconds on the wall are in brackets, and mean little on a machine that does other work too.
"""

import asyncio
import contextlib
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Sequence
from pathlib import Path
from typing import Any

import click
import psutil
import psycopg

from shardline.kinesis.counts.metrics import METRICS, NAMESPACE
from shardline.storage.metric_store import Datum, Metric, MetricStore
from shardline.storage.postgres import PostgresUrl
from shardline.storage.postgres_metrics import PostgresMetrics
from shardline.storage.sqlite_metrics import SqliteMetrics
from shardline.storage.statistic_set import set_of_values

ACCOUNT, REGION, STREAM = "000000000000", "us-east-1", "events"
MINUTE_S = 1_700_000_040
OF_SHARDS = [each for each in METRICS if each.level == "shard"]
WORKERS = "SELECT pid FROM pg_stat_activity WHERE application_name = 'shardline'"


def minute(number: int, shards: int, values: int) -> list[Datum]:
    """What shards counted in a minute: each metric with so many different values."""
    statistics = set_of_values((1000.0 + value, 5.0) for value in range(values))
    assert statistics is not None
    return [
        Datum(
            Metric(
                ACCOUNT,
                REGION,
                NAMESPACE,
                metric.name,
                (("ShardId", f"shardId-{shard:012}"), ("StreamName", STREAM)),
            ),
            metric.unit,
            60,
            MINUTE_S + 60 * number,
            statistics,
        )
        for shard in range(shards)
        for metric in OF_SHARDS
    ]


def server_cpu_s(url: PostgresUrl | None) -> float:
    """CPU of the processes that a server on this machine has for its clients."""
    if url is None:
        return 0.0
    spent = 0.0
    with psycopg.connect(url.conninfo) as connection:
        for (pid,) in connection.execute(WORKERS):
            with contextlib.suppress(psutil.NoSuchProcess):
                times = psutil.Process(pid).cpu_times()
                spent += times.user + times.system
    return spent


async def measure(what: str, work: Awaitable[Any], url: PostgresUrl | None) -> None:
    """Print what some work takes."""
    there, here, began = server_cpu_s(url), time.process_time(), time.perf_counter()
    await work
    wall, here = time.perf_counter() - began, time.process_time() - here
    there = server_cpu_s(url) - there
    server = f" + {there:5.2f} s in the server" if url else ""
    print(f"  {what:6} {here:5.2f} s{server} ({wall:.1f} s)", flush=True)


async def bench(stores: Sequence[MetricStore], url: PostgresUrl | None, *size: int) -> None:
    """Measure stores that have the same database."""
    one, other = stores[0], stores[-1]
    await one.put(minute(-1, 1, 1))  # connects
    await other.put(minute(-1, 1, 1))
    await measure("first", one.put(minute(0, *size)), url)
    await measure("next", one.put(minute(1, *size)), url)
    await measure("share", other.put(minute(1, *size)), url)
    if url is not None:
        both = asyncio.gather(*(store.put(minute(2, *size)) for store in stores))
        await measure("both", both, url)


@contextlib.asynccontextmanager
async def on_postgres(text: str) -> AsyncIterator[tuple[PostgresUrl, list[MetricStore]]]:
    """Two stores in a schema that goes away."""
    url = PostgresUrl.parse(f"{text}{'&' if '?' in text else '?'}schema=metrics_bench")
    stores: list[MetricStore] = [await PostgresMetrics.open(url) for _ in range(2)]
    try:
        yield url, stores
    finally:
        for store in stores:
            await store.close()
        with psycopg.connect(url.conninfo) as connection:
            connection.execute("DROP SCHEMA metrics_bench CASCADE")


async def _measure(shards: int, values: int, postgres: str | None) -> None:
    print(f"{shards * len(OF_SHARDS)} metrics of {shards} shards, {values} values each")
    with tempfile.TemporaryDirectory() as directory:
        print("SQLite")
        store = await SqliteMetrics.open(Path(directory) / "metrics.db")
        await bench([store], None, shards, values)
        await store.close()
    if postgres is not None:
        print("PostgreSQL")
        async with on_postgres(postgres) as (url, stores):
            await bench(stores, url, shards, values)


@click.command()
@click.option("--shards", default=10_000, show_default=True)
@click.option("--values", default=20, show_default=True, help="Different values of each metric.")
@click.option("--postgres", metavar="URL", help="Measure a store on a PostgreSQL server too.")
def main(shards: int, values: int, postgres: str | None) -> None:
    """Measure what a minute of metrics costs."""
    asyncio.run(_measure(shards, values, postgres))


if __name__ == "__main__":
    main()
