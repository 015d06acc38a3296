"""Hears of new records in the partitions that somebody waits for, whoever wrote them."""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from confluent_kafka import Consumer, KafkaException, TopicPartition

from shardline.storage.kafka_log.cluster import Place

Heard = Callable[[Mapping[Place, tuple[int, int]]], Iterable[Place]]
"""Told, in the loop's thread, the offset after the last new record and its arrival, by place.

Answers the places that need not be followed any more.
"""


class Follower:
    """One consumer, in a thread of its own, that stands at the tails that are waited for."""

    def __init__(self, config: dict[str, Any], heard: Heard) -> None:
        self._config = config
        self._heard = heard
        self._loop = asyncio.get_running_loop()
        self._changes = threading.Lock()
        self._wanted: dict[Place, int] = {}
        self._dirty = False
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def follow(self, place: Place, offset: int) -> None:
        """Hear of what is written from an offset on. Does not block."""
        with self._changes:
            if place in self._wanted:
                return
            self._wanted[place] = offset
            self._dirty = True
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="shardline-kafka-tails")
            self._thread.daemon = True
            self._thread.start()

    def _tell(self, news: Mapping[Place, tuple[int, int]]) -> None:
        left = self._heard(news)
        with self._changes:
            for place in left:
                if self._wanted.pop(place, None) is not None:
                    self._dirty = True

    def _run(self) -> None:
        consumer = Consumer(self._config | {"fetch.wait.max.ms": 500})
        while not self._stop.is_set():
            with self._changes:
                wanted = dict(self._wanted) if self._dirty else None
                self._dirty = False
            with contextlib.suppress(KafkaException):
                if wanted is not None:
                    _assign(consumer, wanted)
                self._listen(consumer)
        consumer.close()

    def _listen(self, consumer: Consumer) -> None:
        news: dict[Place, tuple[int, int]] = {}
        for message in consumer.consume(1, 0.02) + consumer.consume(1000, 0):
            if message.error() is None:
                place = (message.topic() or "", message.partition() or 0)
                news[place] = ((message.offset() or 0) + 1, message.timestamp()[1])
        with self._changes:
            for place, (offset, _) in news.items():
                if place in self._wanted:
                    self._wanted[place] = offset
        if news:
            with contextlib.suppress(RuntimeError):  # the loop was closed
                self._loop.call_soon_threadsafe(self._tell, news)

    async def close(self) -> None:
        """Release the consumer. Idempotent."""
        self._stop.set()
        if self._thread is not None:
            await asyncio.to_thread(self._thread.join)


def _assign(consumer: Consumer, wanted: dict[Place, int]) -> None:
    """Follow what is wanted, leaving those alone that are followed already."""
    assigned = {(each.topic, each.partition) for each in consumer.assignment()}
    if gone := assigned - wanted.keys():
        consumer.incremental_unassign([TopicPartition(*place) for place in gone])
    new = [TopicPartition(*place, wanted[place]) for place in wanted.keys() - assigned]
    if new:
        consumer.incremental_assign(new)
