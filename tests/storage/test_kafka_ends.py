"""Reads at the tails share the questions after the end, and one slow broker holds up its own."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from confluent_kafka import KafkaError

from contract.record_log_support import run
from shardline.storage.kafka_log import ends as module
from shardline.storage.kafka_log.ends import Ends
from shardline.storage.record_log import StorageError

A, B = ("t", 0), ("t", 1)
NO_LEADER = KafkaError(KafkaError.LEADER_NOT_AVAILABLE)
DENIED = KafkaError(KafkaError.TOPIC_AUTHORIZATION_FAILED)


class Broker:
    """Answers when it is told to, with what is true at that moment or what a test says."""

    def __init__(self) -> None:
        self.ends: dict[tuple[str, int], Any] = {A: 0, B: 0}
        self.asked: list[list[tuple[str, int]]] = []
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def ask(self, places: list[tuple[str, int]]) -> dict[tuple[str, int], Any]:
        self.asked.append(places)
        found = {place: self.ends[place] for place in places}
        await self.may_answer.wait()
        await asyncio.sleep(0)
        return {place: end for place, end in found.items() if end is not None}


def on_two_brokers(body: Callable[[Ends, Broker, Broker], Awaitable[None]]) -> None:
    """One that is asked quickly, and one that is asked patiently."""

    async def main() -> None:
        quick, patient = Broker(), Broker()
        ends = Ends(quick.ask, patient.ask)
        await body(ends, quick, patient)
        await ends.close()

    run(main)


def test_who_comes_while_a_question_is_under_way_shares_the_next_one() -> None:
    async def body(ends: Ends, quick: Broker, patient: Broker) -> None:
        quick.may_answer.clear()
        first = asyncio.ensure_future(ends.of(A))
        await asyncio.sleep(0.01)
        quick.ends = {A: 7, B: 8}  # acknowledged after the first question was answered by Kafka
        later = asyncio.gather(*(ends.of(place) for place in (A, B) * 50))
        await asyncio.sleep(0.01)
        quick.may_answer.set()
        assert await first == 0
        assert await later == [7, 8] * 50
        assert quick.asked == [[A], [A, B]]
        assert patient.asked == []

    on_two_brokers(body)


def test_a_partition_without_an_answer_does_not_hold_up_the_others() -> None:
    async def body(ends: Ends, quick: Broker, patient: Broker) -> None:
        quick.ends[B] = None
        patient.ends[B] = NO_LEADER
        slow = asyncio.ensure_future(ends.of(B))
        while not patient.asked:  # noqa: ASYNC110 - there is no event
            await asyncio.sleep(0)
        quick.ends[A] = 3
        assert await ends.of(A) == 3
        assert not slow.done()
        asked = len(quick.asked)
        another = asyncio.ensure_future(ends.of(B))
        patient.ends[B] = 9
        assert await asyncio.gather(slow, another) == [9, 9]
        assert len(quick.asked) == asked
        # When it answered once, it is asked with the others again
        quick.ends[B] = 10
        assert await ends.of(B) == 10

    on_two_brokers(body)


def test_what_will_not_pass_is_told_at_once_and_the_rest_in_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "_PATIENCE_S", 0.1)

    async def body(ends: Ends, quick: Broker, patient: Broker) -> None:
        quick.ends = {A: DENIED, B: None}
        patient.ends[B] = NO_LEADER
        with pytest.raises(StorageError, match="authoriz"):
            await ends.of(A)
        with pytest.raises(StorageError, match="eader"):
            await asyncio.wait_for(ends.of(B), 5)

    on_two_brokers(body)


def test_a_caller_that_goes_away_takes_no_answer_from_the_others() -> None:
    async def body(ends: Ends, quick: Broker, patient: Broker) -> None:
        quick.may_answer.clear()
        calls = [asyncio.ensure_future(ends.of(A)) for _ in range(2)]
        await asyncio.sleep(0.01)
        calls[0].cancel()
        quick.may_answer.set()
        assert await calls[1] == 0

    on_two_brokers(body)


def test_who_waits_when_it_is_closed_is_told() -> None:
    async def body(ends: Ends, quick: Broker, patient: Broker) -> None:
        quick.ends[B] = None
        patient.ends[B] = NO_LEADER
        waiting = asyncio.ensure_future(ends.of(B))
        while not patient.asked:  # noqa: ASYNC110 - there is no event
            await asyncio.sleep(0)
        await asyncio.wait_for(ends.close(), 5)
        with pytest.raises(StorageError):
            await waiting

    on_two_brokers(body)
