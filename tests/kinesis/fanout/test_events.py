"""Events made once for all subscriptions that are at the same place."""

import asyncio

import pytest

from fanout_support import FanOut, fan_out
from shardline.kinesis.fanout.events import KEPT_MS, Made, SharedEvents
from shardline.storage.record_log import StorageError


def shared_of(parts: FanOut, kept_bytes: int = 1_000_000) -> SharedEvents:
    return SharedEvents(parts.reading, parts.clock, kept_bytes=kept_bytes)


async def at(parts: FanOut, events: SharedEvents, offset: int = 0, *, shared: bool = True) -> Made:
    return await events.at(await parts.live(), await parts.shard(), offset, shared=shared)


def test_twenty_at_the_same_place_cost_one_read() -> None:
    async def twenty() -> None:
        async with fan_out() as parts:
            await parts.put(b"1", b"2")
            events = shared_of(parts)
            made = await asyncio.gather(*(at(parts, events) for _ in range(20)))
            assert parts.log.reads == 1
            assert len({id(each.event) for each in made}) == 1
            # And one that comes a little later
            parts.clock.advance(milliseconds=KEPT_MS)
            assert (await at(parts, events)).event is made[0].event
            assert (parts.log.reads, made[0].next, made[0].size) == (1, 2, 8)

    asyncio.run(twenty())


def test_after_a_second_it_is_made_anew() -> None:
    """It says how far behind the tip its reader is, which changes."""

    async def later() -> None:
        async with fan_out() as parts:
            await parts.put(b"x" * 700_000)
            await parts.put(b"y" * 700_000)
            events = shared_of(parts, kept_bytes=10_000_000)
            behind = []
            for _ in range(2):
                made = await at(parts, events)
                behind.append(made.event.output.MillisBehindLatest)  # type: ignore[union-attr]
                parts.clock.advance(milliseconds=KEPT_MS + 1)
            assert behind == [1, KEPT_MS + 1]
            assert parts.log.reads == 2

    asyncio.run(later())


def test_alone_nothing_is_kept() -> None:
    async def alone() -> None:
        async with fan_out() as parts:
            await parts.put(b"1")
            events = shared_of(parts)
            for _ in range(2):
                await at(parts, events, shared=False)
            assert parts.log.reads == 2

    asyncio.run(alone())


def test_what_is_kept_is_bounded() -> None:
    async def many() -> None:
        async with fan_out() as parts:
            for _ in range(10):
                await parts.put(b"x" * 100_000)
            events = shared_of(parts, kept_bytes=1_500_000)
            first = await at(parts, events, 0)
            for offset in range(1, 10):
                await at(parts, events, offset)
            reads = parts.log.reads
            # The newest are there, the oldest had to go
            await at(parts, events, 9)
            assert parts.log.reads == reads
            assert (await at(parts, events, 0)).event is not first.event
            assert parts.log.reads == reads + 1

    asyncio.run(many())


def test_who_asked_first_may_go_and_the_others_get_it() -> None:
    async def go() -> None:
        async with fan_out() as parts:
            await parts.put(b"1")
            events = shared_of(parts)
            first = asyncio.create_task(at(parts, events))
            others = [asyncio.create_task(at(parts, events)) for _ in range(3)]
            await asyncio.sleep(0)
            first.cancel()
            assert [made.next for made in await asyncio.gather(*others)] == [1, 1, 1]
            assert first.cancelled()
            assert parts.log.reads == 1

    asyncio.run(go())


def test_a_failure_goes_to_all_who_wait_and_is_not_kept() -> None:
    async def fail() -> None:
        async with fan_out() as parts:
            await parts.put(b"1")
            parts.log.failure = StorageError("no disk")
            events = shared_of(parts)
            failures = await asyncio.gather(
                *(at(parts, events) for _ in range(3)), return_exceptions=True
            )
            assert [str(each) for each in failures] == ["no disk"] * 3
            parts.log.failure = None
            assert (await at(parts, events)).next == 1

    asyncio.run(fail())


@pytest.mark.parametrize("shared", [False, True])
def test_the_end_of_a_shard_is_not_kept(shared: bool) -> None:
    async def end() -> None:
        async with fan_out() as parts:
            await parts.put(b"1")
            events = shared_of(parts)
            await parts.split()
            for _ in range(2):
                made = await at(parts, events, shared=shared)
                assert (made.at_end, made.last, made.next) == (True, True, 1)
            assert parts.log.reads == 2

    asyncio.run(end())
