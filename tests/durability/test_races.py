"""An append that races a reshard or a DeleteStream is refused or readable, never acknowledged and
gone; and whatever is cancelled on the way, the book says what the catalog says."""

import asyncio
from collections.abc import Awaitable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from durability.plain_catalog import PlainCatalog
from durability.races import Actor, Race, run_race
from shardline.kinesis.transitions import Transitions
from shardline.storage.entities import Stream
from shardline.storage.record_log import RecordLog
from shardline.storage.sqlite_log import SqliteLog
from shardline.testing import ManualClock, MemoryLog
from shardline.uninterrupted import Uninterrupted

pytestmark = pytest.mark.slow

MEMORY_RACES, DISK_RACES, LONG_RACES = 300, 30, 1500

PUTTERS: list[Actor] = [
    lambda race, key=f"key{number}": race.put(key, 8)  # type: ignore[misc]
    for number in range(5)
]
CASES: dict[str, list[Actor]] = {
    "reshards": [*PUTTERS, lambda race: race.reshard(4), lambda race: race.reshard(4)],
    "deletions": [*PUTTERS, *[lambda race: race.delete_and_make_again()] * 2],
    "all": [
        *PUTTERS,
        lambda race: race.reshard(4),
        lambda race: race.delete_and_make_again(),
        lambda race: race.make(),
    ],
}
TIME: list[Actor] = [lambda race: race.let_time_pass(8)]


async def _run(
    log: RecordLog, actors: list[Actor], races: int, *, slow: bool = False, cancel: int = 0
) -> list[str]:
    catalog = PlainCatalog()
    acknowledged = 0
    try:
        for seed in range(races):
            race = Race("events", seed, catalog, log, slow=slow)
            problems = await run_race(race, [*actors, *TIME] if slow else actors, cancel=cancel)
            if problems:
                return [f"race {seed}: {problem}" for problem in problems]
            acknowledged += len(race.acknowledged_at)
            for stream in await catalog.streams():
                await catalog.remove(stream.id)
                await log.drop(stream.id)
    finally:
        await log.close()
    assert acknowledged > 5 * races, "nothing was at stake"
    return []


@pytest.mark.parametrize("slow", [False, True], ids=["at-once", "with-transitions"])
@pytest.mark.parametrize("case", CASES)
def test_races(case: str, slow: bool) -> None:
    async def races() -> list[str]:
        return await _run(MemoryLog(ManualClock()), CASES[case], MEMORY_RACES, slow=slow)

    assert asyncio.run(races()) == []


@pytest.mark.parametrize("slow", [False, True], ids=["at-once", "with-transitions"])
def test_races_with_cancelled_calls(slow: bool) -> None:
    """An HTTP/2 client that resets a request cancels it, wherever it is."""

    async def races() -> list[str]:
        log = MemoryLog(ManualClock())
        return await _run(log, CASES["all"], MEMORY_RACES, slow=slow, cancel=3)

    assert asyncio.run(races()) == []


@pytest.mark.parametrize("slow", [False, True], ids=["at-once", "with-transitions"])
def test_races_on_disk(tmp_path: Path, slow: bool) -> None:
    async def races() -> list[str]:
        log = await SqliteLog.open(tmp_path, ManualClock())
        return await _run(log, CASES["all"], DISK_RACES, slow=slow, cancel=1)

    assert asyncio.run(races()) == []


class NeverSealing(MemoryLog):
    """A log that says where a shard ends and goes on to write behind it."""

    async def seal(self, stream: str, shards: Sequence[int]) -> Mapping[int, int]:
        return {shard: await self.tail(stream, shard) for shard in shards}


def test_a_log_that_does_not_seal_is_noticed() -> None:
    async def races() -> list[str]:
        return await _run(NeverSealing(ManualClock()), CASES["reshards"], MEMORY_RACES)

    problems = asyncio.run(races())
    assert any("LOST" in problem for problem in problems), problems


def test_writes_after_a_deletion_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    async def refuse_nothing(transitions: Transitions, stream: Stream) -> None: ...

    monkeypatch.setattr(Transitions, "refuse_late_writes", refuse_nothing)

    async def races() -> list[str]:
        log = MemoryLog(ManualClock())
        return await _run(log, CASES["deletions"], LONG_RACES, slow=True)

    problems = asyncio.run(races())
    assert any("LOST" in problem for problem in problems), problems


def test_changes_that_stop_halfway_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    async def stop_halfway(changes: Uninterrupted, change: Awaitable[Any]) -> Any:
        return await change

    monkeypatch.setattr(Uninterrupted, "run", stop_halfway)

    async def races() -> list[str]:
        return await _run(MemoryLog(ManualClock()), CASES["all"], LONG_RACES, cancel=3)

    problems = asyncio.run(races())  # the book has missed what the catalog did
    assert any("the book says" in problem for problem in problems), problems


@pytest.mark.full
@pytest.mark.timeout(900)
@pytest.mark.parametrize("slow", [False, True], ids=["at-once", "with-transitions"])
def test_many_races(tmp_path: Path, slow: bool) -> None:
    async def races() -> list[str]:
        log = await SqliteLog.open(tmp_path, ManualClock())
        return await _run(log, CASES["all"], LONG_RACES, slow=slow, cancel=2)

    assert asyncio.run(races()) == []
