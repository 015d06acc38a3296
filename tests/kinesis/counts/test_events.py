"""Events of fan-out: one counts when it was taken, not when it was made."""

import asyncio

from fanout_support import fan_out
from shardline.kinesis.counts.ledger import Place


async def ready(reader: object) -> None:
    assert await reader.ready() is not None  # type: ignore[attr-defined]


def test_an_event_that_nobody_took_is_no_success() -> None:
    async def run() -> None:
        async with fan_out() as parts:
            # Given a reader that took an event, and went when it was sent the next one
            await parts.put(b"1")
            reader = await parts.subscribe()
            await ready(reader)
            await reader.next()
            await parts.put(b"22")
            await ready(reader)
            await reader.next()
            reader.close()
            reader.close()
            # Then it has one event
            live = await parts.live()
            sums = {place: each for (_, place), each in live.counts.take().items()}
            records = sums[Place("consumer", "reader", "SubscribeToShardEvent.Records")]
            success = sums[Place("consumer", "reader", "SubscribeToShardEvent.Success")]
            assert records.values == {1: 1}
            assert success.values == {1: 1, 0: 1}

    asyncio.run(run())


def test_subscriptions_that_are_open_are_known() -> None:
    async def run() -> None:
        async with fan_out() as parts:
            live = await parts.live()
            readers = [await parts.subscribe(name) for name in ("a", "b")]
            assert live.counts.subscriptions == {"a": 1, "b": 1}
            for reader in readers:
                reader.close()
                reader.close()
            assert live.counts.subscriptions == {}

    asyncio.run(run())


def test_an_event_without_records_is_one() -> None:
    async def run() -> None:
        async with fan_out(heartbeat_s=0.001) as parts:
            reader = await parts.subscribe(kind="LATEST")
            for _ in range(3):
                await ready(reader)
                await reader.next()
            await ready(reader)
            reader.close()
            live = await parts.live()
            sums = {place: each for (_, place), each in live.counts.take().items()}
            for name in ("Records", "Bytes", "MillisBehindLatest"):
                place = Place("consumer", "reader", f"SubscribeToShardEvent.{name}")
                assert sums[place].values == {0: 3}

    asyncio.run(run())


def test_an_event_says_how_far_behind_its_reader_is() -> None:
    async def run() -> None:
        async with fan_out() as parts:
            # Given more than one event holds, all of it a minute old
            for _ in range(3):
                await parts.put(b"x" * 700_000)
            parts.clock.advance(minutes=1)
            # When a consumer takes all of it
            reader = await parts.subscribe()
            told = []
            for _ in range(3):
                await ready(reader)
                told.append((await reader.next()).output.MillisBehindLatest)  # type: ignore[union-attr]
            reader.wake()
            await asyncio.wait({waiting := asyncio.create_task(reader.ready())}, timeout=0)
            waiting.cancel()
            reader.close()
            # Then the metric is what the events said
            live = await parts.live()
            sums = {place: each for (_, place), each in live.counts.take().items()}
            place = Place("consumer", "reader", "SubscribeToShardEvent.MillisBehindLatest")
            assert sums[place].values == {60_000: 2, 0: 1}
            assert told == [60_000, 60_000, 0]

    asyncio.run(run())
