"""Reading records from where they lie: a few consumers, each of which stands somewhere.

Who reads a shard on from where the last page ended gets the consumer that stands there, with what
it has fetched ahead. One that has given all there was, or that nobody came back to, is taken off
its partition: it would go on asking whether there is more, and a broker answers a client's
questions one after another, so the next read would wait for that answer too.
"""

import asyncio
import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from shardline.storage.kafka_log.cluster import MAX_MESSAGE_BYTES, Place
from shardline.storage.kafka_log.url import KafkaSettings
from shardline.storage.record_log import StorageError

_FETCH_S = 10.0  # how long records that are there may take to come
_AT_ONCE = 500
_IDLE_S = 0.5  # how long one keeps its place for a reader that may come back
_AGAIN_S = 0.05


def consumer_config(settings: KafkaSettings) -> dict[str, Any]:
    """A consumer that follows nobody's group, and fetches no more than a few pages ahead."""
    return settings.client() | {
        "group.id": "shardline",  # never joined: partitions are assigned by hand
        "enable.auto.commit": False,
        "enable.auto.offset.store": False,
        "auto.offset.reset": "error",
        "isolation.level": "read_uncommitted",
        "fetch.wait.max.ms": 2,  # what is read is there; so long a new start may have to wait
        "fetch.error.backoff.ms": 20,
        "fetch.queue.backoff.ms": 20,
        "fetch.message.max.bytes": 2 * 1024 * 1024,
        "fetch.max.bytes": max(16 * 1024 * 1024, MAX_MESSAGE_BYTES),
        "receive.message.max.bytes": 64 * 1024 * 1024,
        "queued.max.messages.kbytes": 16 * 1024,
        "check.crcs": True,
    }


class Cursor:
    """A consumer that stands somewhere. Used by one thread at a time.

    What a consumer says when a leader dies (that it has no offset, that its offset is out of the
    new leader's range for a moment) it may say for ever: it is exchanged for a new one. So is one
    that went back to the beginning instead, as those for topics of others do.
    """

    def __init__(self, config: dict[str, Any]) -> None:
        self._config = config
        self._consumer = Consumer(config)
        self._ahead: deque[Message] = deque()
        self._place: Place | None = None
        self._next = 0  # Kafka's offset of the next message from the consumer
        self.rests_at: asyncio.TimerHandle | None = None

    def stands_at(self, place: Place, offset: int) -> bool:
        """Whether it can go on from there without a new start."""
        return self._place == place and self._position == offset

    @property
    def is_resting(self) -> bool:
        """Whether it stands nowhere."""
        return self._place is None

    @property
    def _position(self) -> int:
        return self._ahead[0].offset() or 0 if self._ahead else self._next

    def messages(self, place: Place, start: int, end: int) -> Iterator[Message]:
        """What lies in a range of a partition that is known to be written, in order.

        Its last offsets may have none if the consumer tells of the partition's end. A message that
        is given back with `push_back` comes again. Raises `StorageError`.
        """
        if not self.stands_at(place, start):
            self._consumer.assign([TopicPartition(*place, start)])
            self._ahead.clear()
            self._place, self._next = place, start
        deadline = time.monotonic() + _FETCH_S
        while self._position < end:
            if not self._ahead:
                self._fetch(min(_AT_ONCE, end - self._position), deadline)
                continue
            yield self._ahead.popleft()
        if not self._ahead:
            self.rest()

    def rest(self) -> None:
        """Stand nowhere, and fetch nothing."""
        self._place = None
        self._ahead.clear()
        self._consumer.unassign()

    def push_back(self, message: Message) -> None:
        """Put back the message that came last."""
        self._ahead.appendleft(message)

    def _fetch(self, count: int, deadline: float) -> None:
        for message in self._consumer.consume(1, 0.1) + self._consumer.consume(count, 0):
            error, offset = message.error(), message.offset() or 0
            if error is None and offset >= self._next:
                self._ahead.append(message)
                self._next = offset + 1
            elif error is not None and error.code() == KafkaError._PARTITION_EOF:
                self._next = max(self._next, offset)
            else:
                if time.monotonic() > deadline:
                    self.rest()
                    said = "it began too early" if error is None else error.str()
                    raise StorageError(f"Kafka: {said}")
                self._begin_again()
                return
        if not self._ahead and time.monotonic() > deadline:
            self.rest()
            raise StorageError("Kafka did not give records in time")

    def _begin_again(self) -> None:
        assert self._place is not None
        self._consumer.close()
        time.sleep(_AGAIN_S)
        self._consumer = Consumer(self._config)
        self._consumer.assign([TopicPartition(*self._place, self._next)])

    def close(self) -> None:
        """Release the consumer."""
        self._consumer.close()


class Cursors:
    """A bounded number of cursors, and as many threads."""

    def __init__(self, config: dict[str, Any], count: int) -> None:
        self._config = config
        self._free: deque[Cursor] = deque()
        self._made = 0
        self._count = count
        self._turns = asyncio.Semaphore(count)
        self.threads = ThreadPoolExecutor(count, "shardline-kafka-read")

    async def borrow(self, place: Place, offset: int) -> Cursor:
        """The cursor that stands there, else one that stands nowhere or was used least lately."""
        await self._turns.acquire()
        for cursor in self._free:
            if cursor.stands_at(place, offset):
                break
        else:
            if not (self._free and self._free[0].is_resting) and self._made < self._count:
                self._made += 1
                return Cursor(self._config)
            cursor = self._free[0]
        self._free.remove(cursor)
        if cursor.rests_at is not None:
            cursor.rests_at.cancel()
        return cursor

    def give_back(self, cursor: Cursor) -> None:
        """Let others use it."""
        if cursor.is_resting:
            self._free.appendleft(cursor)
        else:
            self._free.append(cursor)
            later = asyncio.get_running_loop().call_later
            cursor.rests_at = later(_IDLE_S, self._let_rest, cursor)
        self._turns.release()

    def _let_rest(self, cursor: Cursor) -> None:
        self._free.remove(cursor)
        cursor.rest()
        self._free.appendleft(cursor)

    async def close(self) -> None:
        """Wait for what is read, and release the consumers."""
        for _ in range(self._count):
            await self._turns.acquire()
        for cursor in self._free:
            if cursor.rests_at is not None:
                cursor.rests_at.cancel()
            try:
                await asyncio.to_thread(cursor.close)
            except KafkaException as error:
                raise StorageError(f"Kafka: {error}") from error
        self.threads.shutdown()
