"""Taking Kafka's answers to what is asked of many partitions at once."""

import asyncio
import contextlib
import itertools
import time
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import Future
from typing import Any

from confluent_kafka import OFFSET_INVALID, KafkaError, KafkaException

from shardline.storage.record_log import StorageError

Place = tuple[str, int]  # a topic and a partition
Ask = Callable[[list[Place]], Mapping[Place, "Future[Any]"]]
Once = Callable[[list[Place], Ask], Awaitable[dict[Place, Any]]]
AGAIN_S = 0.03

_PASSING = {
    KafkaError.NOT_LEADER_FOR_PARTITION,
    KafkaError.LEADER_NOT_AVAILABLE,
    KafkaError.UNKNOWN_TOPIC_OR_PART,  # a broker may hear of a new topic late
    KafkaError.OFFSET_NOT_AVAILABLE,
    KafkaError.FENCED_LEADER_EPOCH,
    KafkaError.UNKNOWN_LEADER_EPOCH,
    KafkaError.KAFKA_STORAGE_ERROR,
    KafkaError._TRANSPORT,
    KafkaError._TIMED_OUT,
    KafkaError._NOENT,  # "no leaders found": of new partitions
    KafkaError._UNKNOWN_PARTITION,
    KafkaError._UNKNOWN_TOPIC,
}


def may_pass(result: Any) -> bool:
    """Whether it is an error of a partition whose leader is just being found or replaced."""
    return isinstance(result, KafkaError) and result.code() in _PASSING


async def each(
    places: list[Place], ask: Ask, patience_s: float, once: "Once | None" = None
) -> dict[Place, Any]:
    """What Kafka answers of each partition, or the `KafkaError`.

    What may pass is asked again until `patience_s` have gone, each time by `once`.
    """
    found: dict[Place, Any] = {}
    deadline = time.monotonic() + patience_s
    while places:
        found |= await (once or ask_once)(places, ask)
        places = [place for place in places if may_pass(found[place])]
        if places and time.monotonic() > deadline:
            break
        if places:
            await asyncio.sleep(AGAIN_S)
    return found


async def ask_once(places: list[Place], ask: Ask) -> dict[Place, Any]:
    """What Kafka answers of each partition, or the `KafkaError`."""
    loop = asyncio.get_running_loop()
    futures = ask(places)
    all_came: asyncio.Future[None] = loop.create_future()
    came = itertools.count(1)

    def one_came(_: "Future[Any]") -> None:  # in a thread of librdkafka
        if next(came) == len(futures):
            with contextlib.suppress(RuntimeError):  # the loop was closed
                loop.call_soon_threadsafe(tell)

    def tell() -> None:
        if not all_came.done():
            all_came.set_result(None)

    for future in futures.values():  # which wake the loop once, not each for itself
        future.add_done_callback(one_came)
    await all_came
    return {place: _result(future) for place, future in futures.items()}


def _result(future: "Future[Any]") -> Any:
    error = future.exception()
    if isinstance(error, KafkaException):
        return error.args[0]
    answer = future.result()
    if getattr(answer, "offset", 0) == OFFSET_INVALID:
        # librdkafka's, of a partition that no broker answered for since others were in error
        return KafkaError(KafkaError.OFFSET_NOT_AVAILABLE)
    return answer


async def done(future: "Future[Any]", error: type[StorageError], *harmless: int) -> Any:
    """What Kafka answers; None where it refuses because it is so already."""
    try:
        return await asyncio.wrap_future(future) or True
    except KafkaException as refused:
        reason: KafkaError = refused.args[0]
        if reason.code() in harmless:
            return None
        raise error(f"Kafka: {reason.str()}") from refused
