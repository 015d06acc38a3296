"""Somebody else's topics whose offsets have gaps: what was compacted away, and transactions."""

import time
from collections.abc import Iterator

import pytest
from confluent_kafka import Consumer, TopicPartition

from cluster.kafka import KafkaCluster
from contract.record_log_support import ALL, datas, records
from real_kafka import kafka_cluster
from shardline.storage.kafka_log import KafkaLog
from their_topics import TheirTopic, pages, reading

pytestmark = pytest.mark.slow

WITHIN_S = 60.0
COMPACTED = {
    "cleanup.policy": "compact",
    "segment.ms": "100",  # of which the last one is never compacted
    "min.cleanable.dirty.ratio": "0.001",
}


@pytest.fixture(scope="module")
def kafka() -> Iterator[KafkaCluster]:
    """A broker that compacts without waiting 15 s in between."""
    with kafka_cluster(brokers=1, settings={"log.cleaner.backoff.ms": "100"}) as cluster:
        yield cluster


def offsets_left(topic: TheirTopic) -> list[int]:
    """The offsets of what a plain consumer is given."""
    first, end = topic.bounds()
    consumer = Consumer(
        {
            "bootstrap.servers": topic.brokers,
            "group.id": "any",
            "enable.partition.eof": True,
            "isolation.level": "read_committed",
        }
    )
    consumer.assign([TopicPartition(topic.name, 0, first)])
    found: list[int] = []
    while (message := consumer.poll(20)) is not None and message.error() is None:
        found.append(message.offset() or 0)
    consumer.close()
    assert message is not None
    assert message.offset() == end
    return found


def until_compacted(topic: TheirTopic, left: list[int]) -> None:
    """Wait until Kafka has left these offsets, and the one that is put to begin a segment."""
    deadline = time.monotonic() + WITHIN_S
    time.sleep(0.11)  # Kafka's own time: the segment is as old as it may be
    topic.put(b"last", key=b"last")
    while offsets_left(topic)[:-1] != left:
        assert time.monotonic() < deadline, offsets_left(topic)
        time.sleep(0.1)


async def offsets(log: KafkaLog, most: int, start: int = 0) -> list[int]:
    return [each[0] for page in await pages(log, most, start) for each in records(page)]


def test_what_was_compacted_away_is_a_gap_from_wherever_it_is_read(kafka: KafkaCluster) -> None:
    topic = TheirTopic(kafka, config=COMPACTED)
    since = 1_790_000_000_000
    for number in range(1_000):  # of the keys 0 to 4, but for one in the middle
        key = b"alone" if number == 500 else b"%d" % (number % 5)
        topic.put(b"%d" % number, key=key, timestamp=since + number)
    topic.put(None, key=b"4", timestamp=since + 1_000)
    left = [500, 995, 996, 997, 998, 1_000]
    until_compacted(topic, left)
    end = topic.bounds()[1]
    everything = [*left, end - 1]
    assert topic.bounds()[0] == 0  # Kafka says that it begins there, though nothing is left

    async def body(log: KafkaLog) -> None:
        assert await log.tail("s", 0) == end
        for most in (1, 2, 100):
            assert await offsets(log, most) == everything
        for start in (0, 1, 499, 500, 501, 994, 995, 999, 1_000, end - 1, end):
            wanted = [offset for offset in everything if offset >= start]
            assert await offsets(log, 100, start) == wanted, start
        page = await log.read("s", 0, 501, max_records=2, max_bytes=ALL, since_ms=0)
        assert datas(page) == [b"995", b"996"]
        assert (page.next, page.waiting_ms) == (997, since + 997)
        # A time that was of what is gone is found at what comes after it
        for at, offset in ((0, 500), (500, 500), (501, 995), (997, 997)):
            found = await log.offset_at("s", 0, since + at)
            assert (await offsets(log, 1, found))[0] == offset

    reading(topic, body)


def test_what_is_compacted_under_a_reader_is_not_missed_in_what_is_left(
    kafka: KafkaCluster,
) -> None:
    topic = TheirTopic(kafka, config=COMPACTED)
    for number in range(30):
        topic.put(b"%d" % number, key=b"%d" % (number % 3))

    async def body(log: KafkaLog) -> None:
        page = await log.read("s", 0, 0, max_records=2, max_bytes=ALL, since_ms=0)
        assert (datas(page), page.next) == ([b"0", b"1"], 2)
        until_compacted(topic, [27, 28, 29])
        found = await offsets(log, 100, page.next)
        # What was fetched ahead may be given still; what is left is given in any case
        assert found[-4:-1] == [27, 28, 29]
        assert found == sorted(set(found))
        assert (await offsets(log, 100, 2))[:-1] == [27, 28, 29]

    reading(topic, body)


def test_transactions_that_overlap_are_read_from_wherever(kafka: KafkaCluster) -> None:
    topic = TheirTopic(kafka, partitions=2)
    topic.put(b"0")
    with topic.transaction(abort=True) as lost:
        with topic.transaction() as kept:
            for number in range(20):  # each in a batch of its own
                topic.put(b"lost", producer=lost)
                topic.put(b"kept", producer=kept)
                if number % 5 == 0:
                    topic.put(b"plain")
        topic.put(b"lost", producer=lost)
        topic.put(b"lost", producer=lost, partition=1)
    left = offsets_left(topic)
    assert len(left) == 1 + 20 + 4
    end = topic.bounds()[1]
    assert end == 1 + 20 * 2 + 4 + 1 + 1 + 1  # the last two are of Kafka, of its markers

    async def body(log: KafkaLog) -> None:
        for start in range(end + 1):
            wanted = [offset for offset in left if offset >= start]
            for most in (1, 3, 100):
                assert await offsets(log, most, start) == wanted, (start, most)
        found = [data for page in await pages(log, 7) for data in datas(page)]
        assert (found.count(b"kept"), found.count(b"plain"), len(found)) == (20, 4, 25)
        page = await log.read("s", 1, 0, max_records=9, max_bytes=ALL, since_ms=0)
        assert (page.runs, page.next, page.waiting_ms) == ((), 2, None)

    reading(topic, body)


def test_a_compacted_topic_of_transactions(kafka: KafkaCluster) -> None:
    topic = TheirTopic(kafka, config=COMPACTED)
    with topic.transaction() as producer:
        topic.put(b"old", b"new", key=b"a", producer=producer)
    with topic.transaction(abort=True) as producer:
        topic.put(b"never", key=b"a", producer=producer)
        topic.put(b"never", key=b"b", producer=producer)
    with topic.transaction() as producer:
        topic.put(b"of b", key=b"b", producer=producer)
    until_compacted(topic, [1, 6])

    async def body(log: KafkaLog) -> None:
        for most in (1, 9):
            found = [data for page in await pages(log, most) for data in datas(page)]
            assert found == [b"new", b"of b", b"last"]
        assert await offsets(log, 9, 2) == [6, 8]

    reading(topic, body)
