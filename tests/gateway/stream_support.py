"""A source of events that does what a test says, and what reads the stream that comes of it."""

import asyncio
import json
from collections.abc import Callable, Sequence
from typing import Any

from botocore.eventstream import EventStreamBuffer

from shardline.gateway.budget import ByteBudget
from shardline.gateway.model import load_service
from shardline.gateway.protocols.json import JsonProtocol
from shardline.gateway.streaming import Stream
from shardline.gateway.types import Event
from shardline.kinesis.structs import SubscribeToShardEvent

SUBSCRIBE = load_service("kinesis").operations["SubscribeToShard"]
MOST = 4096


def event_of(**members: Any) -> Event:
    """An event whose payload has these members."""
    return Event("SubscribeToShardEvent", SubscribeToShardEvent([], 0, **members))


class Source:
    """Gives what it was made with, one at a time: events, or errors to raise."""

    def __init__(self, *steps: Event | BaseException, most: int = MOST) -> None:
        self._steps = list(steps)
        self._most = most
        self.closed = 0
        self.made = 0

    async def ready(self) -> int | None:
        await asyncio.sleep(0)
        return self._most if self._steps else None

    async def next(self) -> Event:
        step = self._steps.pop(0)
        if isinstance(step, BaseException):
            raise step
        self.made += 1
        return step

    def close(self) -> None:
        self.closed += 1


class Endless:
    """One and the same event for ever, `size` bytes of it."""

    def __init__(self, size: int = 1_000_000) -> None:
        self._event = event_of(ContinuationSequenceNumber="x" * size)
        self._most = size * 2
        self.made = 0
        self.closed = asyncio.Event()

    async def ready(self) -> int | None:
        await asyncio.sleep(0)
        return None if self.closed.is_set() else self._most

    async def next(self) -> Event:
        self.made += 1
        return self._event

    def close(self) -> None:
        self.closed.set()


def stream_of(source: Any) -> Stream:
    return Stream(source, SUBSCRIBE, JsonProtocol())


def messages_in(data: bytes) -> list[tuple[str, dict[str, Any]]]:
    """The name of each event or error, and its payload."""
    buffer = EventStreamBuffer()
    buffer.add_data(data)
    return [
        (
            message.headers.get(":event-type") or message.headers[":exception-type"],
            json.loads(message.payload),
        )
        for message in buffer
    ]


def written(
    stream: Stream, budget: ByteBudget, on_send: Callable[[int], None] = lambda held: None
) -> list[tuple[str, dict[str, Any]]]:
    """The messages of a stream; `on_send` is told how much of the budget is taken at each."""
    data = bytearray()

    async def send(pieces: Sequence[bytes]) -> None:
        on_send(budget.size - budget.free)
        data.extend(b"".join(pieces))

    async def write() -> None:
        await stream.write(budget, send)

    asyncio.run(write())
    return messages_in(bytes(data))
