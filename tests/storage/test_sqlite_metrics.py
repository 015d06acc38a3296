"""The metrics file: kept over restarts and kills, refused when it is not ours."""

import asyncio
import os
import signal
import sqlite3
import stat
import subprocess
import sys
import textwrap
from pathlib import Path

import apsw
import pytest

from shardline.storage.metric_store import KEPT_S, MINUTES_KEPT_S, Datum, Metric
from shardline.storage.record_log import StoreUnusable, WriteFailed
from shardline.storage.sqlite_metrics import SqliteMetrics
from shardline.storage.sqlite_metrics.schema import VERSION
from shardline.storage.statistic_set import set_of_statistics

LATENCY = Metric("000000000000", "us-east-1", "App", "Latency", (("Host", "a"),))
DATUM = Datum(LATENCY, "Count", 60, 1_700_000_040, set_of_statistics(2, 3, 1, 2))

KILLED = """
import asyncio, sys
from pathlib import Path
from shardline.storage.metric_store import Datum, Metric
from shardline.storage.sqlite_metrics import SqliteMetrics
from shardline.storage.statistic_set import set_of_statistics

async def put():
    store = await SqliteMetrics.open(Path(sys.argv[1]))
    metric = Metric("000000000000", "us-east-1", "App", "Latency", (("Host", "a"),))
    while True:
        await store.put([Datum(metric, "Count", 60, 1_700_000_040, set_of_statistics(1, 1, 1, 1))])
        print("kept", flush=True)

asyncio.run(put())
"""


async def count_in(path: Path) -> float:
    store = await SqliteMetrics.open(path)
    points = await store.read(LATENCY, 60, 0, 2**40)
    await store.close()
    return sum(point.statistics.count for point in points)


def test_what_was_put_is_there_after_a_restart(tmp_path: Path) -> None:
    async def scenario() -> None:
        path = tmp_path / "metrics.db"
        for _ in range(2):
            store = await SqliteMetrics.open(path)
            await store.put([DATUM])
            await store.close()
        assert await count_in(path) == 4
        assert stat.S_IMODE(path.stat().st_mode) == 0o600

    asyncio.run(scenario())


def test_what_was_acknowledged_is_there_after_a_kill(tmp_path: Path) -> None:
    path = tmp_path / "metrics.db"
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(KILLED), path], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        kept = sum(1 for _ in zip(range(50), process.stdout, strict=False))
        os.kill(process.pid, signal.SIGKILL)
        kept += len(process.stdout.readlines())
    assert kept >= 50
    # One more may have been committed and not told.
    assert asyncio.run(count_in(path)) in (kept, kept + 1)


def test_puts_that_wait_are_finished_by_closing(tmp_path: Path) -> None:
    async def scenario() -> None:
        store = await SqliteMetrics.open(tmp_path / "metrics.db")
        waiting = [asyncio.create_task(store.put([DATUM])) for _ in range(20)]
        await asyncio.sleep(0)
        waiting[3].cancel()
        await store.close()
        await asyncio.gather(*waiting, return_exceptions=True)
        assert await count_in(tmp_path / "metrics.db") == 40

    asyncio.run(scenario())


def test_a_write_that_fails_keeps_nothing_and_the_next_one_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise apsw.FullError("database or disk is full")

    async def scenario() -> None:
        store = await SqliteMetrics.open(tmp_path / "metrics.db")
        # Given a disk that is full when the second part of a call is written
        writer = store._writer
        with monkeypatch.context() as patched:
            patched.setattr("shardline.storage.sqlite_metrics.datapoints.pack_values", full)
            with pytest.raises(WriteFailed, match="the disk is full"):
                await store.put([DATUM])
        assert not writer._ids
        # Then nothing of it is there, and the store goes on.
        assert list(await store.metrics("000000000000", "us-east-1", limit=1)) == []
        await store.put([DATUM])
        await store.close()
        assert await count_in(tmp_path / "metrics.db") == 2

    asyncio.run(scenario())


def refusal_of(path: Path) -> str:
    before = path.read_bytes()
    with pytest.raises(StoreUnusable) as refused:
        asyncio.run(SqliteMetrics.open(path))
    assert path.read_bytes() == before
    return str(refused.value)


def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "metrics.db"
    path.write_bytes(b"not SQLite" * 100)
    assert "cannot open" in refusal_of(path)
    path.unlink()
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE t (x)")
    other.close()
    assert "not Shardline's metrics" in refusal_of(path)


def test_a_newer_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "metrics.db"
    assert asyncio.run(count_in(path)) == 0
    connection = apsw.Connection(str(path))
    connection.pragma("user_version", VERSION + 1)
    connection.close()
    assert "written by a newer Shardline" in refusal_of(path)


def test_a_file_of_version_one_is_taken_over(tmp_path: Path) -> None:
    # Given a file as the version before wrote it: the same tables
    path = tmp_path / "metrics.db"

    async def put_one() -> None:
        store = await SqliteMetrics.open(path)
        await store.put([DATUM])
        await store.close()

    asyncio.run(put_one())
    connection = apsw.Connection(str(path))
    connection.pragma("user_version", 1)
    connection.close()
    # Then it is there, and older ones can no longer open it
    assert asyncio.run(count_in(path)) == 2
    connection = apsw.Connection(str(path))
    assert connection.pragma("user_version") == VERSION
    connection.close()


def test_what_is_rolled_up_is_there_after_a_restart(tmp_path: Path) -> None:
    async def scenario() -> None:
        path = tmp_path / "metrics.db"
        store = await SqliteMetrics.open(path)
        await store.put([DATUM])
        await store.forget(DATUM.at_s + MINUTES_KEPT_S + 300)
        await store.close()
        assert await count_in(path) == 0
        store = await SqliteMetrics.open(path)
        (point,) = await store.read(LATENCY, 300, 0, 2**40)
        assert (point.start_s, point.statistics) == (1_700_000_000 // 300 * 300, DATUM.statistics)
        await store.close()

    asyncio.run(scenario())


def test_a_reading_sees_all_while_steps_become_coarser(tmp_path: Path) -> None:
    # Given the minutes of three days, of five metrics
    metrics = [LATENCY._replace(name=f"m{number}") for number in range(5)]
    start_s, minutes = 1_699_999_200, 3 * 1440  # at an hour
    end_s = start_s + 60 * minutes

    async def scenario() -> None:
        store = await SqliteMetrics.open(tmp_path / "metrics.db")
        for metric in metrics:
            await store.put(
                [DATUM._replace(metric=metric, at_s=start_s + 60 * n) for n in range(minutes)]
            )
        # When they become five minutes, and then hours, while they are read
        for age_s in (MINUTES_KEPT_S, KEPT_S[300]):
            forgetting = asyncio.create_task(store.forget(end_s + age_s))
            readings = 0
            while not forgetting.done():
                for metric in metrics:
                    (point,) = await store.read_periods(metric, 60 * minutes, start_s, end_s)
                    assert point.statistics.count == 2 * minutes
                    readings += 1
            await forgetting
            assert readings >= 5
        # Then nothing was ever missing or there twice
        for metric in metrics:
            assert len(await store.read(metric, 3600, 0, 2**40)) == minutes // 60
        await store.close()

    asyncio.run(scenario())
