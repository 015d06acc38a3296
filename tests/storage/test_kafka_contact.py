"""Whether any broker answers: what is concluded, when, and who learns it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator

import pytest
from confluent_kafka import KafkaError, KafkaException

from contract.record_log_support import kafka_settings, run
from mock_kafka import MockKafka, mock_kafka
from real_kafka import kafka_cluster
from shardline.storage.kafka_log.contact import (
    AGAIN_S,
    ASK_S,
    LOST_S,
    REST_S,
    AnyBroker,
    Contact,
)
from shardline.storage.record_log import OutOfReach, WriteFailed


class Brokers:
    """They answer at once, or not; the time that is waited for them goes by in no time."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.answer = True
        self.asked = 0
        self.said = ""

    def ask(self) -> None:
        self.asked += 1
        if not self.answer:
            self.now += ASK_S
            raise KafkaException(KafkaError(KafkaError._TRANSPORT))

    def why(self) -> str:
        return self.said


class Told:
    """How often contact was lost."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> None:
        self.times += 1


Body = Callable[[Contact, Brokers, Told], Awaitable[None]]


def with_contact(body: Body) -> None:
    """A contact that nobody but the test lets look."""

    async def main() -> None:
        brokers, told = Brokers(), Told()
        contact = Contact(brokers, told, lambda: brokers.now)
        await body(contact, brokers, told)
        await contact.close()

    run(main)


def look(contact: Contact, brokers: Brokers) -> None:
    """Ask once as its thread does, and rest."""
    rest_s = contact.look()
    brokers.now += rest_s


def look_for(contact: Contact, brokers: Brokers, seconds: float) -> None:
    """Ask as its thread does, for so long."""
    end = brokers.now + seconds
    while brokers.now < end:
        look(contact, brokers)


def until_lost(contact: Contact, brokers: Brokers) -> float:
    """Ask until contact is lost; how long that took."""
    began = brokers.now
    while contact.trouble is None:
        look(contact, brokers)
    return brokers.now - began


async def a_turn() -> None:
    for _ in range(3):
        await asyncio.sleep(0)


def test_it_is_lost_after_seconds_and_found_by_the_first_answer(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def body(contact: Contact, brokers: Brokers, told: Told) -> None:
        # Given brokers that answer
        look_for(contact, brokers, 60)
        contact.check()
        # When they do no longer
        brokers.answer = False
        brokers.said = "10.0.0.1:9092/1: Connection refused"
        took = until_lost(contact, brokers)
        # Then that is known in seconds, and told once
        assert took + REST_S >= LOST_S
        assert took <= LOST_S + REST_S + ASK_S
        assert contact.trouble is not None
        assert contact.trouble.startswith("cannot reach Kafka: no broker has answered for ")
        with pytest.raises(OutOfReach, match="cannot reach Kafka"):
            contact.check()
        look_for(contact, brokers, 60)
        await a_turn()
        assert told.times == 1
        # And an operator reads where, which whoever asks for health does not
        (line,) = [each for each in caplog.records if each.levelno == logging.ERROR]
        assert brokers.said in line.getMessage()
        assert brokers.said not in contact.trouble
        # When one answers again, then it is found at once
        brokers.answer = True
        assert contact.look() == REST_S
        contact.check()
        assert contact.trouble is None
        assert "Kafka is reached again" in caplog.text

    with_contact(body)


def test_questions_that_are_lost_now_and_then_do_not_matter() -> None:
    async def body(contact: Contact, brokers: Brokers, told: Told) -> None:
        for _ in range(20):
            brokers.answer = False
            assert contact.look() == AGAIN_S
            assert contact.look() == AGAIN_S
            brokers.answer = True
            assert contact.look() == REST_S
        assert contact.trouble is None

    with_contact(body)


def test_it_is_not_lost_while_records_are_acknowledged_and_found_by_one_that_is() -> None:
    async def body(contact: Contact, brokers: Brokers, told: Told) -> None:
        brokers.answer = False
        for _ in range(20):
            look(contact, brokers)
            contact.heard()
        assert contact.trouble is None
        until_lost(contact, brokers)
        contact.heard()
        contact.look()
        assert contact.trouble is None

    with_contact(body)


def test_what_is_under_way_when_it_is_lost_is_waited_for_no_longer_and_goes_on() -> None:
    async def body(contact: Contact, brokers: Brokers, told: Told) -> None:
        may_end, ended = asyncio.Event(), []

        async def work() -> str:
            await may_end.wait()
            ended.append(True)
            raise WriteFailed("of interest to nobody")

        # Given something that waits for Kafka
        waiting = asyncio.ensure_future(contact.during(work))
        await a_turn()
        assert not waiting.done()
        # When contact is lost
        brokers.answer = False
        until_lost(contact, brokers)
        # Then who asked for it is told, and it ends by itself
        with pytest.raises(OutOfReach):
            await waiting
        may_end.set()
        await a_turn()
        assert ended
        # And nothing else is begun until there is contact again
        with pytest.raises(OutOfReach):
            await contact.during(work)
        brokers.answer = True
        contact.look()
        await a_turn()
        with pytest.raises(WriteFailed):
            await contact.during(work)

    with_contact(body)


def test_what_goes_on_by_itself_ends_with_the_log() -> None:
    async def body(contact: Contact, brokers: Brokers, told: Told) -> None:
        cancelled = []

        async def work() -> None:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                cancelled.append(True)
                raise

        waiting = asyncio.ensure_future(contact.during(work))
        await a_turn()
        brokers.answer = False
        until_lost(contact, brokers)
        with pytest.raises(OutOfReach):
            await waiting
        await contact.close()
        assert cancelled
        # As does what is asked for by somebody who goes
        brokers.answer = True
        contact.look()
        await a_turn()
        gone = asyncio.ensure_future(contact.during(work))
        await a_turn()
        gone.cancel()
        await a_turn()
        assert len(cancelled) == 2

    with_contact(body)


@pytest.fixture
def kafka() -> Iterator[MockKafka]:
    with mock_kafka() as mock:
        mock.make_topic("t-_owner", 1)
        yield mock


def any_broker(kafka: MockKafka) -> AnyBroker:
    return AnyBroker(kafka_settings(kafka.bootstrap_servers), "t-_owner")


def refusal(broker: AnyBroker) -> str:
    with pytest.raises(KafkaException):
        broker.ask()
    return broker.why()


def test_a_broker_is_asked_that_refuses_connections_and_takes_them_again(
    kafka: MockKafka,
) -> None:
    broker = any_broker(kafka)
    broker.ask()
    kafka.is_down(True)
    assert "Connection refused" in refusal(broker)
    kafka.is_down(False)
    broker.ask()
    assert "Connection refused" not in broker.why()


def test_a_broker_is_asked_that_hangs_and_goes_on(kafka: MockKafka) -> None:
    broker = any_broker(kafka)
    broker.ask()
    kafka.answer_after(60_000)
    for _ in range(3):
        refusal(broker)
    kafka.answer_after(0)
    broker.ask()


@pytest.mark.slow
def test_the_thread_loses_and_finds_a_real_broker(kafka: MockKafka) -> None:
    async def main() -> None:
        lost = asyncio.Event()
        contact = Contact(any_broker(kafka), lost.set)
        contact.begin()
        kafka.is_down(True)
        await asyncio.wait_for(lost.wait(), 30)
        with pytest.raises(OutOfReach):
            contact.check()
        kafka.is_down(False)
        async with asyncio.timeout(30):
            while contact.trouble is not None:  # noqa: ASYNC110 - there is no event
                await asyncio.sleep(0.01)
        await contact.close()

    run(main)


def failures_in_a_row(broker: AnyBroker, questions: int) -> int:
    """How many questions one after the other were not answered, at most."""
    most = now = 0
    for _ in range(questions):
        try:
            broker.ask()
            now = 0
        except KafkaException:
            now += 1
        most = max(most, now)
    return most


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_one_broker_that_answers_is_enough() -> None:
    with kafka_cluster(brokers=3) as cluster:
        broker = AnyBroker(kafka_settings(cluster.bootstrap_servers), "t-_owner")
        broker.ask()
        # Given one that hangs, whichever was asked
        for number in cluster.numbers:
            cluster.freeze(number)
            assert failures_in_a_row(broker, 20) * (ASK_S + AGAIN_S) < LOST_S
            cluster.thaw(number)
        # And one that is the only one left
        cluster.kill(1)
        cluster.kill(2)
        assert failures_in_a_row(broker, 20) * (ASK_S + AGAIN_S) < LOST_S
