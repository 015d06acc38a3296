"""A commit waits a moment for the writes that are under way, and never longer than it helps."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from shardline.storage.record_log import Appended, Batch, UnknownShard
from shardline.storage.sqlite_log import SqliteLog
from shardline.storage.sqlite_log.bounds import Bounds
from shardline.testing import ManualClock

FOR_EVER_S = 3600.0
SOON_S = 20.0

Scenario = Callable[[SqliteLog], Awaitable[None]]


def run(directory: Path, scenario: Scenario, **bounds: float) -> None:
    async def on_log() -> None:
        log = await SqliteLog.open(directory, ManualClock(), bounds=Bounds(**bounds))  # type: ignore[arg-type]
        try:
            await log.create("s", [0])
            async with asyncio.timeout(SOON_S):
                await scenario(log)
        finally:
            await log.close()

    asyncio.run(on_log())


async def append(log: SqliteLog, data: bytes = b"data") -> int:
    (answer,) = await log.append("s", [Batch(0, [b"key"], [data])])
    assert isinstance(answer, Appended)
    return answer.first


async def two_together(log: SqliteLog) -> None:
    assert sorted(await asyncio.gather(append(log), append(log))) == [0, 1]


def test_as_many_writes_as_before_end_the_wait(tmp_path: Path) -> None:
    async def scenario(log: SqliteLog) -> None:
        # Given a commit of two writes, after which the next one waits for two again
        await two_together(log)
        # When one comes, Then it waits
        third = asyncio.ensure_future(append(log))
        for _ in range(100):
            await asyncio.sleep(0)
        assert not third.done()
        # And the other one takes it along
        assert await append(log) == 3
        assert await third == 2

    run(tmp_path, scenario, linger_s=FOR_EVER_S)


def test_the_wait_ends_by_itself(tmp_path: Path) -> None:
    async def scenario(log: SqliteLog) -> None:
        await two_together(log)
        assert await append(log) == 2

    run(tmp_path, scenario, linger_s=0.001)


def test_a_single_writer_never_waits(tmp_path: Path) -> None:
    async def scenario(log: SqliteLog) -> None:
        assert [await append(log) for _ in range(5)] == [0, 1, 2, 3, 4]

    run(tmp_path, scenario, linger_s=FOR_EVER_S)


def test_large_writes_never_wait(tmp_path: Path) -> None:
    async def scenario(log: SqliteLog) -> None:
        await asyncio.gather(append(log, bytes(600)), append(log, bytes(600)))
        assert await append(log) == 2

    run(tmp_path, scenario, linger_s=FOR_EVER_S, linger_bytes=1000)


@pytest.mark.parametrize("ending", ["trim", "drop", "close"])
def test_work_of_another_kind_ends_the_wait(tmp_path: Path, ending: str) -> None:
    async def scenario(log: SqliteLog) -> None:
        await two_together(log)
        waiting = asyncio.ensure_future(append(log))
        await asyncio.sleep(0)
        if ending == "drop":
            await log.drop("s")
            with pytest.raises(UnknownShard):
                await waiting
        else:
            await (log.trim("s", 0) if ending == "trim" else log.close())
            assert await waiting == 2

    run(tmp_path, scenario, linger_s=FOR_EVER_S)
