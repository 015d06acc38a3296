"""One SQLite log in several processes: what each acknowledged is there, whoever is killed."""

import asyncio
import contextlib
import dataclasses
import json
import random
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from contract.record_log_support import SMALL, SetClock, batch, datas, read_all, records
from shardline.clock import SystemClock
from shardline.storage.members import Bus, Place, make_places
from shardline.storage.record_log import Appended, Refused, UnknownShard
from shardline.storage.sqlite_log import Bounds, Sharing, SqliteLog, claimed, shared_stream

WORKER = Path(__file__).with_name("shared_log_worker.py")


class Writer:
    """A process that appends, and what it said was acknowledged, over all its lives."""

    def __init__(self, directory: Path, place: Place) -> None:
        self.acknowledged: dict[int, str] = {}
        self._directory = directory
        self._place = place
        self._numbers = 0
        self.start()

    def start(self) -> None:
        place = json.dumps(dataclasses.asdict(self._place))
        self.process = subprocess.Popen(
            [sys.executable, str(WORKER), str(self._directory), place, str(self._numbers)],
            pass_fds=self._place.descriptors(),
            stdout=subprocess.PIPE,
            text=True,
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as lines:
            for line in lines:
                if not line.endswith("\n"):
                    return  # it was killed in the middle of saying it
                first, numbers = json.loads(line)
                self.acknowledged |= dict(enumerate(numbers, first))

    def kill(self) -> None:
        """SIGKILL; the next life goes on behind all that this one can have written."""
        self.process.kill()
        self.wait()
        self._numbers += 1_000_000

    def wait(self) -> int:
        code = self.process.wait(30)
        self._reader.join()
        return code


def until(condition: object, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline
        time.sleep(0.005)


@contextlib.asynccontextmanager
async def opened(
    directory: Path, place: Place, bounds: Bounds | None = None
) -> AsyncIterator[SqliteLog]:
    bus = Bus(place)
    bus.open()
    log = await SqliteLog.open(directory, SystemClock(), bounds=bounds, sharing=Sharing(bus))
    try:
        yield log
    finally:
        await log.close()
        bus.close()


async def kill_writers(directory: Path, kills: int) -> None:
    """Three processes write to one shard; one is killed, again and again; a fourth reads all."""
    places = make_places(4)
    choose = random.Random(kills)
    async with contextlib.AsyncExitStack() as stack:
        stack.enter_context(claimed(directory))
        log = await stack.enter_async_context(opened(directory, places[3]))
        await log.create("s", [0])
        writers = [Writer(directory, place) for place in places[:3]]
        for _ in range(kills):
            victim = choose.choice(writers)
            said = len(victim.acknowledged)
            until(lambda v=victim, n=said: len(v.acknowledged) > n + 10)
            await asyncio.sleep(choose.uniform(0, 0.02))
            victim.kill()
            victim.start()
            tail = await log.tail("s", 0)
            assert tail > max(victim.acknowledged)
        end = (await log.seal("s", [0]))[0]
        assert [writer.wait() for writer in writers] == [0, 0, 0]
        there = records(await read_all(log, "s", 0))
    found = {offset: data.decode() for offset, _, _, data in there}
    arrivals = [arrived for _, arrived, _, _ in there]
    assert list(found) == list(range(end))
    assert arrivals == sorted(arrivals)
    for worker, writer in enumerate(writers):
        assert writer.acknowledged.items() <= found.items()
        mine = [int(data.partition(":")[2]) for data in found.values() if data[0] == str(worker)]
        assert mine == sorted(set(mine))


@pytest.mark.slow
def test_writers_in_three_processes_are_killed_and_nothing_is_lost(tmp_path: Path) -> None:
    asyncio.run(kill_writers(tmp_path, 6))


@pytest.mark.full
@pytest.mark.timeout(900)
def test_a_hundred_writers_are_killed_and_nothing_is_lost(tmp_path: Path) -> None:
    asyncio.run(kill_writers(tmp_path, 100))


def on_two(body: object, directory: Path, bounds: Bounds | None = None) -> None:
    """Run a body with two workers' logs that have stream "s" with shard 0, made by the first."""

    async def main() -> None:
        async with contextlib.AsyncExitStack() as stack:
            stack.enter_context(claimed(directory))
            one, two = [
                await stack.enter_async_context(opened(directory, place, bounds))
                for place in make_places(2)
            ]
            await one.create("s", [0])
            await body(one, two)  # type: ignore[operator]

    asyncio.run(main())


def test_who_waits_is_woken_by_another_process_without_looking(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_stream, "RECHECK_S", 60.0)

    async def body(one: SqliteLog, two: SqliteLog) -> None:
        for number in range(20):
            waiting = asyncio.create_task(two.wait("s", 0, number))
            await asyncio.sleep(0.001 * (number % 3))
            await one.append("s", [batch(0, b"x")])
            await asyncio.wait_for(waiting, 5)
            assert await two.tail("s", 0) == number + 1

    on_two(body, tmp_path)


def test_a_message_that_is_lost_delays_and_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_stream, "RECHECK_S", 0.05)
    monkeypatch.setattr(Bus, "tell", lambda *_, **__: None)

    async def body(one: SqliteLog, two: SqliteLog) -> None:
        waiting = asyncio.create_task(two.wait("s", 0, 0))
        await asyncio.sleep(0.01)
        await one.append("s", [batch(0, b"x")])
        await asyncio.wait_for(waiting, 5)

    on_two(body, tmp_path)


def test_who_waits_is_woken_by_the_end_of_the_shard_and_of_the_stream(tmp_path: Path) -> None:
    async def body(one: SqliteLog, two: SqliteLog) -> None:
        await one.create("s", [1])
        waiting = [asyncio.create_task(two.wait("s", shard, 0)) for shard in (0, 1)]
        await asyncio.sleep(0.01)
        await one.seal("s", [0])
        await asyncio.wait_for(waiting[0], 5)
        await one.drop("s")
        await asyncio.wait_for(waiting[1], 5)

    on_two(body, tmp_path)


def test_a_seal_and_a_drop_bind_the_other_process(tmp_path: Path) -> None:
    async def body(one: SqliteLog, two: SqliteLog) -> None:
        assert await two.append("s", [batch(0, b"x")]) == [
            Appended(0, 0, (await read_all(one, "s", 0)).runs[0].arrived_ms)
        ]
        assert await one.seal("s", [0]) == {0: 1}
        assert await two.append("s", [batch(0, b"y")]) == [Refused(0)]
        await one.drop("s")
        for call in (two.append("s", [batch(0, b"z")]), two.tail("s", 0), read_all(two, "s", 0)):
            with pytest.raises(UnknownShard):
                await call
        await two.drop("s")
        assert list((tmp_path / "streams").glob("s*")) == []

    on_two(body, tmp_path)


def test_who_is_more_than_a_ring_behind_reads_the_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shardline.storage.sqlite_log.turns.RING", 4)

    async def body(one: SqliteLog, two: SqliteLog) -> None:
        await two.append("s", [batch(0, b"0")])
        for number in range(1, 10):
            await one.append("s", [batch(0, b"%d" % number)])
        assert await two.tail("s", 0) == 10
        for number in range(10, 20):
            await one.append("s", [batch(0, b"%d" % number)])
        [answer] = await two.append("s", [batch(0, b"20")])
        assert answer.first == 20  # type: ignore[union-attr]
        assert datas(await read_all(one, "s", 0)) == [b"%d" % number for number in range(21)]
        await one.create("s", range(1, 9))  # more than a ring at once
        assert [await two.tail("s", shard) for shard in range(1, 9)] == [0] * 8

    on_two(body, tmp_path)


def test_files_that_are_closed_to_save_descriptors_are_opened_again(tmp_path: Path) -> None:
    async def body(one: SqliteLog, two: SqliteLog) -> None:
        names = [f"t{number}" for number in range(10)]
        for name in names:
            await one.create(name, [0])
        for turn in range(5):
            for name in names:
                await (one, two)[turn % 2].append(name, [batch(0, b"%d" % turn)])
        for name in names:
            for log in (one, two):
                assert datas(await read_all(log, name, 0)) == [b"%d" % turn for turn in range(5)]

    on_two(body, tmp_path, SMALL)


def test_arrivals_never_decrease_whoever_writes(tmp_path: Path) -> None:
    async def main() -> None:
        claim = contextlib.ExitStack()
        claim.enter_context(claimed(tmp_path))
        logs, buses = [], [Bus(place) for place in make_places(2)]
        for bus, now_ms in zip(buses, (5_000, 3_000), strict=True):
            bus.open()
            logs.append(await SqliteLog.open(tmp_path, SetClock(now_ms), sharing=Sharing(bus)))
        await logs[0].create("s", [0])
        for log in logs * 2:
            await log.append("s", [batch(0, b"x")])
        page = await read_all(logs[1], "s", 0)
        assert [arrived for _, arrived, _, _ in records(page)] == [5_000] * 4
        for log, bus in zip(logs, buses, strict=True):
            await log.close()
            bus.close()
        claim.close()

    asyncio.run(main())
