"""Calls for shards that are not ready keep their order, whenever the next one comes."""

import asyncio
import gc
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from shardline.storage.kafka_log.holding import Holding
from shardline.storage.kafka_log.streams import Streams
from shardline.storage.range_port import Range
from shardline.storage.record_log import StorageError, UnknownShard, WriteFailed
from storage.test_kafka_readiness import Kafka, Ranges, a_turn, on_streams


class Calls:
    """Sends calls as an appender does, and notes in which order they were sent."""

    def __init__(self, streams: Streams) -> None:
        self.holding = Holding(streams)
        self.sent: list[int] = []
        self._count = 0

    def call(self, *shards: int) -> "asyncio.Task[None]":
        """One more call; it is called in this turn of the loop, when nothing else is."""
        number, self._count = self._count, self._count + 1
        return asyncio.ensure_future(self._call(number, shards))

    async def _call(self, number: int, shards: tuple[int, ...]) -> None:
        def send(*_: Any) -> None:
            self.sent.append(number)

        ready = self.holding.ready("s", shards)
        if ready is not None:
            send(*ready)
        else:
            await self.holding.in_turn("s", shards, send)


Body = Callable[[Calls, Kafka, Ranges, Streams], Awaitable[None]]


def on_calls(body: Body, patience_s: float = 60) -> None:
    """Stream `s` has shards 0 and 1, which nobody has looked up."""

    async def with_calls(streams: Streams, kafka: Kafka, ranges: Ranges) -> None:
        await ranges.change("s", {1: Range(1, 0, 0)})
        calls = Calls(streams)
        await body(calls, kafka, ranges, streams)
        assert not calls.holding._held

    on_streams(with_calls, patience_s)


def test_no_call_overtakes_those_that_wait_whenever_it_comes() -> None:
    async def body(calls: Calls, kafka: Kafka, _: Ranges, __: Streams) -> None:
        waiting = [calls.call(0) for _ in range(20)]
        await a_turn()
        kafka.may_answer.set()
        # When one more comes in each of the loop's turns in which the shard becomes ready
        while not all(call.done() for call in waiting):
            waiting.append(calls.call(0))
            await asyncio.sleep(0)
        await asyncio.gather(*waiting)
        assert calls.sent == list(range(len(waiting)))

    on_calls(body)


def test_a_shard_that_is_ready_does_not_wait_for_another() -> None:
    async def body(calls: Calls, kafka: Kafka, ranges: Ranges, streams: Streams) -> None:
        kafka.may_answer.set()
        await calls.call(0, 1)
        kafka.may_answer.clear()
        await ranges.change("s", {2: Range(2, 0, 0)})
        await streams.follow(["s"])
        # Given a call for an old shard and a new one, which waits
        both = calls.call(0, 2)
        await a_turn()
        # Then calls for its old shard keep behind it, and others do not
        after, other = calls.call(0), calls.call(1)
        await a_turn()
        assert calls.sent == [0, 3]
        kafka.may_answer.set()
        await asyncio.gather(both, after, other)
        assert calls.sent == [0, 3, 1, 2]

    on_calls(body)


def test_a_call_that_fails_or_is_given_up_holds_up_nobody() -> None:
    async def body(calls: Calls, kafka: Kafka, ranges: Ranges, streams: Streams) -> None:
        kafka.may_answer.set()
        await calls.call(0)
        kafka.may_answer.clear()
        await ranges.change("s", {2: Range(2, 0, 0)})
        await streams.follow(["s"])
        given_up, behind = calls.call(0, 2), calls.call(0)
        await a_turn()
        given_up.cancel()
        await behind
        unknown, behind = calls.call(0, 7), calls.call(0)
        await behind
        with pytest.raises(UnknownShard):
            await unknown
        late, behind = calls.call(0, 2), calls.call(0)
        kafka.refusal = StorageError("not now")
        kafka.may_answer.set()
        await behind
        with pytest.raises(StorageError, match="not now"):
            await late
        assert calls.sent == [0, 2, 4, 6]

    on_calls(body)


def test_what_sending_raises_is_the_call_s_own() -> None:
    async def body(calls: Calls, kafka: Kafka, _: Ranges, __: Streams) -> None:
        def refuse(*_: Any) -> None:
            raise WriteFailed("closed")

        refused = asyncio.ensure_future(calls.holding.in_turn("s", (0,), refuse))
        behind = calls.call(0)
        kafka.may_answer.set()
        await behind
        with pytest.raises(WriteFailed, match="closed"):
            await refused

    on_calls(body)


def test_whatever_sending_raises_holds_up_nobody_else() -> None:
    async def body(calls: Calls, kafka: Kafka, _: Ranges, __: Streams) -> None:
        def fail(*_: Any) -> None:
            raise RuntimeError("no thread")

        before = calls.call(0)
        failing = asyncio.ensure_future(calls.holding.in_turn("s", (0,), fail))
        behind = calls.call(0)
        await a_turn()
        kafka.may_answer.set()
        await asyncio.gather(before, behind)
        assert calls.sent == [0, 1]
        with pytest.raises(RuntimeError, match="no thread"):
            await failing

    on_calls(body)


def test_a_caller_that_goes_as_its_call_is_refused_leaves_no_exception_behind() -> None:
    unread: list[dict[str, Any]] = []

    async def body(calls: Calls, kafka: Kafka, _: Ranges, __: Streams) -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: unread.append(context))
        first = calls.call(0)
        await a_turn()

        def refuse(*_: Any) -> None:
            refused.cancel()
            raise WriteFailed("closed")

        refused = asyncio.ensure_future(calls.holding.in_turn("s", (0,), refuse))
        await a_turn()
        kafka.may_answer.set()
        await first
        with pytest.raises(asyncio.CancelledError):
            await refused
        gc.collect()

    on_calls(body)
    assert unread == []
