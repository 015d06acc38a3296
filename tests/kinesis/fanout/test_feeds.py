"""What tells the subscriptions of a shard that it has grown."""

import asyncio

import pytest

from shardline.kinesis.fanout import feeds
from shardline.kinesis.fanout.feeds import Feed
from shardline.storage.record_log import Batch
from shardline.testing import ManualClock, MemoryLog


class Told:
    """Counts how often it is told."""

    def __init__(self) -> None:
        self.times = 0
        self._once = asyncio.Event()

    def __call__(self) -> None:
        self.times += 1
        self._once.set()

    async def once(self) -> None:
        """Wait to be told."""
        async with asyncio.timeout(5):
            await self._once.wait()
        self._once.clear()


async def log_with(*datas: bytes) -> MemoryLog:
    log = MemoryLog(ManualClock())
    await log.create("s", [0])
    await put(log, *datas)
    return log


async def feed_of(log: MemoryLog) -> Feed:
    return Feed(log, "s", 0, tail=await log.tail("s", 0), over=False)


async def put(log: MemoryLog, *datas: bytes) -> None:
    await log.append("s", [Batch(0, [b"k"] * len(datas), list(datas))])


def test_the_first_record_is_told_at_once_and_a_crowd_together() -> None:
    async def tell() -> None:
        log, told = await log_with(b"before"), Told()
        feed = await feed_of(log)
        feed.join(told)
        assert feed.seen == 1
        await asyncio.sleep(0)
        await put(log, b"1")
        await asyncio.sleep(0)
        assert (told.times, feed.seen) == (1, 2)
        for _ in range(100):
            await put(log, b"more")
        assert (told.times, feed.seen) == (1, 2)
        await told.once()
        await told.once()
        assert (told.times, feed.seen) == (2, 102)
        feed.leave(told)

    asyncio.run(tell())


def test_it_is_over_when_the_shard_is_sealed() -> None:
    async def seal() -> None:
        log, told = await log_with(b"1"), Told()
        feed = await feed_of(log)
        feed.join(told)
        await asyncio.sleep(0)
        await log.seal("s", [0])
        await told.once()
        assert (feed.over, feed.seen) == (True, 1)

    asyncio.run(seal())


def test_what_came_before_the_seal_is_told_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds, "REST_S", 0.0)

    async def seal() -> None:
        log, told = await log_with(), Told()
        feed = await feed_of(log)
        feed.join(told)
        await asyncio.sleep(0)
        await put(log, b"1")
        await log.seal("s", [0])
        while not feed.over:
            await told.once()
        assert feed.seen == 1

    asyncio.run(seal())


def test_it_is_over_when_the_stream_is_dropped() -> None:
    async def drop() -> None:
        log, told = await log_with(b"1"), Told()
        feed = await feed_of(log)
        feed.join(told)
        await asyncio.sleep(0)
        await log.drop("s")
        await told.once()
        assert feed.over

    asyncio.run(drop())


def test_of_a_closed_shard_everything_is_known() -> None:
    async def closed() -> None:
        feed = Feed(MemoryLog(ManualClock()), "s", 0, tail=7, over=True)
        feed.join(Told())
        assert (feed.over, feed.seen) == (True, 7)
        assert len(asyncio.all_tasks()) == 1

    asyncio.run(closed())


def test_one_task_waits_for_all_and_ends_with_the_last() -> None:
    async def leave() -> None:
        feed = await feed_of(await log_with())
        told = [Told() for _ in range(20)]
        for each in told:
            feed.join(each)
        assert (feed.subscribers, len(asyncio.all_tasks())) == (20, 2)
        for each in told:
            feed.leave(each)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert (feed.subscribers, len(asyncio.all_tasks())) == (0, 1)

    asyncio.run(leave())
