"""What librdkafka answers of partitions that are just being made."""

import asyncio
from concurrent.futures import Future
from types import SimpleNamespace
from typing import Any

import pytest
from confluent_kafka import OFFSET_INVALID, KafkaError, KafkaException

from contract.record_log_support import run
from shardline.storage.kafka_log.answers import each

NOT_LEADER = KafkaException(KafkaError(KafkaError.NOT_LEADER_FOR_PARTITION))
DENIED = KafkaException(KafkaError(KafkaError.TOPIC_AUTHORIZATION_FAILED))


def offset(at: int) -> SimpleNamespace:
    return SimpleNamespace(offset=at)


def answered(*rounds: dict[int, Any]) -> tuple[dict[int, Any], list[list[int]]]:
    """What is found of partitions if Kafka answers so, round by round, and what was asked."""
    asked: list[list[int]] = []

    def ask(places: list[tuple[str, int]]) -> dict[tuple[str, int], "Future[Any]"]:
        asked.append([partition for _, partition in places])
        futures: dict[tuple[str, int], Future[Any]] = {place: Future() for place in places}
        for (_, partition), future in futures.items():
            answer = rounds[len(asked) - 1][partition]
            if isinstance(answer, Exception):
                future.set_exception(answer)
            else:
                future.set_result(answer)
        return futures

    async def main() -> dict[int, Any]:
        found = await each([("t", partition) for partition in rounds[0]], ask, 5)
        return {partition: answer for (_, partition), answer in found.items()}

    return run(main), asked


def test_an_offset_that_is_none_is_asked_for_again() -> None:
    """librdkafka gives it, and no error, if other partitions of the question were in error."""
    found, asked = answered(
        {0: offset(5), 1: NOT_LEADER, 2: offset(OFFSET_INVALID)},
        {1: offset(OFFSET_INVALID), 2: offset(0)},
        {1: offset(-1)},  # which is an answer: there is nothing
    )
    assert {n: answer.offset for n, answer in found.items()} == {0: 5, 1: -1, 2: 0}
    assert asked == [[0, 1, 2], [1, 2], [1]]


def test_an_error_that_will_not_pass_is_the_answer() -> None:
    found, asked = answered({0: DENIED, 1: offset(1)})
    assert found[0].code() == KafkaError.TOPIC_AUTHORIZATION_FAILED
    assert asked == [[0, 1]]


def test_who_asks_may_go_away() -> None:
    async def main() -> None:
        waiting: Future[Any] = Future()
        asking = asyncio.ensure_future(each([("t", 0)], lambda _: {("t", 0): waiting}, 5))
        await asyncio.sleep(0)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        waiting.set_result(offset(1))
        await asyncio.sleep(0)

    run(main)
