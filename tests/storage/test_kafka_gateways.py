"""Two gateways on one Kafka, and what Kafka's own tools see."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from msgspec.structs import replace

from cluster.kafka import KafkaCluster
from contract.record_log_support import SetClock, batch, datas, kafka_settings, read_all, run
from shardline.storage.ciphers import DataKey
from shardline.storage.kafka_log import KafkaLog, partitions
from shardline.storage.kafka_log.url import KafkaSettings
from shardline.storage.range_port import MemoryRanges, Range, StreamRanges
from shardline.storage.record_log import (
    Appended,
    Refused,
    StoreUnusable,
    Undecipherable,
    UnknownShard,
    WriteFailed,
)

pytestmark = pytest.mark.slow


def test_a_topic_of_more_partitions_than_kafka_makes_at_once_grows_by_steps(
    kafka_broker: KafkaCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(partitions, "AT_ONCE", 3)

    async def body() -> None:
        settings = kafka_settings(kafka_broker.bootstrap_servers)
        log = await KafkaLog.open(settings, SetClock(), MemoryRanges())
        for shards in (8, 12):
            await log.create("s", range(shards))
            await log.append("s", [batch(shards - 1, b"last")])
        assert datas(await read_all(log, "s", 11)) == [b"last"]
        await log.close()

    run(body)


Body = Callable[[KafkaLog, KafkaLog, KafkaSettings], Awaitable[None]]


class Gateway(MemoryRanges):
    """What one gateway has of the ranges that two share, and its lease."""

    other: KafkaLog

    def __init__(self, shared: MemoryRanges) -> None:
        self._shared = shared
        self.its_term: int | None = 0

    def term(self) -> int | None:
        return self.its_term

    async def same_for_all(self, name: str, value: str) -> str:
        return await self._shared.same_for_all(name, value)

    async def said_for_all(self, name: str) -> str | None:
        return await self._shared.said_for_all(name)

    async def ranges(self, stream: str) -> StreamRanges | None:
        return await self._shared.ranges(stream)

    async def keep_ranges(self, stream: str, version: int, changed: Mapping[int, Range]) -> int:
        stored = await self._shared.keep_ranges(stream, version, changed)
        await self.other.follow([stream])
        return stored

    async def remove_ranges(self, stream: str) -> None:
        await self._shared.remove_ranges(stream)
        await self.other.follow([stream])


def on_two(kafka: KafkaCluster, body: Body) -> None:
    async def main() -> None:
        settings, ranges = kafka_settings(kafka.bootstrap_servers), MemoryRanges()
        sides = Gateway(ranges), Gateway(ranges)
        one, two = [await KafkaLog.open(settings, SetClock(), each, each) for each in sides]
        sides[0].other, sides[1].other = two, one
        try:
            await one.create("s", [0, 1])
            await body(one, two, settings)
        finally:
            await asyncio.gather(one.close(), two.close())

    run(main)


def test_what_one_appends_the_other_reads_at_once(kafka_broker: KafkaCluster) -> None:
    async def body(one: KafkaLog, two: KafkaLog, settings: KafkaSettings) -> None:
        for number in range(5):
            writer, reader = (one, two) if number % 2 else (two, one)
            assert await writer.append("s", [batch(0, b"%d" % number)]) == [
                Appended(0, number, 1_000_000)
            ]
            assert await reader.tail("s", 0) == number + 1
            assert datas(await read_all(reader, "s", 0, number)) == [b"%d" % number]

    on_two(kafka_broker, body)


def test_one_wakes_who_waits_at_the_other(kafka_broker: KafkaCluster) -> None:
    async def body(one: KafkaLog, two: KafkaLog, settings: KafkaSettings) -> None:
        waiting = asyncio.ensure_future(two.wait("s", 0, 0))
        await two.tail("s", 0)
        assert not waiting.done()
        await one.append("s", [batch(0, b"a")])
        await asyncio.wait_for(waiting, 10)

    on_two(kafka_broker, body)


def test_what_one_seals_the_other_refuses(kafka_broker: KafkaCluster) -> None:
    async def body(one: KafkaLog, two: KafkaLog, settings: KafkaSettings) -> None:
        await two.append("s", [batch(0, b"a")])
        calls = [
            asyncio.ensure_future(log.append("s", [batch(0, b"x")]))
            for log in (one, two)
            for _ in range(50)
        ]
        await asyncio.sleep(0)
        end = (await one.seal("s", [0]))[0]
        answers = [(await call)[0] for call in calls]
        accepted = sorted(each.first for each in answers if isinstance(each, Appended))
        assert accepted == list(range(1, end))
        assert await two.append("s", [batch(0, b"no"), batch(1, b"b")]) == [
            Refused(0),
            Appended(1, 0, 1_000_000),
        ]
        assert (await read_all(two, "s", 0)).at_end
        assert await two.seal("s", [0]) == {0: end}

    on_two(kafka_broker, body)


def test_batches_of_two_that_cross_tell_each_record_s_offset(kafka_broker: KafkaCluster) -> None:
    async def body(one: KafkaLog, two: KafkaLog, settings: KafkaSettings) -> None:
        await two.append("s", [batch(0, b"first")])
        calls = [
            log.append("s", [batch(0, *(b"%d %d %d" % (g, n, i) for i in range(20)))])
            for n in range(20)
            for g, log in enumerate((one, two))
        ]
        answers = await asyncio.gather(*calls)
        kept = datas(await read_all(one, "s", 0))
        for place, (answer,) in enumerate(answers):
            assert isinstance(answer, Appended)
            n, g = divmod(place, 2)
            offsets = answer.offsets or range(answer.first, answer.first + 20)
            assert [kept[at] for at in offsets] == [b"%d %d %d" % (g, n, i) for i in range(20)]

    on_two(kafka_broker, body)


def test_a_partition_is_used_again_and_a_late_message_is_nobody_s(
    kafka_broker: KafkaCluster,
) -> None:
    async def body(one: KafkaLog, two: KafkaLog, settings: KafkaSettings) -> None:
        await one.append("s", [batch(0, b"a", b"b")])
        await one.seal("s", [0])
        await one.trim("s", 2_000_000)
        await two.create("s", [2])
        # A gateway that was away sends to the shard that it remembers
        late = Producer({"bootstrap.servers": settings.brokers})
        late.produce(f"{settings.prefix}s", b"late", b"k", 0, headers=[("s", b"0")])
        assert late.flush(10) == 0
        (put,) = await one.append("s", [batch(2, b"new")])
        assert isinstance(put, Appended)
        assert datas(await read_all(two, "s", 2)) == [b"new"]
        assert (await read_all(two, "s", 2)).runs[0].first == put.first == 1
        assert await two.seal("s", [0]) == {0: 2}
        assert (await read_all(two, "s", 0)).runs == ()

    on_two(kafka_broker, body)


def test_who_has_no_lease_acknowledges_nothing(kafka_broker: KafkaCluster) -> None:
    async def body(one: KafkaLog, two: KafkaLog, settings: KafkaSettings) -> None:
        one._appender._peers.its_term = None  # type: ignore[attr-defined]
        with pytest.raises(WriteFailed):
            await one.append("s", [batch(0, b"a")])

    on_two(kafka_broker, body)


def test_who_lost_its_lease_meanwhile_acknowledges_nothing(kafka_broker: KafkaCluster) -> None:
    async def body(one: KafkaLog, two: KafkaLog, settings: KafkaSettings) -> None:
        append = asyncio.ensure_future(one.append("s", [batch(0, b"a")]))
        await asyncio.sleep(0)
        one._appender._peers.its_term = 1  # type: ignore[attr-defined]
        with pytest.raises(WriteFailed):
            await append
        await one.append("s", [batch(0, b"b")])

    on_two(kafka_broker, body)


def test_what_was_sealed_while_it_was_looked_up_is_known_when_the_change_is_followed(
    kafka_broker: KafkaCluster,
) -> None:
    class Slow(Gateway):
        """Reads, and is a long time about it."""

        has_read, may_answer = asyncio.Event(), asyncio.Event()

        async def ranges(self, stream: str) -> StreamRanges | None:
            found = await super().ranges(stream)
            self.has_read.set()
            await self.may_answer.wait()
            return found

    async def main() -> None:
        settings, ranges = kafka_settings(kafka_broker.bootstrap_servers), MemoryRanges()
        sides = Gateway(ranges), Slow(ranges)
        one, two = [await KafkaLog.open(settings, SetClock(), each, each) for each in sides]
        sides[0].other, sides[1].other = two, one
        try:
            await one.create("s", [0])
            # Given a gateway that has read where the shard lies, but does not know it yet
            append = asyncio.ensure_future(two.append("s", [batch(0, b"late")]))
            await sides[1].has_read.wait()
            # When the other one seals the shard
            seal = asyncio.ensure_future(one.seal("s", [0]))
            await asyncio.sleep(0.2)
            assert not seal.done()
            sides[1].may_answer.set()
            # Then either the record is before the end, or it is refused
            end, (answer,) = (await seal)[0], await append
            assert answer == Refused(0) or end == 1
            assert await two.append("s", [batch(0, b"no")]) == [Refused(0)]
        finally:
            await asyncio.gather(one.close(), two.close())

    run(main)


def test_a_shard_that_another_made_meanwhile_is_left_as_it_is(
    kafka_broker: KafkaCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def body(one: KafkaLog, two: KafkaLog, settings: KafkaSettings) -> None:
        # Given two that make the same shard, and one of them is slow to ask where it will begin
        await two.tail("s", 0)
        offsets, asked, may_go_on = two._cluster.offsets, asyncio.Event(), asyncio.Event()
        ends = offsets.ends

        async def slowly(topic: str, partitions: Iterable[int]) -> dict[int, int]:
            asked.set()
            await may_go_on.wait()
            return await ends(topic, partitions)

        monkeypatch.setattr(offsets, "ends", slowly)
        late = asyncio.ensure_future(two.create("s", [2]))
        await asked.wait()
        await one.create("s", [2])
        # When something is in the shard before that one is done
        await one.append("s", [batch(2, b"a", b"b")])
        may_go_on.set()
        await late
        # Then the shard is where it was
        for log in (one, two):
            assert datas(await read_all(log, "s", 2)) == [b"a", b"b"]
        assert await two.append("s", [batch(2, b"c")]) == [Appended(2, 2, 1_000_000)]

    on_two(kafka_broker, body)


def test_what_one_drops_is_gone_for_the_other(kafka_broker: KafkaCluster) -> None:
    async def body(one: KafkaLog, two: KafkaLog, settings: KafkaSettings) -> None:
        await two.append("s", [batch(0, b"a")])
        await one.drop("s")
        with pytest.raises(UnknownShard):
            await two.append("s", [batch(0, b"b")])

    on_two(kafka_broker, body)


def test_any_consumer_reads_what_was_put(kafka_broker: KafkaCluster) -> None:
    async def body(one: KafkaLog, two: KafkaLog, settings: KafkaSettings) -> None:
        await one.append("s", [batch(1, b"data", key=b"key")])
        plain = Consumer({"bootstrap.servers": settings.brokers, "group.id": "any"})
        plain.assign([TopicPartition(f"{settings.prefix}s", 1, 0)])
        message = await asyncio.to_thread(plain.poll, 10)
        assert message is not None
        assert (message.key(), message.value()) == (b"key", b"data")
        assert message.timestamp()[1] == 1_000_000
        plain.close()

    on_two(kafka_broker, body)


def test_an_encrypted_record_of_another_shard_is_refused(kafka_broker: KafkaCluster) -> None:
    async def body(one: KafkaLog, two: KafkaLog, settings: KafkaSettings) -> None:
        cipher = DataKey(1, b"a" * 32)
        await one.append("s", [replace(batch(1, b"data"), cipher=cipher)])
        plain = Consumer({"bootstrap.servers": settings.brokers, "group.id": "any"})
        plain.assign([TopicPartition(f"{settings.prefix}s", 1, 0)])
        message = await asyncio.to_thread(plain.poll, 10)
        assert message is not None
        value = message.value()
        plain.close()
        assert isinstance(value, bytes)
        assert b"data" not in value
        assert message.key() is None
        moving = Producer({"bootstrap.servers": settings.brokers})
        moved = [("s", b"0"), ("e", b"1")]
        moving.produce(f"{settings.prefix}s", value, None, 0, timestamp=1_000_000, headers=moved)
        assert moving.flush(10) == 0
        limits = {"max_records": 9, "max_bytes": 999, "since_ms": 0}
        assert datas(await two.read("s", 1, 0, ciphers={1: cipher}, **limits)) == [b"data"]
        with pytest.raises(Undecipherable):
            await two.read("s", 0, 0, ciphers={1: cipher}, **limits)

    on_two(kafka_broker, body)


def test_a_prefix_belongs_to_one_cluster(kafka_broker: KafkaCluster) -> None:
    async def body(one: KafkaLog, two: KafkaLog, settings: KafkaSettings) -> None:
        with pytest.raises(StoreUnusable, match="another cluster"):
            await KafkaLog.open(settings, SetClock(), MemoryRanges())

    on_two(kafka_broker, body)


def test_a_store_whose_records_are_elsewhere_is_refused(kafka_broker: KafkaCluster) -> None:
    async def main() -> None:
        settings, ranges = kafka_settings(kafka_broker.bootstrap_servers), MemoryRanges()
        await (await KafkaLog.open(settings, SetClock(), ranges)).close()
        await (await KafkaLog.open(settings, SetClock(), ranges)).close()
        other = kafka_settings(kafka_broker.bootstrap_servers)
        with pytest.raises(
            StoreUnusable, match=f"not here .*{other.prefix}.* but in .*{settings.prefix}"
        ):
            await KafkaLog.open(other, SetClock(), ranges)
        # and has made nothing there
        await (await KafkaLog.open(other, SetClock(), MemoryRanges())).close()

    run(main)


def test_too_few_brokers_are_refused(kafka_broker: KafkaCluster) -> None:
    async def main() -> None:
        settings = kafka_settings(kafka_broker.bootstrap_servers, replication=3)
        with pytest.raises(StoreUnusable, match="replication=1"):
            await KafkaLog.open(settings, SetClock(), MemoryRanges())

    run(main)
