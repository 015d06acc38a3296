"""Three logs of one directory at once: appends that race a seal or a drop, read by all."""

import asyncio
import random
from collections.abc import Sequence
from pathlib import Path

import pytest

from contract.record_log_support import SMALL, SetClock, batch, datas, read_all, records
from shardline.storage.members import Bus, make_places
from shardline.storage.record_log import Appended, Refused, UnknownShard
from shardline.storage.sqlite_log import Sharing, SqliteLog, claimed

Acknowledged = dict[int, bytes]  # offset → data


async def produce(log: SqliteLog, stream: str, name: str, acknowledged: Acknowledged) -> str:
    """Append until the log refuses; answers how it did."""
    number = 0
    while True:
        parts = [b"%s-%d-%d" % (name.encode(), number, part) for part in range(1 + number % 3)]
        try:
            [answer] = await log.append(stream, [batch(0, *parts)])
        except UnknownShard:
            return "unknown"
        if isinstance(answer, Refused):
            return "refused"
        assert isinstance(answer, Appended)
        assert not acknowledged.keys() & set(range(answer.first, answer.first + len(parts)))
        acknowledged |= dict(enumerate(parts, answer.first))
        number += 1


async def follow(log: SqliteLog, stream: str) -> list[bytes]:
    """Read to the end of the shard, waiting at its tail."""
    given: list[bytes] = []
    offset, at_end = 0, False
    while not at_end:
        await log.wait(stream, 0, offset)
        page = await read_all(log, stream, 0, offset)
        assert [place for place, _, _, _ in records(page)] == list(range(offset, page.next))
        given += datas(page)
        offset, at_end = page.next, page.at_end
    return given


async def race_to_the_seal(logs: Sequence[SqliteLog], stream: str, choose: random.Random) -> None:
    acknowledged: Acknowledged = {}
    await choose.choice(logs).create(stream, [0])
    producers = [
        asyncio.create_task(produce(log, stream, f"{place}{copy}", acknowledged))
        for place, log in enumerate(logs)
        for copy in range(2)
    ]
    readers = [asyncio.create_task(follow(log, stream)) for log in logs]
    await asyncio.sleep(choose.uniform(0, 0.03))
    ends = await asyncio.gather(*(log.seal(stream, [0]) for log in choose.sample(logs, 2)))
    assert ends[0] == ends[1]
    tails = [await log.tail(stream, 0) for log in logs]
    assert tails == [ends[0][0]] * len(logs)
    assert set(await asyncio.gather(*producers)) == {"refused"}
    everything = [acknowledged[offset] for offset in range(ends[0][0])]
    assert len(everything) == len(acknowledged)
    assert await asyncio.wait_for(asyncio.gather(*readers), 20) == [everything] * len(logs)


async def race_to_the_drop(logs: Sequence[SqliteLog], stream: str, choose: random.Random) -> None:
    await choose.choice(logs).create(stream, [0])
    producers = [asyncio.create_task(produce(log, stream, "x", {})) for log in logs]
    await asyncio.sleep(choose.uniform(0, 0.03))
    await asyncio.gather(*(log.drop(stream) for log in choose.sample(logs, 2)))
    assert set(await asyncio.wait_for(asyncio.gather(*producers), 20)) == {"unknown"}
    for log in logs:
        with pytest.raises(UnknownShard):
            await log.tail(stream, 0)


async def races(directory: Path, count: int) -> None:
    choose = random.Random(count)
    buses = [Bus(place) for place in make_places(3)]
    with claimed(directory):
        logs = []
        for bus, bounds in zip(buses, (None, SMALL, SMALL), strict=True):
            bus.open()
            logs.append(
                await SqliteLog.open(directory, SetClock(), bounds=bounds, sharing=Sharing(bus))
            )
        for number in range(count):
            await race_to_the_seal(logs, f"sealed{number}", choose)
            await race_to_the_drop(logs, f"dropped{number}", choose)
        for log, bus in zip(logs, buses, strict=True):
            await log.close()
            bus.close()
        assert list((directory / "streams").glob("dropped*")) == []


def test_what_races_a_seal_or_a_drop_is_there_for_all_or_refused(tmp_path: Path) -> None:
    asyncio.run(races(tmp_path, 6))


@pytest.mark.full
@pytest.mark.timeout(900)
def test_many_races(tmp_path: Path) -> None:
    asyncio.run(races(tmp_path, 400))
