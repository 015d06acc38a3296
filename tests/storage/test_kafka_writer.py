"""Every record that is sent comes to an end, also when librdkafka gives the producer up."""

import asyncio
import gc
import threading
import time
from collections.abc import Awaitable, Callable

import pytest

from contract.record_log_support import run
from mock_kafka import PRODUCE, MockKafka, give_up, mock_kafka
from shardline.storage.kafka_log import writer as writer_module
from shardline.storage.kafka_log.sent import Sent
from shardline.storage.kafka_log.url import KafkaSettings
from shardline.storage.kafka_log.writer import Writer
from shardline.storage.record_log import WriteFailed

pytestmark = pytest.mark.slow

HERE, THERE = ("t", 0), ("t", 1)
NOT_ENOUGH_REPLICAS = 19
OUT_OF_ORDER_SEQUENCE = 45
INVALID_PRODUCER_EPOCH = 47
Body = Callable[[Writer, MockKafka], Awaitable[None]]


@pytest.fixture(autouse=True)
def replaced_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Producers that have just begun are replaced too."""
    monkeypatch.setattr(writer_module, "_REPLACED_AFTER_S", 0.0)


def send(writer: Writer, count: int = 1, place: tuple[str, int] = HERE) -> Sent:
    return writer.send(place, 1_000, [("s", b"0")], [b"k"] * count, [b"v"] * count)


def on_a_writer(body: Body, timeout_ms: int = 5_000) -> None:
    """One that has sent a record to each partition before."""
    with mock_kafka() as kafka:
        kafka.make_topic("t", 2)

        async def main() -> None:
            writer = Writer(KafkaSettings(kafka.bootstrap_servers, timeout_ms=timeout_ms))
            assert await send(writer, place=HERE).done == [0]
            assert await send(writer, place=THERE).done == [0]
            await body(writer, kafka)
            kafka.answer_after(0)
            await writer.close()

        run(main)


async def outcome(sent: Sent) -> list[int] | None:
    """The offsets; None if it failed."""
    try:
        return await asyncio.wait_for(asyncio.shield(sent.done), 8)
    except WriteFailed:
        return None


async def until(is_so: Callable[[], bool]) -> None:
    while not is_so():  # noqa: ASYNC110 - another thread does it, and tells nobody
        await asyncio.sleep(0.01)


async def lose(writer: Writer, reason: str = "made up") -> None:
    """Let the producer be given up."""
    producing = writer._now
    give_up(producing.producer, reason)
    await until(lambda: bool(producing.fatal))


async def when_it_may(writer: Writer, place: tuple[str, int] = HERE) -> Sent:
    """Send as soon as it is not refused."""
    while True:
        try:
            return send(writer, place=place)
        except WriteFailed:
            await asyncio.sleep(0.01)


def test_after_a_fatal_error_what_is_on_its_way_ends_and_the_next_call_succeeds() -> None:
    async def body(writer: Writer, kafka: MockKafka) -> None:
        kafka.answer_after(200)
        flying = send(writer, 3)
        await asyncio.sleep(0.05)  # it is with the broker now; the next waits in the queue
        queued = [send(writer, 2) for _ in range(8)]
        await lose(writer)
        after = await when_it_may(writer)
        # Then what came after lies after, and what failed was never written
        assert await outcome(flying) == [1, 2, 3]
        ends = [await outcome(sent) for sent in queued]
        written = sum(end is not None for end in ends)
        assert ends == [[4 + 2 * n, 5 + 2 * n] for n in range(written)] + [None] * (8 - written)
        assert written < 8
        assert await outcome(after) == [4 + 2 * written]

    on_a_writer(body)


def test_what_waits_for_the_broker_s_answer_takes_no_processor() -> None:
    async def body(writer: Writer, kafka: MockKafka) -> None:
        kafka.answer_after(900)
        # Given more records on their way than librdkafka would have more than one request for
        flying = send(writer, 10)
        await asyncio.sleep(0.05)
        began = time.process_time()
        # When others wait for it, beyond their linger time
        waiting = [send(writer) for _ in range(10)]
        assert await outcome(flying) == list(range(1, 11))
        # Then no thread has turned in a circle
        assert time.process_time() - began < 0.3
        kafka.answer_after(0)
        assert [await outcome(each) for each in waiting] == [[n] for n in range(11, 21)]

    on_a_writer(body)


def test_a_call_that_comes_as_the_error_is_told_ends() -> None:
    async def body(writer: Writer, kafka: MockKafka) -> None:
        give_up(writer._now.producer, "made up")
        # Whether the producer's thread has told it before, or the producer refuses
        first = await outcome(send(writer, 3)) or []
        assert first in ([], [1, 2, 3])
        assert await outcome(await when_it_may(writer)) == [1 + len(first)]

    on_a_writer(body)


def test_a_partition_waits_for_what_an_old_producer_sent_and_others_do_not() -> None:
    async def body(writer: Writer, kafka: MockKafka) -> None:
        kafka.answer_after(300)
        flying = send(writer, 1, HERE)
        await asyncio.sleep(0.05)
        await lose(writer)
        await when_it_may(writer, THERE)
        assert not flying.done.done()
        with pytest.raises(WriteFailed, match="has not told yet"):
            send(writer, 1, HERE)
        assert await outcome(flying) == [1]
        assert await outcome(await when_it_may(writer, HERE)) == [2]

    on_a_writer(body)


def test_when_the_broker_answers_no_more_all_fail_in_time() -> None:
    async def body(writer: Writer, kafka: MockKafka) -> None:
        kafka.answer_after(60_000)
        flying = send(writer, 3)
        await asyncio.sleep(0.05)
        await lose(writer)
        queued = await when_it_may(writer, THERE)
        assert [await outcome(flying), await outcome(queued)] == [None, None]

    on_a_writer(body, timeout_ms=1_500)


@pytest.mark.parametrize("error", [OUT_OF_ORDER_SEQUENCE, INVALID_PRODUCER_EPOCH])
def test_a_broker_s_word_on_the_sequence_fails_one_call_and_not_the_next(error: int) -> None:
    async def body(writer: Writer, kafka: MockKafka) -> None:
        await asyncio.sleep(1)  # else it is a producer that never worked
        kafka.fail_next(PRODUCE, error)
        assert await outcome(send(writer, 3)) is None
        assert await outcome(await when_it_may(writer)) == [1]
        assert not writer._now.fatal

    on_a_writer(body)


def test_what_passes_is_tried_again_once_and_in_order() -> None:
    async def body(writer: Writer, kafka: MockKafka) -> None:
        kafka.fail_next(PRODUCE, NOT_ENOUGH_REPLICAS, 0, NOT_ENOUGH_REPLICAS)
        sent = [send(writer, 2) for _ in range(4)]
        ends = [await outcome(each) for each in sent]
        assert ends == [[1 + 2 * n, 2 + 2 * n] for n in range(4)]

    on_a_writer(body)


def test_a_producer_that_fails_at_once_is_not_made_again_and_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def body(writer: Writer, kafka: MockKafka) -> None:
        await lose(writer)
        await when_it_may(writer)
        second = writer._now
        monkeypatch.setattr(writer_module, "_REPLACED_AFTER_S", 0.5)
        await lose(writer, "made up again")
        for _ in range(10):
            with pytest.raises(WriteFailed, match="made up again"):
                send(writer)
        assert writer._now is second
        assert await outcome(await when_it_may(writer)) is not None

    on_a_writer(body)


def test_producers_that_were_replaced_leave_nothing_behind() -> None:
    async def body(writer: Writer, kafka: MockKafka) -> None:
        for _ in range(3):
            await lose(writer)
            assert await outcome(await when_it_may(writer)) is not None
        await until(lambda: not writer._before)

    before = threading.active_count()
    on_a_writer(body)
    gc.collect()
    assert threading.active_count() == before


def test_a_queue_that_is_full_fails_the_call_and_counts_what_was_sent_of_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(writer_module, "_QUEUE_BYTES_K", 1024)
    with mock_kafka() as kafka:
        kafka.make_topic("t", 2)

        async def main() -> None:
            writer = Writer(KafkaSettings(kafka.bootstrap_servers, timeout_ms=1_500))
            assert await send(writer).done == [0]
            kafka.answer_after(60_000)
            value = [bytes(2**13)] * 300
            sent = writer.send(HERE, 1_000, [("s", b"0")], [b"k"] * 300, list(value))
            assert not sent.done.done()
            assert await outcome(sent) is None
            assert not writer._now.flying
            kafka.answer_after(0)
            await writer.close()

        run(main)
