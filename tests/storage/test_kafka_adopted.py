"""A topic of somebody else as a stream: what is read of it, and that nothing is done to it."""

import asyncio
import contextlib
import logging

import pytest

from cluster.kafka import KafkaCluster
from contract.record_log_support import ALL, batch, datas, read_all, records
from shardline.storage.kafka_log import KafkaLog
from shardline.storage.record_log import Refused, StorageError, UnknownShard, WriteFailed
from their_topics import TheirTopic, pages, reading

pytestmark = pytest.mark.slow


def test_messages_are_records(kafka_broker: KafkaCluster) -> None:
    anything = {f"message.timestamp.{side}.max.ms": str(2**63 - 1) for side in ("before", "after")}
    topic = TheirTopic(kafka_broker, partitions=2, config=anything)
    topic.put(b"one", key=b"k", timestamp=1_700_000_000_123)
    topic.put(b"two", key=None, timestamp=1_700_000_000_124, headers=[("s", b"7"), ("e", b"1")])
    topic.put(None, key=b"\xff\x00", timestamp=1_600_000_000_000)
    topic.put(b"other", key=b"k", partition=1, timestamp=2**62)

    async def body(log: KafkaLog) -> None:
        # Whatever the clock says of their age
        page = await log.read("s", 0, 0, max_records=9, max_bytes=ALL, since_ms=2**60)
        assert records(page) == [
            (0, 1_700_000_000_123, b"k", b"one"),
            (1, 1_700_000_000_124, b"-", b"two"),
            (2, 1_600_000_000_000, b"0xff00", b""),
        ]
        assert (page.next, page.waiting_ms, page.at_end) == (3, None, False)
        other = await read_all(log, "s", 1)
        assert records(other) == [(0, (2**36 - 1) * 1000, b"k", b"other")]
        with pytest.raises(UnknownShard):
            await read_all(log, "s", 2)

    reading(topic, body)


def test_what_was_aborted_is_not_there_and_gaps_do_not_end_a_shard(
    kafka_broker: KafkaCluster,
) -> None:
    topic = TheirTopic(kafka_broker)
    topic.put(b"0")
    with topic.transaction(abort=True) as producer:
        topic.put(b"never", b"never", producer=producer)
    with topic.transaction() as producer:
        topic.put(b"4", producer=producer)
    with topic.transaction(abort=True) as producer:  # so that the end has only what is not read
        topic.put(b"never", producer=producer)
    assert topic.bounds() == (0, 8)

    async def body(log: KafkaLog) -> None:
        assert await log.tail("s", 0) == 8
        page = await read_all(log, "s", 0)
        assert [(offset, data) for offset, _, _, data in records(page)] == [(0, b"0"), (4, b"4")]
        assert (page.next, page.waiting_ms) == (8, None)
        # in pages too, of which the last ones know that nothing follows
        one_by_one = await pages(log, 1)
        assert [datas(page) for page in one_by_one] == [[b"0"], [b"4"]]
        assert one_by_one[-1].next == 8
        assert datas(await read_all(log, "s", 0, 5)) == []
        # What comes then is found from there
        topic.put(b"8")
        page = await read_all(log, "s", 0, 8)
        assert (datas(page), page.next) == ([b"8"], 9)

    reading(topic, body)


def test_an_open_transaction_holds_back_what_follows(kafka_broker: KafkaCluster) -> None:
    topic = TheirTopic(kafka_broker)
    topic.put(b"0")

    async def body(log: KafkaLog) -> None:
        with topic.transaction() as producer:
            topic.put(b"1", producer=producer)
            topic.put(b"2")
            assert await log.tail("s", 0) == 1
            assert datas(await read_all(log, "s", 0)) == [b"0"]
            assert await log.offset_at("s", 0, 2**50) == 1
            waiting = asyncio.ensure_future(log.wait("s", 0, 1))
            await asyncio.sleep(0.3)
            assert not waiting.done()
        await asyncio.wait_for(waiting, 20)
        assert datas(await read_all(log, "s", 0)) == [b"0", b"1", b"2"]
        assert await log.tail("s", 0) == 4

    reading(topic, body)


def test_who_wants_what_kafka_has_removed_begins_at_what_is_left(
    kafka_broker: KafkaCluster,
) -> None:
    topic = TheirTopic(kafka_broker)
    topic.put(*(b"%d" % number for number in range(6)))
    topic.remove_before(4)

    async def body(log: KafkaLog) -> None:
        page = await read_all(log, "s", 0, 1)
        assert [(offset, data) for offset, _, _, data in records(page)] == [(4, b"4"), (5, b"5")]
        topic.remove_before(6)  # all of it
        page = await read_all(log, "s", 0, 1)
        assert (page.runs, page.next, page.waiting_ms) == ((), 6, None)

    reading(topic, body)


def test_a_time_is_found(kafka_broker: KafkaCluster) -> None:
    topic = TheirTopic(kafka_broker)
    for at in (1_000, 2_000, 2_000, 5_000):
        topic.put(b"%d" % at, timestamp=1_700_000_000_000 + at)

    async def body(log: KafkaLog) -> None:
        for after, offset in ((0, 0), (1_000, 0), (1_001, 1), (2_001, 3), (5_001, 4)):
            assert await log.offset_at("s", 0, 1_700_000_000_000 + after) == offset

    reading(topic, body)


def test_who_waits_hears_of_new_messages(kafka_broker: KafkaCluster) -> None:
    topic = TheirTopic(kafka_broker)

    async def body(log: KafkaLog) -> None:
        for number in range(3):
            waiting = asyncio.ensure_future(log.wait("s", 0, number))
            await asyncio.sleep(0.2)
            assert not waiting.done()
            topic.put(b"%d" % number)
            await asyncio.wait_for(waiting, 20)
            assert await log.tail("s", 0) == number + 1

    reading(topic, body)


def test_messages_that_are_no_records_of_kinesis_are_passed_over_and_logged(
    kafka_broker: KafkaCluster, caplog: pytest.LogCaptureFixture
) -> None:
    topic = TheirTopic(kafka_broker, config={"max.message.bytes": "20000000"})
    topic.put(b"0")
    topic.put(bytes(10 * 2**20), key=b"k")
    topic.put(bytes(10 * 2**20 - 1), key=b"k")
    topic.put(b"3")

    async def body(log: KafkaLog) -> None:
        with caplog.at_level(logging.WARNING, "shardline.storage"):
            page = await read_all(log, "s", 0)
        assert [(offset, len(data)) for offset, _, _, data in records(page)] == [
            (0, 1),
            (2, 10 * 2**20 - 1),
            (3, 1),
        ]
        (said,) = caplog.messages
        assert topic.name in said
        assert "in partition 0, at offset 1" in said

    reading(topic, body)


def test_nothing_is_done_to_the_topic(kafka_broker: KafkaCluster) -> None:
    topic = TheirTopic(kafka_broker, config={"retention.ms": "3600000"})
    topic.put(b"0", b"1")
    before = topic.state()

    async def body(log: KafkaLog) -> None:
        assert await log.append("s", [batch(0, b"no")]) == [Refused(0)]
        for change in (log.seal("s", [0]), log.trim("s", 2**60)):
            with pytest.raises(WriteFailed, match="only read"):
                await change
        with contextlib.suppress(StorageError):
            await log.create("s", [0, 1])
        cluster = log._cluster
        for forbidden in (
            cluster.make_topic(topic.name, 2),
            cluster.delete_before(topic.name, {0: 1}),
            cluster.remove_topic(topic.name),
        ):
            with pytest.raises(WriteFailed, match="is not one of"):
                await forbidden
        assert datas(await read_all(log, "s", 0)) == [b"0", b"1"]
        await log.drop("s")
        await log.drop("s")

    reading(topic, body)
    assert topic.state() == before
