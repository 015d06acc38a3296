"""Subscriptions as the gateway sees them: when an event is ready, what it is, how they end."""

import asyncio
import time

import pytest

from fanout_support import STREAM, datas_of, event_of, fan_out, is_waiting
from shardline.gateway.errors import ServiceError
from shardline.kinesis.fanout.subscription import LIFE_MS
from shardline.storage.record_log import OutOfReach, StorageError


def test_twenty_consumers_cost_one_wait_and_one_read_a_batch() -> None:
    async def twenty() -> None:
        async with fan_out() as parts:
            readers = [await parts.subscribe(f"reader-{n}", "LATEST") for n in range(20)]
            reads, waits = parts.log.reads, parts.log.waits
            for batch in (b"1", b"2", b"3"):
                coming = [asyncio.create_task(datas_of(reader)) for reader in readers]
                await asyncio.sleep(0)
                await parts.put(batch)
                assert await asyncio.gather(*coming) == [[batch]] * 20
            assert parts.log.reads == reads + 3
            assert parts.log.waits <= waits + 4
            for reader in readers:
                reader.close()

    asyncio.run(twenty())


def test_nothing_is_left_of_one_that_was_closed() -> None:
    async def close() -> None:
        async with fan_out() as parts:
            tasks = len(asyncio.all_tasks())
            reader = await parts.subscribe()
            live = await parts.live()
            assert len(live.watchers) == 1
            reader.close()
            reader.close()
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            assert not live.watchers
            assert len(asyncio.all_tasks()) == tasks
            # Its place is free, also within the five seconds that a living one keeps it
            arn = f"arn:aws:kinesis:us-east-1:000000000000:stream/{STREAM}"
            listed = await parts.call("ListStreamConsumers", StreamARN=arn)
            again = await parts.call(
                "SubscribeToShard",
                ConsumerARN=listed["Consumers"][0]["ConsumerARN"],
                ShardId="0",
                StartingPosition={"Type": "LATEST"},
            )
            again.close()

    asyncio.run(close())


def test_an_event_without_records_comes_when_nothing_is_new() -> None:
    async def heartbeat() -> None:
        async with fan_out(heartbeat_s=0.02) as parts:
            fresh = await parts.subscribe("fresh", "LATEST")
            first = await event_of(fresh)
            assert (first.Records, first.MillisBehindLatest, first.ChildShards) == ([], 0, None)
            await parts.put(b"1")
            assert await datas_of(fresh) == [b"1"]
            quiet = await event_of(fresh)
            assert quiet.Records == []
            # Each leads to what comes next
            await parts.put(b"2")
            for number, event in enumerate((first, quiet)):
                start = {"SequenceNumber": event.ContinuationSequenceNumber}
                reader = await parts.subscribe(f"{number}", "AFTER_SEQUENCE_NUMBER", **start)
                assert (await datas_of(reader))[0] == [b"1", b"2"][number]
                reader.close()
            fresh.close()

    asyncio.run(heartbeat())


def test_a_heartbeat_waits_for_five_seconds_without_an_event() -> None:
    async def wait() -> None:
        async with fan_out() as parts:
            reader = await parts.subscribe(kind="LATEST")
            assert await is_waiting(reader)
            reader.close()

    asyncio.run(wait())


@pytest.mark.parametrize("limits", ["aws", "counts"])
def test_where_awss_limits_hold_it_sends_no_faster_than_it_may(limits: str) -> None:
    async def pace() -> None:
        async with fan_out(bytes_per_s=1_000_000, limits=limits) as parts:
            for _ in range(4):
                await parts.put(b"x" * 600_000)
                parts.clock.advance(seconds=1)  # what the shard takes itself
            reader = await parts.subscribe()
            begun = time.monotonic()
            for _ in range(4):  # one record each, since two are more than an event takes
                await event_of(reader)
            took.append(time.monotonic() - begun)
            reader.close()

    took: list[float] = []
    asyncio.run(pace())
    assert (took[0] > 1.7) == (limits == "aws")


def test_one_that_is_paced_can_be_ended() -> None:
    async def end() -> None:
        async with fan_out(bytes_per_s=10, limits="aws") as parts:
            await parts.put(b"x" * 1000)
            reader = await parts.subscribe()
            await event_of(reader)
            await parts.put(b"y")
            ready = asyncio.create_task(reader.ready())
            await asyncio.sleep(0.01)
            parts.stop()
            assert await ready is None

    asyncio.run(end())


def test_stopping_ends_all_in_order_and_opens_no_more() -> None:
    async def stop() -> None:
        async with fan_out() as parts:
            readers = [await parts.subscribe(f"{n}", "LATEST") for n in range(3)]
            ready = [asyncio.create_task(reader.ready()) for reader in readers]
            await asyncio.sleep(0)
            parts.stop()
            assert await asyncio.gather(*ready) == [None] * 3
            with pytest.raises(ServiceError) as caught:
                await parts.subscribe("late")
            assert (caught.value.code, caught.value.status) == ("InternalFailure", 500)

    asyncio.run(stop())


def test_it_ends_by_itself_when_its_time_has_come() -> None:
    async def expire() -> None:
        async with fan_out(heartbeat_s=0.02) as parts:
            reader = await parts.subscribe(kind="LATEST")
            parts.clock.advance(milliseconds=LIFE_MS - 1)
            assert await reader.ready() is not None
            await reader.next()
            parts.clock.advance(milliseconds=1)
            assert await reader.ready() is None

    asyncio.run(expire())


def test_a_seal_without_children_is_waited_out() -> None:
    """The log knows of a seal before the book knows of the children, or a failure came between."""

    async def seal() -> None:
        async with fan_out() as parts:
            await parts.put(b"1")
            reader = await parts.subscribe()
            live = await parts.live()
            await parts.log.seal(live.stream.id, [0])
            event = await event_of(reader)
            assert (len(event.Records), event.ChildShards) == (1, None)
            assert event.ContinuationSequenceNumber
            assert await is_waiting(reader)
            await parts.split()
            last = await event_of(reader)
            assert last.ContinuationSequenceNumber is None
            assert last.ChildShards is not None
            assert len(last.ChildShards) == 2
            assert await reader.ready() is None

    asyncio.run(seal())


def test_what_waits_for_records_ends_when_these_are_out_of_reach() -> None:
    """Or a consumer would not learn of what others read meanwhile, before its five minutes end."""

    async def lose() -> None:
        async with fan_out() as parts:
            # Given a consumer that waits
            reader = await parts.subscribe()
            assert await is_waiting(reader)
            # When the log tells that nothing can come
            parts.log.lost.set()
            # Then its stream ends with an error
            with pytest.raises(OutOfReach):
                await reader.ready()
            # And another one begins anew, while the first has not heard of it yet
            parts.log.lost.clear()
            again = await parts.subscribe("another")
            await parts.put(b"1")
            assert len((await event_of(again)).Records) == 1
            for each in (reader, again):
                each.close()

    asyncio.run(lose())


def test_what_the_log_fails_at_goes_to_the_gateway() -> None:
    async def fail() -> None:
        async with fan_out() as parts:
            await parts.put(b"1")
            reader = await parts.subscribe()
            assert await reader.ready()
            parts.log.failure = StorageError("no disk")
            with pytest.raises(StorageError, match="no disk"):
                await reader.next()
            reader.close()

    asyncio.run(fail())
