"""Where partitions end now: asked by every read at a tail, so all reads share few questions.

A read has to give all that anybody acknowledged before it was called, by this gateway or another.
So it needs an answer to a question that was put after the call, and one question goes for all
partitions that are read meanwhile: one is under way, and who comes then shares the next.

Kafka's answer comes when the slowest broker has answered. Partitions that got none in time are
asked for in a lane of their own, so that they do not hold up the others more than once.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from shardline.storage.kafka_log.answers import AGAIN_S, Place, may_pass
from shardline.storage.kafka_log.url import KafkaSettings
from shardline.storage.record_log import StorageError

Answers = Mapping[Place, Any]
AskEnds = Callable[[list[Place]], Awaitable[Answers]]
"""Answers the ends, or the `KafkaError`; what it leaves out may be asked again."""

_QUICK_S = 1.0
_PATIENCE_S = 10.0
_AT_ONCE = 256  # librdkafka seeks each partition of an answer among all that were asked for
_LATEST = -1  # ListOffsets' own word for the end, in place of a time


class Ends:
    """Answers where partitions end, for many callers at one time."""

    def __init__(self, quickly: AskEnds, patiently: AskEnds) -> None:
        """`quickly` gives up soon and for all partitions together, `patiently` for each alone."""
        self._quick = _Lane(quickly, self._answered)
        self._slow = _Lane(patiently, self._answered)
        self._troubled: set[Place] = set()

    async def of(self, place: Place) -> int:
        """The end of a partition at some moment after the call. Raises `StorageError`."""
        lane = self._slow if place in self._troubled else self._quick
        return await asyncio.shield(lane.ask(place))

    def _answered(self, calls: "Mapping[Place, list[_Call]]", ends: Answers) -> bool:
        """Hand the answers out; whether some have to be asked again."""
        again = False
        for place, waiting in calls.items():
            end = ends.get(place)
            if isinstance(end, int):
                self._troubled.discard(place)
                for call in waiting:
                    call.end.set_result(end)
            elif end is None or may_pass(end):
                self._troubled.add(place)
                again |= self._slow.ask_again(place, waiting, end)
            else:
                _refuse(waiting, end)
        return again

    async def close(self) -> None:
        """Return when nothing is asked any more; who waits gets a `StorageError`."""
        await self._quick.close()
        await self._slow.close()


class _Call:
    """Some who wait for the same answer."""

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        self.end: asyncio.Future[int] = loop.create_future()
        self.deadline = loop.time() + _PATIENCE_S


class _Lane:
    """One question under way, and what the next will ask."""

    def __init__(
        self, ask: AskEnds, answered: Callable[[Mapping[Place, list[_Call]], Answers], bool]
    ) -> None:
        self._ask = ask
        self._answered = answered
        self._next: dict[Place, list[_Call]] = {}
        self._asking: asyncio.Task[None] | None = None
        self._is_closed = False

    def ask(self, place: Place) -> "asyncio.Future[int]":
        """The answer of the next question."""
        waiting = self._next.get(place)
        if waiting is None:
            waiting = self._next[place] = [_Call()]
            self._go_on()
        return waiting[-1].end

    def ask_again(self, place: Place, waiting: list[_Call], error: KafkaError | None) -> bool:
        """Take over who waits, but for those who have waited long enough."""
        now = asyncio.get_running_loop().time()
        over = [call for call in waiting if call.deadline <= now or self._is_closed]
        _refuse(over, error)
        left = [call for call in waiting if call not in over]
        if left:
            self._next[place] = left + self._next.get(place, [])
            self._go_on()
        return bool(left)

    def _go_on(self) -> None:
        if self._asking is None:
            self._asking = asyncio.ensure_future(self._run())

    async def _run(self) -> None:
        try:
            while self._next:
                calls, self._next = self._next, {}
                if self._answered(calls, await self._ask([*calls])):
                    await asyncio.sleep(AGAIN_S)
        finally:
            self._asking = None

    async def close(self) -> None:
        self._is_closed = True
        if self._asking is not None:
            await self._asking
        for waiting in self._next.values():
            _refuse(waiting, None)


def _refuse(calls: list[_Call], error: KafkaError | None) -> None:
    said = "it did not say in time where a partition ends" if error is None else error.str()
    for call in calls:
        call.end.set_exception(StorageError(f"Kafka: {said}"))
        call.end.exception()  # who asked may have gone


class QuickAsker:
    """Asks for the ends of many partitions by one call of librdkafka, in a thread.

    It costs a quarter of the CPU of what the administration's `list_offsets` does.
    """

    def __init__(self, settings: KafkaSettings) -> None:
        config = settings.client() | {"group.id": "shardline", "isolation.level": "read_committed"}
        self._consumer = Consumer(config)  # which never consumes anything
        self._thread = ThreadPoolExecutor(1, "shardline-kafka-ends")

    async def ask(self, places: list[Place]) -> Answers:
        """The ends that were told in time; none if one broker was late."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._ends, places)

    def _ends(self, places: list[Place]) -> Answers:
        found: dict[Place, int] = {}
        for at in range(0, len(places), _AT_ONCE):
            found |= self._ends_of_few(places[at : at + _AT_ONCE])
        return found

    def _ends_of_few(self, places: list[Place]) -> dict[Place, int]:
        asked = [TopicPartition(*place, _LATEST) for place in places]
        with contextlib.suppress(KafkaException):
            return {
                (each.topic, each.partition): each.offset
                for each in self._consumer.offsets_for_times(asked, timeout=_QUICK_S)
                if each.error is None and each.offset >= 0
            }
        with contextlib.suppress(KafkaException):  # or it would ask a leader that died for ever
            self._consumer.list_topics(timeout=_QUICK_S)
        return {}

    async def close(self) -> None:
        """Release the consumer. Idempotent."""
        await asyncio.to_thread(self._thread.shutdown)
        await asyncio.to_thread(self._consumer.close)
