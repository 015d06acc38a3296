"""A Kafka that does not answer holds up who writes, and not who follows the other gateways."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType

import pytest

from contract.record_log_support import SetClock, batch, kafka_settings, run
from real_kafka import kafka_cluster
from shardline.storage.kafka_log import KafkaLog
from shardline.storage.kafka_log import streams as streams_module
from shardline.storage.kafka_log.sent import Sent
from shardline.storage.kafka_log.shards import Shard, StreamShards
from shardline.storage.kafka_log.streams import Streams
from shardline.storage.range_port import MemoryRanges, Range
from shardline.storage.record_log import Refused, StorageError, UnknownShard, WriteFailed

AT_ONCE_S = 5.0  # far more than a machine needs that waits for nobody


class Kafka:
    """Tells the latest arrivals when it may, and what it was told to say; its clients know all."""

    def __init__(self) -> None:
        self.may_answer = asyncio.Event()
        self.asked: list[set[int]] = []
        self.refusal: StorageError | None = None

    def topic(self, stream: str) -> str:
        return f"t-{stream}"

    async def know(self, topic: str, partitions: int) -> bool:
        return True

    async def last_times(self, topic: str, partitions: Iterable[int]) -> Mapping[int, int]:
        asked = set(partitions)
        self.asked.append(asked)
        await self.may_answer.wait()
        if self.refusal is not None:
            raise self.refusal
        return {partition: 1_000 + partition for partition in asked}


class Ranges(MemoryRanges):
    """What all gateways share; another one changes it."""

    async def change(self, stream: str, changed: Mapping[int, Range]) -> None:
        found = await self.ranges(stream)
        await self.keep_ranges(stream, found.version if found else 0, MappingProxyType({**changed}))


Body = Callable[[Streams, Kafka, Ranges], Awaitable[None]]


def on_streams(body: Body, patience_s: float = 60) -> None:
    """A gateway's streams: `s` has shard 0, which nobody has looked up."""

    async def main() -> None:
        kafka, ranges = Kafka(), Ranges()
        await ranges.change("s", {0: Range(0, 0, 0)})
        streams = Streams(ranges, kafka, kafka, patience_s)
        await body(streams, kafka, ranges)
        await streams.readiness.close()

    run(main)


async def a_turn() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def test_a_reshard_is_followed_while_kafka_does_not_answer() -> None:
    async def body(streams: Streams, kafka: Kafka, ranges: Ranges) -> None:
        # Given a gateway that knows a stream, and has written to it
        kafka.may_answer.set()
        found, _ = await streams.to_write("s", [0])
        # When another gateway replaces the shard, and Kafka does not answer
        kafka.may_answer.clear()
        await ranges.change("s", {0: Range(0, 0, 0, sealing=True)})
        await ranges.change("s", {1: Range(1, 0, 0)})
        await asyncio.wait_for(streams.follow(["s"]), AT_ONCE_S)
        # Then the change is taken over, and only who writes to the new shard waits
        assert (found.all()[0].is_open, found.all()[1].is_open) == (False, True)
        _, sealed = await asyncio.wait_for(streams.to_write("s", [0]), AT_ONCE_S)
        assert not sealed[0].is_open
        writing = asyncio.ensure_future(streams.to_write("s", [1]))
        await a_turn()
        assert not writing.done()
        kafka.may_answer.set()
        _, shards = await writing
        assert (shards[1].is_ready, shards[1].last_ms) == (True, 1_001)
        assert kafka.asked == [{0}, {1}]

    on_streams(body)


def test_a_stream_that_is_being_looked_up_is_followed_while_kafka_does_not_answer() -> None:
    async def body(streams: Streams, kafka: Kafka, ranges: Ranges) -> None:
        writing = asyncio.ensure_future(streams.to_write("s", [0]))
        await a_turn()
        await ranges.change("s", {0: Range(0, 0, 0, sealing=True)})
        await asyncio.wait_for(streams.follow(None), AT_ONCE_S)
        kafka.may_answer.set()
        _, shards = await writing
        assert not shards[0].is_open

    on_streams(body)


def test_what_is_on_its_way_to_a_sealed_shard_is_waited_for_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(streams_module, "_PATIENCE_S", 0.01)

    async def body(streams: Streams, kafka: Kafka, ranges: Ranges) -> None:
        kafka.may_answer.set()
        _, shards = await streams.to_write("s", [0])
        flying = Sent(("t-s", 0), 1, asyncio.get_running_loop(), Sent.finish, (shards[0].flying,))
        await ranges.change("s", {0: Range(0, 0, 0, sealing=True)})
        await streams.follow(["s"])
        assert flying.is_late
        await ranges.change("s", {0: Range(0, 0, 0, sealing=True, end=7)})
        monkeypatch.setattr(streams_module, "_PATIENCE_S", 60)
        await asyncio.wait_for(streams.follow(["s"]), AT_ONCE_S)

    on_streams(body)


def test_all_who_write_to_new_shards_share_one_question() -> None:
    async def body(streams: Streams, kafka: Kafka, ranges: Ranges) -> None:
        await ranges.change("s", {1: Range(1, 0, 0), 2: Range(2, 0, 0, end=5)})
        writing = [asyncio.ensure_future(streams.to_write("s", [n % 2])) for n in range(50)]
        await a_turn()
        kafka.may_answer.set()
        await asyncio.gather(*writing)
        assert kafka.asked == [{0, 1}]

    on_streams(body)


def test_who_writes_waits_so_long_and_the_next_one_finds_it_ready() -> None:
    async def body(streams: Streams, kafka: Kafka, ranges: Ranges) -> None:
        with pytest.raises(WriteFailed, match="new here"):
            await streams.to_write("s", [0])
        kafka.may_answer.set()
        await streams.to_write("s", [0])
        assert kafka.asked == [{0}]

    on_streams(body, patience_s=0.01)


def test_what_kafka_refused_is_asked_again() -> None:
    async def body(streams: Streams, kafka: Kafka, ranges: Ranges) -> None:
        kafka.may_answer.set()
        kafka.refusal = StorageError("Kafka: not allowed")
        with pytest.raises(StorageError, match="not allowed"):
            await streams.to_write("s", [0])
        kafka.refusal = None
        await streams.to_write("s", [0])

    on_streams(body)


def test_a_stream_that_is_dropped_meanwhile_is_unknown() -> None:
    async def body(streams: Streams, kafka: Kafka, ranges: Ranges) -> None:
        writing = asyncio.ensure_future(streams.to_write("s", [0]))
        await a_turn()
        await ranges.remove_ranges("s")
        await streams.follow(["s"])
        kafka.may_answer.set()
        with pytest.raises(UnknownShard):
            await writing

    on_streams(body)


def test_who_waits_when_the_log_is_closed_gets_an_error() -> None:
    async def body(streams: Streams, kafka: Kafka, ranges: Ranges) -> None:
        writing = asyncio.ensure_future(streams.to_write("s", [0]))
        await a_turn()
        await streams.readiness.close()
        for call in (writing, streams.to_write("s", [0])):
            with pytest.raises(WriteFailed):
                await call

    on_streams(body)


@pytest.mark.slow
def test_a_reshard_is_followed_while_a_broker_is_dead() -> None:
    async def main() -> None:
        ranges = Ranges()
        settings = replace(kafka_settings(kafka.bootstrap_servers), timeout_ms=100_000)
        log = await KafkaLog.open(settings, SetClock(), ranges)
        await log.create("s", [0, 1])
        await log.append("s", [batch(0, b"a")])
        # Given a partition whose leader is gone, and nobody else to lead it
        kafka.kill(1)
        # When another gateway puts a new shard there
        await ranges.change("s", {0: Range(0, 0, 0, sealing=True, end=1), 2: Range(0, 1, 1)})
        await asyncio.wait_for(log.follow(["s"]), AT_ONCE_S)
        writing = asyncio.ensure_future(log.append("s", [batch(2, b"b")]))
        # Then this one is in step, and writes there as soon as somebody leads
        await asyncio.wait_for(log.follow(None), AT_ONCE_S)
        assert not writing.done()
        await asyncio.to_thread(kafka.start, 1)
        while log.trouble() is not None:  # noqa: ASYNC110 - there is no event
            await asyncio.sleep(0.05)
        assert await log.append("s", [batch(0, b"no")]) == [Refused(0)]
        (put,) = await writing
        assert (put.shard, put.first) == (2, 0)
        await log.close()

    with kafka_cluster(brokers=1) as kafka:
        run(main)


def test_only_open_shards_have_to_be_made_ready() -> None:
    found = StreamShards("s", "t-s")
    shards = [Range(0, 0, 0), Range(1, 0, 0, sealing=True), Range(2, 0, 0, end=1), Range(3, 0, 0)]
    found.all().update({n: Shard(each) for n, each in enumerate(shards)})
    found.all()[3].closing = True
    assert found.unready() == {0}
    found.all()[0].is_ready = True
    assert found.unready() == set()
