"""A cursor on somebody else's topic: what was not asked for is never given."""

from collections.abc import Iterator

import pytest
from confluent_kafka import Producer

from mock_kafka import MockKafka, mock_kafka
from shardline.storage.kafka_log import cursors
from shardline.storage.kafka_log.adopted import cursor_config
from shardline.storage.kafka_log.cursors import Cursor
from shardline.storage.kafka_log.url import KafkaSettings
from shardline.storage.record_log import StorageError

PLACE = ("theirs", 0)


@pytest.fixture
def kafka() -> Iterator[MockKafka]:
    """A broker with ten messages in a partition."""
    with mock_kafka() as mock:
        mock.make_topic(PLACE[0], 1)
        producer = Producer({"bootstrap.servers": mock.bootstrap_servers})
        for number in range(10):
            producer.produce(PLACE[0], b"%d" % number, partition=0)
        assert producer.flush(10) == 0
        yield mock


@pytest.fixture
def cursor(kafka: MockKafka) -> Iterator[Cursor]:
    made = Cursor(cursor_config(KafkaSettings(kafka.bootstrap_servers)))
    yield made
    made.close()


def offsets(cursor: Cursor, start: int, end: int) -> list[int | None]:
    return [message.offset() for message in cursor.messages(PLACE, start, end)]


def test_it_reads_a_range_and_stands_at_its_end(cursor: Cursor) -> None:
    assert offsets(cursor, 8, 10) == [8, 9]
    assert offsets(cursor, 0, 3) == [0, 1, 2]
    assert cursor.stands_at(PLACE, 3) or cursor.is_resting  # by how much came at once


def test_one_that_is_sent_back_to_the_beginning_gives_nothing_from_there(
    cursor: Cursor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cursors, "_FETCH_S", 0.5)
    with pytest.raises(StorageError, match="it began too early"):
        offsets(cursor, 5_000, 5_001)
    assert offsets(cursor, 9, 10) == [9]
